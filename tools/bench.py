#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run workload=bench in QEMU and set its figures beside Linux and the goals.

Figures are guest instructions per operation, the same in every run: QEMU
counts them (-accel tcg -icount shift=0,sleep=off -cpu qemu64). Locked
instructions, cache and TLB misses are not in them. A missed goal is reported
and is no failure; exit status 1 means that the workload did not run.
"""

import argparse
import fnmatch
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Linux: alloc + free of 6.1 (Debian's cloud kernel, mitigations=off
# cgroup_disable=memory init_on_alloc=0) in the same QEMU. Goal: ours at most.
#     op                    what                           Linux           goal
REFERENCE = {
    "order0_pair":        ("alloc_pages + free_pages",     (442, 263),      100),
    "order3_pair":        ("the same, 8 frames",           (486, 407),      130),
    "order4_pair":        ("past Linux's per-CPU lists",   (832, 643),      300),
    "order9_pair":        ("no __GFP_COMP",                (490, 9484),     250),
    "order10_pair":       ("largest",                      (16960, 18749),  400),
    "order0_bulk_random": ("100,000; random free, a page", (629, 538),      200),
    "order0_burst64":     ("64 taken, random free, a pair", None,           110),
    "bulk64_alloc":       ("alloc_pages_bulk, a page",     (252,),           50),
    "kmalloc64_pair":     ("kmalloc + kfree, 64 bytes",    (173, 99),        60),
    "kmalloc4096_pair":   ("the same, 4 KiB",              (174, 101),       70),
    "kmalloc_sized_pair": ("size unknown to the compiler", None,           None),
    "kmem_cache_pair":    ("a cache of 200 bytes",         None,           None),
    "kmem_cache_wipe_pair": ("with init_on_free",          None,           None),
    "kmalloc64_burst":    ("1,000 taken, freed in order",  None,           None),
    "vmalloc_4pages_pair": ("vmalloc + vfree, 16 KiB",     None,           None),
    "move_pages_1map":    ("to the other node, a page",    (6040,),        1300),
    "move_pages_8maps":   ("mapped by 8 processes",        (16620,),       3500),
    "migrate_core_1map":  ("migrate_list() alone, a page",  None,          1050),
    "migrate_core_8maps": ("mapped by 8 processes",         None,          None),
}
NEED_TWO_NODES = ("move_pages_1map", "move_pages_8maps")
RESULT = re.compile(r"^RESULT bench (.*)$", re.MULTILINE)


def parse_args():
    parser = argparse.ArgumentParser(
        prog="tools/bench.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--kernel", metavar="ELF", required=True)
    add("--op", metavar="GLOB", default="*")
    add("--mem", metavar="SIZE", default="1G")
    add("--verbose", action="store_true", help="the kernel's own lines, too")
    return parser.parse_args()


def run_kernel(args, op, *machine):
    """(ended well, console output)"""
    run = subprocess.run(
        [ROOT / "tools/vm", "--kernel", args.kernel, "--mem", args.mem,
         "--icount", "0", "--cpu", "qemu64", "--timeout", "300", *machine,
         "--append", f"workload=bench,op={op} poweroff quiet"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        errors="replace", check=False)
    return run.returncode == 0, run.stdout


def run_kernels(args):
    """The same of both machines: most figures are of one with one node."""
    ended_well, text = run_kernel(args, args.op)
    if any(fnmatch.fnmatch(op, args.op) for op in NEED_TWO_NODES):
        op = args.op if args.op.startswith("move") else "move_pages*"
        ended_well2, text2 = run_kernel(args, op, "--nodes", "2")
        return ended_well and ended_well2, text + text2
    return ended_well, text


def read_results(text):
    """{op: {"insns": 170, "alloc": 93, ...}}"""
    lines = [dict(word.split("=", 1) for word in line.split())
             for line in RESULT.findall(text)]
    return {line.pop("op"): {key: int(value) for key, value in line.items()}
            for line in lines}


def grade(insns, goal):
    return "met" if insns <= goal else f"{insns / goal:.1f} times the goal"


def print_table(results):
    print(f"{'op':24}{'insns':>8}  {'alloc':>6}{'free':>7}{'drain':>7}"
          f"{'Linux':>16}{'goal':>6}")
    for op, found in results.items():
        _, linux, goal = REFERENCE.get(op, ("", None, None))
        insns = found.get("insns", found.get("cycles", 0))
        print(f"{op:24}{insns:8}  {found['alloc']:6}{found['free']:7}"
              f"{found['drain'] or '':>7}"
              f"{' + '.join(map(str, linux)) if linux else '':>16}"
              f"{goal or '':>6}  {grade(insns, goal) if goal else ''}".rstrip())


def print_legend(results):
    print()
    for op, (what, _, _) in REFERENCE.items():
        if op in results:
            print(f"  {op:20} {what}")
    print("  *_drained            each round begins and ends with empty stacks:"
          " split and merge\n                       included, a whole refill and"
          " the drain of all stacks")


def main():
    args = parse_args()
    ended_well, text = run_kernels(args)
    results = read_results(text)
    if args.verbose or not ended_well or not results:
        print(text)
    if not results:
        return 1
    print_table(results)
    print_legend(results)
    for line in RESULT.findall(text):
        print(f"RESULT bench {line}")
    return 0 if ended_well else 1


if __name__ == "__main__":
    sys.exit(main())
