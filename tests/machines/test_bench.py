#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""workload=bench: what it counts, and the library that bench-host measures.

Figures themselves are no test. That they count instructions, repeat exactly
and are printed in the form that tools/bench.py reads, is.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import bench_lines
from lib.cases import case, expect, expect_equal, expect_in, main
from lib.machine import BUILD, ROOT


def bench(glob, *words):
    return subprocess.run(
        [ROOT / "tools/vm", "--mem", "128M", "--timeout", "600", "--append",
         f"workload=bench,op={glob} poweroff", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)


def counted(glob):
    return bench(glob, "--icount", "0", "--cpu", "qemu64")


def figures(text):
    return re.findall(r"^RESULT bench .*$", text, re.MULTILINE)


@case("bench")
def instructions_are_what_is_counted():
    run = counted("order0_pair")
    expect_equal(run.returncode, 0, "status")
    expect_in("a loop of 20000 instructions counts 20001", run.stdout,
              "calibration, with the load of the loop's counter")
    expect_in("RESULT bench op=order0_pair insns=", run.stdout, "figure")


@case("bench")
def every_operation_repeats_exactly():
    first, second = counted("*"), counted("*")
    operations = [line.split()[2] for line in figures(first.stdout)]
    expect_equal(len(set(operations)), len(operations), "each operation once")
    for name in ("order0_pair", "order0_pair_drained", "order10_pair",
                 "order0_bulk_random", "bulk64_alloc", "kmalloc64_pair"):
        expect_in(f"op={name}", operations, "operation")
    expect_equal(figures(second.stdout), figures(first.stdout), "second run")


@case("bench")
def without_icount_no_instructions_are_claimed():
    run = bench("order0_pair")
    expect_in("does not count instructions", run.stdout, "the reason")
    expect_in("RESULT bench op=order0_pair cycles=", run.stdout, "figure")
    expect("insns=" not in run.stdout, "no instructions")


@case("bench")
def unknown_operation_fails():
    run = counted("no_such_op")
    expect_equal(run.returncode, 1, "status")
    expect_in("no operation matches 'no_such_op'", run.stdout, "why")


@case("bench")
def no_hot_path_has_a_locked_instruction():
    kernel = BUILD / "tangram.elf"
    found = bench_lines.locked_on_hot_paths(kernel)
    print(found)
    expect(not any(found.values()), "locked instructions on a hot path")
    locked = bench_lines.locked_addresses(kernel, "--disassemble=mmdrop")
    expect(locked, "an atomic count is no locked instruction?")


@case("library")
def machines_come_and_go_in_one_process():
    run = subprocess.run([BUILD / "host/lib-example"], capture_output=True,
                         text=True, check=False, timeout=600)
    expect_equal(run.returncode, 0, "status\n" + run.stdout + run.stderr)
    expect_equal(run.stdout.count(" 0 findings\n"), 11, "machines")


if __name__ == "__main__":
    main()
