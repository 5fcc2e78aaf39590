#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Misuse of the page allocator ends in a panic that names both parties.

The frame, who frees it now, who had it, and who gave it back before.
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import run
from lib.cases import add_case, case, expect, expect_equal, expect_in, main

TAKES, FREES, SECOND = "first_user_takes", "first_user_frees", \
    "second_user_frees"

# kind: (what it is called, what the report says besides)
KINDS = {
    "double": ("double free", ["it is free already, on a CPU's stack"]),
    "tail": ("free of a tail page", ["it belongs to the chunk of order 2"]),
    "order": ("free with the wrong order", ["kind 1 order 2"]),
    "wild": ("free of a frame that has no page record",
             ["there is no RAM near it"]),
}


def misuse(kind):
    status, text = run([], f"misuse {kind}\n")
    expect_equal(status, 1, "status of tools/vm")
    return text


def part(text, start, end):
    match = re.search(rf"{start}.*?(?={end})", text, re.DOTALL)
    expect(match, f"no {start!r} with {end!r} behind it")
    return match[0]


def check_owner(text, freed):
    """The stacks of who took the page, and of who freed it first."""
    end = "page_owner: last freed" if freed else "Call Trace:"
    expect_in(TAKES, part(text, "page_owner: allocated with order", end),
              "stack of the allocation")
    if freed:
        expect_in(FREES, part(text, "page_owner: last freed", "Call Trace:"),
                  "stack of the first free")


def kind_case(kind, says, details):
    def body():
        text = misuse(kind)
        pfn = re.search(r"^misuse: pfn 0x([0-9a-f]+)$", text, re.MULTILINE)
        expect(pfn, "no pfn")
        report = part(text, "BUG: Bad page state", "---. end Kernel panic")
        expect_in(f"pfn:{pfn[1].zfill(5)}: {says}", report, "first line")
        for detail in details:
            expect_in(detail, report, "report")
        if kind != "wild":
            check_owner(report, kind == "double")
        expect_in(SECOND, part(report, "Call Trace:", "Kernel panic"),
                  "stack of the misuse")
        expect_in(f"Kernel panic - not syncing: mm: {says}", report, "panic")
    return body


for name, expected in KINDS.items():
    add_case("misuse", name, kind_case(name, *expected))


@case("misuse")
def every_kind_is_tested():
    _, text = run([], "misuse\npoweroff\n")
    listed = re.search(r"^tangram> misuse\n((?:\w+ +.*\n)+)", text, re.MULTILINE)
    expect(listed, f"`misuse` lists nothing:\n{text}")
    expect_equal({row.split()[0] for row in listed[1].splitlines()},
                 set(KINDS), "kinds of `misuse`")


if __name__ == "__main__":
    main()
