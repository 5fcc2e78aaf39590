# SPDX-License-Identifier: MIT
"""Write tests in Python that print KTAP.

	@case("vm")
	def refuses_a_long_command_line():
	    expect_equal(run(...).returncode, 2, "exit status")

	if __name__ == "__main__":
	    main()

A test program takes --list (prints suite.case) and --only GLOB. A case fails
by an exception; print() inside a case becomes its diagnostics, shown if it
fails; note() is shown always. raise Skip("reason") skips.
"""

import argparse
import contextlib
import fnmatch
import io
import os
import sys
import time
import traceback

from .machine import ROOT


class Skip(Exception):
    """The case can't run here; the text says why."""


class Failure(AssertionError):
    """What was expected and what was found."""


all_cases = []          # (suite, name, function), in order of definition
notes = []              # of the case that runs


def add_case(suite, name, function):
    all_cases.append((suite, name, function))


def case(suite):
    def register(function):
        add_case(suite, function.__name__, function)
        return function
    return register


def note(text):
    notes.append(text)


def fail(text):
    raise Failure(text)


def expect_equal(found, expected, what):
    if found != expected:
        fail(f"{what}\n  found    {found!r}\n  expected {expected!r}")


def expect_in(part, whole, what):
    if part not in whole:
        fail(f"{what}\n  found    {whole!r}\n  expected {part!r} in it")


def expect(condition, what):
    if not condition:
        fail(what)


def program():
    return os.path.relpath(os.path.abspath(sys.argv[0]), ROOT)


def diagnostics(text):
    for line in text.splitlines():
        print(f"    # {line}")


def run_function(function):
    """(status, reason or traceback)"""
    try:
        function()
        return "ok", ""
    except Skip as skip:
        return "skip", str(skip)
    except Failure as failure:
        frame = traceback.extract_tb(failure.__traceback__)
        places = [f"{os.path.relpath(f.filename, ROOT)}:{f.lineno}: in {f.name}"
                  for f in frame[1:] if "lib/cases.py" not in f.filename]
        return "not ok", "\n".join([str(failure), *reversed(places)])
    except Exception:
        # Not the word "Traceback": that is how readers see a crash.
        text = traceback.format_exc().split("\n", 1)[1]
        return "not ok", f"Exception:\n{text}"


def run_case(number, suite, name, function):
    start = time.monotonic()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status, text = run_function(function)
    took = int((time.monotonic() - start) * 1e6)
    diagnostics("\n".join(notes))
    notes.clear()
    if status == "skip":
        print(f"    ok {number} {name} # SKIP {text}")
    elif status == "ok":
        print(f"    ok {number} {name} # {took} us")
    else:
        diagnostics(text)
        diagnostics(printed.getvalue())
        print(f"    # repeat: {program()} --only {suite}.{name}")
        print(f"    not ok {number} {name} # {took} us")
    sys.stdout.flush()
    return status != "not ok"


def run_suite(number, suite, cases):
    print(f"    KTAP version 1\n    # Subtest: {suite}\n    1..{len(cases)}",
          flush=True)
    results = [run_case(index + 1, *entry)
               for index, entry in enumerate(cases)]
    print(f"{'ok' if all(results) else 'not ok'} {number} {suite}", flush=True)
    return all(results)


def main(setup=None):
    """setup() is called once if any case is going to run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", default="*", metavar="GLOB")
    args = parser.parse_args()
    chosen = [entry for entry in all_cases
              if fnmatch.fnmatch(f"{entry[0]}.{entry[1]}", args.only)
              or fnmatch.fnmatch(entry[0], args.only)]
    if args.list:
        for suite, name, _ in chosen:
            print(f"{suite}.{name}")
        return
    suites = list(dict.fromkeys(entry[0] for entry in chosen))
    if setup and chosen:
        setup()
    print(f"KTAP version 1\n1..{len(suites)}", flush=True)
    passed = [run_suite(number + 1, suite,
                        [entry for entry in chosen if entry[0] == suite])
              for number, suite in enumerate(suites)]
    sys.exit(0 if passed and all(passed) else 1)
