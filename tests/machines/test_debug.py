#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tools/debug: gdb's commands against what the kernel itself says.

gdb runs in batch mode: from start_kernel() to the shell, then its commands
read memory that nobody changes any more.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import boot
from lib.cases import Skip, case, expect, expect_equal, expect_in, main
from lib.machine import BUILD, KIB, ROOT

PAGE = 4 * KIB
MACHINE = ["--mem", "256M", "--cpus", "2", "--nodes", "2"]
KERNEL_PFN = 0x200          # linker.ld: the image starts at 2 MiB
HOLE_PFN = 0xa0000          # 2.5 GiB: far above the RAM


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def gdb(*commands):
    """What gdb printed with the shell about to start."""
    if not shutil.which("gdb"):
        raise Skip("no gdb: tools/deps debug installs it")
    words = ["-ex", "hbreak shell_run", "-ex", "continue"]
    for command in commands:
        words += ["-ex", command]
    result = subprocess.run(
        ["tools/debug", *MACHINE, "--", "-batch", *words], cwd=ROOT,
        env={**os.environ, "GDB_PORT": str(free_port())}, timeout=600,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    print(result.stdout[-3000:])
    print((BUILD / "serial.log").read_text(errors="replace")[-500:])
    expect_equal(result.returncode, 0, "gdb's exit status")
    return result.stdout


@case("debug")
def stops_at_start_kernel_with_its_arguments():
    text = gdb("backtrace")
    expect(re.search(r"Breakpoint 1, start_kernel \(magic=.*"
                     r"kernel/main\.c:\d+", text), "the first stop")
    expect(re.search(r"#0 +shell_run .*\n#1 .*do_what_was_asked|"
                     r"#0 +shell_run .*\n#1 .*start_kernel", text),
           "backtrace of the second")


def zones_of_kernel():
    """{(node, zone): (start, spanned, present, managed)} of /proc/zoneinfo."""
    text = boot(MACHINE, ["cat /proc/zoneinfo"]).answers["cat /proc/zoneinfo"]
    zones = {}
    for block in re.split(r"^(?=Node )", text, flags=re.MULTILINE):
        head = re.match(r"Node (\d+), zone +(\w+)", block)
        numbers = dict(re.findall(r"^ +(spanned|present|managed|start_pfn:)"
                                  r" +(\d+)$", block, re.MULTILINE))
        if head and int(numbers["present"]):
            zones[int(head[1]), head[2]] = tuple(
                int(numbers[name]) for name in
                ("start_pfn:", "spanned", "present", "managed"))
    return zones


@case("debug")
def zones_are_those_of_proc_zoneinfo():
    rows = re.findall(r"^ +(\d+) (\w+) +0x([0-9a-f]+) +(\d+) +(\d+) +(\d+) ",
                      gdb("zones"), re.MULTILINE)
    found = {(int(node), name): (int(start, 16), *map(int, counts))
             for node, name, start, *counts in rows}
    expect_equal(found, zones_of_kernel(), "zones")


@case("debug")
def pageblocks_are_as_many_as_the_ram_has():
    text = gdb("pageblocks", "pageblocks 1")
    letters = re.findall(r"^ +0x([0-9a-f]+) ([Rr. ]+)$", text, re.MULTILINE)
    first = "".join(row for _, row in letters)
    # 256 MiB: 64 blocks a node; those of node 1 come twice.
    expect_equal(len(first), 64 + 64 + 64, "blocks shown")
    expect_equal(letters[0][0], "0", "first row")
    expect(letters[0][1][1] in "Rr", "the kernel's block is reserved")
    expect("." in letters[0][1], "blocks without a reserved page")


@case("debug")
def page_tells_the_flags_and_refuses_holes():
    text = gdb(f"page {KERNEL_PFN:#x}", f"page {HOLE_PFN:#x}")
    expect_in(f"pfn {KERNEL_PFN:#x} at 0xffffea0000008000: PG_reserved", text,
              "the kernel's first page")
    expect(re.search(r"refcount = 1\b", text), "its count")
    expect_in(f"pfn {HOLE_PFN:#x} has no page record", text, "a hole")


if __name__ == "__main__":
    main()
