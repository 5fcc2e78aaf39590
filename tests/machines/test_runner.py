#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The runner itself: kernels that end badly must count as failures.

Each kernel of tests/machines/sabotage misbehaves in one way. vm gives the exit
status, ktap reads what was printed; `ktap vm ...` together must fail and say
why. well_behaved is the control: it must pass.
"""

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import add_case, case, expect, expect_equal, expect_in, main
from lib.machine import BUILD, ROOT

VM, KTAP = ROOT / "tools" / "vm", ROOT / "tools" / "ktap"
SABOTAGE = BUILD / "sabotage"

# kernel: (vm's exit status, what ktap must say, its last line)
KERNELS = {
    "well_behaved": (0, "ok      tests", "1 passed, 0 failed, 1 skipped"),
    "hang": (124, "timed out", "1 passed, 1 failed"),
    "triple_fault": (1, "QEMU ended with status 0", "1 passed, 1 failed"),
    "early_exit": (1, "no KTAP in the output", "0 passed, 1 failed"),
    "no_ktap": (0, "no KTAP in the output", "0 passed, 1 failed"),
    "missing_plan": (0, "has no plan", "2 passed, 1 failed"),
    "too_few": (0, "announced 3 results, gave 2", "2 passed, 1 failed"),
    "too_many": (0, "announced 1 results, gave 2", "2 passed, 1 failed"),
    "short_subtest": (0, "suite suite announced 2 results, gave 1",
                      "1 passed, 1 failed"),
    "panic_after_plan": (0, "Kernel panic - not syncing: too late",
                         "1 passed, 1 failed"),
    "not_ok": (0, "right 2 (0x2)", "1 passed, 1 failed"),
    "failed_verdict": (1, "QEMU ended with status 35", "1 passed, 1 failed"),
    "flood": (124, "timed out", "0 passed, 1 failed"),
}

# Those that never end; hang has something to say first.
SHORT = {"hang": "8", "flood": "1"}


def run(*argv, **keywords):
    keywords.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run([str(word) for word in argv], cwd=ROOT, timeout=600,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace", check=False,
                          **keywords)


def vm_words(kernel, *options):
    return [VM, "--kernel", SABOTAGE / f"{kernel}.elf", "--mem", "64M",
            "--timeout", SHORT.get(kernel, "600"), *options]


def kernel_case(kernel, status, says, last_line):
    def body():
        result = run(KTAP, *vm_words(kernel))
        print(result.stdout[-2000:])
        expect_in(says, result.stdout, "what ktap says")
        expect_equal(result.stdout.splitlines()[-1], last_line, "last line")
        expect_equal(result.returncode, 0 if " 0 failed" in last_line else 1,
                     "ktap's exit status")
        again = vm_words(kernel, *(["--timeout", "1"] if kernel in SHORT else []))
        expect_equal(run(*again).returncode, status, "vm's exit status")
    return body


for name, expected in KERNELS.items():
    add_case("sabotage", name, kernel_case(name, *expected))


def ktap_of(text):
    return run(KTAP, stdin=None, input=text)


@case("ktap")
def a_suite_not_ok_whose_cases_passed_fails():
    result = ktap_of("KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n"
                     "    ok 1 a\nnot ok 1 suite\n")
    expect_equal(result.stdout.splitlines()[-1], "1 passed, 1 failed", "totals")


@case("ktap")
def results_out_of_order_fail():
    result = ktap_of("KTAP version 1\n1..2\nok 2 b\nok 1 a\n")
    expect_in("came as number 1", result.stdout, "message")
    expect_equal(result.returncode, 1, "exit status")


@case("ktap")
def an_end_inside_a_suite_fails():
    result = ktap_of("KTAP version 1\n1..1\n    KTAP version 1\n    1..1\n"
                     "    ok 1 a\n")
    expect_in("ends inside a suite", result.stdout, "message")


@case("ktap")
def a_plan_of_nothing_fails():
    expect_equal(ktap_of("KTAP version 1\n1..0\n").returncode, 1, "exit status")


@case("ktap")
def an_empty_stream_fails():
    expect_equal(ktap_of("").stdout.splitlines()[-1], "0 passed, 1 failed",
                 "totals")


@case("ktap")
def a_command_that_cannot_start_fails():
    result = run(KTAP, "/nonexistent/program")
    expect_in("can't start", result.stdout, "message")
    expect_equal(result.returncode, 1, "exit status")


@case("ktap")
def escapes_and_bad_bytes_do_not_hide_results():
    result = ktap_of("KTAP version 1\r\n1..1\r\n\x1b[0mnot ok 1 a\udcff\r\n"
                     .encode(errors="surrogateescape").decode("latin-1"))
    expect_equal(result.stdout.splitlines()[-1], "0 passed, 1 failed", "totals")


@case("ktap")
def junit_holds_every_case():
    path = BUILD / "test_runner.xml"
    run(KTAP, "--junit", path, *vm_words("not_ok"))
    root = ET.parse(path).getroot()
    expect_equal([e.get("name") for e in root.iter("testcase")],
                 ["first", "second"], "cases")
    failure = next(root.iter("failure"))
    expect_in("mm/buddy.c:12", failure.text, "text of the failure")


@case("vm")
def input_waits_for_the_prompt_and_its_end_powers_off():
    result = run(*vm_words("shell"), stdin=None, input="hello\nworld\n")
    expect_equal(result.returncode, 0, "exit status")
    expect_in("tangram> hello\nworld\n", result.stdout, "console")


@case("vm")
def refuses_a_command_line_that_qemu_would_overwrite():
    result = run(*vm_words("well_behaved", "--append", "x" * 4001))
    expect_equal(result.returncode, 2, "exit status")
    expect_in("4000", result.stdout, "message")


@case("vm")
def refuses_two_modules_by_pvh():
    result = run(*vm_words("well_behaved", "--add", VM, "--add", KTAP))
    expect_equal(result.returncode, 2, "exit status")
    expect_in("one module", result.stdout, "message")


@case("vm")
def refuses_uefi_without_64_mib():
    result = run(VM, "--kernel", SABOTAGE / "shell.elf", "--mem", "32M",
                 "--firmware", "uefi")
    expect_equal(result.returncode, 2, "exit status")
    expect_in("64M", result.stdout, "message")


@case("vm")
def a_missing_kernel_is_named():
    result = run(VM, "--kernel", "/nonexistent.elf")
    expect_equal(result.returncode, 2, "exit status")
    expect_in("/nonexistent.elf", result.stdout, "message")


@case("vm")
def a_terminal_is_left_by_ctrl_a_x():
    terminal = pexpect.spawn(str(VM), [str(w) for w in vm_words("shell")[1:]],
                             timeout=600)
    terminal.expect_exact("tangram> ")
    terminal.send("typed")
    terminal.expect_exact("typed")
    terminal.send("\x01x")
    terminal.expect_exact("vm: left by Ctrl-A X")
    terminal.expect(pexpect.EOF)
    terminal.close()
    expect_equal(terminal.exitstatus, 3, "exit status")


@case("vm")
def a_terminal_sends_ctrl_d_as_it_is():
    terminal = pexpect.spawn(str(VM), [str(w) for w in vm_words("shell")[1:]],
                             timeout=600)
    terminal.expect_exact("tangram> ")
    terminal.send("\x04")
    terminal.expect_exact("vm: passed")
    terminal.expect(pexpect.EOF)


def qemu_of(parent):
    """The process number of vm's child."""
    for _ in range(1500):
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text()
        if children.split():
            return int(children.split()[0])
        time.sleep(0.02)
    raise AssertionError("vm has started nothing")


