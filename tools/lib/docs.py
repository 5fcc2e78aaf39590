# SPDX-License-Identifier: MIT
"""What README.md and docs/ claim, held against the sources.

Looked at is `code` between backquotes, links, and ```sh blocks:

	`mm/e820.c:e820__update_table`	defined in that file
	`mm/e820.c`, `docs/`, `mm/e820*.c`	exists
	`make run`			a target of the Makefile or of tools/*.mk
	`tools/vm --mem 1G`		the program exists and names the option
	`build/host/selftest 'e820*'`	its source exists, a test matches
	`pfn_valid()`			defined somewhere
	`/proc/iomem`			a file that the kernel has
	`numa=fake=4`			a word that the command line takes
	the shell's `lsmem`		a command ("type `lsmem`" counts, too)

Below a heading with "Linux" or "Real world" names are other people's: only
`path:symbol` and links are looked at there.

Each check returns lines "file:line: what is wrong".
"""

import fnmatch
import re
import shlex
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .machine import ROOT

FOLDERS = ("arch", "boot", "docs", "include", "kernel", "mm", "tests", "tools")
SOURCES = ("*.c", "*.h", "*.asm", "*.inc")
# What a reader's machine has; anything else in a ```sh block is a slip.
PROGRAMS = ("apt-get", "cat", "cd", "cp", "echo", "gdb", "git", "grep", "nm",
            "objdump", "printf", "readelf", "sed", "sudo")


@dataclass
class Code:
    line: int
    text: str
    foreign: bool       # below a heading about Linux
    before: str = ""    # the words before it


@dataclass
class Page:
    path: Path
    text: str

    @property
    def name(self):
        return str(self.path.relative_to(ROOT)
                   if self.path.is_relative_to(ROOT) else self.path.name)


def read_page(path):
    return Page(path, path.read_text(encoding="utf-8"))


def all_pages():
    return [read_page(path) for path in
            [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]]


# --- reading Markdown ---

def walk(page):
    """(line number, text, fence's language or None, foreign) of each line."""
    fence, foreign = None, False
    for number, text in enumerate(page.text.splitlines(), 1):
        mark = re.match(r"\s*```(\w*)", text)
        if mark:
            fence = None if fence is not None else mark[1]
            continue
        if fence is None and text.startswith("#"):
            foreign = bool(re.search(r"Linux|Real world", text))
        yield number, text, fence, foreign


def spans(page):
    """Every `code` of running text. A span stands in one line."""
    for number, text, fence, foreign in walk(page):
        if fence is None:
            for match in re.finditer(r"`([^`]+)`", text):
                yield Code(number, match[1], foreign, text[:match.start()])


def shell_lines(page):
    for number, text, fence, foreign in walk(page):
        command = text.partition("  #")[0].strip()
        if fence == "sh" and command and not command.startswith("#"):
            yield Code(number, command, foreign)


# --- what the sources have ---

@lru_cache(None)
def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


@lru_cache(None)
def tree():
    """The text of all sources."""
    files = [path for folder in FOLDERS for pattern in SOURCES
             for path in sorted((ROOT / folder).rglob(pattern))]
    return "\n".join(path.read_text(errors="replace") for path in files)


@lru_cache(None)
def found(pattern):
    return frozenset(re.findall(pattern, tree(), re.MULTILINE))


def make_targets():
    text = "\n".join(path.read_text() for path in
                     [ROOT / "Makefile", *(ROOT / "tools").glob("*.mk")])
    rules = re.findall(r"^([\w -]+):(?!=)", text, re.MULTILINE)
    rules += re.findall(r"^\.PHONY:(.*)", text, re.MULTILINE)
    return {name for rule in rules for name in rule.split()}


def shell_commands():
    return found(r"^SHELL_COMMAND\((\w+),")


def boot_params():
    return (found(r'^BOOT_PARAM\("([\w.]+)"')
            | {f"vm.{knob}" for knob in found(r"\{ KNOB\((\w+)\)")})


def test_names():
    return {f"{suite}.{name}"
            for suite, name in found(
                r"^TEST(?:_ON_REQUEST)?\((\w+), (\w+)\)")}


def virtual_files():
    """Paths of VFILE and VFILE_N; '*' where a number or a name goes."""
    text = re.sub(r'\bDIR "', '"/sys/devices/system/node', tree())
    paths = re.findall(r'"(/(?:proc|sys)/[^"\s]*)"', text)
    return {path.replace("%", "*") + ("*" if path.endswith("/") else "")
            for path in paths}


DEFINED = {
    "c": (r"^(?![\s#/*]).*\b{0}\b\s*\(", r"^#\s*define {0}\b",
          r"\b(?:struct|enum|union) {0}\b", r"^\t{0}\b\s*(?:=|,|/\*|$)",
          r"^(?![\s#/*])[\w\s*]+[ *]{0}(?:\[.*?\])*\s*(?:=|;)",
          r"^\t[\w ]+[ *]+{0}(?:\[.*?\])*;", r"^\}} {0}(?:\[.*?\])*\s*(?:=|;)",
          r"\b(?:TEST|TEST_ON_REQUEST|POINT|POINT_FAILS|CHECK|WORKLOAD|SHELL_COMMAND)"
          r"\((?:\w+, )?{0}\b"),
    "asm": (r"^\.?{0}:", r"^{0}\s+equ\b", r"^section \.{0}\b"),
    "py": (r"^\s*(?:def|class) {0}\b", r"^{0} ="),
}
LANGUAGE = {".c": "c", ".h": "c", ".asm": "asm", ".inc": "asm", ".py": "py"}


def language(path):
    if path.suffix in LANGUAGE:
        return LANGUAGE[path.suffix]
    first = read(path).partition("\n")[0]
    return "py" if first.startswith("#!") and "python" in first else "text"


