#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""checkerboard and pollution: what they print, and that guided reaches its goal.

Machines are small here; figures to compare come from make bench-frag.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import bench_frag
from lib.cases import case, expect, expect_equal, expect_in, main
from lib.machine import ROOT


def vm(append, *options):
    result = subprocess.run(
        [ROOT / "tools/vm", "--mem", "256M", "--cpus", "2", "--nodes", "2",
         "--timeout", "600", *options, "--append", append + " poweroff quiet"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    print(result.stdout[-6000:])
    return result


def results(run):
    """Each RESULT line as {key: text}."""
    expect_equal(run.returncode, 0, "verdict")
    return [dict(word.split("=", 1) for word in words.split())
            for _, words in bench_frag.RESULT.findall(
                run.stdout.replace("\r", ""))]


def reaches_its_goal(r):
    """As make bench grades it; what is on stacks may make it a page more."""
    possible, obtained = int(r["possible"]), int(r["obtained"])
    expect(possible > 20, "there is something to obtain")
    expect(obtained >= 0.97 * possible, f"{obtained} of {possible}")
    expect(int(r["migrated"]) > 0, "pages were moved")
    expect_equal(int(r["wrong"]), 0, "wrong bytes")


@case("checkerboard")
def the_kernel_obtains_what_is_possible():
    for pattern in ("random", "second"):
        r, = results(vm(f"workload=checkerboard,fill=90,pattern={pattern},"
                        "strategy=guided"))
        reaches_its_goal(r)
        expect(int(r["obtained"]) <= int(r["possible"]),
               "no more than possible, by the oracle's word")
        expect(int(r["migrated"]) <= 1.02 * int(r["least"]),
               f"{r['migrated']} moves, {r['least']} at least")
        expect_in("met", bench_frag.grade_checkerboard(r, False), "grade")


@case("checkerboard")
def smaller_orders_too():
    r, = results(vm("workload=checkerboard,order=4,fill=80,keep=60,"
                    "pattern=second,strategy=guided"))
    reaches_its_goal(r)


@case("checkerboard")
def programs_see_it_side_by_side():
    run = vm('run="checkerboard fill=80 pattern=random steps=4 '
             'strategy=guided,guided"')
    found = results(run)
    expect_equal(len(found), 2, "results")
    for r in found:
        reaches_its_goal(r)
    for line in ("Before; a letter", "During: half", "After; a letter",
                 " scanned", "wrong bytes"):
        expect_in(line, run.stdout, "output")
    rows = re.findall(r"^ +\d+ MiB \|.{64}\|\r?$", run.stdout, re.MULTILINE)
    expect_equal(len(rows), 2 * 3 * 2, "rows of maps: 2 runs, 3 maps, 2 rows")
    expect(all(len(line.rstrip("\r")) <= 80 or line.startswith("RESULT")
               or line.startswith("[") for line in run.stdout.split("\n")),
           "lines fit a terminal")


@case("pollution")
def blocks_are_counted_beside_the_least():
    r, = results(vm("workload=pollution,rounds=4,fill=60,churn=1,unmovable=1,"
                    "policy=mixed"))
    expect(int(r["polluted"]) >= int(r["least"]) > 0, "least is the least")
    expect_equal(int(r["obtained"]), int(r["possible"]), "then all there is")
    expect_equal(int(r["wrong"]), 0, "wrong bytes")


@case("pollution")
def few_blocks_are_polluted_where_guests_move_out():
    options = ("workload=pollution,rounds=12,fill=97,churn=1.5,unmovable=1,"
               "keep=20,policy=")
    best, = results(vm(options + "evacuate"))
    expect_equal(bench_frag.grade_pollution(best, 2), "met", "grade")
    expect_equal(int(best["wrong"]), 0, "wrong bytes")
    plain, = results(vm(options + "classic"))
    expect(int(plain["polluted"]) > 2 * int(best["polluted"]),
           f"{plain['polluted']} blocks by classic, {best['polluted']}")


@case("pollution")
def programs_pollute_as_well():
    r, = results(vm('run="pollution rounds=4 fill=60 churn=1 unmovable=1"'))
    expect(int(r["polluted"]) >= int(r["least"]) > 0, "least is the least")
    expect_equal(int(r["refused"]), 0, "all of the kernel's share was had")
    expect_equal(int(r["wrong"]), 0, "wrong bytes")


# --- make run ---

def command_of_run(*variables):
    done = subprocess.run(["make", "-n", "run", *variables], cwd=ROOT,
                          stdout=subprocess.PIPE, text=True, check=True)
    # What was changed would be compiled before.
    return done.stdout[done.stdout.rindex("tools/vm "):]


@case("run")
def make_run_shows_it_unless_told_otherwise():
    expect_in("checkerboard", command_of_run("APPEND=quiet"), "with options")
    for told in ('APPEND=quiet run="hello"', "ADD=some.file"):
        expect("checkerboard" not in command_of_run(told), told)


if __name__ == "__main__":
    main()
