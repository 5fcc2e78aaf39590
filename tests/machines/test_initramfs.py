#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Archives that the boot loader brings: good, cut off, compressed, none.

Whatever it is, there is one line that says so, and the shell works with the
files that were good.
"""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib import cpio
from lib.cases import case, expect_equal, expect_in, main
from lib.machine import ROOT

TEXT = b"what the first file says\n"


def archive():
    return cpio.archive(cpio.base() + [("etc/first", cpio.FILE, TEXT),
                                       ("etc/second", cpio.FILE, bytes(5000))])


def shell(data, *commands):
    """All that the machine writes; data None: no module at all."""
    with tempfile.NamedTemporaryFile(suffix=".cpio") as module:
        module.write(data or b"")
        module.flush()
        words = ["--initramfs", module.name] if data else []
        result = subprocess.run(
            [ROOT / "tools/vm", "--mem", "256M", "--timeout", "600", *words,
             "--append", "term=plain"],
            input="\n".join([*commands, "check", "poweroff", ""]),
            capture_output=True, text=True, errors="replace", check=False)
    print(result.stdout[-3000:])
    expect_equal(result.returncode, 0, "exit status")
    expect_in("check: 0 findings", result.stdout, "output")
    return result.stdout


@case("initramfs")
def its_files_are_there():
    text = shell(archive(), "cat /etc/first", "ls /etc", "ls /")
    expect_in("initramfs: 2 files", text, "output")
    expect_in(TEXT.decode().strip(), text, "output")
    expect_in("second", text, "output")


@case("initramfs")
def a_cut_one_is_used_up_to_the_cut():
    data = archive()
    text = shell(data[:data.rindex(b"etc/second") + 2000], "cat /etc/first",
                 "cat /etc/second")
    expect_in("a file's data end inside of the archive", text, "output")
    expect_in(TEXT.decode().strip(), text, "output")
    expect_in("/etc/second: no such file or folder", text, "output")


@case("initramfs")
def a_compressed_one_is_named():
    text = shell(gzip.compress(archive()), "ls /tmp")
    expect_in("compressed by gzip", text, "output")


@case("initramfs")
def without_one_there_are_the_other_files():
    text = shell(None, "echo kept > /tmp/x", "cat /tmp/x", "ls /dev")
    expect_in("kept", text, "output")
    expect_in("urandom", text, "output")


if __name__ == "__main__":
    main()
