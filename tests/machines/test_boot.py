#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The boot matrix: what the kernel found against what QEMU was told.

Each Boot is one machine. From its description the expected layout follows by
QEMU's rules (q35), not by anything that the kernel says:

	RAM below 2.75 GiB lies in one piece; else 2 GiB are low and the rest
	starts at 4 GiB. Nodes take their share in the order of addresses.

	0        1M             low end         4G            4G + rest
	|--|holes|-----RAM------|---- devices ---|-----RAM-----|

The firmware keeps some RAM for itself: SLACK says how much may be missing.
"""

import re
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from console import boot as boot_machine
from lib.cases import Failure, add_case, expect, expect_equal, fail, main
from lib.machine import BUILD, GIB, KIB, MIB, parse_size, split_evenly

try:
    import tables
except ImportError:
    tables = None

PAGE = 4 * KIB
LOW_MAX, LOW_SPLIT, HIGH_START = 0xb0000000, 2 * GIB, 4 * GIB
# What firmware may take from RAM: ACPI tables; UEFI's runtime and variables.
SLACK = {"pvh": MIB, "bios": MIB, "uefi": 32 * MIB}
DMA_END = 16 * MIB


@dataclass
class Boot:
    suite: str
    name: str
    mem: str = "1G"
    cpus: int = 1
    nodes: int = 0
    firmware: str = "pvh"
    cpu: str = ""               # QEMU's model; "": the one tools/vm takes
    node_mem: tuple = ()        # sizes as text; "0": memory-less
    node_cpus: tuple = ()       # CPU numbers of each node
    dist: dict = field(default_factory=dict)    # (a, b): value
    maxmem: str = ""
    append: str = ""
    modules: tuple = ()         # kinds of tables.build(), in one module
    nodes_by_module: bool = False   # QEMU is told of no nodes: its SRAT is ours
    counted_cpus: int | None = None     # if not all
    says: tuple = ()            # patterns that must be among the boot lines
    changed_map: bool = False   # the command line changes what is RAM
    changed_nodes: bool = False     # ... or tables or numa= change the nodes
    timeout: int = 600
    expect_nodes: int | None = None     # with changed_nodes: how many

    @property
    def total(self):
        return sum(self.sizes) if self.node_mem else parse_size(self.mem)

    @property
    def sizes(self):
        """Bytes of each of QEMU's nodes."""
        if self.node_mem:
            return [parse_size(size) for size in self.node_mem]
        total = parse_size(self.mem)
        return split_evenly(total, self.nodes) if self.nodes else [total]

    @property
    def cpu_nodes(self):
        """QEMU's node of each CPU."""
        if self.node_cpus:
            node_of = {cpu: node for node, cpus in enumerate(self.node_cpus)
                       for cpu in cpus}
            return [node_of[cpu] for cpu in range(self.cpus)]
        return [cpu % max(self.nodes, 1) for cpu in range(self.cpus)]

    @property
    def node_order(self):
        """QEMU's nodes by their ids in the kernel: first seen, first served;
        SRAT names CPUs first."""
        order = self.cpu_nodes + [node for node, size in enumerate(self.sizes)
                                  if size]
        return list(dict.fromkeys(order))


# --- what QEMU builds ---

def ram_pieces(total):
    if total <= LOW_MAX:
        return [(0, total)]
    return [(0, LOW_SPLIT), (HIGH_START, HIGH_START + total - LOW_SPLIT)]


def take(pieces, size):
    """The next `size` bytes off the list of pieces, as ranges."""
    ranges = []
    while size and pieces:
        start, end = pieces.pop(0)
        cut = min(end, start + size)
        ranges.append((start, cut))
        size -= cut - start
        if cut < end:
            pieces.insert(0, (cut, end))
    return ranges


def node_pieces(boot):
    """For each kernel node id its ranges."""
    pieces = ram_pieces(boot.total)
    of_qemu = [take(pieces, size) for size in boot.sizes]
    return [of_qemu[node] for node in boot.node_order]


