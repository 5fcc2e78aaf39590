# SPDX-License-Identifier: MIT
"""Run one command that prints KTAP and read it as it comes."""

import os
import shlex
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from .ktap import STATUS_TIMEOUT, Reader
from .machine import BUILD, ROOT

LINE_MAX = 1 << 16

running = set()         # processes of all threads, for kill_all()


@dataclass
class Job:
    name: str
    argv: list
    timeout: float = 120
    repeat_case: str = ""       # "program {}": how to run one case again
    cases: list = field(default_factory=list)
    seconds: float = 0.0

    @property
    def log(self):
        safe = "".join(c if c.isalnum() or c in "-_." else "_"
                       for c in self.name)
        return BUILD / "log" / f"{safe}.log"


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGTERM)      # lets vm say goodbye
        process.wait(2)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def kill_all():
    """For a runner that is interrupted: leave nothing behind."""
    for process in list(running):
        kill_group(process)


class Watchdog:
    """Ends the process when its time is up, if need be while it is silent."""

    def __init__(self, process, timeout):
        self.expired = False
        self.process = process
        self.timer = threading.Timer(timeout, self.expire)
        self.timer.daemon = True
        self.timer.start()

    def expire(self):
        self.expired = True
        kill_group(self.process)


def read_lines(stream):
    """Lines as text, in pieces if one has no end."""
    while True:
        line = stream.readline(LINE_MAX)
        if not line:
            return
        yield line.decode(errors="replace").rstrip("\n")


def run_job(job, on_suite):
    """Fills job.cases; on_suite(job name, suite, cases) as suites end."""
    start = time.monotonic()
    reader = Reader(job.name, lambda name, cases: on_suite(job.name, name,
                                                           cases),
                    repeat=shlex.join(map(str, job.argv)),
                    repeat_case=job.repeat_case)
    reader.finish(run_command(job, reader))
    job.cases = reader.cases
    job.seconds = time.monotonic() - start
    return job


def run_command(job, reader):
    Path(job.log).parent.mkdir(parents=True, exist_ok=True)
    try:
        process = subprocess.Popen(
            list(map(str, job.argv)), cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True)
    except OSError as error:
        reader.problem(f"can't start: {error}")
        return 0
    running.add(process)
    watchdog = Watchdog(process, job.timeout)
    try:
        with open(job.log, "w", encoding="utf-8") as log:
            for line in read_lines(process.stdout):
                log.write(line + "\n")
                reader.feed(line)
        process.wait()
    finally:
        watchdog.timer.cancel()
        kill_group(process)
        running.discard(process)
    return STATUS_TIMEOUT if watchdog.expired else process.returncode
