#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Write first inputs for the fuzz targets: DIR/fuzz_multiboot2, DIR/fuzz_pvh,
DIR/fuzz_acpi, DIR/fuzz_cpio, DIR/fuzz_elf.

    tests/host/fuzz/seeds.py build/fuzz/corpus

A fuzzer finds magic numbers and nested lengths by luck only; each seed is a
well-formed input, or one of the broken tables of tests/machines/tables.py.
"""
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'tests/machines'))
sys.path.insert(0, str(ROOT / 'tools'))
import tables  # noqa: E402
from lib import cpio  # noqa: E402

WAYS = {'srat': 3, 'slit': 4, 'madt': 5}  # as tests/host/fuzz/fuzz_acpi.c


def multiboot2():
    def tag(kind, payload):
        data = struct.pack('<II', kind, 8 + len(payload)) + payload
        return data + bytes(-len(data) % 8)

    tags = [tag(1, b'selftest mem=1G\0'), tag(2, b'GRUB 2.06\0'),
            tag(3, struct.pack('<II', 0x200000, 0x300000) + b'acpi\0'),
            tag(6, struct.pack('<IIQQII', 24, 0, 0, 1 << 20, 1, 0)),
            tag(4, struct.pack('<II', 640, 65536)), tag(8, bytes(24)),
            tag(12, bytes(8)), tag(14, bytes(20)), tag(15, bytes(36)),
            tag(0, b'')]
    body = b''.join(tags)
    return struct.pack('<II', 8 + len(body), 0) + body


def elf(kind):
    ident = b'\x7fELF\2\1\1' + bytes(9)
    start = 0x400000 if kind == 2 else 0
    header = ident + struct.pack('<HHIQQQIHHHHHH', kind, 62, 1, start + 0x100,
                                 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack('<IIQQQQQQ', 1, 5, 0, start, 0, 0x200, 0x200, 4096)
    load += struct.pack('<IIQQQQQQ', 1, 6, 0x200, start + 0x1200, 0, 0x40,
                        0x3000, 4096)
    return (header + load).ljust(0x240, b'\x90')


def pvh():
    info = struct.pack('<IIIIQQQQII', 0x336ec578, 1, 0, 1, 64, 128, 0, 96, 1,
                       0)
    module = struct.pack('<QQQQ', 0x200000, 0x1000, 128, 0)
    entry = struct.pack('<QQII', 0, 1 << 20, 1, 0)
    return info + bytes(8) + module + entry + bytes(8) + b'selftest\0'


def acpi_memory():
    """RSDP, root with two pointers, SRAT and SLIT at 256 and 1024."""
    image = bytearray(2048)
    image[15], image[36] = 1, 2
    image[64 + 36:64 + 52] = struct.pack('<QQ', 256, 1024)
    for at, kind in ((256, 'srat'), (1024, 'slit')):
        data = tables.build(kind)
        image[at:at + len(data)] = data
    # the pointers are taken modulo 4096 and meant from 0xe0000 on
    return bytes(image)


def all_seeds():
    yield 'multiboot2', 'all-tags', multiboot2()
    yield 'pvh', 'version-1', pvh()
    yield 'acpi', 'memory', b'\1' + acpi_memory()
    yield 'cpio', 'base', cpio.archive(
        cpio.base() + [('bin/x', cpio.PROGRAM, b'\x7fELF' + bytes(9))])
    yield 'elf', 'exec', elf(2)
    yield 'elf', 'pie', elf(3)
    yield 'acpi', 's5', (b'\7' + bytes(36) +
                         b'\x08_S5_\x12\x06\x04\x00\x00\x00\x00')
    yield 'acpi', 'fadt', b'\6' + bytes(276)
    for kind in tables.KINDS:
        data = tables.build(kind)
        yield 'acpi', kind, bytes([WAYS[kind[:4]]]) + data
        yield 'acpi', 'module-' + kind, b'\2' + data


def main():
    if len(sys.argv) != 2:
        sys.exit('usage: seeds.py DIR')
    for target, name, data in all_seeds():
        path = pathlib.Path(sys.argv[1]) / f'fuzz_{target}'
        path.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)


if __name__ == '__main__':
    main()
