# SPDX-License-Identifier: MIT
"""Output that docs/ show: run again, compare, rewrite.

A comment above a fenced block says how the block is made:

	<!-- output: tools/vm --mem 256M --cpus 2 --nodes 2
	     type: lsmem
	     from: Zones:
	     to: 1     DMA32 -->
	```text
	$ tools/vm --mem 256M --cpus 2 --nodes 2
	tangram> lsmem
	...
	```

type	a line for the kernel's shell (may repeat); without it the boot's lines
	are shown
from	show from the first line that holds this text (a second one: from the
	next line after it that holds that, and so on) ...
to	... to the next one that holds that
until	... or to the line before it, without blank lines
show	"zeros": only the names whose numbers are all 0, as a list

Boot lines lose their times. Two outputs are the same if they differ only in
what VOLATILE matches. Output of QEMU is compared only with the QEMU it was
made with (the line QEMU of docs/README.md): firmware differs from one to the
next.
"""

import difflib
import re
import shlex
import subprocess
import textwrap
from dataclasses import dataclass, field
from functools import lru_cache

from .ktap import clean
from .machine import ROOT

BLOCK = re.compile(r"<!-- output: (?P<how>.*?)-->\n```text\n(?P<text>.*?)^```$",
                   re.DOTALL | re.MULTILINE)
QEMU_LINE = re.compile(r"(?<=made with QEMU )\d+(?:\.\d+)?")
LOG_PREFIX = re.compile(r"^\[ *\d+\.\d+\] ")
PROMPT = "tangram> "
BOOT_END = "Tangram: `help`"
TIMEOUT = 600

# Numbers that follow from time, from the size of the kernel's image, or from
# where QEMU puts its tables.
VOLATILE = [
    (r"\d+ us$", "N us"),
    (r"\b\d+\.\d{3} ms\b", "N ms"),
    (r"timer \d+ counts|took \d+ ms|tsc \d+ kHz", "N"),
    (r"(?<=Memory: ).*", lambda m: re.sub(r"\d+", "N", m[0])),
    (r"^(  \d+ +\w+ +0x\w+(?: +[\d.]+ \w+){2})(?: +[\d.]+ \w+){2}$", r"\1 N"),
    (r"\b(pages free|min|low|high|promo|managed|nr_free_pages) +\d+$", r"\1 N"),
    (r"\b(high\w*:) +\d+$", r"\1 N"),
    (r"(protection:).*", r"\1 N"),
    (r"(Mem\w+|DirectMap\w+): +\d+ kB", r"\1: N kB"),
    (r"^(ACPI: \w{4} )0x\w+ \w{6}", r"\1N"),
    (r"(Total pages: )\d+", r"\1N"),
    (r"^free [\d.]+ MiB;", "free N MiB;"),         # of `watch map`
    (r"\b[0-9a-f]{16}\b|\+0x[0-9a-f]+/0x[0-9a-f]+", "N"),
    (r"EFLAGS: \w+", "EFLAGS: N"),
    (r"(?<=\] [^ ]{5}) +\d+\.\d{6}:", " N:"),     # of /sys/kernel/tracing
    (r"(Kernel \w+$)", r"\1"),
    (r"^  \w{8}-\w{8} : (Kernel \w+)$", r"  N : \1"),
    (r" +", " "),
]


@dataclass
class Output:
    command: str
    typed: tuple = ()
    first: tuple = ()
    last: str = ""
    until: str = ""
    show: str = ""
    shown: list = field(default_factory=list)   # lines in the document

    @property
    def needs_qemu(self):
        return self.command.startswith("tools/vm")


def parse(match):
    output = Output(match["how"].partition("\n")[0].strip())
    output.shown = match["text"].splitlines()
    for line in match["how"].splitlines()[1:]:
        key, _, value = line.strip().partition(": ")
        if key == "type":
            output.typed += (value,)
        elif key == "from":
            output.first += (value,)
        elif key in ("to", "until", "show"):
            setattr(output, {"to": "last"}.get(key, key), value)
        elif key:
            raise ValueError(f"'{key}' is no key of an output comment")
    return output


