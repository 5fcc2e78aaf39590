#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is on the screen: read back from the picture, by the kernel's own font.

QEMU's monitor gives a picture of the framebuffer (PPM) or the VGA text memory;
the dots of each cell are looked up in boot/font.inc. So a wrong pitch, a wrong
glyph or a cell out of place shows.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from guest import Guest
from lib import iso
from lib.cases import add_case, case, expect, expect_in, main
from lib.machine import BUILD, MIB, ROOT, Machine, find_ovmf

KERNEL = BUILD / "tangram.elf"
VGA_TEXT, VGA_COLUMNS, VGA_ROWS = 0xb8000, 80, 25
NOTE = "(A copy of the serial line COM1. Keys typed there count, not here.)"


def load_font():
    """{8 rows of 5 bits: character}"""
    font = {(0,) * 8: " "}
    code = ord("!")
    for row in re.findall(r"^\tdb (.*) ;", (ROOT / "boot" / "font.inc")
                          .read_text(), re.MULTILINE):
        font[tuple(int(bits, 2) for bits in re.findall(r"[01]{5}", row))] = \
            chr(code)
        code += 1
    expect(code == ord("~") + 1, f"boot/font.inc ends before {chr(code)}")
    return font


class Picture:
    """A PPM file; a pixel is lit or not."""

    def __init__(self, path):
        data = path.read_bytes()
        header = re.match(rb"P6\n(\d+) (\d+)\n255\n", data)
        self.width, self.height = int(header[1]), int(header[2])
        self.data = data[header.end():]

    def lit(self, x, y):
        return self.data[(y * self.width + x) * 3] > 100

    def glyph(self, left, top, scale):
        return tuple(sum(self.lit(left + x * scale, top + y * scale)
                         << (4 - x) for x in range(5)) for y in range(8))

    def text(self, scale, margin=0, rows=None):
        """Lines of the screen; '\\x00' for dots that are no character."""
        font = load_font()
        columns = (self.width - 2 * margin) // (6 * scale)
        rows = rows or (self.height - 2 * margin) // (9 * scale)
        return ["".join(font.get(self.glyph(margin + column * 6 * scale,
                                            margin + row * 9 * scale, scale),
                                 "\0") for column in range(columns)).rstrip()
                for row in range(rows)]


class ScreenGuest(Guest):
    def picture(self, folder):
        path = folder / "screen.ppm"
        self.command("screendump", filename=str(path))
        return Picture(path)

    def vga_text(self, folder):
        """(lines, attributes in use)"""
        path = folder / "vga"
        self.command("pmemsave", val=VGA_TEXT, size=VGA_COLUMNS * VGA_ROWS * 2,
                     filename=str(path))
        data = path.read_bytes()
        text = data[::2].decode("latin-1")
        lines = [text[i:i + VGA_COLUMNS].rstrip()
                 for i in range(0, len(text), VGA_COLUMNS)]
        return lines, data[1::2]


def guest(firmware, cpu, folder):
    machine = Machine(mem=128 * MIB, firmware=firmware, cpu=cpu,
                      cmdline="term=ansi", kernel=KERNEL, exit_device=False)
    if firmware != "pvh":
        machine.iso = folder / "screen.iso"
        iso.build(KERNEL, machine.iso, iso.grub_config("term=ansi", []))
    if firmware == "uefi":
        machine.ovmf_vars = folder / "vars.fd"
        shutil.copy(find_ovmf("OVMF_VARS_4M.fd"), machine.ovmf_vars)
    return ScreenGuest(machine)


def with_folder(function, *arguments):
    def body():
        with tempfile.TemporaryDirectory(prefix="tangram-screen.") as folder:
            function(*arguments, Path(folder))
    return body


def show(lines):
    print("\n".join(line.replace("\0", "?") for line in lines if line))


# --- the kernel's log ---

