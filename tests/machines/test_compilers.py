#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The kernel by clang: it builds without a warning and passes its self-tests.

gcc's kernel is what all other tests boot.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lib.cases import Skip, case, expect_equal, main

KERNEL = "build/clang/tangram.elf"


def run(*argv):
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=1000, check=False)
    print(done.stdout[-3000:])
    expect_equal(done.returncode, 0, f"status of {argv[0]}")


@case("compilers")
def clang_builds_a_kernel_that_passes():
    if not shutil.which("clang"):
        raise Skip("no clang on this machine")
    run("make", "CC=clang", "BUILD=build/clang", "kernel")
    run("tools/vm", "--kernel", KERNEL, "--mem", "256M", "--timeout", "600",
        "--append", "selftest=zone* poweroff")


if __name__ == "__main__":
    sys.exit(main())
