#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Locked instructions and cache lines of single operations.

Guest instruction counts hide both. The host library, which has the kernel's
own sources, runs under valgrind's lackey, which lists every instruction, load
and store. Between two calls of mark() (tests/host/lib/trace.c) are counted:
locked instructions executed (lock prefix, or xchg with memory), and distinct
64-byte lines of data, of the stack and of code. With --kernel the hot paths of
the kernel's page and slab allocator are also searched for locked instructions;
what they call where they turn cold (refills, flushes) has locks, and is not.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, field

LINE = 64
STACK = 0x1f_0000_0000      # valgrind puts the stack right below 128 GiB
HARNESS = ("main", "trace_part", "trace_pair", "mark")
HOT_PATHS = ("alloc_pages", "free_pages", "alloc_pages_bulk",
             "kmem_cache_alloc", "kmem_cache_free", "__kmalloc", "kfree")
LOCKED = re.compile(r"\block\b|\bxchg\b.*\(")


@dataclass
class Part:
    insns: int = 0
    locked: int = 0
    data: set = field(default_factory=set)
    stack: set = field(default_factory=set)
    code: set = field(default_factory=set)


def parse_args():
    parser = argparse.ArgumentParser(
        prog="tools/bench_lines.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--program", metavar="FILE", required=True, help="build/host/lib-trace")
    add("--kernel", metavar="ELF")
    return parser.parse_args()


def output(*words):
    return subprocess.run(words, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def locked_addresses(program, *options):
    text = output("objdump", "-d", "--no-show-raw-insn", *options, program)
    found = re.findall(r"^ *([0-9a-f]+):\s+(.*)$", text, re.MULTILINE)
    if not found:
        sys.exit(f"bench_lines: {program}: no code ({' '.join(options)})")
    return {int(address, 16) for address, insn in found if LOCKED.search(insn)}


def symbols(program):
    """{name: range of addresses} of the harness's functions."""
    found = {}
    for line in output("nm", "-S", program).splitlines():
        words = line.split()
        name = words[-1].partition(".")[0]      # "trace_part.constprop.0"
        if len(words) == 4 and name in HARNESS:
            start, size = int(words[0], 16), int(words[1], 16)
            found[name] = range(start, start + size)
    return found


def lines_of(address, size):
    return range(address // LINE, (address + size - 1) // LINE + 1)


def note(part, kind, address, size, locked):
    if kind == "I":
        part.insns += 1
        part.locked += address in locked
        part.code.update(lines_of(address, size))
    elif address >= STACK:
        part.stack.update(lines_of(address, size))
    else:
        part.data.update(lines_of(address, size))


def read_trace(stream, harness, locked):
    """What happened between the 1st and 2nd mark, the 3rd and 4th, ..."""
    parts, current, ours = [], None, False
    mark = harness["mark"].start
    for line in stream:
        if line.startswith("=") or "," not in line:
            continue
        kind = "I" if line[0] == "I" else line[1]
        if kind != "I" and not current:
            continue
        where, size = line[2:].strip().split(",")
        address = int(where, 16)
        if kind == "I":
            ours = not any(address in r for r in harness.values())
            if address == mark:
                current = None if current else Part()
                parts += [current] if current else []
        if current and ours:
            note(current, kind, address, int(size), locked)
    return parts


def trace(program):
    command = ["valgrind", "--tool=lackey", "--trace-mem=yes",
               "--basic-counts=no", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        parts = read_trace(process.stderr, symbols(program),
                           locked_addresses(program))
        names = process.stdout.read()
    if process.returncode:
        sys.exit(f"bench_lines: {program}: status {process.returncode}")
    return [line.split() for line in names.splitlines()], parts


def print_parts(names, parts):
    print(f"{'op':24}{'part':7}{'insns':>7}{'locked':>8}{'data':>7}"
          f"{'stack':>7}{'code lines':>12}")
    for (name, kind, nr), part in zip(names, parts, strict=True):
        nr = int(nr)
        times = f"   of {nr}" if nr > 1 else ""
        print(f"{name:24}{kind:7}{part.insns:7}{part.locked:8}"
              f"{len(part.data):7}{len(part.stack):7}{len(part.code):12}{times}")
    for (name, kind, nr), part in zip(names, parts):
        print(f"RESULT lines op={name} part={kind} nr={nr} "
              f"locked={part.locked} data={len(part.data)} "
              f"stack={len(part.stack)} code={len(part.code)}")


def locked_on_hot_paths(kernel):
    """{function: how many locked instructions stand in it}"""
    return {name: len(locked_addresses(kernel, f"--disassemble={name}"))
            for name in HOT_PATHS}


def print_kernel(kernel):
    for name, nr in locked_on_hot_paths(kernel).items():
        print(f"RESULT lines kernel={name} locked={nr}")


def main():
    args = parse_args()
    names, parts = trace(args.program)
    print_parts(names, parts)
    if args.kernel:
        print_kernel(args.kernel)


if __name__ == "__main__":
    sys.exit(main())
