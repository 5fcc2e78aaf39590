# SPDX-License-Identifier: MIT
"""Write cpio archives of the "newc" kind: what an initramfs is.

An entry is a header of 110 characters (magic 070701 and 13 hexadecimal
numbers), the name with its zero, padding to 4, the data, padding to 4; the
entry TRAILER!!! ends the archive. Times and owners are 0 and inode numbers
count up, so that the same files give the same bytes.
"""

import stat

MAGIC = b"070701"
TRAILER = "TRAILER!!!"
PROGRAM = stat.S_IFREG | 0o755
FILE = stat.S_IFREG | 0o644
FOLDER = stat.S_IFDIR | 0o755
SHARED_FOLDER = stat.S_IFDIR | 0o1777
CHARACTER_DEVICE = stat.S_IFCHR | 0o600


def padded(data):
    return data + b"\0" * (-len(data) % 4)


def entry(inode, name, mode, data=b"", device=(0, 0)):
    name = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    #         ino    mode  uid gid nlink mtime size   devmajor, minor
    fields = [inode, mode, 0, 0, links, 0, len(data), 0, 0,
              *device, len(name), 0]
    header = MAGIC + b"".join(b"%08X" % field for field in fields)
    return padded(header + name) + padded(data)


def archive(entries):
    """[(name, mode, data or (major, minor))] -> bytes."""
    parts = []
    for inode, (name, mode, content) in enumerate(entries, 1):
        if stat.S_ISCHR(mode):
            parts.append(entry(inode, name, mode, device=content))
        else:
            parts.append(entry(inode, name, mode, content))
    return b"".join([*parts, entry(0, TRAILER, 0)])


def base():
    """What stands in every initramfs: folders, and for Linux two devices."""
    folders = [(name, FOLDER, b"") for name in
               ("bin", "dev", "etc", "proc", "sys")]
    return [*folders, ("tmp", SHARED_FOLDER, b""),
            ("dev/console", CHARACTER_DEVICE, (5, 1)),
            ("dev/null", CHARACTER_DEVICE, (1, 3))]


def append_programs(old, programs):
    """An archive with [(name, bytes)] in /bin behind its own entries: of two
    entries of one name, the later counts."""
    new = archive([(f"bin/{name}", PROGRAM, data) for name, data in programs])
    return without_trailer(old) + new


def without_trailer(data):
    if not data.startswith(MAGIC):
        raise ValueError("no cpio archive of the kind newc")
    end = data.rfind(MAGIC)
    if data[end + 110:].rstrip(b"\0") != TRAILER.encode():
        raise ValueError("cpio archive without its end")
    return data[:end]
