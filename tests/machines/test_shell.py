#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Drive the shell like a user: every key on a terminal, lines through a pipe.

    tests/machines/test_shell.py [--cmd COMMAND] [GLOB]

COMMAND starts the shell on its stdin and stdout; by default the kernel in
QEMU. Prints KTAP; exit status 1 if a case failed, 2 if none matched.
"""
import argparse
import fnmatch
import os
import re
import shlex
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parents[2]
KERNEL = "tools/vm --timeout 1000"
# A new prompt starts a row; redraws of the row come behind a '\r'.
AT_PROMPT = re.compile(r"\r*\ntangram> \Z")
TIMEOUT = 300

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
CASES = []


def case(function):
    CASES.append(function)
    return function


class Shell:
    """One session on a pseudo terminal; output is kept as it came."""

    def __init__(self, command):
        argv = shlex.split(command)
        # QEMU's console keeps Ctrl-A for itself unless it comes twice.
        self.ctrl_a = "\x01\x01" if "vm" in command else "\x01"
        self.child = pexpect.spawn(argv[0], argv[1:], timeout=TIMEOUT,
                                   encoding="utf-8", codec_errors="replace",
                                   dimensions=(24, 200), cwd=ROOT)
        self.child.delaybeforesend = None
        self.wait_prompt()
        self.banner = self.child.before

    def wait_prompt(self):
        self.child.expect(AT_PROMPT)

    def type(self, text):
        """Send keys; a serial line is slow, so in small pieces."""
        text = text.replace("\x01", self.ctrl_a)
        for i in range(0, len(text), 64):
            self.child.send(text[i:i + 64])

    def run(self, text):
        """Type a line and Enter; what was printed until the next prompt."""
        self.type(text + "\r")
        self.wait_prompt()
        return visible(self.child.before)

    def echo(self, keys):
        """What the line that these keys make prints, being an echo."""
        output = self.run(keys)
        return output.rstrip("\n").split("\n")[-1]

    def close(self):
        self.child.close(force=True)


def visible(text):
    """Without escapes, bells and redraws (a '\\r' starts a row anew)."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text).replace("\a", "")
    text = re.sub(r"\r+\n", "\n", text)
    return "\n".join(row.split("\r")[-1] for row in text.split("\n"))


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"found {found!r}, wanted {wanted!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"no {part!r} in {text!r}")


@case
def banner_says_how_to_leave(sh):
    contains(sh.banner, "poweroff", "Ctrl-A X", "help")


@case
def enter_runs_the_line(sh):
    equal(sh.echo("echo hello world"), "hello world")
    equal(sh.echo('echo "a  b" \'c\''), "a  b c")


@case
def cursor_keys(sh):
    equal(sh.echo("echo ac" + LEFT + "b"), "abc")
    equal(sh.echo("echo ac\x1bODb"), "abc")
    equal(sh.echo("echo ac" + LEFT * 2 + RIGHT + "b"), "abc")
    equal(sh.echo("echo ac\x02b"), "abc")
    equal(sh.echo("echo ac\x02\x02\x06b"), "abc")


@case
def home_and_end(sh):
    for home in "\x1b[H", "\x1b[1~", "\x1b[7~", "\x1bOH", "\x01":
        equal(sh.echo("cho x" + home + "e"), "x")
    for end in "\x1b[F", "\x1b[4~", "\x1b[8~", "\x1bOF", "\x05":
        equal(sh.echo("echo x" + LEFT * 3 + end + "y"), "xy")


@case
def deleting(sh):
    equal(sh.echo("echo abX\x7fc"), "abc")
    equal(sh.echo("echo abX\x08c"), "abc")
    equal(sh.echo("echo aXb" + LEFT * 2 + "\x1b[3~"), "ab")
    equal(sh.echo("echo aXb" + LEFT * 2 + "\x04"), "ab")
    equal(sh.echo("echo abXX" + LEFT * 2 + "\x0b"), "ab")
    equal(sh.echo("XXecho a" + LEFT * 6 + "\x15"), "a")
    equal(sh.echo("echo a XX\x17b"), "a b")


@case
def words_left_and_right(sh):
    equal(sh.echo("echo one two\x1b[1;5DX"), "one Xtwo")
    equal(sh.echo("echo one two\x1bb\x1bb\x1bfX"), "oneX two")


