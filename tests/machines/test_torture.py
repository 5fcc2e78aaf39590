#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs torture and movers on many machines, and under seeded schedules.

Torture runs beside continuous compaction, too, by each strategy.

Twice in one boot: when all processes have gone, so have their pages, and the
second run leaves no more behind than the first. With TEST_FULL both go on for
longer.
"""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import (add_case, case, expect, expect_equal, expect_in, main,
                       note)
from lib.machine import ROOT

FULL = bool(os.environ.get("TEST_FULL"))
OPERATIONS = 1000 if FULL else 120
MOVES = 15000 if FULL else 1500
COMPACTIONS = 200 if FULL else 10
NR_SEEDS = 20 if FULL else 2
RUNS = 2
STRATEGIES = ("guided", "linux", "classic")
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


def check_after_run(program, text):
    expect_in(f"{program}: exit status 0", text, f"{program} passed")
    for name in GONE:
        expect_equal(number(rf"^{name} (\d+)", text), 0, name)
    return pages_of_nobody(text)


def run_twice(program, cpus, nodes, size, first=""):
    """What the two runs printed; `first` is typed before them."""
    words = ["tools/vm", "--mem", "512M", "--cpus", str(cpus), "--nodes",
             str(nodes), "--initramfs", "--timeout", "3000" if FULL else "1000"]
    typed = "".join(f"run {program} seed={cpus * 100 + nodes * 10 + run} "
                    f"{size}\n{REPORTS}" for run in range(RUNS))
    typed = f"{first}{typed}check\npoweroff\n"
    result = subprocess.run(words, cwd=ROOT, input=typed,
                            text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, errors="replace",
                            check=False)
    print(result.stdout[-12000:])
    parts = re.split(rf"^.*> run {program}.*$", result.stdout,
                     flags=re.M)[1:]
    expect_equal(len(parts), RUNS, "runs")
    first, second = (check_after_run(program, part) for part in parts)
    expect(second - first < 64 + 16 * cpus,
           f"{second - first} pages lost in the second run")
    expect_in("check: 0 findings", result.stdout, "all invariants hold")
    expect_equal(result.returncode, 0, "status of tools/vm")
    return parts


def torture(cpus, nodes):
    run_twice("torture", cpus, nodes,
              f"procs={max(cpus, 2)} ops={OPERATIONS} pages=512")


def compaction(strategy, cpus, nodes):
    """The checks of kernel and program are the same; and something moves."""
    for part in run_twice(
            "torture", cpus, nodes,
            f"procs={cpus} ops={OPERATIONS} pages=512 "
            f"compact={COMPACTIONS}",
            f"echo {strategy} > /proc/sys/vm/compact_strategy\n"):
        moved = number(r"^RESULT torture .* moved=(\d+)", part)
        note(f"{strategy}: {moved} pages moved")
        expect(moved > 0, "pages were moved")


def movers(cpus, nodes):
    for part in run_twice("movers", cpus, nodes,
                          f"procs={7 + cpus} moves={MOVES} pages=64 "
                          f"seconds={1000 if FULL else 400}"):
        if nodes == 1:
            expect_in("needs two nodes", part, "nothing can be moved")
            continue
        result = dict(re.findall(r" (\w+)=(\d+)",
                                 part[part.index("RESULT movers"):]))
        note(f"{result['moves']} pages moved")
        expect(int(result["moves"]) >= MOVES, f"{result['moves']} moves")
        idle = [name for name, nr in result.items()
                if name != "failed" and not int(nr)]
        expect(not idle, f"{idle} did nothing")


def on_machine(function, cpus, nodes):
    add_case(function.__name__, f"{cpus}_cpus_{nodes}_nodes",
             functools.partial(function, cpus, nodes))


for cpu_count in (1, 2, 4, 8):
    for node_count in (1, 2, 4):
        on_machine(torture, cpu_count, node_count)
        if node_count > 1 or cpu_count == 1:
            on_machine(movers, cpu_count, node_count)


for name in STRATEGIES:
    for cpu_count, node_count in ((2, 1), (4, 4)):
        add_case("torture_compaction",
                 f"{name}_{cpu_count}_cpus_{node_count}_nodes",
                 functools.partial(compaction, name, cpu_count, node_count))


def each_seed_passes(run):
    result = subprocess.run(
        ["tools/schedules", "--count", str(NR_SEEDS), "--run", run], cwd=ROOT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    print(result.stdout)
    turns = re.findall(r"^seed +\d+ .* passed .* (\d+) turns ", result.stdout,
                       re.MULTILINE)
    expect_equal(len(turns), NR_SEEDS, "seeds that passed")
    expect(all(int(nr) > 1000 for nr in turns), f"turns {turns}")
    expect_equal(result.returncode, 0, "status of tools/schedules")


@case("torture_seeds")
def each_schedule_passes():
    each_seed_passes("torture procs=3 ops=60 pages=512")


@case("torture_seeds")
def each_schedule_passes_with_movers():
    each_seed_passes("movers procs=7 moves=200 pages=8")


if __name__ == "__main__":
    main()
