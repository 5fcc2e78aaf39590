#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every reason to flush TLBs is needed: programs notice when it is dropped.

tests/programs/tlb.c has cases whose names begin with the reason. They pass as
they are; with debug=tlb_skip:REASON each case of that reason fails, and the
kernel goes on. Reasons that no program can observe are listed, and why.
"""

import functools
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import add_case, case, expect, expect_equal, main
from lib.machine import ROOT

OBSERVED = ("unmap", "protect", "fork", "cow", "mremap", "migrate",
            "lazy_switch")

# docs/paging.md tells more of each.
UNSEEN = {
    "free_tables": "QEMU remembers no upper levels; the host's MMU does",
    "young": "a page only looks unused for longer",
    "clean": "nothing is written back",
    "swap": "nothing is evicted",
    "split": "no program has leaves of 2 MiB",
}


def run(words, skip=(), cpus=2):
    """(status of tools/vm, {case: did it pass?})"""
    skips = " ".join(f"debug=tlb_skip:{reason}" for reason in skip)
    result = subprocess.run(
        [ROOT / "tools/vm", "--mem", "512M", "--cpus", str(cpus),
         "--nodes", "2", "--timeout", "600", "--append", f'{skips} run="{" ".join(words)}" poweroff'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(result.stdout[-4000:])
    found = re.findall(r"^(not )?ok \d+ (\w+)$", result.stdout, re.MULTILINE)
    expect("run: tlb: exit status" in result.stdout, "the program ended")
    return result.returncode, {name: not bad for bad, name in found}


def cases_of(reason):
    source = (ROOT / "tests/programs/tlb.c").read_text()
    return re.findall(rf"CASE\(({reason}_\w+)\)", source)


@case("tlb")
def each_reason_is_observed_or_it_is_said_why_not():
    source = (ROOT / "mm/tlb.c").read_text()
    reasons = re.findall(r'\[TLB_\w+\] = "(\w+)"', source)
    expect_equal(sorted(reasons), sorted([*OBSERVED, *UNSEEN]), "reasons")


@case("tlb")
def all_is_forgotten_on_four_cpus():
    status, cases = run(["tlb"], cpus=4)
    expect(len(cases) >= len(OBSERVED) and all(cases.values()), "all pass")
    expect_equal(status, 0, "status of tools/vm")


@case("tlb")
def nobody_misses_the_others():
    status, cases = run(["tlb"], skip=UNSEEN)
    expect(all(cases.values()), "all pass")
    expect_equal(status, 0, "status of tools/vm")


def is_missed(reason):
    names = cases_of(reason)
    expect(names, f"cases of {reason}")
    status, cases = run(["tlb", *names], skip=[reason])
    expect_equal(cases, dict.fromkeys(names, False), "cases that passed")
    expect_equal(status, 1, "status of tools/vm")


for word in OBSERVED:
    add_case("tlb_skip", word, functools.partial(is_missed, word))


if __name__ == "__main__":
    main()
