#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The kernel that checks itself for undefined behaviour (make UBSAN=1).

It passes the self-tests, those of its own checks among them, on four CPUs; and
what it finds is told and fails the run.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lib.cases import case, expect, expect_equal, expect_in, main

KERNEL = "build/ubsan/tangram.elf"


def run(*argv, typed=""):
    done = subprocess.run(argv, cwd=ROOT, input=typed, text=True, timeout=1000,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    print(done.stdout[-3000:])
    return done.returncode, done.stdout.replace("\r", "")


def build():
    status, _ = run("make", "UBSAN=1", "BUILD=build/ubsan", "kernel")
    expect_equal(status, 0, "status of make UBSAN=1")


@case("ubsan")
def self_tests_pass_and_nothing_is_found():
    status, text = run("tools/vm", "--kernel", KERNEL, "--mem", "512M",
                       "--cpus", "4", "--nodes", "2", "--timeout", "1000",
                       "--append", "selftest poweroff")
    expect_equal(status, 0, "status of tools/vm")
    expect_in("ok 1 finds_overflow_of_each_operation", text, "its own tests")
    expect("UBSAN:" not in text, "something was found")


@case("ubsan")
def a_finding_is_told_once_and_fails_the_run():
    status, text = run("tools/vm", "--kernel", KERNEL, "--mem", "64M",
                       "--timeout", "600",
                       typed="fault shift\nfault shift\npoweroff\n")
    expect_equal(status, 1, "status of tools/vm")
    told = "WARNING: UBSAN: shift out of bounds: 'unsigned int' of 1 by 40 " \
           "at kernel/cmd_fault.c:"
    expect_equal(text.count(told), 1, f"lines of '{told}'")
    expect_in("fault_shift+", text, "the stack")
    expect_in("Verdict: failed (1 warning)", text, "the verdict")


if __name__ == "__main__":
    sys.exit(main(build))
