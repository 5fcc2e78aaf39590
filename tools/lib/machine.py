# SPDX-License-Identifier: MIT
"""A machine as words for QEMU.

Machine says what to build (memory, nodes, CPUs, firmware, kernel); qemu_argv()
turns it into QEMU's command line. Nothing runs here, so every rule can be
tested without QEMU.

Terms: a node's memory of 0 is a memory-less node, an empty CPU list a CPU-less
one. The exit device at port 0xf4 turns the byte v into QEMU's exit status
2 v + 1; the kernel writes 0x10 for "passed", 33.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SUFFIX = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1 << 40}

# QEMU puts start_info of PVH right behind 4,128 bytes for the command line.
PVH_APPEND_MAX = 4000
UEFI_MEMORY_MIN = 64 * MIB
# Beyond this the host may refuse to promise the memory; ask for no promise.
RESERVE_MAX = 2 * GIB

OVMF_DIRS = ("/usr/share/OVMF", "/usr/share/edk2/x64", "/usr/share/edk2/ovmf")


class VmError(Exception):
    """What was asked for can't be built; the text says why."""


def parse_size(text):
    """'512M' -> bytes; a bare number counts MiB, as in QEMU's -m."""
    match = re.fullmatch(r"(\d+)([KMGT]?)B?", text.strip(), re.IGNORECASE)
    if not match:
        raise VmError(f"'{text}' is no size (1G, 512M, 64M)")
    number, suffix = int(match[1]), match[2].upper()
    if number == 0:
        return 0
    return number * SUFFIX[suffix or "M"]


def qemu_size(size):
    return f"{size // KIB}K"


@dataclass
class Machine:
    mem: int = GIB
    cpus: int = 1
    nodes: int = 0                  # 0: no -numa at all, so no SRAT
    node_mem: list = field(default_factory=list)    # bytes of each node
    node_cpus: list = field(default_factory=list)   # "0-1:4" of each node
    dist: list = field(default_factory=list)        # "a,b,value"
    maxmem: int = 0                 # hotplug window: address space beyond mem
    slots: int = 2
    firmware: str = "pvh"
    accel: str = "tcg"
    icount: int | None = None
    cpu: str = "max"
    kernel: Path | None = None      # PVH
    cmdline: str = ""               # PVH
    initrd: Path | None = None      # PVH
    iso: Path | None = None         # BIOS, UEFI
    ovmf_vars: Path | None = None   # UEFI: a private, writable copy
    gdb: int = 0                    # port to wait on for gdb; 0: don't
    exit_device: bool = True
    extra: list = field(default_factory=list)


def find_ovmf(name):
    for folder in OVMF_DIRS:
        path = Path(folder) / name
        if path.exists():
            return path
    raise VmError(f"{name} is missing: apt-get install ovmf")


def split_evenly(total, parts):
    """Whole MiB each; what is left over goes to the last."""
    share = total // parts // MIB * MIB
    return [share] * (parts - 1) + [total - share * (parts - 1)]


def node_memory(machine):
    if not machine.node_mem:
        return split_evenly(machine.mem, machine.nodes)
    if sum(machine.node_mem) != machine.mem:
        raise VmError("--node-mem adds up to "
                      f"{qemu_size(sum(machine.node_mem))}, --mem is "
                      f"{qemu_size(machine.mem)}")
    return machine.node_mem


def node_cpu_lists(machine):
    """For each node a list of 'a' or 'a-b'; CPUs go round robin by default."""
    if machine.node_cpus:
        return [[r for r in text.split("+") if r]
                for text in machine.node_cpus]
    return [[str(cpu) for cpu in range(node, machine.cpus, machine.nodes)]
            for node in range(machine.nodes)]


def backend(machine, name, size):
    reserve = ",reserve=off" if machine.mem > RESERVE_MAX else ""
    return ["-object",
            f"memory-backend-ram,id={name},size={qemu_size(size)}{reserve}"]