def is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return re.sub(r".*\) ", "", state)[0] not in "ZX"


def dies_with_vm(number):
    vm = subprocess.Popen([str(w) for w in vm_words("hang", "--timeout", "30")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          env={**os.environ, "TMPDIR": str(SABOTAGE)})
    qemu = qemu_of(vm.pid)
    expect(b"KTAP" in vm.stdout.readline(), "the kernel has not started")
    vm.send_signal(number)
    vm.wait(60)
    for _ in range(1500):
        if not is_running(qemu):
            return
        time.sleep(0.02)
    raise AssertionError(f"QEMU outlived signal {number} to vm")


@case("vm")
def qemu_dies_when_vm_is_terminated():
    dies_with_vm(signal.SIGTERM)


@case("vm")
def qemu_dies_when_vm_is_killed():
    dies_with_vm(signal.SIGKILL)


@case("iso")
def boots_by_bios_with_words_and_modules():
    result = run(*vm_words("well_behaved", "--firmware", "bios", "--append",
                           "a 'b c' \"d\" $e", "--add", VM, "--add", KTAP))
    expect_equal(result.returncode, 0, "exit status")
    expect_in("ok 1 suite", result.stdout, "console")


@case("iso")
def boots_by_uefi():
    result = run(*vm_words("well_behaved", "--firmware", "uefi"))
    expect_equal(result.returncode, 0, "exit status")
    expect_in("ok 1 suite", result.stdout, "console")


def build_kernels():
    subprocess.run([ROOT / "tests/machines/sabotage/build.sh", SABOTAGE],
                   check=True)


if __name__ == "__main__":
    main(build_kernels)
