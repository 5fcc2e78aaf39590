#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Native cost of the page allocator, beside a textbook buddy of the same run.

Times are thread CPU time, the median of several processes, each the median of
its own repeats; the two allocators take turns, so that a busy machine slows
both. The ratio is what counts. Instructions are callgrind's, inside of the
measured loops, loop and call included. A missed goal is no failure.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SUBJECTS = ("tangram", "refbuddy")
RESULT = re.compile(r"^RESULT (host|churn|threads) (.*)$", re.MULTILINE)


@dataclass
class Case:
    name: str
    what: str
    function: str           # what callgrind looks at
    goal_ns: float = 0
    goal_ratio: float = 0


CASES = [
    Case("pair", "hot pair, order 0", "measured_pairs", goal_ns=5),
    Case("pair9", "hot pair, order 9", "measured_pairs"),
    Case("burst64", "64 taken, random free; a pair", "measured_bursts"),
    Case("bulk_alloc", "15/16 of memory taken, a page", "measured_fill"),
    Case("bulk_free", "given back in order", "measured_empty"),
    Case("bulk_free_random", "given back at random", "measured_empty",
         goal_ratio=1.2),
    Case("bulk9_alloc", "all of memory by order 9", "measured_fill"),
    Case("mix", "orders 0-9, 70-90 % full; a call", "measured_mix"),
]
GROWTH = ("pair", "burst64", "bulk_alloc", "bulk_free_random", "mix")


def parse_args():
    parser = argparse.ArgumentParser(
        prog="tools/bench_host.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--programs", metavar="DIR", required=True,
        help="where bench-tangram and bench-refbuddy are")
    add("--rounds", type=int, default=3, metavar="N")
    add("--gib", default="1,8,64", metavar="N,...", help="sizes for growth")
    return parser.parse_args()


def results(text):
    return [dict(word.split("=", 1) for word in line.split())
            for _, line in RESULT.findall(text)]