def node_args(machine, node, size, cpus):
    args = []
    spec = f"node,nodeid={node}"
    if size:
        args += backend(machine, f"ram{node}", size)
        spec += f",memdev=ram{node}"
    spec += "".join(f",cpus={cpu}" for cpu in cpus)
    return args + ["-numa", spec]


def check_node_count(machine, name, values):
    if values and len(values) != machine.nodes:
        raise VmError(f"{name} names {len(values)} nodes, --nodes is "
                      f"{machine.nodes}")


def numa_args(machine):
    if not machine.nodes:
        return []
    check_node_count(machine, "--node-mem", machine.node_mem)
    check_node_count(machine, "--node-cpus", machine.node_cpus)
    args = []
    for node, (size, cpus) in enumerate(zip(node_memory(machine),
                                            node_cpu_lists(machine))):
        args += node_args(machine, node, size, cpus)
    for dist in machine.dist:
        src, dst, value = dist.split(",")
        args += ["-numa", f"dist,src={src},dst={dst},val={value}"]
    return args


def memory_args(machine):
    size = qemu_size(machine.mem)
    if machine.maxmem:
        size = (f"size={size},maxmem={qemu_size(machine.maxmem)},"
                f"slots={machine.slots}")
    args = ["-m", size]
    if machine.nodes or machine.mem <= RESERVE_MAX:
        return args
    return args + backend(machine, "ram", machine.mem)


def machine_arg(machine):
    one_backend = not machine.nodes and machine.mem > RESERVE_MAX
    return ["-machine", "q35" + (",memory-backend=ram" if one_backend else "")]


def check_pvh(machine):
    if not machine.kernel.exists():
        raise VmError(f"no kernel at {machine.kernel}: run make first")
    length = len(os.fsencode(machine.cmdline))
    if length > PVH_APPEND_MAX:
        raise VmError(f"the command line has {length} bytes; beyond "
                      f"{PVH_APPEND_MAX} QEMU would overwrite the PVH boot "
                      "information")


def pvh_args(machine):
    check_pvh(machine)
    args = ["-kernel", str(machine.kernel)]
    if machine.cmdline:
        args += ["-append", machine.cmdline]
    if machine.initrd:
        args += ["-initrd", str(machine.initrd)]
    return args


def cdrom_args(machine):
    if not machine.iso.exists():
        raise VmError(f"no ISO at {machine.iso}: run make iso first")
    return ["-cdrom", str(machine.iso), "-boot", "d"]


def uefi_args(machine):
    if machine.mem < UEFI_MEMORY_MIN:
        raise VmError("UEFI needs 64M of memory or more, --mem is "
                      f"{qemu_size(machine.mem)}")
    code = find_ovmf("OVMF_CODE_4M.fd")
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,file={machine.ovmf_vars}",
            *cdrom_args(machine)]


FIRMWARE = {"pvh": pvh_args, "bios": cdrom_args, "uefi": uefi_args}


def time_args(machine):
    if machine.icount is None:
        return []
    return ["-icount", f"shift={machine.icount},sleep=off",
            "-rtc", "base=2026-01-01T00:00:00,clock=vm"]


def exit_device_args(machine):
    if not machine.exit_device:
        return []
    return ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]


def gdb_args(machine):
    if not machine.gdb:
        return []
    return ["-gdb", f"tcp:127.0.0.1:{machine.gdb}", "-S"]


def qemu_argv(machine, serial):
    """QEMU's command line; serial is what -serial gets."""
    return ["qemu-system-x86_64", *machine_arg(machine),
            "-accel", machine.accel, "-cpu", machine.cpu,
            "-smp", str(machine.cpus), *memory_args(machine),
            *numa_args(machine), *time_args(machine),
            "-nodefaults", "-vga", "std", "-nic", "none", "-display", "none",
            "-no-reboot", "-serial", serial,
            *exit_device_args(machine), *FIRMWARE[machine.firmware](machine),
            *gdb_args(machine),
            *machine.extra]