def framebuffer_shows_the_log(firmware, folder):
    with guest(firmware, "max", folder) as vm:
        vm.wait_for(b"tangram> ")
        picture = vm.picture(folder)
        lines = picture.text(max(picture.width // 500, 1))
        show(lines)
        # UEFI's map is so long that the log's first lines have scrolled off.
        expect(firmware == "uefi"
               or lines[0].endswith("] Tangram, a kernel about physical memory")
               and lines[1] == NOTE, "the first two lines")
        expect(any("] Boot took " in line for line in lines), "the last line")
        expect(any("Zone ranges:" in line for line in lines), "a boot line")
        expect(lines[-1] == "" and "tangram>" in lines, "the prompt")
        expect(not any("\0" in line for line in lines), "only characters")


for kind in ("bios", "uefi"):
    add_case("screen", f"log_on_a_framebuffer_{kind}",
             with_folder(framebuffer_shows_the_log, kind))


def typing_and_scrolling(folder):
    every = "".join(map(chr, range(33, 127))).replace("'", "")
    with guest("bios", "max", folder) as vm:
        vm.wait_for(b"tangram> ")
        for _ in range(8):
            vm.type(b"help\r")
            vm.wait_for(b"tangram> ")
        vm.type(f"echo '{every}'X\x7fY\x1b[D\x1b[DZ\r".encode())
        vm.wait_for(b"\ntangram> ")
        vm.type(b"fault panic\r")
        vm.wait_for(b"System halted.")
        picture = vm.picture(folder)
        lines = [line for line in
                 picture.text(max(picture.width // 500, 1)) if line]
        show(lines)
        expect_in(f"{every}ZY", lines, "echo's line")
        echo = lines.index(f"{every}ZY")
        typed = lines[echo - 1].removeprefix("tangram> ")
        # The line editor shows the end of what doesn't fit into 80 columns.
        expect(len(typed) > 60 and f"{every}Z'Y".endswith(typed),
               "the typed line")
        expect_in("Kernel panic - not syncing: you asked for it",
                  "\n".join(lines[echo:]), "the panic")
        expect(lines[-1].endswith("System halted."), "the last line")


add_case("screen", "typing_scrolling_and_a_panic",
         with_folder(typing_and_scrolling))


def vga_text_shows_the_log(folder):
    with guest("pvh", "max", folder) as vm:
        vm.wait_for(b"tangram> ")
        lines, _ = vm.vga_text(folder)
        show(lines)
        expect(any(line.startswith("Tangram: `help`") for line in lines)
               and "tangram>" in lines, "greeting and prompt")
        vm.type(b"clear\r")
        vm.wait_for(b"tangram> ")
        lines, _ = vm.vga_text(folder)
        expect(lines[0] == "tangram>" and not any(lines[1:]), "`clear`")
        vm.type(b"echo ab\x1b[D\x1b[Cc\r")
        vm.wait_for(b"tangram> ")
        lines, _ = vm.vga_text(folder)
        show(lines)
        expect(lines[:3] == ["tangram> echo abc", "abc", "tangram>"],
               "a line typed with arrows")


def watch_in_vga_text(folder):
    with guest("pvh", "max", folder) as vm:
        vm.wait_for(b"tangram> ")
        vm.type(b"watch -n 0.1 -c 3 uptime\r")
        vm.wait_for(b"tangram> ")
        vm.type(b"echo one; echo two\r")
        vm.wait_for(b"tangram> ")
        lines, _ = vm.vga_text(folder)
        show(lines)
        expect(lines[0].startswith("every 0.10 s: uptime") and
               lines[1].startswith("up "), "the frame")
        expect(not any(lines[2:19]), "nothing else above")
        expect_in("one; echo two", lines[19:], "what came below")


add_case("screen", "watch_in_vga_text", with_folder(watch_in_vga_text))
add_case("screen", "log_in_vga_text", with_folder(vga_text_shows_the_log))


# --- a CPU that lacks something ---

REFUSAL = ("Tangram needs a 64-bit x86 CPU: this one lacks "
           "no-execute pages (nx).")


def refusal_on_a_framebuffer(firmware, folder):
    with guest(firmware, "qemu64,-nx", folder) as vm:
        vm.wait_for(b"(nx).")
        lines = vm.picture(folder).text(2, margin=24, rows=3)
        show(lines)
        expect("".join(lines[:2]) == REFUSAL, "the message")


for kind in ("bios", "uefi"):
    add_case("refusal", f"on_a_framebuffer_{kind}",
             with_folder(refusal_on_a_framebuffer, kind))


def refusal_in_vga_text(folder):
    with guest("pvh", "qemu64,-nx", folder) as vm:
        vm.wait_for(b"(nx).")
        lines, attributes = vm.vga_text(folder)
        show(lines)
        expect(lines[0] == REFUSAL, "the message")
        expect(set(attributes[:len(REFUSAL)]) == {0x4f}, "white on red")


add_case("refusal", "in_vga_text", with_folder(refusal_in_vga_text))


@case("font")
def every_character_has_a_form_of_its_own():
    expect(len(load_font()) == 95, "94 forms and the blank")


if __name__ == "__main__":
    main()
