# SPDX-License-Identifier: MIT
"""Read KTAP version 1 and distrust it.

	reader = Reader("kernel selftest")
	for line in output: reader.feed(line)
	reader.finish(exit_status)
	reader.cases			# each passed, failed or skipped

repeat_case ("program {}") replaces what a case says of how to run it again:
the kernel's tests don't know that they run on the host.

A stream is a stack of levels, one for each indentation: plan, results, and log
lines of the kernel in between. A result line under which a level was open is
that suite's own result, not a case. Whatever is wrong with the stream as a
whole (no plan, a wrong count, a panic, a bad exit status) becomes one failed
case named "(run)", so that no way to end badly counts as passed.
"""

import re
from collections import deque
from dataclasses import dataclass, field

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
STATUS_TIMEOUT = 124

VERSION = re.compile(r"( *)(?:KTAP|TAP) version \d+\s*$")
PLAN = re.compile(r"( *)1\.\.(\d+)\s*(?:# *SKIP *(.*))?$")
RESULT = re.compile(r"( *)(not ok|ok) (\d+) ?(?:- )?([^#]*?)\s*(?:# *(.*))?$")
SUBTEST = re.compile(r"( *)# Subtest: (.*?)\s*$")
SKIP = re.compile(r"SKIP\b:? *(.*)", re.IGNORECASE)
TIME = re.compile(r"([\d.]+) (us|ms|s)\b")
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
# Not in diagnostics: there a test may quote what it provoked.
FATAL = re.compile(r"(?!\s*#).*(Kernel panic|ERROR: \w*Sanitizer|"
                   r": runtime error: |^Traceback \(most recent call last\))")
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|[\r\0]")

LINE_MAX = 2000         # a flood must not fill memory
LINES_KEPT = 80


@dataclass
class Case:
    suite: str
    name: str
    status: str
    reason: str = ""
    lines: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def full_name(self):
        return f"{self.suite}.{self.name}" if self.suite else self.name


@dataclass
class Level:
    indent: int
    name: str = ""
    plan: int | None = None
    count: int = 0
    cases: list = field(default_factory=list)   # of this and deeper levels


def clean(line):
    return ESCAPES.sub("", line)[:LINE_MAX].rstrip()


