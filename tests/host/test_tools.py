#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The host-side tools without QEMU: packages, QEMU's words, boot CDs, consoles.

tools/deps is run on a machine that lacks everything: a PATH with nothing but
the few programs of a fresh system and an apt-get that only notes its words.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tests" / "machines"))
from console import Found, parse_boot
from lib import cpio, iso
from lib.cases import Skip, case, expect, expect_equal, expect_in, main
from lib.machine import (GIB, KIB, MIB, Machine, VmError, numa_args, parse_size,
                         qemu_argv, split_evenly)

VM = ROOT / "tools" / "vm"
FRESH = ("sh", "cat", "tr", "sed", "env", "uname", "dirname")


# --- tools/deps ---

def fresh_machine(folder, uid, install_makes=""):
    """A PATH: basic programs, id, and an apt-get that writes its words."""
    for name in FRESH:
        (folder / name).symlink_to(shutil.which(name))
    scripts = {
        "id": f"echo {uid}",
        "apt-cache": "exit 0",
        "apt-get": f'echo "$@" >>{folder}/log; {install_makes}',
    }
    for name, text in scripts.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


def deps(folder, *words):
    return subprocess.run([ROOT / "tools" / "deps", *words],
                          env={"PATH": str(folder)}, capture_output=True,
                          text=True, check=False)


@case("deps")
def root_installs_what_is_missing():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = " ".join(f"{folder}/{tool}" for tool in
                         ("clang-format", "clang-tidy", "cppcheck"))
        fresh_machine(folder, 0, f"for t in {tools}; do "
                      "echo >$t; /bin/chmod +x $t; done")
        result = deps(folder, "lint")
        expect_equal(result.returncode, 0, f"exit status\n{result.stderr}")
        log = (folder / "log").read_text()
        expect_in("--no-install-recommends install clang-format clang-tidy "
                  "cppcheck", log, "words for apt-get")


@case("deps")
def without_root_the_command_is_printed():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh_machine(folder, 1000)
        result = deps(folder, "lint")
        expect_equal(result.returncode, 1, "exit status")
        expect_in("sudo apt-get install --no-install-recommends clang-format",
                  result.stderr, "message")
        expect(not (folder / "log").exists(), "apt-get was called")


@case("deps")
def doctor_names_everything_at_once():
    with tempfile.TemporaryDirectory() as name:
        fresh_machine(Path(name), 0)
        result = deps(Path(name), "--doctor")
        expect_equal(result.returncode, 1, "exit status")
        for package in ("gcc", "nasm", "qemu-system-x86", "mtools", "clang"):
            expect(any(line.split()[:2] == ["MISSING", package]
                       for line in result.stdout.splitlines()),
                   f"{package} is not named:\n{result.stdout}")


# --- QEMU's words ---

def refused(function, *words):
    try:
        function(*words)
    except VmError as error:
        return str(error)
    return ""


@case("machine")
def sizes():
    expect_equal(parse_size("1G"), GIB, "1G")
    expect_equal(parse_size("64"), 64 * MIB, "a bare number")
    expect_equal(parse_size("16k"), 16 * KIB, "16k")
    expect_in("no size", refused(parse_size, "1X"), "1X")
    expect_in("no size", refused(parse_size, "-1G"), "-1G")


@case("machine")
def nodes_share_all_memory():
    for total, parts in ((GIB, 3), (16 * MIB, 8), (GIB + 4 * KIB, 2)):
        expect_equal(sum(split_evenly(total, parts)), total, "sum of shares")


@case("machine")
def cpus_go_round_robin():
    words = " ".join(numa_args(Machine(cpus=3, nodes=2)))
    expect_in("nodeid=0,memdev=ram0,cpus=0,cpus=2", words, "node 0")
    expect_in("nodeid=1,memdev=ram1,cpus=1", words, "node 1")


