# SPDX-License-Identifier: MIT
"""QEMU under a test's hands: its monitor, and the serial line read and typed.

For what tools/vm keeps to itself: pictures of the screen, memory, injected
interrupts.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from lib.cases import expect, fail
from lib.machine import qemu_argv
from lib.qemu import die_with_parent

TIMEOUT = 600


class Guest:
    """QEMU with its monitor; the serial line is read and typed on."""

    def __init__(self, machine):
        self.monitor, theirs = socket.socketpair()
        argv = qemu_argv(machine, "stdio") + [
            "-chardev", f"socket,id=qmp,fd={theirs.fileno()}",
            "-mon", "chardev=qmp,mode=control"]
        self.process = subprocess.Popen(
            argv, pass_fds=[theirs.fileno()], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, bufsize=0, preexec_fn=die_with_parent)
        theirs.close()
        self.replies = self.monitor.makefile("r")
        self.replies.readline()
        self.command("qmp_capabilities")
        self.output = b""

    def command(self, name, **arguments):
        words = {"execute": name, "arguments": arguments}
        self.monitor.sendall(json.dumps(words).encode())
        for line in self.replies:
            reply = json.loads(line)
            if "error" in reply:
                fail(f"QEMU's monitor: {reply['error']}")
            if "return" in reply:
                return

    def wait_for(self, text):
        """What the serial line says up to this and a little more; the next
        call begins behind it."""
        deadline = time.monotonic() + TIMEOUT
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        while text not in self.output:
            if not selector.select(max(0, deadline - time.monotonic())):
                fail(f"no {text!r} on the serial line: {self.output[-500:]}")
            data = self.process.stdout.read(65536)
            expect(data, f"QEMU ended: {self.output[-500:]}")
            self.output += data
        said, self.output = self.output, b""
        time.sleep(0.2)         # the screen comes after the line
        return said.decode(errors="replace").replace("\r", "")

    def type(self, text):
        self.process.stdin.write(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.monitor.close()
