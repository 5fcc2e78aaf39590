#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Several CPUs: the self-tests on 1 to 8, start, numbering, faults, panics."""

import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
import tables
from console import run
from guest import Guest
from lib.cases import add_case, case, expect, expect_equal, expect_in, main
from lib.machine import BUILD, MIB, Machine


# --- self-tests ---

def selftest_case(cpus, nodes, glob):
    def body():
        status, text = run(["--cpus", cpus, "--nodes", nodes, "--append",
                            f"selftest={glob} poweroff"], timeout=1000)
        expect_in(f"{cpus} CPU{'s'[:cpus > 1]}\n", text, "CPUs brought up")
        expect_equal(status, 0, "status of tools/vm")
    return body


for count, nodes in ((1, 1), (2, 2), (4, 4), (8, 2)):
    add_case("selftest", f"smp_on_{count}_cpus",
             selftest_case(count, nodes, "smp*"))
# All self-tests on 4 CPUs and 2 nodes: the job "kernel" of tests/run.
add_case("selftest", "moving_on_four_nodes",
         selftest_case(4, 4, "mm_torture.compaction*,migrate_torture"))


# --- waiting for input ---

def ticks_of_threads(text):
    """{name: ticks} of those on CPU 0, as ps tells."""
    return {name: int(count) for name, count in re.findall(
        r"^ +\d+ (\S+) +[RrSD] +0 \w+ +(\d+) ", text, re.MULTILINE)}


@case("shell")
def sleeps_until_somebody_types():
    machine = Machine(mem=128 * MIB, kernel=BUILD / "tangram.elf",
                      cmdline="term=plain")
    with Guest(machine) as vm:
        vm.wait_for(b"tangram> ")
        for _ in range(20):     # 250 a second, if QEMU gets a CPU
            time.sleep(1)
            vm.type(b"ps\n")
            ticks = ticks_of_threads(vm.wait_for(b"tangram> "))
            print(ticks)
            if ticks["idle/0"] > 100:
                break
    # A shell that halts the CPU itself has them all.
    expect(ticks["idle/0"] > 100, "the idle thread did not run")
    expect(ticks["main"] < ticks["idle/0"], "the shell did not sleep")


# --- starting ---

def rows_of_cpus(text):
    """
    {number: (APIC id, node, state)} of the command `cpus`.  Idle and busy
    are both "up": a thread of the boot may still run on any CPU.
    """
    rows = re.findall(r"^ +(\d+) +(\d+) +(\d+) +\S+ +\S+ +\S+  (.*)$", text,
                      re.MULTILINE)
    return {int(n): (int(apic), int(node), re.sub("^(idle|busy)$", "up", state))
            for n, apic, node, state in rows}


def brought_up(text, nodes, cpus):
    expect_in(f"smp: Brought up {nodes} node{'s'[:nodes != 1]}, "
              f"{cpus} CPU{'s'[:cpus != 1]}\n", text, "the line of the boot")


def start_case(cpus, nodes, *options):
    def body():
        status, text = run(["--cpus", cpus, "--nodes", nodes, *options],
                           "cpus\ncheck\npoweroff\n")
        brought_up(text, nodes, cpus)
        expected = {n: (n, n % nodes, "up" if n else "this one")
                    for n in range(cpus)}
        expect_equal(rows_of_cpus(text), expected, "`cpus`")
        expect_in("check: 0 findings", text, "check")
        expect_equal(status, 0, "status of tools/vm")
    return body


for name, arguments in {
        "two_cpus": (2, 1), "eight_cpus_four_nodes": (8, 4),
        "sixty_four_cpus": (64, 4), "by_bios": (4, 2, "--firmware", "bios"),
        "by_uefi": (4, 2, "--firmware", "uefi"),
        "counting_instructions": (4, 2, "--icount", "0"),
        "qemu64": (4, 2, "--cpu", "qemu64")}.items():
    add_case("start", name, start_case(*arguments))


@case("start")
def maxcpus_leaves_the_rest_alone():
    status, text = run(["--cpus", 4, "--append", "maxcpus=2"],
                       "cpus\ncheck\npoweroff\n")
    brought_up(text, 1, 2)
    expect_equal([state for _, _, state in rows_of_cpus(text).values()],
                 ["this one", "up", "not used", "not used"], "states")
    expect_equal(status, 0, "status of tools/vm")