@case
def utf8_counts_as_one(sh):
    equal(sh.echo("echo \u00e9\u20ac" + LEFT + "x"), "\u00e9x\u20ac")
    equal(sh.echo("echo a\U0001f600\x7fb"), "ab")


@case
def partial_utf8_is_dropped(sh):
    for bad in b"\xc3", b"\xe2\x82", b"\xf0\x9f", b"\xff", b"\x80":
        sh.type("echo a")
        os.write(sh.child.child_fd, bad)  # no text for pexpect
        equal(sh.echo("b"), "ab")


@case
def history(sh):
    sh.run("echo one")
    sh.run("echo two")
    equal(sh.echo(UP), "two")
    equal(sh.echo(UP * 2), "one")
    equal(sh.echo(UP * 2 + DOWN), "one")
    equal(sh.echo("\x10\x10\x0e"), "one")
    equal(sh.echo("echo th" + UP + DOWN + "ree"), "three")
    equal(sh.echo(UP + "!"), "three!")


@case
def completion_of_commands(sh):
    equal(sh.echo("ech\tx"), "x")
    sh.type("c\t")
    sh.child.expect("cat +check +clear")
    equal(sh.echo("\x15echo on"), "on")


@case
def completion_of_files(sh):
    contains(sh.run("cat /pr\tupt\t"), "0.00")
    contains(sh.run("cat /sys/dev\tsys\tno\tonl\t"), "0")
    sh.type("cat /proc/\t\t")
    sh.child.expect("meminfo")
    sh.child.expect("zoneinfo")
    sh.run("\x15")


@case
def completion_of_arguments(sh):
    contains(sh.run("help lsm\t"), "usage: lsmem")
    contains(sh.run("selftest unit\t"), "# Totals: pass:1 fail:0")
    contains(sh.run("selftest units.s\t"), "# Totals: pass:1 fail:0")


@case
def help_lists_and_explains(sh):
    text = sh.run("help")
    for name in ("cat", "check", "echo", "help", "ls", "lsmem", "page",
                 "poweroff", "reboot", "selftest"):
        contains(text, f"\n  {name} ")
    contains(sh.run("help page"), "usage: page PFN", "4,096")
    contains(sh.run("help nothing"), "help: no command 'nothing'")


@case
def unknown_command(sh):
    contains(sh.run("lsmen"), "lsmen: no such command, did you mean 'lsmem'?")
    contains(sh.run("qwertyuiop"), "no such command (`help` lists all)")


@case
def ls(sh):
    contains(sh.run("ls"), "proc/", "sys/")
    contains(sh.run("ls /proc"), "cmdline", "iomem", "meminfo", "uptime",
             "zoneinfo")
    contains(sh.run("ls /sys/devices/system/node"), "node0/", "online")
    contains(sh.run("ls /proc/uptime"), "is a file")
    contains(sh.run("ls /nowhere"), "ls: /nowhere: no such file or folder")


FIRST_LINES = {
    "/proc/cmdline": r"",
    "/proc/iomem": r"00000000-[0-9a-f]{8} : \w+",
    "/proc/meminfo": r"MemTotal: +\d+ kB",
    "/proc/uptime": r"\d+\.\d\d \d+\.\d\d",
    "/proc/zoneinfo": r"Node 0, zone      DMA",
    "/sys/devices/system/node/has_cpu": r"0",
    "/sys/devices/system/node/has_memory": r"\d",
    "/sys/devices/system/node/has_normal_memory": r"\d",
    "/sys/devices/system/node/online": r"0",
    "/sys/devices/system/node/possible": r"0",
    "/sys/devices/system/node/node0/cpulist": r"0",
    "/sys/devices/system/node/node0/cpumap": r"[0-9a-f]",
    "/sys/devices/system/node/node0/distance": r"10( \d+)*$",
    "/sys/devices/system/node/node0/meminfo": r"Node 0 MemTotal: +\d+ kB",
    "/sys/devices/system/node/node0/numastat": r"numa_hit \d+",
    "/sys/devices/system/node/node0/vmstat": r"nr_free_pages \d+",
}


