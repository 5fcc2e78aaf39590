# SPDX-License-Identifier: MIT
"""Show test results to people (text) and to machines (JUnit XML)."""

import re
import sys
import threading
import xml.etree.ElementTree as ET

from .ktap import FAILED, PASSED, SKIPPED, count, totals

NOT_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]")
print_lock = threading.Lock()


def show_lines(*lines):
    with print_lock:
        for line in lines:
            text = line.encode(errors="replace").decode()
            sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def case_lines(case):
    text = f"  FAILED {case.full_name}"
    if case.reason:
        text += f": {case.reason}"
    return [text] + [f"      {line.strip()}" for line in case.lines]


def show_suite(job, name, cases):
    """One line of progress; everything about cases that failed."""
    failed = count(cases, FAILED)
    title = job if job.endswith(name) else f"{job}: {name}"
    lines = [f"{'FAILED' if failed else 'ok':<8}{title:<42} {totals(cases)}"]
    for case in cases:
        if case.status == FAILED:
            lines += case_lines(case)
    show_lines(*lines)


def show_end(cases):
    """Skips with their reasons, failures by name, totals as the last line."""
    for case in cases:
        if case.status == SKIPPED:
            show_lines(f"skipped {case.full_name}: {case.reason or '?'}")
    for case in cases:
        if case.status == FAILED:
            show_lines(f"FAILED  {case.full_name}")
    show_lines(totals(cases))


def xml_text(text):
    return NOT_XML.sub("?", text)


def xml_case(parent, job, case):
    element = ET.SubElement(
        parent, "testcase", name=xml_text(case.name),
        classname=xml_text(f"{job}.{case.suite}".replace(" ", "_")),
        time=f"{case.seconds:.6f}")
    if case.status == SKIPPED:
        ET.SubElement(element, "skipped", message=xml_text(case.reason))
    if case.status == FAILED:
        failure = ET.SubElement(element, "failure", message=xml_text(
            case.reason or "failed"))
        failure.text = xml_text("\n".join(case.lines))


def write_junit(path, jobs):
    """jobs: [(name, cases, seconds)]."""
    root = ET.Element("testsuites")
    for job, cases, seconds in jobs:
        suite = ET.SubElement(
            root, "testsuite", name=job, tests=str(len(cases)),
            failures=str(count(cases, FAILED)),
            skipped=str(count(cases, SKIPPED)), time=f"{seconds:.3f}")
        for case in cases:
            xml_case(suite, job, case)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def all_passed(cases):
    return count(cases, FAILED) == 0 and count(cases, PASSED) > 0