@case("machine")
def empty_nodes_have_neither():
    words = numa_args(Machine(mem=GIB, cpus=1, nodes=2, node_mem=[GIB, 0],
                              node_cpus=["0", ""]))
    expect_in("node,nodeid=1", words, "words")


@case("machine")
def contradictions_are_refused():
    machine = Machine(mem=GIB, nodes=2, node_mem=[GIB, GIB])
    expect_in("adds up", refused(numa_args, machine), "sizes")
    machine = Machine(mem=GIB, nodes=3, node_mem=[GIB, 0])
    expect_in("names 2 nodes", refused(numa_args, machine), "counts")


@case("machine")
def giants_are_not_reserved():
    machine = Machine(mem=64 * GIB, kernel=Path(__file__))
    words = " ".join(qemu_argv(machine, "stdio"))
    expect_in("reserve=off", words, "words")
    expect_in("memory-backend=ram", words, "words")


# --- boot CDs ---

@case("iso")
def words_reach_grub_unchanged():
    expect_equal(iso.quote("it's $x"), "'it'\\''s $x'", "quoted word")
    expect_in("tangram.elf 'a' 'b c' 'run=d e' 'f'\n",
              iso.grub_config('a "b c"  run="d e" f', []), "menu")


@case("iso")
def a_quote_without_end_reaches_to_the_last_word():
    expect_equal(iso.kernel_words('a "b  c'), ["a", "b  c"], "words")


@case("iso")
def an_entry_is_chosen_in_the_official_menu():
    config = (ROOT / "boot" / "grub.cfg").read_text()
    changed = iso.choose_entry(config, 1, "quiet")
    expect_equal(changed.splitlines()[:2], ["set timeout=0", "set default=1"],
                 "first lines")
    expect_equal(changed.count("'quiet'\n"), config.count("multiboot2 "),
                 "entries with the word")
    expect(changed.count("set default=") == 1, "two defaults")


# --- programs and their archive ---

HEADER = 110


def entries_of(data):
    """[(name, mode, content)] of a cpio archive, read by the format's rules."""
    found, at = [], 0
    while True:
        expect_equal(data[at:at + 6], b"070701", f"magic at {at}")
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16)
                  for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[at + HEADER:at + HEADER + name_size - 1].decode()
        start = (at + HEADER + name_size + 3) // 4 * 4
        if name == cpio.TRAILER:
            expect_equal(len(data), start, "end of the archive")
            return found
        found.append((name, mode, data[start:start + size]))
        at = (start + size + 3) // 4 * 4


@case("cpio")
def an_archive_holds_what_was_put_in():
    given = [("bin", cpio.FOLDER, b""), ("bin/a", cpio.PROGRAM, b"12345"),
             ("etc-b", cpio.FILE, b""), ("bin/abc", cpio.FILE, b"1234")]
    expect_equal(entries_of(cpio.archive(given)), given, "entries")


@case("cpio")
def a_program_can_be_added_behind_the_end():
    old = cpio.archive(cpio.base() + [("bin/a", cpio.PROGRAM, b"old")])
    new = cpio.append_programs(old, [("b", b"new"), ("a", b"newer")])
    expect_equal(entries_of(new), entries_of(old) + [
        ("bin/b", cpio.PROGRAM, b"new"), ("bin/a", cpio.PROGRAM, b"newer")],
        "entries")


@case("cpio")
def what_is_no_archive_is_refused():
    for data in (b"", b"070701", b"ELF", cpio.archive([])[:-8] + b"!"):
        try:
            cpio.without_trailer(data)
        except ValueError:
            continue
        raise AssertionError(f"taken: {data!r}")


