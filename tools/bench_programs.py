#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run tests/programs/bench.c on Tangram, and on Linux with --peer linux.

The same file on both, in guest instructions (QEMU's -icount, -cpu qemu64).
Without a peer the Linux column is what was measured once. A missed goal is
reported and is no failure; a kernel that runs no programs yet has "-" in its
column.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from lib import peer
from lib.machine import ROOT, VmError

# Linux 6.1 (Debian's cloud kernel, options as tools/lib/peer.py), goal: ours
# at most.    op                 what                              Linux   goal
REFERENCE = {
    "getppid":          ("a system call and nothing else",           335,   120),
    "fault_anon_write": ("first write; zeroing is 519",             2382,   900),
    "fault_zero_read":  ("first read",                              1148,   350),
    "fault_cow_copy":   ("write after fork; copying is 522",        3043,  1000),
    "fault_cow_reuse":  ("the same, the child has gone",            1261,   400),
    "munmap_per_page":  ("written pages",                           1128,   220),
    "fork_per_page":    ("what a written page adds",                 139,    40),
    "fork_fixed":       ("fork, exit, wait without own memory",   328000, 60000),
    "exit_per_page":    ("exit and wait, a page written there",     1118,   220),
}
RESULT = re.compile(r"^RESULT bench (.*)$", re.MULTILINE)


def parse_args():
    parser = argparse.ArgumentParser(
        prog="tools/bench_programs.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--kernel", metavar="ELF", required=True)
    add("--peer", choices=("linux",), help="measure this one, too")
    add("--op", metavar="NAME", help="this operation only")
    add("--mem", metavar="SIZE", default="1G")
    return parser.parse_args()


def run_bench(args, kernel, *options):
    """{op: instructions}; empty when the kernel ran no program."""
    program = "bench" + (f" op={args.op}" if args.op else "")
    run = subprocess.run(
        [ROOT / "tools/vm", "--kernel", kernel, "--mem", args.mem,
         "--icount", "0", "--cpu", "qemu64", "--timeout", "300", *options,
         "--append", f'run="{program}" poweroff quiet'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, errors="replace", check=False)
    lines = [dict(word.split("=", 1) for word in line.split())
             for line in RESULT.findall(run.stdout.replace("\r", ""))]
    return {line["op"]: int(line["insns"]) for line in lines}


def ratio(ours, linux):
    return f"{linux / ours:.1f} x" if ours and linux else ""


def grade(ours, goal):
    if not ours:
        return ""
    return "met" if ours <= goal else f"{ours / goal:.1f} times the goal"


def print_table(ours, linux, wanted):
    print(f"{'program op':20}{'Tangram':>9}{'Linux':>9}{'faster':>9}"
          f"{'goal':>8}")
    for op, (what, measured, goal) in REFERENCE.items():
        if wanted and op != wanted:
            continue
        found, other = ours.get(op), linux.get(op, measured)
        print(f"{op:20}{found or '-':>9}{other:9}{ratio(found, other):>9}"
              f"{goal:8}  {grade(found, goal) or what}".rstrip())


def main():
    args = parse_args()
    ours = run_bench(args, args.kernel)
    linux = {}
    if args.peer:
        linux = run_bench(args, peer.vmlinux(), "--append", peer.OPTIONS)
        if not linux:
            raise VmError("Linux ran no bench: tools/peer bench shows why")
    print_table(ours, linux, args.op)
    print(f"Linux: {'today' if linux else 'measured once; PEER=linux repeats'}")
    for kernel, results in (("tangram", ours), ("linux", linux)):
        for op, insns in results.items():
            print(f"RESULT program kernel={kernel} op={op} insns={insns}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (VmError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(2)