def defines(path, symbol):
    patterns = DEFINED.get(language(path), (r"(?<![\w.]){0}(?!\w)",))
    return any(re.search(p.format(re.escape(symbol)), read(path), re.MULTILINE)
               for p in patterns)


# --- one `code` ---

def path_problem(text):
    """A name in capitals stands for any: tests/kernel/test_FILE.c."""
    glob = re.sub(r"[A-Z]{2,}(?=[./]\w+$|$)", "*", text.rstrip("/"))
    if any(ROOT.glob(text.rstrip("/"))) or any(ROOT.glob(glob)):
        return ""
    return f"no file {text}"


def reference_problem(text):
    match = re.fullmatch(r"([\w./-]+\.\w+|Makefile|[\w./-]+/[\w-]+):"
                         r"([A-Za-z_]\w*)(?:\(\))?", text)
    if not match:
        return ""
    path = Path(match[1])
    if not (ROOT / path).is_file():
        return f"no file {path}"
    return "" if defines(path, match[2]) else f"{path} defines no {match[2]}"


def options_problem(program, words):
    source = read(program)
    for word in words:
        option = re.match(r"--[a-z][\w-]*", word)
        if option and f'"{option[0]}"' not in source:
            return f"{program} has no option {option[0]}"
    return ""


def glob_problem(glob):
    ok = any(fnmatch.fnmatch(name, glob)
             or fnmatch.fnmatch(name.partition(".")[0], glob)
             for name in test_names())
    return "" if ok else f"no test matches {glob}"


def host_program_problem(words):
    folder, name = words[0].split("/")[1:3]
    source = {"host": f"tests/host/{name}.c",
              "fuzz": f"tests/host/fuzz/{name}.c"}.get(folder)
    if source and not (ROOT / source).is_file():
        return f"no source {source} for {words[0]}"
    if name == "selftest" and len(words) > 1:
        return glob_problem(words[1])
    return ""


def make_problem(words):
    for word in words:
        target = word if re.fullmatch(r"[a-z][\w-]*", word) else None
        if target and target not in make_targets():
            return f"no target: make {target}"
    return ""


def typed_problem(words):
    """What is typed into the kernel's shell."""
    if words[0] not in shell_commands():
        return f"the shell has no command {words[0]}"
    if words[0] == "selftest" and len(words) > 1:
        return glob_problem(words[1])
    return ""


def command_problem(words):
    """A command line of the reader's own shell; "" also if it is none."""
    first = words[0]
    if first == "make":
        return make_problem(words[1:])
    if re.match(r"build/(?:host/|fuzz/fuzz_)\w", first):
        return host_program_problem(words)
    if first.split("/")[0] in FOLDERS and "/" in first:
        if len(words) == 1:
            return path_problem(first)
        return path_problem(first) or options_problem(first, words[1:])
    return ""


def file_problem(text):
    ok = any(fnmatch.fnmatch(text, path) or path.startswith(text.rstrip("/") + "/")
             for path in virtual_files())
    return "" if ok else f"the kernel has no file {text}"


def word_problem(text):
    """Anything else that has a form of its own."""
    if re.match(r"/(?:proc|sys)/", text):
        return file_problem(text)
    if match := re.fullmatch(r"(\w+)\(\)", text):
        symbol = match[1]
        return "" if re.search(rf"\b{symbol}\(", tree()) else f"no {text}"
    if match := re.match(r"([a-z][a-z0-9_.]*)=", text):
        return "" if match[1] in boot_params() else (
            f"the command line has no {match[1]}=")
    if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]{4,}", text) and (
            text.partition(".")[0] in {n.partition(".")[0] for n in test_names()}):
        return "" if text in test_names() else f"no test {text}"
    if re.fullmatch(r"README\.md|LICENSE|Makefile|linker\.ld|\.ci/\w+", text):
        return path_problem(text)
    return ""


SHELLS = re.compile(r"(?:\bshell's|\btype|\btypes|\btyping|shell command) $",
                    re.IGNORECASE)


def split(text):
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def span_problem(code):
    problem = reference_problem(code.text)
    words = split(code.text)
    if problem or code.foreign or not words:
        return problem
    if SHELLS.search(code.before):
        return typed_problem(words)
    if re.fullmatch(r"[\w./*{}-]+:\w+", code.text):
        return ""
    return command_problem(words) or word_problem(code.text)


def shell_line_problem(code):
    words = split(code.text.split("|")[-1])
    program = re.sub(r"^\w+=\S* ", "", code.text).split()[0]
    known = program in PROGRAMS or program == "make" or "/" in program
    return command_problem(words) if known else f"unknown program {program}"


# --- one page ---

def check_names(page):
    problems = [(c.line, span_problem(c)) for c in spans(page)]
    problems += [(c.line, shell_line_problem(c)) for c in shell_lines(page)]
    return [f"{page.name}:{line}: {problem}" for line, problem in problems
            if problem]


def anchors(text):
    titles = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


def link_problem(page, target):
    name, _, anchor = target.partition("#")
    path = (page.path.parent / name).resolve()
    if not path.exists():
        return f"link to {target}: no such file"
    if anchor and anchor not in anchors(path.read_text() if name
                                        else page.text):
        return f"link to {target}: no such heading"
    return ""


def check_links(page):
    found_links = []
    for number, text, fence, _ in walk(page):
        if fence is None:
            found_links += [(number, target) for target in
                            re.findall(r"\]\(([^)\s]+)\)", text)]
    problems = [(n, link_problem(page, target)) for n, target in found_links
                if not re.match(r"[a-z]+:", target)]
    return [f"{page.name}:{n}: {problem}" for n, problem in problems if problem]
