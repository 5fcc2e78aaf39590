#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""README.md and docs/: every name exists, every output shown is what comes out.

The checker itself is tested, too: a page with one mistake has one finding.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib import docs, docs_output
from lib.cases import Skip, add_case, case, expect, expect_equal, main
from lib.machine import ROOT

HERE = ROOT / "docs" / "page.md"


def check_page(page):
    findings = docs.check_names(page) + docs.check_links(page)
    expect(not findings, "\n".join(findings))


def check_outputs(page):
    outputs = docs_output.outputs(page)
    recorded, there = docs_output.recorded_qemu(), docs_output.qemu_version()
    if any(o.needs_qemu for o in outputs) and recorded != there:
        raise Skip(f"the output shown is of QEMU {recorded}, here is "
                   f"{there or 'none'}")
    lines = [line for output in outputs
             for line in docs_output.difference(output)]
    expect(not lines, "\n".join([*lines, "to rewrite: make docs"]))


def name_of(page):
    return page.name.replace("/", "_").replace("-", "_").removesuffix(".md")


for each in docs.all_pages():
    add_case("names", name_of(each), lambda each=each: check_page(each))
    if docs_output.outputs(each):
        add_case("output", name_of(each), lambda each=each: check_outputs(each))


# --- the checker ---

def findings(text):
    page = docs.Page(HERE, text)
    return [finding.partition(": ")[2] for finding in
            docs.check_names(page) + docs.check_links(page)]


RIGHT = """\
# Title
`mm/e820.c:trim_bios_range` `include/mm/page.h:PG_reserved` `mm/e820*.c`
`boot/entry.asm:entry_high` `include/mm/zone.h:zone_start_pfn` `docs/`
`kernel/main.c:boot` `arch/x86_64/traps.c:handlers` `tools/lib/docs.py:walk`
`tools/docs-check:main` `linker.ld:KERNEL_BASE` `README.md`
`make run`, `make test ONLY='host'`, `tools/vm --mem 1G`, `pfn_valid()`,
`numa=fake=4`, `vm.placement=buddy`, `/proc/iomem`, `/sys/devices/system/node/node0/distance`,
`e820.end_of_ram`, the shell's `lsmem`, type `selftest e820*`, `a * b`
[up](#title), [readme](../README.md), [far](https://example.org/x)

```sh
make run MEM=64M   # a comment
build/host/selftest 'memblock*'
```

## Real world: Linux
`no_such_function()`, `hugepages=4`, `/proc/buddyinfo`
"""

WRONG = {
    "`mm/e820.c:no_such`": "mm/e820.c defines no no_such",
    # Used there, but defined elsewhere.
    "`mm/e820.c:e820__update_table`": "mm/e820.c defines no e820__update_table",
    "`mm/none.c:x`": "no file mm/none.c",
    "`mm/none.c`": "no file mm/none.c",
    "`make nothing`": "no target: make nothing",
    "`tools/vm --nothing`": "tools/vm has no option --nothing",
    "`build/host/nothing`": "no source tests/host/nothing.c for "
                            "build/host/nothing",
    "`build/host/selftest 'nothing*'`": "no test matches nothing*",
    "`no_such_function()`": "no no_such_function()",
    "`nothing=1`": "the command line has no nothing=",
    "`/proc/nothing`": "the kernel has no file /proc/nothing",
    "`e820.no_such_test`": "no test e820.no_such_test",
    "the shell's `nothing`": "the shell has no command nothing",
    "type `selftest nothing`": "no test matches nothing",
    "[x](nothing.md)": "link to nothing.md: no such file",
    "[x](#nothing)": "link to #nothing: no such heading",
    "```sh\nnothing at all\n```": "unknown program nothing",
    "```sh\nmake nothing\n```": "no target: make nothing",
}


@case("checker")
def right_page_has_no_finding():
    expect_equal(findings(RIGHT), [], "findings")


@case("checker")
def each_mistake_is_found():
    for text, finding in WRONG.items():
        expect_equal(findings(text), [finding], text)


def output_of(text):
    return docs_output.outputs(docs.Page(HERE, text))


@case("checker")
def output_is_compared_but_for_what_is_volatile():
    block, = output_of("<!-- output: echo took 5 ms for 7\n"
                       "     to: took -->\n"
                       "```text\n$ echo took 5 ms for 7\ntook 8 ms for 7\n```\n")
    expect(docs_output.same(block.shown, docs_output.make(block)), "time")
    block.shown[1] = "took 5 ms for 6"
    expect(not docs_output.same(block.shown, docs_output.make(block)), "count")


@case("checker")
def output_is_rewritten_in_place():
    head = "# A\n<!-- output: printf 'a\\nb\\nc\\n'\n     from: b -->\n```text\n"
    tail = "```\nmore\n"
    made = docs_output.rewrite(docs.Page(HERE, head + "old\n" + tail))
    expect_equal(made, head + "$ printf 'a\\nb\\nc\\n'\nb\nc\n" + tail, "page")
    expect_equal(docs_output.rewrite(docs.Page(HERE, made)), made, "again")


@case("checker")
def a_part_of_the_output_is_cut():
    printed = "printf 'x\\n(1)\\nA\\n(1)\\nB \\n\\n(2)\\n'"
    for part, shown in {
            "from: x\n from: (1)\n until: (2)": "(1) A (1) B",
            "from: A\n from: (1)\n until: (2)": "(1) B",
            "from: (1)\n from: (1)\n to: B": "(1) B",
            "from: A\n to: B": "A (1) B"}.items():
        block, = output_of(f"<!-- output: {printed}\n {part} -->\n"
                           "```text\n```\n")
        expect_equal(" ".join(docs_output.make(block)[1:]), shown, part)


@case("checker")
def version_of_qemu_is_replaced_alone():
    expect_equal(docs_output.QEMU_LINE.sub("8.2", "made with QEMU 7.2. With"),
                 "made with QEMU 8.2. With", "sentence")


@case("checker")
def names_that_are_always_0_are_listed_once():
    lines = ["Node 0, zone DMA", "  pages free     5", "        cma      0",
             "    cpu: 0", "Node 1 Active(anon):        0 kB",
             "Node 0 MemFree:  0 kB", "Node 1 MemFree:  4 kB", "    cma 0"]
    expect_equal(docs_output.zeros(lines), ["cma, Active(anon)"], "names")


if __name__ == "__main__":
    main()