@case
def cat_every_file(sh):
    for path, pattern in FIRST_LINES.items():
        lines = sh.run(f"cat {path}").split("\n")
        if not re.match(pattern, lines[1]):
            raise AssertionError(f"{path} starts with {lines[1]!r}")


@case
def cat_and_echo_errors(sh):
    contains(sh.run("cat /proc/nothing"),
             "cat: /proc/nothing: no such file or folder")
    contains(sh.run("cat /proc"), "cat: /proc: is a folder")
    contains(sh.run("cat"), "usage: cat FILE...")
    contains(sh.run("echo 1 > /proc/uptime"), "can only be read")
    contains(sh.run("echo 1 >/proc"), "echo: /proc: is a folder")
    contains(sh.run("echo 1 >"), "usage: echo VALUE > FILE")
    contains(sh.run("echo 1 > a b"), "usage: echo VALUE > FILE")
    contains(sh.run("ls > x"), "only echo writes to files")
    contains(sh.run('echo "a'), "a quote is not closed")


@case
def lsmem_draws_nodes_and_zones(sh):
    text = sh.run("lsmem")
    contains(text, "a column is", "node 0   |", "D DMA, 2 DMA32", "usable",
             "KiB", "MiB", "managed")
    row = re.search(r"node 0   \|(.*)\|", text).group(1)
    equal(len(row), 64)


@case
def page_shows_records_and_refuses_holes(sh):
    contains(sh.run("page 1"), "pfn 0x1 (1), address 0x1000", "of node 0",
             "refcount", "KiB")
    contains(sh.run("page 0x0"), "reserved")
    contains(sh.run("page 0xffffffffff"), "beyond the end of RAM")
    contains(sh.run("page 1x"), "'1x' is no frame number")
    contains(sh.run("page"), "usage: page PFN")


@case
def check_ends_with_the_sum(sh):
    lines = sh.run("check").rstrip("\n").split("\n")
    equal(lines[-1], "check: 0 findings")
    contains("\n".join(lines), "  e820 ", "  memblock ", "  numa ", "  zones ")


@case
def watch_redraws_in_place_until_a_key(sh):
    sh.type("watch -n 0.1 map\r")
    sh.child.expect(re.escape("\x1b[6n"))
    sh.type("\x1b[40;100R")
    sh.child.expect(re.escape("\x1b[36;40r"))
    sh.child.expect(r"every 0\.10 s: map")
    sh.child.expect(r"DMA32 of node 0: \d+ free")
    sh.child.expect("since the start: 0 pages moved")
    sh.child.expect("a cell is 2 MiB")
    time.sleep(1)
    drain(sh)
    sh.type(LEFT)
    sh.child.expect(re.escape("\x1b[r"))
    sh.wait_prompt()
    equal(sh.echo("echo after"), "after")


@case
def map_knows_huge_pages(sh):
    sh.run("echo 5 > /proc/sys/vm/nr_hugepages")
    text = sh.run("map")
    contains(text, ", 5 huge", "# a huge page of the pool")
    equal(sum(row.count("#") for row in text.split("\n") if "|" in row), 5)
    sh.run("echo 0 > /proc/sys/vm/nr_hugepages")


@case
def watch_sends_only_what_changed(sh):
    text = sh.run("watch -n 0.1 -c 5 uptime")
    equal(text.count("every 0.10 s: uptime"), 1)
    if text.count("up ") < 5:
        raise AssertionError(f"fewer than 5 redraws in {text!r}")
    contains(sh.run("watch -c 1 hepl"), "watch: hepl: no such command")


@case
def compact_tells_before_and_after(sh):
    text = sh.run("compact")
    contains(text, "order", "before", "after", "blocks of 2 MiB are free",
             "strategy guided")
    contains(sh.run("compact 77"), "node 77 has no memory")
    contains(sh.run("compact 0"), "pages moved")


@case
def ctrl_c_drops_the_line(sh):
    sh.type("echo no\x03")
    sh.child.expect(r"\^C")
    sh.wait_prompt()
    equal(sh.echo("echo yes"), "yes")


@case
def ctrl_l_clears_and_keeps_the_line(sh):
    sh.type("echo kept\x0c")
    sh.child.expect(re.escape("\x1b[H\x1b[2J"))
    equal(sh.echo(""), "kept")