@case("start")
def more_than_64_cpus():
    status, text = run(["--cpus", 66], "check\npoweroff\n")
    brought_up(text, 1, 64)
    expect_in("MADT: 2 CPUs beyond the first 64 ignored\n", text, "the rest")
    expect_equal(status, 0, "status of tools/vm")


def run_with_madt(cpus, apic_ids, typed):
    table = tables.madt(*map(tables.madt_cpu, apic_ids), tables.madt_ioapic())
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        path = Path(folder) / "acpi"
        path.write_bytes(table)
        return run(["--cpus", cpus, "--add", path], typed)


@case("start")
def a_cpu_that_does_not_answer_is_left_out():
    status, text = run_with_madt(3, [0, 7, 1, 2],
                                 "cpus\nfault everywhere\n")
    expect_equal(text.count("does not answer: not used"), 1, "lines about it")
    expect_in("smp: CPU 1 (APIC id 0x7) does not answer: not used\n", text,
              "the line")
    brought_up(text, 1, 3)
    expect_equal([state for _, _, state in rows_of_cpus(text).values()],
                 ["this one", "does not answer", "up", "up"], "states")
    check_one_panic(status, text)


@case("start")
def the_boot_cpu_has_number_0_wherever_it_stands():
    status, text = run_with_madt(3, [2, 1, 0], "cpus\npoweroff\n")
    expect_equal({n: row[0] for n, row in rows_of_cpus(text).items()},
                 {0: 0, 1: 2, 2: 1}, "APIC ids")
    expect_equal(status, 0, "status of tools/vm")


# --- looking, dying ---

def check_one_panic(status, text):
    expect_equal(text.count("Kernel panic - not syncing"), 1, "panics")
    expect_equal(len(re.findall(r"^Call Trace:$", text, re.MULTILINE)), 1,
                 "backtraces")
    expect_equal(status, 1, "status of tools/vm")


@case("die")
def backtrace_of_all():
    status, text = run(["--cpus", 4], "cpus backtrace\npoweroff\n")
    for cpu in (1, 2, 3):
        # It is idle, unless the tick or a thread of the boot is at work.
        expect(re.search(rf"^CPU {cpu}:\n( \[<\w+>\] .*\n)*"
                         r"( \[<\w+>\] cpu_idle\+.*\n"
                         r" \[<\w+>\] start_secondary\+"
                         r"| \[<\w+>\] (timer_tick|thread_start)\+.*\n)",
                         text, re.MULTILINE),
               f"no backtrace of CPU {cpu}")
    expect_equal(status, 0, "status of tools/vm")


@case("die")
def all_cpus_panic_at_once():
    for _ in range(4):      # whether they meet is for the host to say
        status, text = run(["--cpus", 8], "fault everywhere\n")
        check_one_panic(status, text)
        expect_in("---[ end Kernel panic ]---\n", text, "the end")


def fault_on_cpu_case(kind, says, function):
    def body():
        status, text = run(["--cpus", 4, "--nodes", 2], f"fault {kind} 2\n")
        expect(re.search(says, text, re.MULTILINE), f"no {says!r}")
        expect(re.search(rf"^ \[<\w+>\] {function}\+", text, re.MULTILINE),
               f"{function} is not in the backtrace")
        check_one_panic(status, text)
    return body


@case("die")
def a_new_thread_s_stack_overflows():
    status, text = run(["--cpus", 4, "--nodes", 2], "fault stack thread\n")
    expect(re.search(r"^BUG: kernel stack overflow of thread fault, "
                     r"address: ffffca", text, re.MULTILINE), "the report")
    expect(re.search(r"^ \[<\w+>\] recurse\+", text, re.MULTILINE),
           "recurse is not in the backtrace")
    check_one_panic(status, text)


for kind, arguments in {
        "panic": (r"^Kernel panic - not syncing: you asked", "worker"),
        "null": (r"^BUG: kernel NULL pointer dereference", "thread_start"),
        "stack": (r"^BUG: kernel stack overflow of thread work, "
                  r"address: ffffca", "recurse")}.items():
    add_case("die", f"{kind}_on_another_cpu",
             fault_on_cpu_case(kind, *arguments))


if __name__ == "__main__":
    main()