def inside(start, end, pieces):
    return any(a <= start and end <= b for a, b in pieces)


def size_of(ranges):
    return sum(end - start for start, end in ranges)


# --- checks; each is called with the Boot and what was Found ---

def usable(memory_map):
    """Whole pages of RAM, without page 0 and 0xa0000-0xfffff."""
    ranges = []
    for start, end, kind in memory_map:
        start = max(-(-start // PAGE) * PAGE, PAGE)
        end = end // PAGE * PAGE
        if kind == "usable" and start < end:
            ranges.append((start, end))
    return ranges


def check_passed(boot, found):
    expect_equal(found.status, 0, "status of tools/vm")


def check_firmware_map(boot, found):
    told, slack = ram_pieces(boot.total), SLACK[boot.firmware]
    ranges = usable(found.firmware_map)
    for start, end in ranges:
        expect(inside(start, end, told),
               f"0x{start:x}-0x{end:x} is usable, QEMU has no RAM there")
    lost = size_of(told) - size_of(ranges)
    expect(0 <= lost <= slack, f"{lost // KIB} KiB of RAM are not usable")


def check_memory_line(boot, found):
    expect(found.memory, "no line 'Memory: ...K/...K available'")
    available, present = found.memory
    expect(0 < available < present, f"available {available} of {present}")
    if not boot.changed_map:
        expect_equal(present, size_of(usable(found.firmware_map)),
                     "bytes present (Memory:) against usable (BIOS-e820)")


def expected_zones(ranges):
    """{name: (start, end)} as Linux prints them."""
    top = max(end for _, end in ranges)
    low = max((end for _, end in ranges if end <= HIGH_START), default=0)
    zones = {"DMA": (PAGE, min(DMA_END, top))}
    if top > DMA_END:
        zones["DMA32"] = (DMA_END, HIGH_START if top > HIGH_START else low)
    if top > HIGH_START:
        zones["Normal"] = (HIGH_START, top)
    return zones


def check_zones(boot, found):
    if not boot.changed_map:
        expect_equal({name: span for name, span in found.zones.items()
                      if name != "Movable"},
                     expected_zones(usable(found.map)), "Zone ranges")


def check_node_ranges(boot, found):
    expect(found.node_ranges, "no 'Early memory node ranges'")
    covered = sorted((start, end) for _, start, end in found.node_ranges)
    for before, after in zip(covered, covered[1:]):
        expect(before[1] <= after[0], f"node ranges overlap at 0x{after[0]:x}")
    if boot.changed_map or boot.changed_nodes:
        return
    expect_equal(size_of(covered), size_of(usable(found.map)),
                 "bytes in node ranges")
    for node, pieces in enumerate(node_pieces(boot)):
        ranges = [(start, end) for nid, start, end in found.node_ranges
                  if nid == node]
        check_one_node(boot, node, ranges, pieces)


def check_one_node(boot, node, ranges, pieces):
    for start, end in ranges:
        expect(inside(start, end, pieces),
               f"node {node} has 0x{start:x}-0x{end:x}, was given {pieces}")
    lost = size_of(pieces) - size_of(ranges)
    expect(0 <= lost <= SLACK[boot.firmware],
           f"node {node} lacks {lost // KIB} KiB")


def distance_command(node):
    return f"cat /sys/devices/system/node/node{node}/distance"


def expected_distances(boot, node):
    def distance(a, b):
        if (a, b) in boot.dist:
            return boot.dist[a, b]
        return boot.dist.get((b, a), 10 if a == b else 20)
    order = boot.node_order
    return [distance(order[node], other) for other in order]


def check_distances(boot, found):
    if boot.changed_nodes:
        return
    for node in range(len(boot.node_order)):
        answer = found.answers[distance_command(node)]
        row = answer.splitlines()[0] if answer else ""
        if not re.fullmatch(r"[\d ]+", row):
            fail(f"distances of node {node}: {row!r}")
        expect_equal([int(word) for word in row.split()],
                     expected_distances(boot, node), f"distances of {node}")


def check_node_count(boot, found):
    if boot.expect_nodes is not None:
        nodes = {node for node, _, _ in found.node_ranges}
        expect_equal(len(nodes), boot.expect_nodes, "nodes with memory")


def check_cpus(boot, found):
    expect_equal(found.cpus, boot.counted_cpus or boot.cpus, "CPUs counted")


def cpulist_command(node):
    return f"cat /sys/devices/system/node/node{node}/cpulist"


def cpu_numbers(text):
    """'0-2,5' -> [0, 1, 2, 5]"""
    numbers = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def check_cpu_nodes(boot, found):
    if boot.changed_nodes:
        return
    for node, of_qemu in enumerate(boot.node_order):
        expect_equal(cpu_numbers(found.answers[cpulist_command(node)]),
                     [cpu for cpu, home in enumerate(boot.cpu_nodes)
                      if home == of_qemu and cpu < found.cpus],
                     f"CPUs of node {node}")


def zoneinfo_sum(text, word):
    return sum(map(int, re.findall(rf"^ +{word} +(\d+)$", text, re.MULTILINE)))


def check_zoneinfo(boot, found):
    text = found.answers["cat /proc/zoneinfo"]
    present = zoneinfo_sum(text, "present") * PAGE
    managed = zoneinfo_sum(text, "managed") * PAGE
    expect(found.memory, "no line 'Memory:'")
    expect_equal(present, found.memory[1], "bytes present in /proc/zoneinfo")
    expect(0 < managed < present, f"managed {managed} of {present}")


def check_findings(boot, found):
    last = found.answers["check"].strip().splitlines()[-1:]
    expect_equal(last, ["check: 0 findings"], "last line of `check`")


def check_says(boot, found):
    for pattern in boot.says:
        expect(re.search(pattern, found.text),
               f"no boot line matches {pattern!r}")


CHECKS = (check_firmware_map, check_memory_line, check_zones,
          check_node_ranges, check_distances, check_node_count, check_cpus,
          check_cpu_nodes, check_zoneinfo, check_findings, check_says, check_passed)


# --- running one ---

def vm_words(boot, folder):
    words = ["--firmware", boot.firmware, "--cpus", boot.cpus]
    if boot.node_mem:
        words += ["--node-mem", ",".join(boot.node_mem)]
    else:
        words += ["--mem", boot.mem]
    if boot.nodes and not boot.nodes_by_module:
        words += ["--nodes", boot.nodes]
    if boot.node_cpus:
        words += ["--node-cpus", ":".join(
            "+".join(map(str, cpus)) for cpus in boot.node_cpus)]
    for (a, b), value in boot.dist.items() if not boot.modules else ():
        words += ["--dist", f"{a},{b},{value}"]
    if boot.cpu:
        words += ["--cpu", boot.cpu]
    if boot.maxmem:
        words += ["--maxmem", boot.maxmem]
    if boot.append:
        words += ["--append=" + boot.append]
    return words + module_words(boot, folder)


def module_words(boot, folder):
    if not boot.modules:
        return []
    path = Path(folder) / "acpi"
    path.write_bytes(b"".join(
        tables.build(kind, max(boot.nodes, 2), boot.total, boot.cpus)
        for kind in boot.modules))
    return ["--add", path]


def commands(boot):
    nodes = range(0 if boot.changed_nodes else len(boot.node_order))
    return (["cat /proc/zoneinfo"] + [distance_command(n) for n in nodes]
            + [cpulist_command(n) for n in nodes] + ["check"])


def run_boot(boot):
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        found = boot_machine(vm_words(boot, folder), commands(boot),
                             boot.timeout)
    for check in CHECKS:
        check(boot, found)


# --- the machines ---

def ring(nodes):
    """Distances of a ring: 10 to oneself, 10 more for each hop."""
    return {(a, b): 10 + 10 * min((a - b) % nodes, (b - a) % nodes)
            for a in range(nodes) for b in range(nodes) if a != b}


FIRMWARE = [
    Boot("firmware", "bios_1g", firmware="bios"),
    Boot("firmware", "uefi_1g", firmware="uefi"),
    Boot("firmware", "pvh_1g"),
    Boot("firmware", "bios_4g_2_nodes", firmware="bios", mem="4G", cpus=2,
         nodes=2),
    Boot("firmware", "uefi_4g_2_nodes", firmware="uefi", mem="4G", cpus=2,
         nodes=2),
    Boot("firmware", "uefi_64m", firmware="uefi", mem="64M"),
]

MEMORY = [
    Boot("memory", "16m", mem="16M"),
    Boot("memory", "bios_16m", mem="16M", firmware="bios"),
    Boot("memory", "64m", mem="64M"),
    Boot("memory", "3584m_below_and_above_4g", mem="3584M"),
    Boot("memory", "4g", mem="4G"),
    Boot("memory", "6g", mem="6G"),
    Boot("memory", "64g", mem="64G"),
]

NODES = [
    Boot("nodes", "2_nodes", mem="512M", cpus=2, nodes=2),
    Boot("nodes", "4_nodes_in_a_ring", mem="1G", cpus=4, nodes=4,
         dist=ring(4)),
    Boot("nodes", "8_nodes_in_a_ring", mem="6G", cpus=8, nodes=8,
         dist=ring(8)),
    Boot("nodes", "2_nodes_there_and_back_differ", mem="512M", cpus=2, nodes=2,
         dist={(0, 1): 21, (1, 0): 31}),
    Boot("nodes", "memory_less_node", cpus=3, nodes=3,
         node_mem=("512M", "0", "512M")),
    Boot("nodes", "cpu_less_node", mem="512M", cpus=2, nodes=2,
         node_cpus=((0, 1), ())),
    Boot("nodes", "cpu_less_first_node", mem="512M", cpus=2, nodes=2,
         node_cpus=((), (0, 1))),
    Boot("nodes", "node_across_4g", nodes=2, cpus=2,
         node_mem=("1G", "4G")),
    Boot("nodes", "hotplug_window", mem="1G", cpus=2, nodes=2, maxmem="8G"),
    Boot("nodes", "numa_off", mem="512M", cpus=2, nodes=2, append="numa=off",
         changed_nodes=True, expect_nodes=1, says=("NUMA turned off",)),
    Boot("nodes", "numa_fake_4", append="numa=fake=4", changed_nodes=True,
         expect_nodes=4, says=("Faking node 3",)),
    Boot("nodes", "movablecore", append="movablecore=256M"),
]

UNKNOWN = "Unknown kernel command line"
CMDLINE = [
    Boot("cmdline", "4000_bytes_of_junk", append=("junk=1 " * 600)[:3980],
         says=(UNKNOWN,)),
    Boot("cmdline", "one_word_of_3900_bytes", append="x" * 3900,
         says=(UNKNOWN,)),
    Boot("cmdline", "control_and_utf8_bytes", append="\x01\x02\t\x7f"
         " gr\u00fc\u00dfe=\u4e16\u754c \x1b[2J", says=(UNKNOWN,)),
    Boot("cmdline", "mem_1", append="mem=1", says=("ignored",)),
    Boot("cmdline", "mem_0", append="mem=0"),
    Boot("cmdline", "mem_max", append="mem=18446744073709551615"),
    Boot("cmdline", "mem_suffix_overflow", append="mem=99999999999999999999T"),
    Boot("cmdline", "mem_256m", append="mem=256M", changed_map=True),
    Boot("cmdline", "memmap_over_the_kernel", append="memmap=64M$1M",
         changed_map=True, says=("holds the kernel",)),
    Boot("cmdline", "memmap_beyond_the_direct_map", cpu="max,phys-bits=52",
         append="memmap=1G@80T", changed_map=True,
         says=("1048576 KiB of usable memory .*beyond the direct map",)),
    Boot("cmdline", "exactmap_without_ranges", append="memmap=exactmap"),
    Boot("cmdline", "repeated_and_unknown_keys",
         append="mem=512M mem=256M numa numa= =x = == foo foo=bar nosuch.key=1",
         changed_map=True, says=(UNKNOWN,)),
    Boot("cmdline", "numa_fake_0", append="numa=fake=0"),
    Boot("cmdline", "numa_fake_minus_1", append="numa=fake=-1"),
    Boot("cmdline", "numa_fake_1000", append="numa=fake=1000",
         changed_nodes=True),
    Boot("cmdline", "quotes_without_end", append="foo=\"bar baz", says=()),
    Boot("cmdline", "vm_knobs_out_of_range",
         append="vm.min_free_kbytes=99999999999999999999 movablecore=200% "
         "kernelcore=-5"),
]

# The distances that tables.py writes.
LINE4 = {(a, b): 20 + abs(a - b) for a in range(4) for b in range(4) if a != b}


def table_boot(kind, **keywords):
    line = tables.EXPECT[kind]
    return Boot("tables", kind.replace("-", "_"), firmware="bios", cpus=2,
                modules=(kind,), says=(re.escape(line),) if line else (),
                **keywords)


def broken_srat(kind):
    """QEMU's two nodes are out with its table; what is left is one node."""
    return table_boot(kind, nodes=2, changed_nodes=True, expect_nodes=1)


def broken_slit(kind):
    """QEMU's SRAT has two nodes, distances fall back to 10 and 20."""
    return table_boot(kind, nodes=2)


def table_boots():
    good = [
        table_boot("srat", nodes=2, nodes_by_module=True),
        table_boot("slit", nodes=2, dist={(0, 1): 21}),
        table_boot("madt"),
        table_boot("slit-asymmetric", nodes=2,
                   dist={(0, 1): 255, (1, 0): 21}),
        table_boot("madt-checksum", counted_cpus=1),    # QEMU's is out, too
        table_boot("madt-entry-length-0", counted_cpus=1),
        Boot("tables", "srat_and_slit_of_4_nodes", firmware="bios", cpus=4,
             nodes=4, modules=("srat", "slit"), nodes_by_module=True,
             dist=LINE4),
    ]
    seen = {kind for boot in good for kind in boot.modules}
    rest = [kind for kind in tables.KINDS if kind not in seen]
    return (good + [broken_srat(kind) for kind in rest if kind[:4] == "srat"]
            + [broken_slit(kind) for kind in rest if kind[:4] == "slit"])


TABLES = table_boots() if tables else []

# --- the matrix itself: a machine other than described must be noticed ---

def mismatch(name, check, described, **built):
    """Build `described` with changes; this check must complain."""
    def body():
        BUILD.mkdir(exist_ok=True)
        machine = replace(described, **built)
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            found = boot_machine(vm_words(machine, folder),
                                 commands(described))
        try:
            check(described, found)
        except Failure:
            return
        fail(f"{check.__name__} has not noticed {built}")
    add_case("itself", name, body)


TWO = Boot("", "", mem="512M", cpus=3, nodes=2)

mismatch("less_memory", check_firmware_map, TWO, mem="496M")
mismatch("more_memory", check_firmware_map, TWO, mem="528M")
mismatch("memory_cut", check_memory_line, TWO, append="mem=256M")
mismatch("node_border", check_node_ranges, TWO, node_mem=("128M", "384M"))
mismatch("node_missing", check_distances, TWO, nodes=0)
mismatch("distance", check_distances, TWO, dist={(0, 1): 21})
mismatch("cpu_count", check_cpus, TWO, cpus=2)
mismatch("cpu_on_other_node", check_cpu_nodes, TWO, node_cpus=((0, 1), (2,)))
mismatch("silence", check_says, replace(TWO, says=("no such line",)))

for each in FIRMWARE + MEMORY + NODES + CMDLINE + TABLES:
    add_case(each.suite, each.name, lambda each=each: run_boot(each))

if __name__ == "__main__":
    main()
