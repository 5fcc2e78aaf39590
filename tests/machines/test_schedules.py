#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Seeded schedules: they repeat, they differ, they find a planted race.

The suites that run under a handful of seeds here are those of `make
schedules`, which runs as many as one likes.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import add_case, case, expect, expect_equal, expect_in, main
from lib.machine import ROOT

NR_SEEDS = 60 if os.environ.get("TEST_FULL") else 4
PLANTED = "planted_race.lock_forgotten"
TRIES = 12      # seeds of which one finds it: each does with 1/4 or so


def run(words, stderr=subprocess.DEVNULL):
    """(status, output); what vm says on stderr, if asked for, too"""
    result = subprocess.run(list(map(str, words)), cwd=ROOT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=stderr, encoding="utf-8", errors="replace",
                            check=False, timeout=250)
    print(result.stdout[-2000:])
    return result.returncode, result.stdout


def run_vm(append, *options, cpus=3):
    return run(["tools/vm", "--mem", "128M", "--cpus", cpus, "--icount", "3",
                *options, "--append", f"{append} poweroff"])


def schedule(text):
    found = re.search(r"CPUs took turns (\d+) times, schedule (\w+)", text)
    expect(found, "the end of a run tells its schedule")
    return int(found[1]), found[2]


def seeds(count, *options):
    return run(["tools/schedules", "--count", count, *options],
               stderr=subprocess.STDOUT)


# --- the suites under some seeds ---

@case("schedules")
def torture_passes_with_each_seed():
    status, text = seeds(NR_SEEDS)
    expect_equal(len(re.findall(r"^seed +\d+ .* passed ", text, re.MULTILINE)),
                 NR_SEEDS, "seeds that passed")
    expect_equal(status, 0, "status of tools/schedules")


# --- what a seed is ---

@case("seed")
def the_same_seed_prints_the_same():
    first = run_vm("selftest=smp_slab sched.seed=7")
    expect_equal(first[0], 0, "status of tools/vm")
    expect_equal(run_vm("selftest=smp_slab sched.seed=7"), first,
                 "console of the second run")


@case("seed")
def other_seeds_interleave_otherwise():
    found = set()
    for seed in range(1, 5):
        status, text = run_vm(f"selftest=wait.ping* sched.seed={seed} "
                              "sched.rate=8")
        expect_equal(status, 0, "status of tools/vm")
        found.add(schedule(text))
    expect_equal(len(found), 4, "different schedules")


@case("seed")
def more_pauses_more_turns():
    turns = [schedule(run_vm("selftest=planted_race.holds* sched.seed=1 "
                             f"sched.rate={rate}")[1])[0]
             for rate in (2, 1000000)]
    expect(turns[0] > 5 * turns[1], f"turns {turns}")


@case("seed")
def without_a_seed_nothing_is_said():
    status, text = run_vm("selftest=smp.every_cpu_ticks")
    expect("sched:" not in text, "no word of schedules")
    expect_equal(status, 0, "status of tools/vm")


@case("seed")
def a_bad_seed_or_rate_is_reported():
    status, text = run_vm("sched.seed=x sched.rate=0 sched.speed=1")
    for word in ("Malformed value: sched.seed=x", "Malformed value: "
                 "sched.rate=0", "Unknown kernel command line word: "
                 "sched.speed"):
        expect_in(word, text, "warning")
    expect("CPUs took turns" not in text, "there is no schedule")
    expect_equal(status, 0, "status of tools/vm")


# --- the planted race ---

def plain_case(name, *options):
    def body():
        for cpus in (2, 3, 4):
            status, text = run_vm(f"selftest={PLANTED}", *options, cpus=cpus)
            expect_in(" ok 1 lock_forgotten", text, "the case ran")
            expect_equal(status, 0, f"status of tools/vm, {cpus} CPUs")
    add_case("planted_race", name, body)


plain_case("counting_instructions_does_not_find_it")
plain_case("nor_does_another_clock", "--icount", "4")


@case("planted_race")
def it_runs_on_request_only():
    status, text = run_vm("selftest=planted*")
    expect_in("ok 1 holds_with_the_lock", text, "the control")
    expect("lock_forgotten" not in text, "the race is left out")
    expect_equal(status, 0, "status of tools/vm")


@case("planted_race")
def seeds_find_it_and_the_command_repeats_it():
    status, text = seeds(TRIES, "--suite", PLANTED)
    commands = re.findall(r"^    repeat: (.*) </dev/null$", text, re.MULTILINE)
    expect(commands, f"none of {TRIES} seeds found it")
    expect(len(commands) < TRIES, "all seeds find it: plain runs would, too")
    expect_equal(status, 1, "status of tools/schedules")
    words = shlex.split(commands[0])
    first, second = (run(words, stderr=subprocess.STDOUT) for _ in range(2))
    expect_in("expected desk.out == 0", first[1], "the failure")
    expect_in(f"vm: repeat: {commands[0]}\n", first[1], "vm's last words")
    expect_equal(first[0], 1, "status of tools/vm")
    expect_equal(second, first, "console of the second run")


@case("planted_race")
def with_the_lock_no_seed_finds_anything():
    status, _ = seeds(TRIES // 2, "--suite", "planted_race.holds*")
    expect_equal(status, 0, "status of tools/schedules")


if __name__ == "__main__":
    main()
