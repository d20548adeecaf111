#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the benchmark suite and writes a report a person can read: build/bench/report.md.

  run.py --build DIR [micro] [capacity] [--quick] [--json FILE]

--json FILE also writes the rows of the capacity run as a list of objects."""
import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

# What a ratio says, and from which two benchmarks of one run it is made: peer ÷ ours.
RATIOS = [
    ("OpenSSL CMS encrypt ÷ ours, 4 KiB", "cms/encrypt_aes256cbc_rsa_openssl/4096",
     "cms/encrypt_aes256cbc_rsa/4096"),
    ("OpenSSL CMS encrypt ÷ ours, 75 KiB", "cms/encrypt_aes256cbc_rsa_openssl/76800",
     "cms/encrypt_aes256cbc_rsa/76800"),
    ("OpenSSL CMS encrypt ÷ ours, 1 MiB", "cms/encrypt_aes256cbc_rsa_openssl/1048576",
     "cms/encrypt_aes256cbc_rsa/1048576"),
    ("OpenSSL base64 ÷ ours, 75 KiB", "base64/lines_openssl/76800", "base64/lines_best/76800"),
    ("our base64 ÷ memcpy, 75 KiB", "base64/lines_best/76800", "base64/memcpy_bound/76800"),
]


def run_micro(build, is_quick):
    out = subprocess.run(
        [build / "bench/micro/sealgate_micro", "--benchmark_format=json",
         f"--benchmark_repetitions={3 if is_quick else 7}",
         f"--benchmark_min_time={0.05 if is_quick else 0.2}",
         "--benchmark_enable_random_interleaving=true",
         "--benchmark_report_aggregates_only=true"],
        check=True, capture_output=True, text=True).stdout
    def stage_and_size(row):
        name, _, size = row["run_name"].rpartition("/")
        return name, int(size)

    # Runs are interleaved at random; the report is in order.
    rows = sorted((row for row in json.loads(out)["benchmarks"]
                   if row["aggregate_name"] == "median"), key=stage_and_size)
    spread = {row["run_name"]: row["cpu_time"] for row in json.loads(out)["benchmarks"]
              if row["aggregate_name"] == "stddev"}
    lines = ["## Micro benchmarks", "", "Medians of CPU time for one operation on one core.", "",
             "| stage | µs | ± µs | MB/s | copied/byte | allocations | heap/byte |",
             "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    times = {}
    for row in rows:
        name = row["run_name"]
        times[name] = row["cpu_time"]
        lines.append(
            f"| {name} | {row['cpu_time'] / 1000:.1f} | {spread.get(name, 0) / 1000:.1f} "
            f"| {row.get('bytes_per_second', 0) / 1e6:.0f} | {row.get('copied_per_byte', 0):.3f} "
            f"| {row.get('allocs', 0):.1f} | {row.get('heap_per_byte', 0):.3f} |")
    lines += ["", "| ratio, both sides in this run | value |", "| --- | ---: |"]
    for what, peer, ours in RATIOS:
        if peer in times and ours in times:
            lines.append(f"| {what} | {times[peer] / times[ours]:.1f} |")
    return lines


def run_capacity(build, is_quick, json_file):
    rows_file = build.parent / "bench" / "capacity.json"
    command = [sys.executable, HERE / "capacity" / "capacity.py", "--build", build, "--json",
               rows_file]
    if is_quick:
        command.append("--quick")
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    sys.stderr.write(done.stdout)
    if json_file:
        pathlib.Path(json_file).write_text(rows_file.read_text())
    return ["## Capacity", "", "```", done.stdout.rstrip(), "```"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="micro, capacity; default: all")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a first look")
    parser.add_argument("--json", metavar="FILE", help="write the capacity rows here too")
    options = parser.parse_args()
    names = options.names or ["micro", "capacity"]
    unknown = set(names) - {"micro", "capacity"}
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are micro, capacity")
    build = options.build.resolve()
    folder = build.parent / "bench"
    folder.mkdir(exist_ok=True)
    lines = ["# Sealgate benchmarks", "",
             "Ratios hold both of their sides from one run on one machine; absolute numbers are of "
             "this machine only.", ""]
    for name in names:
        print(f"==> {name}", file=sys.stderr, flush=True)
        part = (run_micro(build, options.quick) if name == "micro"
                else run_capacity(build, options.quick, options.json))
        lines += part + [""]
    report = folder / "report.md"
    report.write_text("\n".join(lines))
    print("\n".join(lines))
    print(f"The report is in {report}", file=sys.stderr)


main()
