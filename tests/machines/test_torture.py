#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The program torture on many machines, and under seeded schedules.

Twice in one boot: when all processes have gone, so have their pages, and the
second run leaves no more behind than the first. With TEST_FULL all machines,
and more seeds.
"""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import (add_case, case, expect, expect_equal, expect_in, main)
from lib.machine import ROOT

FULL = bool(os.environ.get("TEST_FULL"))
# CPUs, nodes
MACHINES = ([(cpus, nodes) for cpus in (1, 2, 4, 8) for nodes in (1, 2, 4)]
            if FULL else [(1, 4), (2, 1), (4, 2), (8, 4)])
NR_SEEDS = 20 if FULL else 2
RUNS = 2
# What goes with the last user; pages on their way to a list are one's, too.
GONE = ("nr_anon_pages", "nr_mapped", "nr_page_table_pages", "nr_shmem",
        "nr_isolated_anon", "nr_mlock")
REPORTS = "free\ncat /proc/vmstat\ncat /proc/vmallocinfo\n"


def number(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    expect(found, f"{pattern} in the reports")
    return int(found[1])


def pages_of_nobody(text):
    """Used, but by no CPU's stack, cache or area of vmalloc. Areas are kept
    for a while when they are given back."""
    used = number(r"^Mem: +\d+ +(\d+)", text)
    used -= number(r"^Used includes (\d+) kB", text)
    caches = sum(map(int, re.findall(r"^nr_slab_\w+ (\d+)", text, re.M)))
    live = sum(map(int, re.findall(r" pages=(\d+)", text)))
    given_back = sum(int(size) // 4096 - 1  # a guard page is not there
                     for size in re.findall(r" (\d+) unpurged", text))
    return used // 4 - caches - live - given_back


def check_after_run(text):
    expect_in("torture: exit status 0", text, "torture passed")
    for name in GONE:
        expect_equal(number(rf"^{name} (\d+)", text), 0, name)
    return pages_of_nobody(text)


def torture(cpus, nodes):
    words = ["tools/vm", "--mem", "512M", "--cpus", str(cpus), "--nodes",
             str(nodes), "--initramfs", "--timeout", "120"]
    typed = "".join(f"run torture seed={cpus * 100 + nodes * 10 + run} "
                    f"procs={max(cpus, 2)} ops=120 pages=512\n{REPORTS}"
                    for run in range(RUNS)) + "check\npoweroff\n"
    result = subprocess.run(words, cwd=ROOT, input=typed, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            errors="replace", check=False)
    print(result.stdout[-3000:])
    parts = re.split(r"^.*> run torture.*$", result.stdout, flags=re.M)[1:]
    expect_equal(len(parts), RUNS, "runs")
    first, second = map(check_after_run, parts)
    expect(second - first < 64 + 16 * cpus,
           f"{second - first} pages lost in the second run")
    expect_in("check: 0 findings", result.stdout, "all invariants hold")
    expect_equal(result.returncode, 0, "status of tools/vm")


for machine in MACHINES:
    add_case("torture", "{}_cpus_{}_nodes".format(*machine),
             functools.partial(torture, *machine))


@case("torture_seeds")
def each_schedule_passes():
    result = subprocess.run(
        ["tools/schedules", "--count", str(NR_SEEDS), "--run",
         "torture procs=3 ops=60 pages=512"], cwd=ROOT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    print(result.stdout)
    turns = re.findall(r"^seed +\d+ .* passed .* (\d+) turns ", result.stdout,
                       re.MULTILINE)
    expect_equal(len(turns), NR_SEEDS, "seeds that passed")
    expect(all(int(nr) > 1000 for nr in turns), f"turns {turns}")
    expect_equal(result.returncode, 0, "status of tools/schedules")


if __name__ == "__main__":
    main()
