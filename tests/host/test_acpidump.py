#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run build/host/acpidump over real machines' tables and over broken ones.

    tests/host/test_acpidump.py [PATH OF acpidump]

tests/data/acpi/NAME.txt must give NAME.expected, byte for byte (these were
written from what iasl -d says, not by the tool). Broken tables come from
tests/machines/tables.py: stderr names the rule, stdout is the fallback.
Prints KTAP; exit status 1 if a case failed.
"""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/machines'))
import tables  # noqa: E402

TOOL = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / 'build/host/acpidump')
ONE_NODE = 'node 0 pxm 0:\ndistance 10\n'


def run(path):
    return subprocess.run([TOOL, str(path)], capture_output=True, text=True,
                          timeout=300, check=False)


def as_text(*datas):
    """Tables in acpidump's form; each may be broken, so named by its bytes."""
    out = []
    for data in datas:
        out.append(f'{data[:4].decode()} @ 0x0000000000000000')
        for off in range(0, len(data), 16):
            row = data[off:off + 16]
            text = ''.join(chr(c) if 32 < c < 127 else '.' for c in row)
            out.append(f'    {off:04X}: {row.hex(" ").upper():<47}  {text}')
        out.append('')
    return '\n'.join(out)


def run_text(text):
    with tempfile.NamedTemporaryFile('w', suffix='.txt') as f:
        f.write(text)
        f.flush()
        return run(f.name)


def run_tables(*datas):
    return run_text(as_text(*datas))


def same(what, got, wanted):
    if got == wanted:
        return []
    return [f'{what} is:'] + got.splitlines() + ['wanted:'] + \
        wanted.splitlines()


def check(result, stdout=None, stderr='', status=0):
    """Diagnostics of what is wrong; an empty list when all is right."""
    bad = same('status', str(result.returncode), str(status))
    if stdout is not None:
        bad += same('stdout', result.stdout, stdout)
    if stderr not in result.stderr:
        bad += [f'stderr lacks "{stderr}":'] + result.stderr.splitlines()
    return bad


def two_nodes(distance_01=20, distance_10=20):
    return ('node 0 pxm 0: [mem 0x0000000000000000-0x000000001fffffff]\n'
            'node 1 pxm 1: [mem 0x0000000020000000-0x000000003fffffff]\n'
            'cpu apic 0 node 0\n'
            'cpu apic 1 node 1\n'
            f'distance 10 {distance_01}\n'
            f'distance {distance_10} 10\n')


def machine_case(path):
    wanted = path.with_suffix('.expected').read_text()
    return lambda: check(run(path), wanted)


def broken_srat_case(kind):
    return lambda: check(run_tables(tables.build(kind), tables.build('slit')),
                         ONE_NODE, tables.EXPECT[kind])


def broken_slit_case(kind):
    return lambda: check(run_tables(tables.build('srat'), tables.build(kind)),
                         two_nodes(), tables.EXPECT[kind])


def srat_cut_anywhere():
    data = tables.build('srat')
    for size in range(4, len(data), 7):
        bad = check(run_tables(data[:size]), ONE_NODE, 'dropped')
        if bad:
            return [f'{size} bytes:'] + bad
    return []


def cpus_name_nodes_first():
    """Linux reads all CPUs before all memory: domain 3 is node 0."""
    data = tables.srat(tables.srat_memory(7, 0, 1 << 30),
                       tables.srat_x2apic(3, 256),
                       tables.srat_memory(9, 1 << 30, 1 << 30, 0))
    return check(run_tables(data),
                 'node 0 pxm 3:\n'
                 'node 1 pxm 7: [mem 0x0000000000000000-0x000000003fffffff]\n'
                 'cpu apic 256 node 0\n'
                 'distance 10 20\n'
                 'distance 20 10\n')


def domains_128():
    data = tables.srat(*[tables.srat_memory(i, i << 30, 1 << 30)
                         for i in range(128)])
    result = run_tables(data)
    bad = check(result)
    if result.stdout.count('node ') != 128:
        bad.append(f'{result.stdout.count("node ")} nodes, wanted 128')
    return bad


def no_space_free_form():
    """Windows line ends, comments, lower-case digits are no harm."""
    text = as_text(tables.build('srat')).replace('\n', '\r\n').lower()
    text = text.replace('srat @', '# a machine\r\nSRAT @')
    return check(run_text(text), two_nodes())


CASES = {
    'srat_alone': lambda: check(run_tables(tables.build('srat')), two_nodes()),
    'srat_and_slit': lambda: check(
        run_tables(tables.build('srat'), tables.build('slit')),
        two_nodes(21, 21)),
    'slit_may_be_asymmetric': lambda: check(
        run_tables(tables.build('slit-asymmetric'), tables.build('srat')),
        two_nodes(255, 21)),
    'first_srat_wins': lambda: check(
        run_tables(tables.build('srat'), tables.build('srat', nodes=1)),
        two_nodes(), 'the first one wins'),
    'second_srat_after_a_broken_one': lambda: check(
        run_tables(tables.build('srat-checksum'), tables.build('srat')),
        two_nodes(), 'bad checksum'),
    'slit_alone_is_one_node': lambda: check(
        run_tables(tables.build('slit')), ONE_NODE),
    'cpus_name_nodes_first': cpus_name_nodes_first,
    'domains_128': domains_128,
    'srat_cut_anywhere': srat_cut_anywhere,
    'text_variants': no_space_free_form,
    'text_row_missing': lambda: check(
        run_text('SRAT @ 0x0\n    0000: 53 52 41 54\n    0010: 00\n'),
        ONE_NODE, ':3: not a row at the offset that comes next'),
    'text_garbage': lambda: check(
        run_text('SRAT @ 0x0\n    0000: zz\n'), ONE_NODE,
        ':2: no bytes in this row'),
    'file_without_tables': lambda: check(
        run_text('# nothing\n\n'), '', 'no ACPI table in it', 1),
    'file_missing': lambda: check(
        run('/nonexistent/tables'), '', 'No such file', 1),
    'file_is_a_directory': lambda: check(run('/'), '', 'directory', 1),
}


def all_cases():
    cases = {}
    for path in sorted((ROOT / 'tests/data/acpi').glob('*.txt')):
        cases['machine_' + path.stem] = machine_case(path)
    cases.update(CASES)
    for kind, expect in tables.EXPECT.items():
        name = 'broken_' + kind.replace('-', '_')
        if kind == 'srat-overlap' or not expect:
            continue  # not these two tables' own fault: mm/numa.c judges
        if kind.startswith('srat'):
            cases[name] = broken_srat_case(kind)
        elif kind.startswith('slit'):
            cases[name] = broken_slit_case(kind)
    return cases


def main():
    cases = all_cases()
    failed = 0
    print('KTAP version 1')
    print(f'1..{len(cases)}')
    for i, (name, case) in enumerate(cases.items(), 1):
        bad = case()
        failed += bool(bad)
        print(f'{"not " if bad else ""}ok {i} acpidump.{name}')
        for line in bad:
            print('#', line)
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
