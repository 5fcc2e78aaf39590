#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Data races: the self-tests on 4 simulated CPUs under TSan (tools/tsan.mk).

The tortures do 1,000,000 operations each: every CPU allocates, stamps, sends
and frees, drains and fences blocks off, and is interrupted meanwhile. A race
that is planted must be reported, by name, or silence means nothing.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lib.cases import (add_case, case, expect, expect_equal, expect_in, main,
                       note)
from lib.machine import BUILD

SELFTEST = BUILD / "tsan" / "selftest"
CPUS = 4
RACES_FOUND = 66        # TSan's exit status
TIMEOUT = 1000


def run(glob, scale=1):
    """(status, output)"""
    result = subprocess.run(
        [SELFTEST, "--cpus", str(CPUS), "--scale", str(scale), glob],
        capture_output=True, text=True, errors="replace", timeout=TIMEOUT,
        check=False, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout + result.stderr


def races(text):
    """The summary line of each report, once."""
    return sorted(set(re.findall(r"^SUMMARY: ThreadSanitizer: (.*)$", text,
                                 re.MULTILINE)))


def clean_case(glob, scale):
    def body():
        status, text = run(glob, scale)
        for line in re.findall(r"^    # (.*)$", text, re.MULTILINE):
            note(line)
        expect(not races(text), "\n".join(races(text)) + "\n" + text[-20000:])
        expect_equal(status, 0, f"exit status\n{text[-4000:]}")
    return body


add_case("tsan", "all_self_tests", clean_case("*", 1))
# Operations: 10,000 a CPU times the scale; slab_torture 20,000, twice.
add_case("tsan", "a_million_operations_on_pages", clean_case("smp_torture*", 25))
add_case("tsan", "a_million_operations_on_kmalloc", clean_case("smp_slab*", 25))
add_case("tsan", "a_million_operations_on_caches", clean_case("slab_torture*", 7))
# 25,600 in all on 4 CPUs times the scale, and each is a hundred loads or so.
add_case("tsan", "half_a_million_operations_on_address_spaces",
         clean_case("mm_torture*", 20))
# 6,000 pages times the scale.
add_case("tsan", "thirty_thousand_pages_are_moved",
         clean_case("migrate_torture*", 5))


@case("tsan")
def the_planted_race_is_reported():
    status, text = run("planted_race.lock_forgotten")
    expect_equal(status, RACES_FOUND, "exit status")
    expect_in("in count_out", "\n".join(races(text)), "reports")


@case("tsan")
def with_its_lock_it_is_not():
    clean_case("planted_race.holds_with_the_lock", 1)()


if __name__ == "__main__":
    main()
