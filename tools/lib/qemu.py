# SPDX-License-Identifier: MIT
"""Run QEMU with its serial console on our stdin and stdout; give the verdict.

Two ways. With a terminal at both ends QEMU itself owns the terminal: keys go
through raw, Ctrl-A X leaves. Otherwise we stand between: output is copied as
it comes, input is held back until the shell's prompt is seen (what arrives
earlier would be eaten by the boot loader or lost when the UART is set up), and
the end of input becomes Ctrl-D, on which the shell powers off.

A QMP socket tells why QEMU ended: its status 0 may be a triple fault, a power
off without verdict, or Ctrl-A X.

In every case QEMU is dead when run() returns, and dies with us if we are
killed.
"""

import ctypes
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import termios
import time

PASSED_STATUS = 33      # isa-debug-exit: 2 * 0x10 + 1
EXIT_PASSED, EXIT_FAILED, EXIT_LEFT, EXIT_TIMEOUT = 0, 1, 3, 124

LEFT_BY_USER = "host-qmp-quit"
# QMP's reasons for status 0.
MEANING = {
    "guest-reset": "triple fault or reboot",
    "guest-shutdown": "powered off without a verdict",
}

CTRL_D = b"\x04"
# A prompt ends the output so far, and the line: "tangram> ".
PROMPT = re.compile(rb"(^|\n)[\w@:/~.-]+[>#$] $")
CHUNK = 1 << 16
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def is_interactive():
    return os.isatty(0) and os.isatty(1)


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


class Monitor:
    """QEMU's side channel; only its last words are read."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.ours.sendall(b'{"execute": "qmp_capabilities"}\n')

    def words(self):
        return ["-chardev", f"socket,id=qmp,fd={self.theirs.fileno()}",
                "-mon", "chardev=qmp,mode=control"]

    def end_reason(self):
        """Once QEMU is dead: why it stopped, '' if it did not say."""
        self.theirs.close()
        text = b""
        while data := self.ours.recv(CHUNK):
            text += data
        found = re.findall(rb'"reason": "([\w-]+)"', text)
        return found[-1].decode() if found else ""


def start(argv, monitor, **keywords):
    return subprocess.Popen([*argv, *monitor.words()],
                            pass_fds=[monitor.theirs.fileno()],
                            preexec_fn=die_with_parent, **keywords)


def meaning(status, reason):
    if status < 0:
        return f"signal {-status}"
    if status == 0:
        return MEANING.get(reason, reason or "no reason given")
    if status == 1 and not reason:
        return "the kernel said failed, or QEMU did not start"
    return "the kernel said failed"


def verdict(status, reason):
    """QEMU's exit status -> ours, with one line that says which."""
    if status == PASSED_STATUS:
        say("passed")
        return EXIT_PASSED
    if status == 0 and reason == LEFT_BY_USER:
        say("left by Ctrl-A X, no verdict")
        return EXIT_LEFT
    say(f"FAILED: QEMU ended with status {status} ({meaning(status, reason)})")
    return EXIT_FAILED


def timed_out(seconds):
    say(f"TIMED OUT after {seconds:g} s")
    return EXIT_TIMEOUT


class Console:
    """Copies QEMU's output to fd 1 and fd 0 to its input, after the prompt."""

    def __init__(self, process, deadline):
        self.process = process
        self.deadline = deadline
        self.tail = b""
        self.ready = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(process.stdout, selectors.EVENT_READ,
                               self.copy_output)

    def remaining(self):
        if self.deadline is None:
            return None
        return max(0, self.deadline - time.monotonic())

    def copy_output(self):
        data = os.read(self.process.stdout.fileno(), CHUNK)
        if not data:
            self.selector.unregister(self.process.stdout)
            return False
        write_all(1, data)
        self.tail = (self.tail + data)[-80:]
        if not self.ready and PROMPT.search(self.tail.replace(b"\r", b"")):
            self.start_input()
        return True

    def start_input(self):
        self.ready = True
        try:
            self.selector.register(0, selectors.EVENT_READ, self.copy_input)
        except (PermissionError, ValueError, OSError):
            self.copy_input()       # a plain file or none: never waits

    def copy_input(self):
        try:
            data = os.read(0, CHUNK)
        except OSError:
            data = b""              # stdin is closed
        self.send(data or CTRL_D)
        if 0 in self.selector.get_map():
            if not data:
                self.selector.unregister(0)
        elif data:
            self.copy_input()
        return True

    def send(self, data):
        try:
            write_all(self.process.stdin.fileno(), data)
        except BrokenPipeError:
            pass                    # QEMU is gone: its status tells

    def pump(self):
        """Until QEMU closes its output; False when time is up."""
        while True:
            events = self.selector.select(self.remaining())
            if not events and self.remaining() == 0:
                return False
            for key, _ in events:
                if not key.data():
                    return True
            if self.remaining() == 0:
                return False


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def kill(process):
    if process.poll() is None:
        process.kill()
    process.wait()


def run_piped(argv, timeout):
    deadline = None if timeout is None else time.monotonic() + timeout
    monitor = Monitor()
    process = start(argv, monitor, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, bufsize=0)
    try:
        if not Console(process, deadline).pump():
            return timed_out(timeout)
        left = None if deadline is None else max(
            0.1, deadline - time.monotonic())
        return verdict(process.wait(left), monitor.end_reason())
    except subprocess.TimeoutExpired:
        return timed_out(timeout)
    finally:
        kill(process)


def run_on_terminal(argv, timeout):
    saved = termios.tcgetattr(0)
    monitor = Monitor()
    process = start(argv, monitor)
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        kill(process)
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
    if status is None:
        return timed_out(timeout)
    return verdict(status, monitor.end_reason())


def exit_on_signal(number, _frame):
    sys.exit(128 + number)          # through the `finally`s that kill QEMU


def run(argv, timeout, interactive):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, exit_on_signal)
    try:
        if interactive:
            return run_on_terminal(argv, timeout)
        return run_piped(argv, timeout)
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    except BrokenPipeError:
        say("nobody reads the console any more")
        return EXIT_FAILED
