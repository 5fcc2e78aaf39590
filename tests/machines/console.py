# SPDX-License-Identifier: MIT
"""Boot Tangram, type into its shell, read what it found out of the console.

	found = boot(["--mem", "1G"], ["cat /proc/zoneinfo", "check"])
	found.memory			# (available, present) in bytes
	found.answers["check"]		# what the command printed

Only what a user sees is read: the boot lines in Linux's form and the shell's
answers.
"""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import Failure
from lib.ktap import clean
from lib.machine import ROOT

VM = ROOT / "tools" / "vm"
PROMPT = "tangram> "
LOG_PREFIX = re.compile(r"^\[ *\d+\.\d+\] ", re.MULTILINE)
RANGE = r"\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]"


@dataclass
class Found:
    text: str                   # the boot lines without their times
    status: int                 # vm's
    words: list                 # how to repeat it
    firmware_map: list = field(default_factory=list)    # (start, end, type)
    user_map: list = field(default_factory=list)
    zones: dict = field(default_factory=dict)           # name: (start, end)
    node_ranges: list = field(default_factory=list)     # (node, start, end)
    memory: tuple | None = None                         # available, present
    cpus: int | None = None
    answers: dict = field(default_factory=dict)

    @property
    def map(self):
        """The map in force: the user's if the command line changed it."""
        return self.user_map or self.firmware_map


def find_ranges(pattern, text):
    """Groups of each match; the last two as start and end, half open."""
    found = []
    for groups in re.findall(pattern, text, re.MULTILINE):
        start, end = int(groups[-2], 16), int(groups[-1], 16) + 1
        found.append((*groups[:-2], start, end))
    return found


def parse_map(prefix, text):
    pattern = rf"^{prefix}: {RANGE} (.+)$"
    return [(int(start, 16), int(end, 16) + 1, kind)
            for start, end, kind in re.findall(pattern, text, re.MULTILINE)]


def block_after(title, text):
    """The indented lines below a title."""
    match = re.search(rf"^{title}.*\n((?:  .*\n)*)", text, re.MULTILINE)
    return match[1] if match else ""


def parse_boot(found):
    text = found.text
    found.firmware_map = parse_map("BIOS-e820", text)
    found.user_map = parse_map("user", text)
    found.zones = {name: (start, end) for name, start, end in find_ranges(
        rf"^  (\w+) +{RANGE}", block_after("Zone ranges:", text))}
    found.node_ranges = [(int(node), start, end) for node, start, end in
                         find_ranges(rf"^  node +(\d+): {RANGE}",
                                     block_after("Early memory node ranges",
                                                 text))]
    memory = re.search(r"^Memory: (\d+)K/(\d+)K available", text, re.MULTILINE)
    if memory:
        found.memory = int(memory[1]) << 10, int(memory[2]) << 10
    cpus = re.search(r"(\d+) CPUs? in the MADT", text)
    found.cpus = int(cpus[1]) if cpus else None


def parse_answers(chunks, commands):
    answers = {}
    for command, chunk in zip(commands, chunks):
        first, _, rest = chunk.partition("\n")
        answers[command] = rest if first.strip() == command else chunk
    return answers


def run(options, typed="", timeout=600):
    """(status, console without times and carriage returns)"""
    words = [str(VM), "--timeout", str(timeout), *map(str, options)]
    result = subprocess.run(words, input=typed.encode(), check=False, cwd=ROOT,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = result.stdout.decode(errors="replace").split("\n")
    text = LOG_PREFIX.sub("", "\n".join(map(clean, lines)))
    print(text[-4000:])
    return result.returncode, text


def boot(options, commands, timeout=600):
    """options: words for tools/vm; a boot that hangs ends with status 124."""
    typed = [*commands, "poweroff"]
    words = [str(VM), "--timeout", str(timeout), *map(str, options)]
    result = subprocess.run(
        words, input="".join(f"{command}\n" for command in typed).encode(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        cwd=ROOT)
    lines = result.stdout.decode(errors="replace").split("\n")
    chunks = "\n".join(map(clean, lines)).split(PROMPT.strip())
    chunks = [chunk.removeprefix(" ") for chunk in chunks]
    found = Found(LOG_PREFIX.sub("", chunks[0]), result.returncode, words)
    found.answers = parse_answers(chunks[1:], typed)
    parse_boot(found)
    print("\n".join(map(clean, lines[-40:])))
    if "poweroff" not in found.answers:
        raise Failure(f"the shell did not take all commands "
                      f"(vm's status {found.status})")
    return found
