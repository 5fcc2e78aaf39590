#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How a run ends: faults, panics, CPUs too old, power off, reset.

A fault is told in this order: what happened, registers, a backtrace that
names the function and its callers, "Kernel panic"; then the failure verdict.
"""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import LOG_PREFIX, run
from guest import Guest
from lib.cases import add_case, case, expect, expect_equal, expect_in, main
from lib.ktap import clean
from lib.machine import BUILD, MIB, ROOT, Machine, qemu_argv

REGISTERS = ("RIP:", "RSP:", "RAX:", "RDX:", "RBP:", "R10:", "R13:", "CR2:")
ADDRESS = "[0-9a-f]{16}"
PF = "BUG: unable to handle page fault, address: "


def backtrace(text):
    """Names of the functions below "Call Trace:", innermost first."""
    rows = re.search(r"^Call Trace:\n((?: \[<.*\n)*)", text, re.MULTILINE)
    expect(rows, "no 'Call Trace:'")
    return re.findall(rf"^ \[<{ADDRESS}>\] (\S+?)(?:\+0x\S+)?$", rows[1],
                      re.MULTILINE)


def check_order(text, parts):
    at = 0
    for part in parts:
        match = re.compile(part, re.MULTILINE).search(text, at)
        expect(match, f"no {part!r} behind the parts before it")
        at = match.end()


CALLERS = ["cmd_fault", "shell_execute", "shell_run", "start_kernel",
           "x86_start"]

# kind: (what is said first, the innermost functions, the last line)
FAULTS = {
    "null": (rf"BUG: kernel NULL pointer dereference, address: {'0' * 16}\n"
             r"#PF: supervisor read access in kernel mode\n"
             r"#PF: error_code\(0x0000\) - not-present page",
             ["fault_null", *CALLERS], "page fault"),
    "text": (rf"{PF}{ADDRESS}\n#PF: supervisor write access in kernel mode\n"
             r"#PF: error_code\(0x0003\) - permissions violation",
             ["fault_text", *CALLERS], "page fault"),
    "exec": (rf"{PF}{ADDRESS}\n"
             r"#PF: supervisor instruction fetch in kernel mode\n"
             r"#PF: error_code\(0x0011\) - permissions violation",
             [rf"0x{ADDRESS}", "fault_exec", *CALLERS], "page fault"),
    "divide": (r"^divide error: error_code\(0x0000\)",
               ["fault_divide", *CALLERS], "divide error"),
    "opcode": (r"^invalid opcode: error_code\(0x0000\)",
               ["fault_opcode", *CALLERS], "invalid opcode"),
    "address": (r"^general protection fault: error_code\(0x0000\)",
                ["fault_address", *CALLERS], "general protection fault"),
    "stack": (rf"^BUG: kernel stack overflow of thread main, address: {ADDRESS}",
              ["recurse"] * 20, "kernel stack overflow"),
}
PANICS = {
    "smash": ("stack protector: kernel stack is corrupted",
              ["__stack_chk_fail", "fault_smash"]),
    "panic": ("you asked for it", ["fault_panic", *CALLERS]),
    "bug": (r"BUG: sink == sink at kernel/cmd_fault\.c:\d+",
            ["fault_bug", *CALLERS]),
}


def check_backtrace(text, wanted):
    found = backtrace(text)
    expect(len(found) >= len(wanted) and all(
        re.fullmatch(pattern, name) for pattern, name in zip(wanted, found)),
        f"backtrace {found}, expected {wanted}")


def check_failed(status, text):
    expect_equal(status, 1, "status of tools/vm")
    expect_in("QEMU ended with status 35", text, "the verdict")


def fault_case(kind, says, functions, last):
    def body():
        status, text = run([], f"fault {kind}\n")
        check_order(text, [says, *(f"^{name} " for name in REGISTERS),
                           "^Call Trace:",
                           f"^Kernel panic - not syncing: {last}$"])
        check_backtrace(text, functions)
        check_failed(status, text)
    return body


def panic_case(kind, says, functions):
    def body():
        status, text = run([], f"fault {kind}\n")
        check_order(text, [f"^Kernel panic - not syncing: {says}$",
                           "^Call Trace:", "^---. end Kernel panic .---$"])
        check_backtrace(text, functions)
        check_failed(status, text)
    return body


for name, expected in FAULTS.items():
    add_case("fault", name, fault_case(name, *expected))
for name, expected in PANICS.items():
    add_case("fault", name, panic_case(name, *expected))


@case("fault")
def warn_counts_at_poweroff():
    status, text = run([], "fault warn\necho alive\npoweroff\n")
    check_order(text, ["^WARNING: sink == sink at kernel/cmd_fault",
                       "^Call Trace:", "^alive$",
                       r"^Verdict: failed \(1 warning\)$"])
    check_backtrace(text, ["fault_warn", *CALLERS])
    check_failed(status, text)


@case("fault")
def every_kind_is_tested():
    _, text = run([], "fault\npoweroff\n")
    listed = re.search(r"^tangram> fault\n((?:\w+ +.*\n)+)", text,
                       re.MULTILINE)
    expect(listed, "`fault` lists nothing")
    expect_equal({row.split()[0] for row in listed[1].splitlines()},
                 {*FAULTS, *PANICS, "warn", "shift", "everywhere"},
                 "kinds of `fault`")


# --- what comes from outside ---

# The first bank: valid, uncorrected, context corrupt.
MACHINE_CHECK = "mce 0 0 0xb200000000000005 0x4 0x0 0x0"


def exception_from_outside(says, command, **arguments):
    machine = Machine(mem=128 * MIB, kernel=BUILD / "tangram.elf",
                      cmdline="term=plain", exit_device=False)
    with Guest(machine) as vm:
        vm.wait_for(b"tangram> ")
        vm.command(command, **arguments)
        text = LOG_PREFIX.sub("", vm.wait_for(b"System halted."))
        print(text)
        check_order(text, [f"^{says}: error_code", "^RIP: 0008:", "^Call Trace:",
                           f"^Kernel panic - not syncing: {says}$"])
        # The shell sleeps until somebody types.
        expect_in("cpu_idle", backtrace(text), "backtrace")


@case("outside")
def nmi():
    exception_from_outside("NMI", "inject-nmi")


@case("outside")
def machine_check():
    exception_from_outside("machine check", "human-monitor-command",
                           **{"command-line": MACHINE_CHECK})


# --- CPUs that lack something ---

CPUS = {
    "qemu32": "long mode (lm)",
    "qemu64,-nx": "no-execute pages (nx)",
    "qemu64,-sse2": "SSE2 (sse2)",
    "qemu64,-pge": "global pages (pge)",
    "qemu64,-apic": "a local APIC, or the firmware turned it off (apic)",
}


def cpu_case(cpu, lacks, firmware):
    def body():
        status, text = run(["--cpu", cpu, "--firmware", firmware])
        expect_in("Tangram needs a 64-bit x86 CPU: this one lacks "
                  f"{lacks}.\n", text, "message")
        check_failed(status, text)
    return body


for name, lack in CPUS.items():
    for kind in ("pvh", "bios") if "pge" not in name else ("pvh",):
        label = re.sub(r"\W+", "_", name)
        add_case("cpu", f"{label}_{kind}", cpu_case(name, lack, kind))


@case("cpu")
def qemu64_is_enough():
    status, text = run(["--cpu", "qemu64"], "check\npoweroff\n")
    expect_in("check: 0 findings", text, "check")
    expect_equal(status, 0, "status of tools/vm")


# --- leaving ---

def poweroff_without_exit_device(firmware):
    def body():
        status, text = run(["--no-exit-device", "--firmware", firmware],
                           "poweroff\n")
        expect_in("Verdict: passed", text, "the verdict")
        expect_in("powered off without a verdict", text, "why QEMU ended")
        expect_equal(status, 1, "status of tools/vm")
    return body


for kind in ("pvh", "bios", "uefi"):
    add_case("leave", f"poweroff_by_acpi_{kind}",
             poweroff_without_exit_device(kind))


@case("leave")
def panic_without_exit_device_halts():
    for seconds in (5, 60):     # a slow machine has not booted yet
        status, text = run(["--no-exit-device"], "fault panic\n",
                           timeout=seconds)
        if "System halted." in text:
            break
    expect_in("System halted.", text, "last words")
    expect_equal(status, 124, "status of tools/vm")


@case("leave")
def reboot_resets():
    status, text = run([], "reboot\n")
    expect_in("triple fault or reboot", text, "why QEMU ended")
    expect_equal(status, 1, "status of tools/vm")


# --- input that nobody waits for ---

def type_at_once(text, timeout=600):
    """Without tools/vm, which holds input back until the prompt."""
    machine = Machine(mem=128 * MIB, kernel=BUILD / "tangram.elf",
                      cmdline="term=plain")
    result = subprocess.run(qemu_argv(machine, "stdio"), input=text.encode(),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            timeout=timeout, check=False, cwd=ROOT)
    output = "\n".join(map(clean, result.stdout.decode(
        errors="replace").split("\n")))
    print(output[-3000:])
    return result.returncode, output


@case("input")
def typed_ahead_is_kept():
    words = " ".join(f"word{i}" for i in range(100))
    status, text = type_at_once(f"echo '{words}'\npoweroff\n")
    expect_in(f"\n{words}\n", text, "echo")
    expect_equal(status, 33, "QEMU's exit status")


@case("input")
def a_line_of_64_kib_is_refused():
    status, text = run([], "y" * 65536 + "\necho alive\npoweroff\n")
    expect_in("line too long by 64513 bytes (limit 1023): not run", text,
              "message")
    check_order(text, ["^alive$", "^Verdict: passed$"])
    expect_equal(status, 0, "status of tools/vm")


if __name__ == "__main__":
    main()
