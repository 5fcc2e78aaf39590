#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Programs of tests/programs in ring 3: each line of their list, a boot each.

A line is passed when run="NAME ARGS" ends with status 0 and no case of it was
left out. Lines for Linux only are not run here (make peer-test does). While the
kernel doesn't know run=, all cases are skipped.
"""

import functools
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import Skip, add_case, case, expect, expect_equal, main
from lib.machine import BUILD, ROOT

from console import boot

LIST = ROOT / "tests/programs/list"
MACHINE = ["--mem", "1G", "--cpus", "2", "--nodes", "2"]
# These write to all the memory there is.
SMALL_MACHINE = ["--mem", "256M", "--cpus", "2", "--nodes", "2"]
SMALL = ("oom", "hungry")


def vm(*words):
    return subprocess.run([ROOT / "tools/vm", "--timeout", "600", *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)


@functools.cache
def kernel_runs_programs():
    result = vm("--append", 'run="exit 0" poweroff')
    return "Unknown kernel command line word: run" not in result.stdout


def run(program, *options):
    if not kernel_runs_programs():
        raise Skip("this kernel runs no programs yet")
    machine = SMALL_MACHINE if program in SMALL else MACHINE
    result = vm(*(options or machine), "--append", f'run="{program}" poweroff')
    print(result.stdout[-4000:])
    return result


def must_pass(program, *options):
    result = run(program, *options)
    expect_equal(result.returncode, 0, f"exit status of {program}")
    expect(not re.search(r"^not ok|# SKIP", result.stdout, re.MULTILINE),
           "a case failed or was left out")
    return result


def programs():
    """["mmap", "torture seed=1", ...] that must pass on Tangram."""
    for line in LIST.read_text().splitlines():
        kernel, _, program = line.partition(" ")
        if kernel in ("both", "tangram"):
            yield program


for text in programs():
    add_case("programs", re.sub(r"[^\w.-]+", "_", text),
             functools.partial(must_pass, text))


# --- the verdict ---

@case("run")
def the_status_is_the_verdict():
    expect_equal(run("exit 0").returncode, 0, "status of exit 0")
    expect_equal(run("exit 3").returncode, 1, "status of exit 3")


@case("run")
def a_missing_program_fails():
    expect_equal(run("nosuch").returncode, 1, "exit status")


@case("run")
def arguments_reach_the_program_by_bios_too():
    for firmware in ("pvh", "bios"):
        result = must_pass("hello 0 a b", "--firmware", firmware)
        expect("3 arguments" in result.stdout, f"by {firmware}")


@case("run")
def anybodys_program_can_be_added():
    with tempfile.TemporaryDirectory() as folder:
        mine = Path(folder) / "mine"
        shutil.copy(BUILD / "programs/hello", mine)
        must_pass("mine", "--add", mine)


@case("run")
def all_in_one_boot_on_four_cpus():
    result = must_pass("all tangram", "--mem", "512M", "--cpus", "4",
                       "--nodes", "2", "--timeout", "1000")
    expect("failed=0" in result.stdout, "all passed")


# --- programs of the shell ---

def on_shell(*commands):
    return boot(["--mem", "512M", "--cpus", 2, "--nodes", 2, "--initramfs"],
                commands).answers


def pid_of_background():
    """The first program's number: which ids the kernel's threads leave."""
    answers = on_shell("run exit 0 &")
    return int(re.search(r"process (\d+)", answers["run exit 0 &"]).group(1))


@case("shell")
def a_program_is_seen_and_killed():
    pid = pid_of_background()
    start = "run pin pages=400 hold=60000 &"
    answers = on_shell(start, "run hello", "ps", f"maps {pid}",
                       f"walk {pid} 0x401000", f"cat /proc/{pid}/stat",
                       f"kill -KILL {pid}", "run hello 3", "check")
    expect("hello, by write" in answers["run hello"], "output")
    expect(re.search(rf"^ +{pid} pin ", answers["ps"], re.MULTILINE), "ps")
    expect("/bin/pin" in answers[f"maps {pid}"], "maps")
    expect(answers[f"walk {pid} 0x401000"].count("\n") >= 4, "four levels")
    expect(answers[f"cat /proc/{pid}/stat"].startswith(f"{pid} (pin) "),
           "stat")
    expect("exit status 3" in answers["run hello 3"], "status")
    expect("check: 0 findings" in answers["check"], "check")


class Session:
    """A shell whose next command depends on what the last one printed."""

    def __init__(self):
        self.vm = subprocess.Popen(
            [ROOT / "tools/vm", "--mem", "512M", "--cpus", "2", "--timeout",
             "600", "--initramfs"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.until_prompt()

    def until_prompt(self):
        text = b""
        while not text.endswith(b"tangram> "):
            byte = self.vm.stdout.read(1)
            expect(byte, "the shell goes on")
            text += byte
        return text.decode(errors="replace")

    def ask(self, command):
        self.vm.stdin.write(f"{command}\n".encode())
        self.vm.stdin.flush()
        answer = self.until_prompt()
        print(answer)
        return answer

    def close(self):
        self.vm.stdin.close()
        self.vm.stdout.read()
        return self.vm.wait()


@case("shell")
def a_frame_leads_back_to_its_program():
    shell = Session()
    pid = re.search(r"process (\d+)",
                    shell.ask("run pin pages=400 hold=60000 &")).group(1)
    shell.ask("run hello")
    pfn = re.search(r"pfn (0x[0-9a-f]+), a file's",
                    shell.ask(f"walk {pid} 0x401000")).group(1)
    found = shell.ask(f"rmap {pfn}")
    expect_equal(shell.close(), 0, "verdict")
    expect(f"process {pid} (pin) at 0x401000" in found, "rmap")


@case("shell")
def what_is_missing_is_said():
    answers = on_shell("run nosuch", "kill 9999", "maps 9999", "run",
                       "kill -NOSUCH 1", "walk 1 2")
    expect("error 2" in answers["run nosuch"], "run")
    expect("no such process" in answers["kill 9999"], "kill")
    expect("no such program" in answers["maps 9999"], "maps")
    expect("usage: run" in answers["run"], "usage")
    expect("usage: kill" in answers["kill -NOSUCH 1"], "usage of kill")
    expect("no such program" in answers["walk 1 2"], "walk")


if __name__ == "__main__":
    main()
