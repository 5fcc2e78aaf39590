#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every allocation of the boot fails in turn (tests/host/boot_fails.c).

Either the machine boots all the same, every check finds nothing and memory
can be had; or the kernel panics and says what it had no memory for. Anything
else - a fault, a sanitizer's word, a finding - is a failure.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import case, expect, expect_equal, fail, main
from lib.machine import BUILD

PROGRAM = BUILD / "host" / "boot_fails"
PANIC = re.compile(r"Kernel panic - not syncing: (no memory for .*)")


def boot(*words):
    # Names of functions in backtraces cost more than the boot.
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True,
                          text=True, timeout=300, check=False,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "ASAN_OPTIONS": "symbolize=0"})


def passes(point):
    result = boot(point, 1 << 30)
    expect_equal(result.returncode, 0, f"exit status\n{result.stderr}")
    return int(re.search(r"^passes (\d+)$", result.stdout, re.MULTILINE)[1])


def outcome(point, nth):
    """How the boot ended when the nth allocation failed."""
    result = boot(point, nth)
    panic = PANIC.search(result.stderr)
    if panic:
        return panic[1]
    if result.returncode or "booted, 0 findings" not in result.stdout:
        fail(f"{point} {nth}: exit status {result.returncode}\n"
             f"{result.stdout}{result.stderr[-2000:]}")
    return "booted"


def fail_each(point):
    count = passes(point)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda nth: outcome(point, nth),
                              range(1, count + 1)))
    for text in sorted(set(found)):
        print(f"{found.count(text)} of {count}: {text}")
    return found


@case("boot_fails")
def each_memblock_alloc():
    found = fail_each("memblock_alloc")
    expect(len(found) > 50, f"only {len(found)} allocations")
    # A zone that can't have its records is left out.
    expect("booted" in found, "no boot went on")


@case("boot_fails")
def without_a_failure():
    expect_equal(boot().returncode, 0, "exit status")


if __name__ == "__main__":
    main()
