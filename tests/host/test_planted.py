#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Are the nets dense? Bugs are planted one by one, and each must be found.

tests/exhaustive/planted.py lists them. Only the changed file is compiled
again; a net that has found nothing by its end, or in TIMEOUT seconds, fails.
"""

import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "tests" / "exhaustive"))
from lib.cases import case, expect, expect_equal, fail, main
from lib.machine import BUILD
from planted import PLANTED

EXHAUSTIVE = BUILD / "exhaustive"
# A header's bug is in these files only: the checkers include the sound one.
INCLUDERS = {"mm/freelist_internal.h": ["mm/freelist.c", "mm/freelist_link.c",
                                        "mm/freelist_type.c"]}
TIMEOUT = 300


def commands():
    """{net: {"compile": words, "objects": words}}"""
    nets = {}
    for line in (EXHAUSTIVE / "commands").read_text().splitlines():
        net, what, words = line.split(" ", 2)
        nets.setdefault(net, {})[what] = shlex.split(words)
    return nets


def run(words, timeout=TIMEOUT):
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True,
                          errors="replace", timeout=timeout, check=False,
                          stdin=subprocess.DEVNULL)


def changed(file, old, new):
    text = (ROOT / file).read_text()
    if text.count(old) != 1:
        fail(f"{file}: {text.count(old)} places, not 1, with {old!r}")
    return text.replace(old, new)


def compile_changed(net, source):
    # What the bug leaves unused is no error here.
    target = source.with_suffix(".o")
    compiled = run([*net["compile"], "-w", "-iquote", "mm", "-c", source,
                    "-o", target])
    expect(compiled.returncode == 0, compiled.stderr)
    return target


def build(net, folder, file, text):
    """The net's program with one file replaced."""
    (folder / Path(file).name).write_text(text)
    objects = net["objects"]
    for name in INCLUDERS.get(file, [file]):
        source = folder / Path(name).name
        if name != file:
            source.write_text((ROOT / name).read_text())
        target = compile_changed(net, source)
        objects = [target if str(word).endswith(f"/{name[:-2]}.o") else word
                   for word in objects]
        expect(target in objects, f"{name} is no part of the program")
    program = folder / "program"
    linked = run(["gcc", "-o", program, *objects])
    expect(linked.returncode == 0, linked.stderr)
    return program


def plant(number):
    """None: found; else what went wrong."""
    name, file, old, new, why = PLANTED[number]
    folder = EXHAUSTIVE / "planted" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        program = build(commands()[name], folder, file, changed(file, old, new))
        result = run([program] + (["page_model"] if name == "model" else []))
    except AssertionError as failure:
        return f"{why}: {failure}"
    except subprocess.TimeoutExpired:
        return f"{why}: {name} found nothing in {TIMEOUT} s"
    if result.returncode == 0:
        return f"{why}: {name} found nothing"
    return None


@case("planted")
def every_bug_is_found():
    with ThreadPoolExecutor(2) as pool:
        missed = [text for text in pool.map(plant, range(len(PLANTED))) if text]
    print(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} found")
    expect(not missed, "\n".join(missed))


@case("planted")
def the_model_finds_nothing_without_one():
    result = run([EXHAUSTIVE / "model" / "walk", "page_model"])
    expect_equal(result.returncode, 0, f"exit status\n{result.stdout}")


@case("planted")
def there_are_at_least_twenty_for_three_nets():
    expect(len(PLANTED) >= 20, f"{len(PLANTED)} bugs")
    expect({entry[0] for entry in PLANTED} == {"one_type", "two_types", "model"},
           "nets")


if __name__ == "__main__":
    main()