@case
def long_lines_scroll(sh):
    text = "".join(chr(97 + i % 26) for i in range(300))
    equal(sh.echo("echo " + text), text)
    equal(sh.echo("echo " + text + "\x01" + RIGHT * 5 + "(" + "\x05)"),
          "(" + text + ")")


@case
def line_of_64_kib_is_refused(sh):
    for _ in range(64):
        sh.type("y" * 1024)
        drain(sh)
    sh.type("\r")
    sh.child.expect(r"line too long by \d+ bytes \(limit 1023\): not run",
                    timeout=600)
    sh.wait_prompt()
    equal(sh.echo("echo alive"), "alive")


def drain(sh):
    """Read what has come, so that neither side waits for the other."""
    try:
        while True:
            sh.child.read_nonblocking(65536, timeout=0.02)
    except pexpect.TIMEOUT:
        pass


@case
def escape_floods(sh):
    for flood in ("\x1b" * 500, "\x1b[" * 500, "\x1b[1;" * 300,
                  "\x1b[9999999999~" * 50, "\x1bO\x1bO" * 200,
                  "\x1b[200~\x1b[201~" * 50):
        sh.type(flood + "\x03")
        sh.child.expect(r"\^C")
        sh.wait_prompt()
        equal(sh.echo("echo alive"), "alive")


@case
def breaks_are_ignored(sh):
    equal(sh.echo("ec\0ho \0ok\0"), "ok")


@case
def ctrl_d_leaves_with_the_verdict(sh):
    sh.type("\x04")
    sh.child.expect("passed")
    sh.child.expect(pexpect.EOF)
    sh.child.close()
    equal(sh.child.exitstatus, 0)


@case
def poweroff_leaves_with_the_verdict(sh):
    sh.type("poweroff\r")
    sh.child.expect("passed")
    sh.child.expect(pexpect.EOF)
    sh.child.close()
    equal(sh.child.exitstatus, 0)


def pipe(command, text):
    result = subprocess.run(shlex.split(command), input=text.encode(),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=600, cwd=ROOT)
    return result.returncode, result.stdout.decode().replace("\r\n", "\n")


@case
def pipe_is_plain(command):
    status, text = pipe(command, "echo one\nlsmem\nbad\x7f\x7f\x7fecho two")
    equal(status, 0)
    contains(text, "\ntangram> echo one\none\ntangram> lsmem\n",
             "\ntangram> echo two\ntwo\ntangram> ")
    for code in "\x1b", "\a", "\b":
        if code in text:
            raise AssertionError(f"{code!r} in plain output")


@case
def pipe_poweroff(command):
    status, text = pipe(command, "poweroff\necho no\n")
    equal(status, 0)
    contains(text, "tangram> poweroff\n", "Verdict: passed")
    if "echo no" in text:
        raise AssertionError("went on behind poweroff")


def run_case(function, sh, command):
    """Give the session back, or None if it ended or can't be trusted."""
    if function.__name__.startswith("pipe_"):
        function(command)
        return sh
    sh = sh or Shell(command)
    try:
        function(sh)
    except BaseException:
        sh.close()
        raise
    if "leaves" not in function.__name__:
        return sh
    sh.close()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cmd", default=KERNEL)
    parser.add_argument("glob", nargs="?", default="*")
    args = parser.parse_args()
    cases = [c for c in CASES if fnmatch.fnmatch(c.__name__, args.glob)]
    print(f"KTAP version 1\n1..{len(cases)}", flush=True)
    failed, sh = 0, None
    for number, function in enumerate(cases, 1):
        start = time.monotonic()
        try:
            sh = run_case(function, sh, args.cmd)
            result = "ok"
        except Exception:
            failed += 1
            sh, result = None, "not ok"
            for line in traceback.format_exc().rstrip().split("\n"):
                print("# " + line.encode("ascii", "backslashreplace").decode())
            print(f"# repeat: {sys.argv[0]} --cmd {shlex.quote(args.cmd)} "
                  f"{function.__name__}")
        seconds = time.monotonic() - start
        print(f"{result} {number} {function.__name__} # {seconds:.1f} s",
              flush=True)
    if sh:
        sh.close()
    print(f"# Totals: pass:{len(cases) - failed} fail:{failed} skip:0")
    return 2 if not cases else failed > 0


if __name__ == "__main__":
    sys.exit(main())