def run(args, subject, *words, prefix=()):
    program = Path(args.programs) / f"bench-{subject}"
    done = subprocess.run([*prefix, program, *map(str, words)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench_host: {program} {words}: status {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    return done


def measure(args, case, mib, rounds, repeats):
    """{subject: last result, with the median of ns}"""
    found = {subject: [] for subject in SUBJECTS}
    for _ in range(rounds):
        for subject in SUBJECTS:
            done = run(args, subject, case, mib, repeats)
            found[subject] += results(done.stdout)
    return {subject: {**runs[-1], "ns": statistics.median(
                float(r["ns"]) for r in runs)}
            for subject, runs in found.items()}


def count(args, case):
    """{subject: instructions per operation}"""
    counts = {}
    with tempfile.TemporaryDirectory() as folder:
        prefix = ["valgrind", "--tool=callgrind",
                  f"--callgrind-out-file={folder}/out",
                  f"--toggle-collect={case.function}"]
        for subject in SUBJECTS:
            done = run(args, subject, case.name, 1024, 1, 20, prefix=prefix)
            total = int(re.search(r"Collected : (\d+)", done.stderr)[1])
            counts[subject] = total / int(results(done.stdout)[0]["ops"])
    return counts


def remark(case, ns, ratio):
    if case.goal_ns:
        return f"goal {case.goal_ns:g} ns" + (
            ", met" if ns <= case.goal_ns else "")
    if case.goal_ratio:
        return f"goal ratio {case.goal_ratio:g}" + (
            ", met" if ratio <= case.goal_ratio else "")
    return ""


def table_of_costs(args):
    print("1 GiB, 1 thread   ns: tangram refbuddy  ratio   insns:"
          " tangram refbuddy\n")
    for case in CASES:
        found = measure(args, case.name, 1024, args.rounds, 7)
        counts = count(args, case)
        ours, theirs = (found[s]["ns"] for s in SUBJECTS)
        print(f"{case.name:18}{ours:11.1f}{theirs:9.1f}{ours / theirs:7.2f}"
              f"{counts['tangram']:16.1f}{counts['refbuddy']:9.1f}   "
              f"{remark(case, ours, ours / theirs) or case.what}", flush=True)
        if case.name == "mix":
            for subject in SUBJECTS:
                r = found[subject]
                print(f"  {subject}: {r['refused']} of {r['asked']} requests"
                      f" refused, {r['refused9']} of {r['asked9']} of order 9")
        print_result(case.name, 1024, found, counts)


def print_result(name, mib, found, counts):
    for subject in SUBJECTS:
        text = f" insns={counts[subject]:.1f}" if counts else ""
        print(f"RESULT host op={name} subject={subject} mib={mib} "
              f"ns={found[subject]['ns']:.2f}{text}", flush=True)


def table_of_growth(args):
    sizes = [int(size) for size in args.gib.split(",")]
    print("\nGrowth with memory, ns: tangram (refbuddy)")
    print(" " * 18 + "".join(f"{size:>12} GiB" for size in sizes))
    for name in GROWTH:
        cells = []
        for gib in sizes:
            found = measure(args, name, gib * 1024, 1, 7 if gib == 1 else 3)
            cells.append(f"{found['tangram']['ns']:9.1f} "
                         f"({found['refbuddy']['ns']:.1f})")
        print(f"{name:18}" + "".join(f"{cell:>16}" for cell in cells),
              flush=True)


def table_of_churn(args, mib, zones):
    print(f"\n{mib} MiB in {zones} filled, half freed at random, then 10 % of"
          " it renewed each\nround: frames to move until free memory is whole"
          " blocks, and order-9 chunks to be had")
    print("round     bound   tangram order9  refbuddy order9")
    runs = [results(run(args, subject, "churn", mib).stdout)
            for subject in SUBJECTS]
    for ours, theirs in zip(*runs):
        print(f"{ours['round']:>5}{ours['bound']:>10}{ours['moves']:>10}"
              f"{ours['order9']:>7}{theirs['moves']:>10}{theirs['order9']:>7}")
        print(f"RESULT host op=churn mib={mib} round={ours['round']} "
              f"bound={ours['bound']} moves={ours['moves']} "
              f"order9={ours['order9']}")


def measure_threads(args, nodes):
    """{(subject, case, threads): ns}"""
    found = {}
    for _ in range(args.rounds):
        for subject in SUBJECTS:
            done = run(args, f"threads-{subject}", 1024, 7, nodes)
            for r in results(done.stdout):
                key = subject, r["case"], int(r["threads"])
                found.setdefault(key, []).append(float(r["ns"]))
                found.setdefault("busy", []).append(float(r.get("busy", 1)))
    return {key: min(runs) if key == "busy" else statistics.median(runs)
            for key, runs in found.items()}


def table_of_threads(args, nodes):
    found = measure_threads(args, nodes)
    place = "one zone" if nodes == 1 else "a zone for each CPU"
    print(f"\n1 GiB, {place}, CPU time a thread and operation, ns: tangram"
          " (refbuddy, one lock)\n" + " " * 18 + f"{'1 thread':>16}"
          f"{'2 threads':>16}   scaling")
    for case in ("pair", "bulk_alloc", "bulk_free"):
        cells = [f"{found['tangram', case, n]:9.1f} "
                 f"({found['refbuddy', case, n]:.1f})" for n in (1, 2)]
        ours, theirs = (found[s, case, 1] / found[s, case, 2]
                        for s in SUBJECTS)
        goal = "   goal 0.95" if case != "pair" else ""
        print(f"{case:18}{cells[0]:>16}{cells[1]:>16}   "
              f"{ours:.2f} ({theirs:.2f}){goal}")
        print(f"RESULT host op=scaling_{case} nodes={nodes} scaling={ours:.3f} "
              f"refbuddy={theirs:.3f}")
    ours, theirs = (found[s, "free_cross", 1] / found[s, "free_local", 1]
                    for s in SUBJECTS)
    if found["busy"] < 0.9:
        print(f"The machine was busy: threads ran {found['busy']:.0%} of the"
              " time, and seldom met.")
    print(f"free of what another thread took, to one's own: {ours:.2f}"
          f" ({theirs:.2f}), goal 1.2")
    print(f"RESULT host op=free_cross nodes={nodes} ratio={ours:.3f} refbuddy={theirs:.3f}")


def main():
    args = parse_args()
    table_of_costs(args)
    table_of_threads(args, 1)
    table_of_threads(args, 2)
    table_of_growth(args)
    table_of_churn(args, 4096, "one zone")
    table_of_churn(args, 8192, "two zones")


if __name__ == "__main__":
    main()
