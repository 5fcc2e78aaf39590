#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Seeded schedules: they repeat, they differ, they find a planted race.

The suites that run under a handful of seeds here are those of `make
schedules`, which runs as many as one likes.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import (add_case, case, expect, expect_equal, expect_in, fail,
                       main)
from lib.machine import BUILD, ROOT

NR_SEEDS = 60 if os.environ.get("TEST_FULL") else 4
PLANTED = "planted_race.lock_forgotten"
TRIES = 12      # seeds of which one finds it: each does with 1/4 or so


def run(words, stderr=subprocess.DEVNULL):
    """(status, output); what vm says on stderr, if asked for, too"""
    result = subprocess.run(list(map(str, words)), cwd=ROOT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=stderr, encoding="utf-8", errors="replace",
                            check=False, timeout=1000)
    print(result.stdout[-2000:])
    return result.returncode, result.stdout


def run_vm(append, *options, cpus=3):
    return run(["tools/vm", "--mem", "128M", "--cpus", cpus, "--icount", "3",
                "--timeout", "600", *options, "--append", f"{append} poweroff"])


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


# --- bugs planted in the kernel ---

SOURCES = ("arch", "boot", "include", "kernel", "mm", "tests/kernel", "tools",
           "Makefile", "linker.ld")
FENCE = "smp_torture.no_free*"

# name: (suite that finds it, file, (what stands there once, what it becomes))
BUGS = {
    # The mark that sends a frame past the stacks, read with interrupts on:
    # the drain may come between the look and the push.
    "free_pages_reads_the_bypass_mark_early": (
        FENCE, "mm/page_alloc.c",
        ("\tsched_point();\n\tflags = arch_irq_save();\n\t/*\n\t * Once",
         "\tcharge = READ_ONCE(page->charge);\n\tsched_point();\n"
         "\tflags = arch_irq_save();\n\t/*\n\t * Once"),
        ("\tcharge = READ_ONCE(page->charge);\n\tif (", "\tif (")),
    "pcp_free_reads_the_bypass_mark_early": (
        FENCE, "mm/pcp.c",
        ("\tu64 flags;\n\n\tsched_point();\n\tflags = arch_irq_save();\n"
         "\tpcp = this_pcp(zone->index);\n"
         "\tst = &pcp->stack[pcp_index(order)][charge];\n\t/*",
         "\tu64 flags;\n\tu8 mark = READ_ONCE(page->charge);\n\n"
         "\tsched_point();\n\tflags = arch_irq_save();\n"
         "\tpcp = this_pcp(zone->index);\n"
         "\tst = &pcp->stack[pcp_index(order)][charge];\n\t/*"),
        ("READ_ONCE(page->charge) & CHARGE_BYPASS", "mark & CHARGE_BYPASS")),
}


def copy(name, folder):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / name).is_dir():
        shutil.copytree(ROOT / name, folder / name)
    else:
        shutil.copy2(ROOT / name, folder / name)


def change(path, changes):
    text = path.read_text()
    for old, new in changes:
        if text.count(old) != 1:
            fail(f"{path.name}: {text.count(old)} places, not 1, with {old!r}")
        text = text.replace(old, new)
    path.write_text(text)


def kernel_with(file, changes, folder):
    """A tree with its objects, so that make compiles what was changed."""
    for name in SOURCES:
        copy(name, folder)
    for name in ("kernel", "flags"):
        copy(f"build/{name}", folder)
    change(folder / file, changes)
    made = subprocess.run(["make", "-C", str(folder), "kernel"], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={"PATH": os.environ["PATH"]}, text=True)
    print(made.stdout[-2000:])
    expect_equal(made.returncode, 0, "status of make")
    return folder / "build" / "tangram.elf"


def bug_case(suite, file, *changes):
    def body():
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            kernel = kernel_with(file, changes, Path(folder))
            status, text = seeds(8, "--kernel", kernel, "--cpus", "4",
                                 "--suite", suite)
        expect_in("FAILED", text, "a seed that finds it")
        expect_equal(status, 1, "status of tools/schedules")
    return body


for bug, where in BUGS.items():
    add_case("planted_bug", bug, bug_case(*where))


if __name__ == "__main__":
    main()
