# SPDX-License-Identifier: MIT
"""Build boot CDs: one ISO with GRUB for BIOS and for UEFI.

The official ISO carries boot/grub.cfg. A test that wants its own command line
or modules gets an ISO of its own with a generated menu of one entry: GRUB has
no other way to be told. Only the GRUB modules that a menu needs are put in,
which makes 5 MB of 20.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .machine import VmError

MODULES = ("multiboot2 normal configfile iso9660 part_msdos part_gpt part_acorn "
           "part_amiga part_bsd part_dfly part_dvh part_plan part_sun "
           "part_sunpc fat "
           "serial terminal all_video gfxterm echo ls cat help reboot halt "
           "test minicmd search search_label").split()
BOTH_IMAGES = {"BIOS": re.compile(r"El Torito boot img.*BIOS"),
               "UEFI": re.compile(r"El Torito boot img.*UEFI")}
GRUB_FILES = {
    "/usr/lib/grub/i386-pc": "grub-pc-bin",
    "/usr/lib/grub/x86_64-efi": "grub-efi-amd64-bin",
}
PROGRAMS = {"grub-mkrescue": "grub-common", "xorriso": "xorriso",
            "mformat": "mtools"}


def check_tools():
    """grub-mkrescue leaves the UEFI image out in silence; so ask first."""
    missing = [f"{name} ({package})" for name, package in PROGRAMS.items()
               if not shutil.which(name)]
    missing += [f"{path} ({package})" for path, package in GRUB_FILES.items()
                if not Path(path).is_dir()]
    if missing:
        raise VmError("can't build a boot CD, missing: " + ", ".join(missing)
                      + "; tools/deps iso installs them")


def quote(word):
    """One word of a GRUB script, whatever is in it."""
    return "'" + word.replace("'", "'\\''") + "'"


def kernel_words(cmdline):
    """Words as the kernel reads them: double quotes hold blanks together. The
    quotes are dropped: GRUB puts its own around a word with blanks, and would
    hand over ours with a backslash before each."""
    words = re.findall(r'(?:[^\s"]|"[^"]*(?:"|$))+', cmdline)
    return [word.replace('"', "") for word in words]


def grub_words(cmdline):
    return " ".join(map(quote, kernel_words(cmdline)))


def grub_config(cmdline, modules):
    """A menu of one entry that starts at once; modules: file names."""
    words = grub_words(cmdline)
    lines = ["set timeout=0", "set default=0", "insmod all_video",
             "set gfxpayload=keep", "menuentry test {",
             f"  multiboot2 /boot/tangram.elf {words}"]
    lines += [f"  module2 /boot/{name} {name}" for name in modules]
    return "\n".join([*lines, "  boot", "}", ""])


def choose_entry(config, entry, cmdline):
    """boot/grub.cfg with another default, no waiting and more words."""
    words = grub_words(cmdline)
    config = re.sub(r"(?m)^\s*set (timeout|default)=.*$", "", config)
    config = re.sub(r"(?m)^(\s*multiboot2\s.*)$",
                    lambda match: f"{match[1]} {words}", config)
    return f"set timeout=0\nset default={entry}\n{config}"


def mkrescue(tree, out):
    argv = ["grub-mkrescue", "-o", str(out), "--locales=", "--fonts=",
            "--themes=", "--install-modules=" + " ".join(MODULES), str(tree),
            "--", "-volid", "TANGRAM"]
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode or not Path(out).exists():
        raise VmError("grub-mkrescue failed:\n" + result.stderr)


def check_boot_images(iso):
    """Both ways to boot must be on the CD."""
    report = subprocess.run(["xorriso", "-indev", str(iso), "-report_el_torito",
                             "plain"], capture_output=True, text=True,
                            check=False).stdout
    lacking = [name for name, pattern in BOTH_IMAGES.items()
               if not pattern.search(report)]
    if lacking:
        raise VmError(f"{iso} has no boot image for {' and '.join(lacking)}")


def copy_kernel(elf, out):
    """Without what debuggers read: GRUB loads that into memory, too, 5 MB of
    it, and gives up on small machines. Tests boot files that are no kernel."""
    shutil.copy(elf, out)
    if shutil.which("objcopy"):
        subprocess.run(["objcopy", "--strip-debug", str(out)], check=False,
                       capture_output=True)


def build(elf, out, config, files=()):
    """ISO `out` from kernel, text of grub.cfg and [(name, path)]."""
    check_tools()
    if not Path(elf).exists():
        raise VmError(f"no kernel at {elf}: run make first")
    with tempfile.TemporaryDirectory(prefix="tangram-iso.") as tree:
        boot = Path(tree) / "boot"
        (boot / "grub").mkdir(parents=True)
        copy_kernel(elf, boot / "tangram.elf")
        for name, path in files:
            shutil.copy(path, boot / name)
        config_file = boot / "grub" / "grub.cfg"
        config_file.write_bytes(config.encode(errors="surrogateescape"))
        mkrescue(tree, out)