def outputs(page):
    return [parse(match) for match in BLOCK.finditer(page.text)]


# --- running ---

@lru_cache(None)
def run(command, typed):
    result = subprocess.run(
        shlex.split(command), cwd=ROOT, timeout=TIMEOUT, check=False,
        input="".join(f"{line}\n" for line in typed).encode(),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = result.stdout.decode(errors="replace")
    return tuple(LOG_PREFIX.sub("", clean(line)) for line in text.splitlines())


def shell_part(lines):
    """From the first prompt to the last, which nothing follows."""
    prompts = [i for i, line in enumerate(lines) if line.startswith(PROMPT)]
    if not prompts:
        raise ValueError("the shell did not start")
    last = len(lines)
    for i, line in enumerate(lines):
        if line.strip() == PROMPT.strip() and i > prompts[0]:
            last = i
    return lines[prompts[0]:last]


def boot_part(lines):
    ends = [i for i, line in enumerate(lines) if line.startswith(BOOT_END)]
    return lines[:ends[0]] if ends else lines


def cut(lines, output):
    for i, first in enumerate(output.first):
        lines = lines[bool(i):]
        lines = lines[index_of(lines, first):]
    if output.last:
        return lines[:1 + index_of(lines, output.last)]
    if output.until:
        lines = lines[:index_of(lines, output.until)]
        while lines and not lines[-1].strip():
            lines = lines[:-1]
    return lines


def index_of(lines, text):
    for i, line in enumerate(lines):
        if text in line:
            return i
    raise ValueError(f"no line holds '{text}'")


NUMBER = re.compile(r"^(?:Node \d+ )?\s*(?:pages )?([A-Za-z_][\w() ]*?):?\s+"
                    r"(\d+)(?: kB)?$")


def zeros(lines):
    """Names, each once, all of whose numbers are 0."""
    largest = {}
    for line in lines:
        match = NUMBER.match(line)
        if match and match[1] != "cpu":
            largest[match[1]] = max(largest.get(match[1], 0), int(match[2]))
    names = [name for name, value in largest.items() if value == 0]
    return textwrap.wrap(", ".join(names), 76, break_on_hyphens=False)


def make(output):
    """The lines that the document should show."""
    lines = run(output.command, output.typed)
    if output.typed:
        lines = shell_part(lines)
    elif output.needs_qemu:
        lines = boot_part(lines)
    lines = [line.rstrip() for line in cut(lines, output)]
    if output.show == "zeros":
        return zeros(lines)
    if output.typed and not lines[0].startswith(PROMPT):
        lines.insert(0, PROMPT + output.typed[-1])
    return [f"$ {output.command}", *lines]


# --- comparing ---

def normal(line):
    for pattern, instead in VOLATILE:
        line = re.sub(pattern, instead, line)
    return line.rstrip()


def difference(output):
    """What is shown against what comes out now, as a diff; [] if the same."""
    shown, made = output.shown, make(output)
    if same(shown, made):
        return []
    return [f"other output of {output.command}",
            *difflib.unified_diff(shown, made, "shown", "made", lineterm="",
                                  n=0)]


def same(shown, made):
    return [normal(line) for line in shown] == [normal(line) for line in made]


def qemu_version():
    text = subprocess.run(["qemu-system-x86_64", "--version"], check=False,
                          capture_output=True, text=True).stdout
    match = re.search(r"version (\d+\.\d+)", text)
    return match[1] if match else ""


def recorded_qemu():
    match = QEMU_LINE.search((ROOT / "docs" / "README.md").read_text())
    return match[0] if match else ""


def rewrite(page):
    """The page's text with all outputs made again; unchanged ones stay."""
    def replace(match):
        output = parse(match)
        lines = make(output)
        if same(output.shown, lines):
            return match[0]
        text = "".join(f"{line}\n" for line in lines)
        return f"<!-- output: {match['how']}-->\n```text\n{text}```"
    return BLOCK.sub(replace, page.text)