def dry_run(*words):
    result = subprocess.run([ROOT / "tools/vm", "--dry-run", "--kernel", VM,
                             *map(str, words)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    return result.stdout


@case("programs")
def run_brings_the_initramfs():
    with tempfile.NamedTemporaryFile() as archive:
        archive.write(cpio.archive(cpio.base()))
        archive.flush()
        # Named, so that the test needs no build/initramfs.cpio.
        words = dry_run("--initramfs", archive.name)
        expect_in(f"-initrd {archive.name}", words, "words")
        expect("-initrd" not in dry_run("--append", "rerun=x"), "without run=")


@case("programs")
def an_added_program_goes_into_the_initramfs_and_a_table_does_not():
    with tempfile.TemporaryDirectory() as name:
        archive, elf, table = (Path(name) / f for f in ("cpio", "p", "t"))
        archive.write_bytes(cpio.archive(cpio.base()))
        elf.write_bytes(b"\x7fELF")
        table.write_bytes(b"SRAT")
        expect_in("-vm.", dry_run("--initramfs", archive, "--add",
                                  elf).partition("-initrd ")[2], "a new copy")
        expect_in("one module", dry_run("--initramfs", archive, "--add",
                                        table), "both by PVH")
        expect_in(f"-initrd {table}", dry_run("--add", table), "the table")
        expect_in(f"-initrd {table}", dry_run("--add", table, "--initramfs"),
                  "make run's own wish gives way")


# --- reading consoles ---

CONSOLE = """\
BIOS-provided physical RAM map:
BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
BIOS-e820: [mem 0x00000000000f0000-0x00000000000fffff] reserved
Zone ranges:
  DMA      [mem 0x0000000000001000-0x0000000000ffffff]
  DMA32    [mem 0x0000000001000000-0x000000003ffdffff]
  Normal   empty
Movable zone start for each node
Early memory node ranges
  node   0: [mem 0x0000000000001000-0x000000000009efff]
  node   1: [mem 0x0000000000100000-0x000000003ffdffff]
Memory: 100K/200K available (1K kernel code)
Boot took 12 ms; 4 CPUs in the MADT
"""


@case("console")
def boot_lines_are_read():
    found = Found(CONSOLE, 0, [])
    parse_boot(found)
    expect_equal(found.firmware_map, [(0, 0x9fc00, "usable"),
                                      (0xf0000, 0x100000, "reserved")], "map")
    expect_equal(found.zones, {"DMA": (0x1000, 0x1000000),
                               "DMA32": (0x1000000, 0x3ffe0000)}, "zones")
    expect_equal(found.node_ranges, [(0, 0x1000, 0x9f000),
                                     (1, 0x100000, 0x3ffe0000)], "nodes")
    expect_equal(found.memory, (100 * KIB, 200 * KIB), "memory")
    expect_equal(found.cpus, 4, "CPUs")


# --- tools/fuzz ---

BROKEN = r"""
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)
{
	if (size > 2 && data[0] == 'b' && data[1] == 'u' && data[2] == 'g')
		__builtin_trap();
	return 0;
}
"""


@case("fuzz")
def a_finding_is_kept_and_repeatable():
    if not shutil.which("clang"):
        raise Skip("no clang")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "tools", folder / "tools")
        fuzz = folder / "build" / "fuzz"
        fuzz.mkdir(parents=True)
        (folder / "broken.c").write_text(BROKEN)
        built = subprocess.run(["clang", "-fsanitize=fuzzer", "-o",
                                fuzz / "fuzz_broken", folder / "broken.c"],
                               capture_output=True, text=True, check=False)
        if built.returncode:
            raise Skip("clang without libFuzzer")
        result = subprocess.run([folder / "tools" / "fuzz", "--seconds", "20"],
                                capture_output=True, text=True, check=False,
                                env={**os.environ, "LC_ALL": "C.UTF-8"})
        print(result.stdout, result.stderr)
        expect_equal(result.returncode, 1, "exit status")
        expect_in("# repeat: build/fuzz/fuzz_broken build/fuzz/artifacts/",
                  result.stdout, "report")
        expect_equal(result.stdout.splitlines()[-1], "0 passed, 1 failed",
                     "last line")


if __name__ == "__main__":
    main()
