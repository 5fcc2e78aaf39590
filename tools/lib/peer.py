# SPDX-License-Identifier: MIT
"""Debian's cloud kernel, to compare Tangram with.

linux-image-cloud-amd64 is an empty package that depends on the kernel of the
day; that one is fetched by apt-get download into .cache/peer and not
installed. Its vmlinuz holds a vmlinux packed with LZ4, an ELF file with the
PVH note, so tools/vm boots it as it boots Tangram.
"""

import io
import re
import shutil
import struct
import subprocess
import tarfile

from .machine import ROOT, VmError

META_PACKAGE = "linux-image-cloud-amd64"
CACHE = ROOT / ".cache" / "peer"
# The options that all Linux figures are measured with (docs/programs.md).
OPTIONS = ("console=ttyS0 quiet panic=-1 mitigations=off "
           "cgroup_disable=memory init_on_alloc=0")

LZ4_MAGIC = 0x184C2102          # the legacy format, which the kernel uses
SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248


def output_of(*words, **keywords):
    try:
        return subprocess.run(words, check=True, capture_output=True,
                              **keywords).stdout
    except FileNotFoundError:
        raise VmError(f"{words[0]} is missing: the peer comes from Debian's "
                      "packages") from None
    except subprocess.CalledProcessError as error:
        raise VmError(f"{' '.join(map(str, words))} failed:\n"
                      + error.stderr.decode(errors="replace")) from None


# --- the package ---

def image_package():
    """Name of the package that holds today's kernel."""
    text = output_of("apt-cache", "depends", META_PACKAGE).decode()
    match = re.search(r"Depends: (linux-image-\S+)", text)
    if not match:
        raise VmError(f"apt knows no {META_PACKAGE}: this is not Debian, or "
                      "its package lists are missing (apt-get update)")
    return match[1]


def fetch(package):
    """The .deb, from the cache or from the archive."""
    found = sorted(CACHE.glob(f"{package}_*.deb"))
    if found:
        return found[-1]
    CACHE.mkdir(parents=True, exist_ok=True)
    output_of("apt-get", "download", package, cwd=CACHE)
    return sorted(CACHE.glob(f"{package}_*.deb"))[-1]


def vmlinuz_of(deb):
    files = output_of("dpkg-deb", "--fsys-tarfile", deb)
    with tarfile.open(fileobj=io.BytesIO(files)) as tar:
        for member in tar:
            if member.name.startswith("./boot/vmlinuz-"):
                return tar.extractfile(member).read()
    raise VmError(f"{deb}: no vmlinuz in it")


# --- from bzImage to ELF ---

def payload(bzimage):
    sectors = bzimage[SETUP_SECTORS] or 4
    offset, length = struct.unpack_from("<II", bzimage, PAYLOAD)
    start = (sectors + 1) * 512 + offset
    return bzimage[start:start + length]


def lz4_length(data, at, length):
    """A length of 15 goes on in bytes of up to 255."""
    if length == 15:
        while data[at] == 255:
            length += 255
            at += 1
        length += data[at]
        at += 1
    return length, at


def lz4_block(data, out, start):
    """One block: literals, then a copy from `distance` back, and so on."""
    at = 0
    while True:
        token = data[at]
        length, at = lz4_length(data, at + 1, token >> 4)
        out += data[at:at + length]
        at += length
        if at >= len(data):
            return
        distance = data[at] | data[at + 1] << 8
        length, at = lz4_length(data, at + 2, token & 15)
        length += 4
        source = len(out) - distance
        if source < start or not distance:
            raise VmError("vmlinuz: damaged LZ4 data")
        while length > distance:        # the copy overlaps itself
            out += out[source:source + distance]
            length -= distance
        out += out[source:source + length]


def unpack_lz4(data):
    if struct.unpack_from("<I", data)[0] != LZ4_MAGIC:
        raise VmError("vmlinuz is not packed with LZ4")
    out, at = bytearray(), 4
    while at + 4 < len(data):           # four bytes of size end it
        size = struct.unpack_from("<I", data, at)[0]
        lz4_block(data[at + 4:at + 4 + size], out, len(out))
        at += 4 + size
    return out


def vmlinux():
    """Path of the peer's kernel, an ELF file."""
    package = image_package()
    out = CACHE / package.replace("linux-image-", "vmlinux-")
    if out.exists():
        return out
    deb = fetch(package)
    elf = unpack_lz4(payload(vmlinuz_of(deb)))
    if elf[:4] != b"\x7fELF":
        raise VmError(f"{deb.name}: its vmlinuz holds no ELF file")
    half_done = out.with_suffix(".new")
    half_done.write_bytes(elf)
    shutil.move(half_done, out)
    return out
