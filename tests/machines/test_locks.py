#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The command locks, and /proc/tangram/rcu, after something has happened."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import run
from lib.cases import case, expect, expect_equal, expect_in, main

COMMANDS = """selftest lockdep*
selftest mutex*
locks
locks order
locks held
locks nonsense
cat /proc/tangram/rcu
poweroff
"""


def indents(text):
    """{class: how far in it stands first} of `locks order`"""
    found = {}
    for spaces, name in re.findall(r"^((?:  )*)(test_\w|wait queue|run queue)$",
                                   text, re.MULTILINE):
        found.setdefault(name, len(spaces))
    return found


@case("locks")
def classes_order_and_counters_are_shown():
    status, text = run(["--cpus", "4", "--nodes", "2"], COMMANDS)
    expect_equal(status, 0, "status of tools/vm")
    rows = dict(re.findall(r"^([a-z_ ]+?) +([IS]) +\d+ +\d+$", text,
                           re.MULTILINE))
    expect_equal({rows.get("zone"), rows.get("run queue")}, {"I"},
                 "kind of spinlocks' classes")
    expect_equal({rows.get("test_s"), rows.get("test_m")}, {"S"},
                 "kind of class S")
    steps = indents(text)
    expect_equal((steps["test_a"], steps["test_b"], steps["test_c"]), (0, 2, 4),
                 "indents of a before b before c")
    expect(steps["run queue"] > steps["wait queue"], "wake-ups: in this order")
    expect_in("usage: locks", text, "after a wrong word")
    expect_in("nobody holds a lock", text, "locks held")
    done = re.search(r"grace periods (\d+)", text)
    expect(done and int(done[1]) > 0, "threads have ended: grace periods")


if __name__ == "__main__":
    main()
