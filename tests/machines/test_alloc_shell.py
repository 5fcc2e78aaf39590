#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Memory by hand: free, alloc, release, block, map, why, owner, in the kernel.

Most cases read one session that types its commands into a pipe; completion and
colours are tried on a pseudo terminal. Numbers that two commands both print
must agree.
"""

import functools
import re
import sys
from pathlib import Path

import pexpect

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from console import boot
from lib.cases import Skip, case, expect, expect_equal, expect_in, main
from lib.machine import ROOT

TWO_NODES = ["--mem", "256M", "--nodes", "2"]
CHECKS = re.compile(r"^check: (\d+) finding", re.MULTILINE)
ROW = re.compile(r"^  0x[0-9a-f]+ +\|(.*)\|$", re.MULTILINE)


@functools.cache
def session():
    """One boot with page_owner; commands that need no earlier answer."""
    commands = [
        "free", "alloc 3 M 1 5", "alloc 0 E 0 3", "alloc 10 unmovable",
        "alloc 11", "alloc 0 Q", "alloc 0 U 7", "alloc 0 U 0 x", "alloc",
        "alloc x", "release", "map", "map 1 DMA32", "map Nowhere",
        "block 0", "block 99999999", "block x", "why 0", "why 0x200",
        "why 99999999999", "why x", "owner 0", "check", "release 999",
        "release 1", "release all", "release all # again", "free # again", "check # again",
    ]
    return boot([*TWO_NODES, "--append", "page_owner=on"], commands)


def answer(command):
    return session().answers[command]


def need_owners():
    if "Unknown kernel command line word: page_owner" in session().text:
        raise Skip("this kernel has no page_owner=on")


def first_pfn(text):
    return int(re.search(r"pfn (0x[0-9a-f]+)", text)[1], 16)


@functools.cache
def second_session():
    """Frames are where the first session, which runs alike, found them."""
    movable = first_pfn(answer("alloc 3 M 1 5"))
    large = first_pfn(answer("alloc 10 unmovable"))
    commands = ["alloc 3 M 1 5", "alloc 0 E 0 3", "alloc 10 unmovable",
                f"why {movable + 1:#x}", f"owner {movable + 1:#x}",
                f"why {large + 512:#x}", f"block {movable >> 9}",
                f"map {large >> 9}", f"page {movable:#x}", "release all",
                f"why {movable:#x}", f"why {large + 700:#x}", "check"]
    return (boot([*TWO_NODES, "--append", "page_owner=on"], commands).answers,
            movable, large)


# --- free ---

@case("free")
def columns_are_those_of_linux():
    lines = answer("free").splitlines()
    expect_equal(lines[0].split(), ["kB", "total", "used", "free", "shared",
                                    "buff/cache", "available"], "header")
    total, used, free = map(int, lines[1].split()[1:4])
    expect_equal(total, used + free, "total")
    expect(128 * 1024 < total < 256 * 1024, f"total is {total}")
    expect_in("Swap:", lines[2], "third line")


@case("free")
def zones_add_up():
    text = answer("free")
    total, free = (int(text.splitlines()[1].split()[i]) for i in (1, 3))
    zones = re.findall(r"^(\d) +(\w+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) "
                       r"+(\d+) +(\d+)$", text, re.MULTILINE)
    expect_equal({zone[0] for zone in zones}, {"0", "1"}, "nodes")
    expect_equal(sum(int(zone[2]) for zone in zones), total, "managed")
    expect_equal(sum(int(zone[3]) for zone in zones), free, "free")
    for zone in zones:
        low, middle, high = map(int, zone[5:8])
        expect(0 < low <= middle <= high, f"watermarks of {zone}")


@case("free")
def all_comes_back():
    def free_or_stacked(text):
        return (int(text.splitlines()[1].split()[3])
                + int(re.search(r"includes (\d+) kB on", text)[1]))

    expect_equal(free_or_stacked(answer("free # again")),
                 free_or_stacked(answer("free")), "kB free or on the stacks")


# --- alloc, release ---

@case("alloc")
def prints_what_it_took():
    text = answer("alloc 3 M 1 5")
    expect_in("order 3 (32 KiB), charged Movable", text, "answer")
    pfns = re.findall(r"0x[0-9a-f]+", text)
    expect_equal(len(set(pfns)), 5, "number of chunks")
    expect(all(int(pfn, 16) % 8 == 0 for pfn in pfns), "alignment")
    expect_in("5 chunks taken, number 1 to 5", text, "answer")


@case("alloc")
def held_chunks_are_listed():
    text = answer("release")
    expect_equal(text.count("Movable      zone DMA32 of node 1"), 5, "Movable")
    expect_equal(text.count("order 0   Reclaimable"), 3, "Reclaimable")
    expect_in("order 10  Unmovable", text, "list")
    expect_in("9 chunks held, 4268 KiB in all", text, "list")


@case("alloc")
def bad_words_are_refused():
    for command, message in {
        "alloc": "usage: alloc ORDER [TYPE] [NODE|any] [COUNT]",
        "alloc x": "'x' is no order",
        "alloc 11": "orders are 0 to 10",
        "alloc 0 Q": "'Q' is no type: U Unmovable, M Movable, E Reclaimable",
        "alloc 0 U 7": "node 7 has no memory",
        "alloc 0 U 0 x": "'x' is no count",
        "release 999": "no chunk 999 is held",
    }.items():
        expect_in(message, answer(command), command)


@case("alloc")
def release_gives_back():
    expect_in("32 KiB given back", answer("release 1"), "release 1")
    expect_in("8 chunks, 4236 KiB given back", answer("release all"), "all")
    expect_in("0 chunks, 0 KiB given back", answer("release all # again"), "again")


@case("alloc")
def checks_find_nothing():
    for command in "check", "check # again":
        expect_equal(CHECKS.search(answer(command))[1], "0", command)


@case("alloc")
def shortage_is_said_and_survived():
    found = boot(["--mem", "64M"], ["alloc 10 U any 100", "release all",
                                    "check"])
    expect_in("alloc: no memory for", found.answers["alloc 10 U any 100"],
              "answer")
    taken = re.search(r"^(\d+) chunks? taken",
                      found.answers["alloc 10 U any 100"], re.MULTILINE)
    expect(0 < int(taken[1]) < 16, f"{taken[1]} chunks of 4 MiB in 64 MiB")
    expect_in(f"release: {taken[1]} chunks", found.answers["release all"],
              "release")
    expect_equal(CHECKS.search(found.answers["check"])[1], "0", "check")


# --- map, block ---

@case("map")
def rows_and_counts_agree():
    for zone in answer("map").split("zone ")[1:]:
        cells = "".join(ROW.findall(zone))
        counts = re.search(r"blocks: (\d+) free, (\d+) pure Unmovable, (\d+) "
                           r"pure Movable, (\d+) pure Reclaimable, (\d+) mixed",
                           zone).groups()
        letters = ".", "Uu", "Mm", "Ee", "Xx"
        expect_equal([sum(cells.count(c) for c in kind) for kind in letters],
                     list(map(int, counts)), zone.splitlines()[0])


@case("map")
def the_legend_and_all_rows_are_there():
    text = answer("map")
    expect_in(". all free; U M E H C pure", text, "legend")
    expect(all(len(row) == 64 for row in ROW.findall(text)), "row length")
    expect_in("UU", "".join(ROW.findall(text)), "chunk of order 10")
    one = answer("map 1 DMA32")
    expect_equal(re.findall(r"^zone (\w+) of node (\d)", one, re.MULTILINE),
                 [("DMA32", "1")], "zones")
    expect_in("no such zone", answer("map Nowhere"), "answer")


@case("map")
def block_draws_every_frame():
    text = answer("block 0")
    cells = "".join(ROW.findall(text))
    expect_equal(len(cells), 512, "cells")
    counts = re.search(r"(\d+) free, charged (\d+) Unmovable (\d+) Movable "
                       r"(\d+) Reclaimable, (\d+) isolated, (\d+) reserved",
                       text).groups()
    expect_equal(cells.count("."), int(counts[0]), "free")
    expect_equal(cells.count("R"), int(counts[5]), "reserved")
    expect_equal(sum(map(int, counts)), 512, "sum of the counts")


@case("map")
def block_shows_charges_and_stacks():
    texts, movable, large = second_session()
    text = texts[f"block {movable >> 9}"]
    cells = "".join(ROW.findall(text))
    expect_equal(cells.count("M"), 40, "frames drawn M")
    charged = int(re.search(r"(\d+) Movable", text)[1])
    expect_equal(cells.count("M") + cells.count("s"), charged, "charged")
    zoomed = texts[f"map {large >> 9}"]
    expect_equal("".join(ROW.findall(zoomed)), "U" * 512, "map BLOCK")


@case("map")
def block_counts_owners():
    need_owners()
    texts, movable, _ = second_session()
    expect_in("5 chunks, 40 frames: cmd_alloc", texts[f"block {movable >> 9}"],
              "owners")


@case("map")
def bad_blocks_are_refused():
    expect_in("no RAM at block 99999999", answer("block 99999999"), "answer")
    expect_in("'x' is no pageblock number", answer("block x"), "answer")


# --- why, owner ---

@case("why")
def reserved_frames_have_a_reason():
    expect_in("the firmware calls it", answer("why 0"), "why 0")
    expect_in("it holds the kernel's image (", answer("why 0x200"), "image")
    expect_in("beyond the end of RAM", answer("why 99999999999"), "beyond")
    expect_in("'x' is no frame number", answer("why x"), "word")


@case("why")
def held_frames_name_chunk_and_charge():
    texts, movable, large = second_session()
    text = texts[f"why {movable + 1:#x}"]
    expect_in(f"chunk of order 3 (32 KiB) at pfn {movable:#x}, charged "
              "Movable", text, "tail of order 3")
    expect(re.search(r"to free it: \d+ movable frames to move", text),
           "what would free the block")
    text = texts[f"why {large + 512:#x}"]
    expect_in(f"chunk of order 10 (4096 KiB) at pfn {large:#x}", text,
              "second block of order 10")
    expect_in("in the way, as nothing moves them: 512 unmovable", text,
              "what would free the block")


@case("why")
def freed_frames_are_stacked_or_free():
    texts, movable, large = second_session()
    expect_in("stacked   on CPU 0's stack of order 3 Movable",
              texts[f"why {movable:#x}"], "freed order 3")
    text = texts[f"why {large + 700:#x}"]
    expect(re.search(r"part of the free chunk of order 10 at pfn "
                     rf"{large:#x}", text), text)
    expect_in("it is wholly free", text, "the block")


@case("why")
def owners_are_named():
    need_owners()
    texts, movable, _ = second_session()
    text = texts[f"owner {movable + 1:#x}"]
    expect_in(f"part of the chunk of order 3 at pfn {movable:#x}", text, "tail")
    expect_in("allocated with order 3", text, "record")
    expect_in("cmd_alloc", text, "stack")
    expect_in("asked for by cmd_alloc", texts[f"why {movable + 1:#x}"], "why")


# --- on a terminal ---

def terminal():
    child = pexpect.spawn(str(ROOT / "tools" / "vm"),
                          ["--mem", "64M", "--timeout", "600"], timeout=600,
                          encoding="utf-8", codec_errors="replace", cwd=ROOT,
                          dimensions=(24, 200))
    child.delaybeforesend = None
    child.expect(r"\r*\ntangram> ")
    return child


@case("terminal")
def words_are_completed():
    child = terminal()
    child.send("alloc 0 Mo\t")
    child.expect_exact("Movable")
    child.send("\r")
    child.expect("charged Movable")
    child.send("release \t\t")
    child.expect("1 +all|all +1")
    child.send("al\t\r")
    child.expect("1 chunk, 4 KiB given back")
    child.close(force=True)


@case("terminal")
def maps_have_colours_there_and_none_in_a_pipe():
    child = terminal()
    child.send("alloc 9\r")
    child.expect("taken")
    child.send("map\r")
    child.expect_exact("\x1b[31mU")
    child.close(force=True)
    expect("\x1b" not in answer("map"), "escapes in a pipe")


if __name__ == "__main__":
    main()
