#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""/sys/kernel/tracing from the command line and from the kernel's shell."""

import functools
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from console import boot
from lib.cases import case, expect, expect_equal, expect_in, main

DIR = "/sys/kernel/tracing"
MACHINE = ["--mem", "256M", "--cpus", "2", "--nodes", "2"]
LINE = re.compile(r"^ *\S.*-\d+ +\[\d{3}\] [d.][N.][h.][1-9a-f.]\. +"
                  r"\d+\.\d{6}: (\w+): (.*)$", re.MULTILINE)


@functools.cache
def session():
    commands = [
        f"cat {DIR}/set_event", f"cat {DIR}/buffer_size_kb",
        "alloc 3 M 1 5", f"cat {DIR}/trace",
        f"echo mm_page_free > {DIR}/set_event",
        f"echo compaction:* >> {DIR}/set_event",
        f"cat {DIR}/set_event # again",
        f"echo > {DIR}/trace", "release all",
        f"echo 0 > {DIR}/tracing_on",
        f"cat {DIR}/trace # again",
        f"cat {DIR}/trace_pipe", f"cat {DIR}/trace_pipe # again",
        f"echo nothing > {DIR}/set_event", f"echo x > {DIR}/available_events",
        f"ls {DIR}", f"ls {DIR}/events", f"ls {DIR}/events/kmem/mm_page_free",
        f"cat {DIR}/events/kmem/mm_page_free/format",
        f"ls {DIR}/per_cpu", "check",
    ]
    return boot([*MACHINE, "--append", "trace_event=nonsense,"
                 "kmem:mm_page_alloc trace_buf_size=64K"], commands)


def answer(command):
    return session().answers[command]


@case("trace_event= records from the boot on, and names what is no event")
def boot_parameter():
    expect_in("trace_event=nonsense: no such event", session().text, "boot")
    expect_equal(answer(f"cat {DIR}/set_event"), "kmem:mm_page_alloc\n",
                 "what is recorded")
    expect_equal(answer(f"cat {DIR}/buffer_size_kb"), "64\n", "size")
    events = {name for name, _ in LINE.findall(answer(f"cat {DIR}/trace"))}
    expect_equal(events, {"mm_page_alloc"}, "events")


@case("an allocation of the shell's is in the trace")
def allocation():
    pfn = re.search(r"pfn (0x[0-9a-f]+)", answer("alloc 3 M 1 5"))[1]
    fields = [text for _, text in LINE.findall(answer(f"cat {DIR}/trace"))
              if f" pfn={pfn} order=3 migratetype=1 " in text]
    expect_equal(len(fields), 1, f"lines about {pfn}")


@case("> records only this, >> this too")
def redirection():
    listed = answer(f"cat {DIR}/set_event # again").splitlines()
    expect_equal(listed[0], "kmem:mm_page_free", "first event")
    expect(len(listed) > 5, f"few events: {listed}")
    expect(all(line.startswith("compaction:") for line in listed[1:]),
           f"others: {listed}")


@case("trace stays, trace_pipe takes")
def taking():
    kept = LINE.findall(answer(f"cat {DIR}/trace # again"))
    taken = LINE.findall(answer(f"cat {DIR}/trace_pipe"))
    expect(any(name == "mm_page_free" for name, _ in kept), f"kept: {kept}")
    expect_equal(taken, kept, "lines of trace_pipe")
    expect_equal(answer(f"cat {DIR}/trace_pipe # again"), "",
                 "what is left after that")


@case("an event has a folder")
def folders():
    expect_equal(answer(f"ls {DIR}/events/kmem/mm_page_free").split(),
                 ["enable", "format", "id"], "files")
    expect_in('print fmt: "page=%p pfn=0x%lx order=%ld", ',
              answer(f"cat {DIR}/events/kmem/mm_page_free/format"), "format")


@case("what can't be is said, and nothing is broken")
def refusals():
    expect_in("value not understood",
              answer(f"echo nothing > {DIR}/set_event"), "answer")
    expect_in("can only be read", answer(f"echo x > {DIR}/available_events"),
              "answer")
    for name in ("README", "trace_pipe", "events/"):
        expect_in(name, answer(f"ls {DIR}"), "answer")
    expect_in("migrate/", answer(f"ls {DIR}/events"), "answer")
    expect_in("cpu1/", answer(f"ls {DIR}/per_cpu"), "answer")
    expect_equal(session().status, 0, "status")


if __name__ == "__main__":
    sys.exit(main())