class Reader:
    """on_suite(name, cases) is called when a suite has ended."""

    def __init__(self, job, on_suite=None, repeat="", repeat_case=""):
        self.job = job
        self.repeat = repeat
        self.repeat_case = repeat_case
        self.on_suite = on_suite or (lambda name, cases: None)
        self.cases = []
        self.levels = []
        self.flat = []          # cases outside of any suite
        self.problems = []
        self.pending = deque(maxlen=LINES_KEPT)
        self.seen_ktap = False
        self.skipped_all = False

    # --- one line ---

    def feed(self, line):
        line = clean(line)
        for pattern, handle in ((VERSION, self.version), (PLAN, self.plan),
                                (SUBTEST, self.subtest),
                                (RESULT, self.result)):
            match = pattern.match(line)
            if match:
                handle(match)
                return
        self.pending.append(line)
        if FATAL.match(line):
            self.problem(line.strip())

    def version(self, match):
        self.seen_ktap = True
        self.close_to(len(match[1]) - 1)
        self.open(len(match[1]))

    def plan(self, match):
        level = self.level_at(len(match[1]))
        if level.plan is not None:
            self.problem(f"two plans in {self.title(level)}")
        level.plan = int(match[2])
        if level.plan == 0 and match[3] is not None:
            self.skipped_all = True
            self.add_case(level, Case(self.job, "all", SKIPPED, match[3]))

    def subtest(self, match):
        self.level_at(len(match[1])).name = match[2]

    def result(self, match):
        indent = len(match[1])
        closed = self.close_to(indent)
        level = self.level_at(indent)
        level.count += 1
        if int(match[3]) != level.count:
            self.problem(f"'{match[0].strip()}' came as number {level.count} "
                         f"of {self.title(level)}")
        if closed is None:
            self.case_result(level, match)
        else:
            self.suite_result(closed, match)

    def case_result(self, level, match):
        skip = SKIP.match(match[5] or "")
        took = TIME.search(match[5] or "")
        status = FAILED if match[2] == "not ok" else PASSED
        if skip and status == PASSED:
            status = SKIPPED
        case = Case(level.name or self.job, match[4] or match[3], status,
                    skip[1] if skip else "", self.take_pending(),
                    float(took[1]) * SECONDS[took[2]] if took else 0.0)
        if self.repeat_case:
            case.lines = [line for line in case.lines
                          if "# repeat: " not in line]
            case.lines.append("# repeat: "
                              + self.repeat_case.format(case.full_name))
        self.add_case(level, case)

    def suite_result(self, suite, match):
        failed = any(case.status == FAILED for case in suite.cases)
        if match[2] == "not ok" and not failed:
            self.problem(f"suite {match[4]} is 'not ok' but its cases passed")
        self.on_suite(suite.name or match[4], suite.cases)
        self.pending.clear()

    # --- levels ---

    def title(self, level):
        return f"suite {level.name}" if level.name else "the run"

    def open(self, indent):
        self.levels.append(Level(indent))
        self.pending.clear()
        return self.levels[-1]

    def level_at(self, indent):
        """The innermost level if it has this indent, else a new one."""
        if self.levels and self.levels[-1].indent >= indent:
            return self.levels[-1]
        self.seen_ktap = True
        return self.open(indent)

    def close_to(self, indent):
        """Close what is deeper; returns the outermost closed, or None."""
        closed = None
        while self.levels and self.levels[-1].indent > indent:
            closed = self.levels.pop()
            self.check_plan(closed)
            if self.levels:
                self.levels[-1].cases += closed.cases
        return closed

    def check_plan(self, level):
        if level.plan is None:
            self.problem(f"{self.title(level)} has no plan")
        elif level.plan != level.count and not self.skipped_all:
            self.problem(f"{self.title(level)} announced {level.plan} results, "
                         f"gave {level.count}")

    def add_case(self, level, case):
        level.cases.append(case)
        self.cases.append(case)
        if len(self.levels) == 1:
            self.flat.append(case)

    def take_pending(self):
        lines = list(self.pending)
        self.pending.clear()
        return lines

    def problem(self, text):
        self.problems.append(text)

    # --- the end ---

    def finish(self, status=0):
        """status: the command's exit status, negative for a signal."""
        unfinished = len(self.levels) > 1
        self.close_to(-1)
        if not self.seen_ktap:
            self.problem("no KTAP in the output")
        elif not self.cases:
            self.problem("no case ran")
        elif unfinished:
            self.problem("the output ends inside a suite")
        self.check_status(status)
        if self.flat:
            self.on_suite(self.job, self.flat)
        if self.problems:
            self.report_problems()

    def check_status(self, status):
        if status == STATUS_TIMEOUT:
            self.problem("timed out")
        elif status < 0:
            self.problem(f"killed by signal {-status}")
        elif status and not self.failed():
            self.problem(f"exit status {status} although no case failed")

    def failed(self):
        return any(case.status == FAILED for case in self.cases)

    def report_problems(self):
        reasons = list(dict.fromkeys(self.problems))    # each once
        lines = [f"# {reason}" for reason in reasons] + list(self.pending)
        if self.cases:
            lines.insert(0, f"# after {self.cases[-1].full_name}")
        if self.repeat:
            lines.append(f"# repeat: {self.repeat}")
        case = Case(self.job, "(run)", FAILED, "; ".join(reasons), lines)
        self.cases.append(case)
        self.on_suite(self.job, [case])


def count(cases, status):
    return sum(case.status == status for case in cases)


def totals(cases):
    """The line that ends every run."""
    text = f"{count(cases, PASSED)} passed, {count(cases, FAILED)} failed"
    skipped = count(cases, SKIPPED)
    return text + (f", {skipped} skipped" if skipped else "")
