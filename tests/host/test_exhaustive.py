#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""All reachable states of tiny zones: tests/exhaustive/.

Each program walks through every state, compares each with a model and tells
how many there were.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lib.cases import case, expect, expect_equal, main
from lib.machine import BUILD

TIMEOUT = 1000


def walk(name):
    """[(states, transitions)] of the parts of a program."""
    result = subprocess.run([BUILD / "exhaustive" / name / "walk"],
                            capture_output=True, text=True, timeout=TIMEOUT,
                            check=False, stdin=subprocess.DEVNULL)
    print(result.stdout + result.stderr)
    expect_equal(result.returncode, 0, "exit status")
    found = re.findall(r"# (\d+) states.*, (\d+) transitions", result.stdout)
    expect(found, "no numbers of states")
    return [(int(states), int(moves)) for states, moves in found]


@case("exhaustive")
def one_type_16_frames():
    # s(k + 1) = s(k)^2 + 1 sets of allocated blocks; two blocks that are no
    # buddies lack the set with both in one.
    found = walk("one_type")
    expect_equal([states for states, _ in found], [458330, 677 ** 2], "states")


@case("exhaustive")
def two_types_8_frames():
    expect_equal(walk("two_types"), [(509545, 38164432)], "states, transitions")


if __name__ == "__main__":
    main()
