#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The official boot CD as people use it, and runs that repeat exactly.

The menu is worked over the serial line, on a pseudo terminal, by BIOS and by
UEFI. Under --icount two runs must agree in every byte, times included: that is
what makes a failure repeatable.
"""

import subprocess
import sys
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import case, expect, expect_equal, expect_in, main
from lib.iso import check_boot_images
from lib.machine import BUILD, ROOT

VM = ROOT / "tools" / "vm"
ISO = BUILD / "tangram.iso"
DOWN, ENTER, LEAVE = "\x1b[B", "\r", "\x01x"


def on_terminal(*words):
    return pexpect.spawn(str(VM), ["--timeout", "1000", *map(str, words)],
                         timeout=1000, encoding="utf-8",
                         codec_errors="replace", cwd=ROOT)


def choose_selftests(firmware):
    """The second entry of the menu runs the self-tests."""
    terminal = on_terminal("--firmware", firmware, "--iso", ISO)
    terminal.expect_exact("Tangram: self-tests")
    terminal.send(DOWN)
    terminal.send(ENTER)
    terminal.expect_exact("KTAP version 1")
    return terminal


@case("menu")
def selftests_by_bios():
    """To the end, where they leave: all of them on one CPU."""
    terminal = choose_selftests("bios")
    terminal.expect_exact("vm: passed")
    terminal.expect(pexpect.EOF)


@case("menu")
def selftests_by_uefi():
    """The first suite is enough: they run to the end elsewhere."""
    terminal = choose_selftests("uefi")
    terminal.expect(r"\nok 1 \w+")
    terminal.send(LEAVE)
    terminal.expect(pexpect.EOF)
    terminal.close()
    expect_equal(terminal.exitstatus, 3, "status: left")


@case("menu")
def first_entry_starts_the_shell():
    terminal = on_terminal("--firmware", "bios", "--iso", ISO)
    terminal.expect_exact("Tangram: shell")
    terminal.send(ENTER)
    terminal.expect_exact("tangram> ")
    terminal.send("poweroff\r")
    terminal.expect_exact("vm: passed")


def run_entry(number):
    """Console of an entry; end of input leaves its shell."""
    result = subprocess.run([VM, "--firmware", "bios", "--entry", str(number),
                             "--timeout", "600"],
                            stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace", check=False)
    expect_equal(result.returncode, 0, "exit status")
    return result.stdout


@case("menu")
def an_entry_plays_the_slides():
    console = run_entry(3)
    for part in "buddy", "classic", "linux", "compaction":
        expect_in(f"RESULT slides part={part} failed=0", console, "console")


@case("menu")
def an_entry_shows_the_churn():
    expect_in("RESULT churn placement=fullest", run_entry(4), "console")


@case("menu")
def the_iso_has_both_boot_images():
    check_boot_images(ISO)


def console_of(*words):
    return subprocess.run([VM, "--timeout", "600", "--append",
                           "selftest=*e820* poweroff", *words],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", check=False).stdout


@case("watch")
def a_command_is_shown_while_the_boot_works():
    console = console_of("--append", 'watch="map 0 DMA"')
    expect_in("every 5.00 s: map 0 DMA\nDMA of node 0: ", console, "console")
    expect_in("# Totals:", console, "console")
    console = console_of("--append", "watch=nothing")
    expect_in("watch=nothing: there is no such command", console, "console")


@case("icount")
def two_runs_agree_in_every_byte():
    first, second = console_of("--icount"), console_of("--icount")
    expect_in("# Totals:", first, "console")
    expect_equal(second.splitlines(), first.splitlines(), "second run")


@case("icount")
def the_shift_changes_the_times():
    """... or the comparison above would prove nothing."""
    expect(console_of("--icount=0") != console_of("--icount=4"),
           "runs with different shifts agree, times included")


if __name__ == "__main__":
    main()
