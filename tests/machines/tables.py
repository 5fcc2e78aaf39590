#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Write ACPI tables, good ones and each kind of broken one, for a boot module.

    tables.py [--nodes N] [--memory BYTES] [--cpus N] KIND [KIND...] OUT
    tables.py --list

OUT holds the tables raw, end to end: what Tangram takes from `module2
/acpi.bin acpi` or, started by PVH, from QEMU's `-initrd acpi.bin`. QEMU's own
-acpitable is no use for this: it mends checksums and lengths.

From Python: build(kind, nodes=2, memory=1 << 30, cpus=2) -> bytes. Good tables
describe `memory` bytes from address 0 split evenly over nodes 0..nodes-1, CPU i
on node i % nodes. EXPECT[kind] is the line that the kernel owes for a broken one.
"""
import argparse
import struct
import sys


def table(signature, revision, body):
    """Header and body, with length and checksum right."""
    head = struct.pack('<4sIBB6s8sI4sI', signature, 36 + len(body), revision,
                       0, b'TANGRM', b'TESTING ', 1, b'TEST', 1)
    return checksum(bytearray(head + body))


def checksum(data):
    data[9] = 0
    data[9] = -sum(data) & 0xff
    return bytes(data)


def set_length(data, length):
    """Lie about the length, with a checksum over the bytes there are."""
    data = bytearray(data)
    data[4:8] = struct.pack('<I', length)
    return checksum(data)


# ---- entries ----

def srat_cpu(pxm, apic_id, flags=1):
    return struct.pack('<BBBBIB3sI', 0, 16, pxm & 0xff, apic_id, flags, 0,
                       (pxm >> 8).to_bytes(3, 'little'), 0)


def srat_x2apic(pxm, apic_id, flags=1):
    return struct.pack('<BBHIIIII', 2, 24, 0, pxm, apic_id, flags, 0, 0)


def srat_memory(pxm, base, length, flags=1):
    return struct.pack('<BBIHQQIIQ', 1, 40, pxm, 0, base, length, 0, flags, 0)


def srat(*entries, revision=3):
    return table(b'SRAT', revision, struct.pack('<IQ', 1, 0) +
                 b''.join(entries))


def slit(rows):
    return table(b'SLIT', 1, struct.pack('<Q', len(rows)) +
                 b''.join(bytes(r) for r in rows))


def madt(*entries):
    return table(b'APIC', 3, struct.pack('<II', 0xfee00000, 1) +
                 b''.join(entries))


def madt_cpu(apic_id, flags=1):
    return struct.pack('<BBBBI', 0, 8, apic_id, apic_id, flags)


def madt_ioapic(ident=0, addr=0xfec00000, gsi=0):
    return struct.pack('<BBBBII', 1, 12, ident, 0, addr, gsi)


# ---- good tables ----

def cpu_entries(p):
    return [srat_cpu(i % p.nodes, i) for i in range(p.cpus)]


def memory_entries(p):
    # whole MiB: a node's border inside a page would be another test
    step = p.memory // p.nodes >> 20 << 20
    ends = [step * (i + 1) for i in range(p.nodes - 1)] + [p.memory]
    return [srat_memory(i, step * i, end - step * i)
            for i, end in enumerate(ends)]


def good_srat(p):
    return srat(*cpu_entries(p), *memory_entries(p))


def distances(p):
    return [[10 if i == j else 20 + abs(i - j) for j in range(p.nodes)]
            for i in range(p.nodes)]


def good_slit(p):
    return slit(distances(p))


def good_madt(p):
    return madt(*[madt_cpu(i) for i in range(p.cpus)], madt_ioapic())


# ---- broken ones ----

def spoil(data):
    """One bit of the last byte: the checksum no longer holds."""
    return data[:-1] + bytes([data[-1] ^ 1])


def srat_entry_length(p, length):
    entry = bytearray(srat_memory(0, 0, p.memory))
    entry[1] = length
    return srat(*cpu_entries(p), bytes(entry))


def srat_overlap(p):
    half = p.memory // 2
    return srat(*cpu_entries(p), srat_memory(0, 0, half + (16 << 20)),
                srat_memory(1, half, p.memory - half))


def slit_with(p, i, j, value):
    rows = distances(p)
    rows[i][j] = value
    return slit(rows)


def slit_of_wrong_size(p):
    data = bytearray(good_slit(p))
    data[36:44] = struct.pack('<Q', p.nodes + 1)
    return checksum(data)


def madt_entry_length_0(p):
    return madt(madt_cpu(0), b'\0\0' + bytes(6), madt_cpu(1))


NOT_USED = 'SRAT: SRAT not used.'

# kind: (how to build it, the line that the kernel owes, '' for good ones)
KINDS = {
    'srat': (good_srat, ''),
    'slit': (good_slit, ''),
    'madt': (good_madt, ''),
    'srat-checksum': (lambda p: spoil(good_srat(p)), 'bad checksum'),
    'srat-truncated': (lambda p: good_srat(p)[:-20], 'passes the end'),
    'srat-header-only': (lambda p: good_srat(p)[:20], 'a header has 36'),
    'srat-length-35': (lambda p: set_length(good_srat(p), 35),
                       'length 35 is not in'),
    'srat-length-4g': (lambda p: set_length(good_srat(p), 0xffffffff),
                       'length 4294967295 is not in'),
    'srat-entry-length-0': (lambda p: srat_entry_length(p, 0), NOT_USED),
    'srat-entry-length-39': (lambda p: srat_entry_length(p, 39), NOT_USED),
    'srat-entry-past-end': (lambda p: srat_entry_length(p, 200), NOT_USED),
    'srat-no-memory': (lambda p: srat(*cpu_entries(p)), NOT_USED),
    'srat-domains': (lambda p: srat(*[srat_memory(i, i << 20, 1 << 20)
                                      for i in range(129)]), NOT_USED),
    'srat-domain-max': (lambda p: srat(srat_memory(0xffffffff, 0, p.memory)),
                        NOT_USED),
    'srat-wrap': (lambda p: srat(srat_memory(0, (1 << 64) - 4096, 8192)),
                  NOT_USED),
    'srat-overlap': (srat_overlap, 'overlap'),
    'srat-elsewhere': (lambda p: srat(srat_memory(0, 1 << 45, 1 << 30)), ''),
    'slit-checksum': (lambda p: spoil(good_slit(p)), 'bad checksum'),
    'slit-size': (slit_of_wrong_size, 'does not fit'),
    'slit-diagonal': (lambda p: slit_with(p, 0, 0, 11), 'must be 10'),
    'slit-below-10': (lambda p: slit_with(p, 0, 1, 9), 'must be above 10'),
    'slit-asymmetric': (lambda p: slit_with(p, 0, 1, 255), ''),
    'madt-checksum': (lambda p: spoil(good_madt(p)), 'bad checksum'),
    'madt-entry-length-0': (madt_entry_length_0, 'walk ends'),
}
EXPECT = {kind: line for kind, (_, line) in KINDS.items()}


def build(kind, nodes=2, memory=1 << 30, cpus=2):
    params = argparse.Namespace(nodes=nodes, memory=memory, cpus=cpus)
    return KINDS[kind][0](params)


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--list', action='store_true', help='show the kinds')
    p.add_argument('--nodes', type=int, default=2)
    p.add_argument('--memory', type=int, default=1 << 30, help='bytes')
    p.add_argument('--cpus', type=int, default=2)
    p.add_argument('words', nargs='*', metavar='KIND... OUT')
    args = p.parse_args()
    if args.list:
        print('\n'.join(KINDS))
        return
    *kinds, out = args.words or p.error('KIND and OUT are missing')
    unknown = [k for k in kinds if k not in KINDS]
    if unknown or not kinds:
        p.error(f'no such kind: {unknown}' if unknown else 'KIND is missing')
    with open(out, 'wb') as f:
        for kind in kinds:
            f.write(build(kind, args.nodes, args.memory, args.cpus))


if __name__ == '__main__':
    sys.exit(main())
