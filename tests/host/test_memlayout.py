#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compare build/host/memlayout with what Linux printed on the same machine.

    tests/host/test_memlayout.py [--tool PATH] [FILE...]

Without FILE: all of tests/data/e820 (logs of real machines) and of
tests/data/e820-made (written by hand for odd input). Each file is one case.
The lines of `## expected` that memlayout prints must be the tool's whole
output, in order. Where a kernel's version or a log's gaps make a difference,
a row of DIFFERENCES says so; nothing else is forgiven.

Prints KTAP; exit status 1 if a case failed.
"""
import argparse
import difflib
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = [os.path.join(ROOT, "tests/data/e820"),
        os.path.join(ROOT, "tests/data/e820-made")]

PRINTED = re.compile(
    r"Zone ranges:"
    r"|  (DMA|DMA32|Normal|Device) +(\[mem 0x\w+-0x\w+\]|empty)$"
    r"|Movable zone start for each node"
    r"|  Node \d+: 0x"
    r"|Early memory node ranges"
    r"|  node +\d+: \["
    r"|Initmem setup node"
    r"|On node \d+ totalpages:"
    r"|  \w+ zone: \d+ pages, LIFO")
DEBUG_LEVEL = re.compile(r"On node \d+ totalpages:|  \w+ zone: \d+ pages, LIFO")
INITMEM = re.compile(r"Initmem setup node (\d+) ")


class Case:
    def __init__(self, path):
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        self.name = os.path.basename(path)
        before, _, expected = text.partition("\n## expected")
        self.input = before.splitlines()
        self.expected = [l.rstrip() for l in expected.splitlines()
                         if PRINTED.match(l)]
        m = re.search(r"^# kernel: *(\d+)\.(\d+)", text, re.M)
        self.kernel = (int(m[1]), int(m[2])) if m else None
        m = re.search(r"^# exit: *(\d+)", text, re.M)
        self.status = int(m[1]) if m else 0


def widen(lines):
    return [re.sub(r"0x([0-9a-f]+)", lambda m: "0x" + m[1].zfill(16), l)
            for l in lines]


def without(pattern):
    return lambda lines, case: [l for l in lines if not re.match(pattern, l)]


def lacks(pattern):
    return lambda case: not any(re.match(pattern, l) for l in case.expected)


def to_3_16(case):
    return case.kernel and case.kernel <= (3, 16)


def cpus_left_out(case):
    return any(re.match(r"# \.\.\. \d+ more PXM -> APIC", l) for l in case.input)


def only_known_nodes(lines, case):
    """Drop memory-less nodes that no line of the input names."""
    named = {int(n) for l in case.input for n in re.findall(r"Node (\d+)", l)}
    return [l for l in lines
            if not (m := INITMEM.match(l)) or int(m[1]) in named]


# (applies to a case, change of the expected lines, change of the tool's, why)
DIFFERENCES = [
    (to_3_16, lambda l, c: widen(l), None,
     "up to 3.16 addresses are printed with 8 digits at least, not 16"),
    (lambda c: c.kernel == (3, 13), without(INITMEM), without(INITMEM),
     "3.13 prints Initmem before Zone ranges, with SRAT's range"),
    (lacks(r"  Device "), None, without(r"  Device "),
     "zone Device exists only if it is configured (since 4.3)"),
    (lacks(DEBUG_LEVEL), None, without(DEBUG_LEVEL),
     "the log lacks lines of level debug"),
    (cpus_left_out, only_known_nodes, None,
     "memory-less nodes whose CPUs the file leaves out cannot be known"),
]


def run(tool, path):
    p = subprocess.run([tool, path], capture_output=True, timeout=300)
    return p.returncode, p.stdout.decode(errors="replace").splitlines(), p.stderr


def check(tool, path):
    """The list of complaints; empty when the case passes."""
    case = Case(path)
    status, got, err = run(tool, path)
    if status != case.status:
        return ["exit status %d, expected %d" % (status, case.status),
                *err.decode(errors="replace").splitlines()[-20:]]
    if status:
        return []
    want = case.expected
    for applies, change_want, change_got, _ in DIFFERENCES:
        if not applies(case):
            continue
        want = change_want(want, case) if change_want else want
        got = change_got(got, case) if change_got else got
    if not want:
        return ["the file expects nothing"]
    return list(difflib.unified_diff(want, got, "Linux", "memlayout",
                                     lineterm="", n=1))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--tool", default=os.path.join(ROOT, "build/host/memlayout"))
    ap.add_argument("files", nargs="*")
    args = ap.parse_args()
    files = args.files or [os.path.join(d, f) for d in DATA
                           for f in sorted(os.listdir(d)) if f.endswith(".txt")]
    failed = 0
    print("KTAP version 1\n1..%d" % len(files))
    for nr, path in enumerate(files, 1):
        try:
            complaints = check(args.tool, path)
        except (OSError, subprocess.TimeoutExpired) as e:
            complaints = [str(e)]
        for line in complaints:
            print("# " + line)
        if complaints:
            failed += 1
            print("# repeat: tests/host/test_memlayout.py", path)
        print("%s %d %s" % ("not ok" if complaints else "ok", nr,
                            os.path.basename(path)))
    print("# Totals: pass:%d fail:%d skip:0" % (len(files) - failed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
