#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much the gateway makes of its token: sealed messages per second end to end against what
the same token signs when nothing else is asked of it, in the same run, in interleaved windows.
Postfix as a plain relay runs beside it.

Gateway, token, load generator and sink share this machine's cores. So there is a second bound:
what is left of the ceiling when every message also costs the CPU time that gateway, generator
and sink spend on it ("of shared")."""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile
import time

import programs
import provision

# Of one core: what others may take in a window before it is thrown away.
FOREIGN_CPU_MAX = 0.10
CONNECTIONS = 32
SIZES = {"4 KiB": 4096, "75 KiB": 76800}


@dataclasses.dataclass
class Case:
    size_name: str
    key: str
    is_encrypted: bool
    windows: list = dataclasses.field(default_factory=list)

    @property
    def name(self):
        return f"{'sign+encrypt' if self.is_encrypted else 'sign'} {self.key} {self.size_name}"

    @property
    def size(self):
        return SIZES[self.size_name]

    def load_arguments(self):
        recipient = provision.PARTNER if self.is_encrypted else provision.STRANGER
        return ["--size", self.size, "--sender", provision.sender_of(self.key), "--recipient",
                recipient]


@dataclasses.dataclass
class PeerCase:
    size_name: str
    windows: list = dataclasses.field(default_factory=list)


def say(text):
    print(text, file=sys.stderr, flush=True)


def median(windows, key):
    return statistics.median(window[key] for window in windows)


class Run:
    def __init__(self, options):
        self.options = options
        self.build = options.build.resolve()
        self.cases = [Case(size, key, is_encrypted) for key in provision.KEYS for size in SIZES
                      for is_encrypted in (False, True)]
        self.peers = [PeerCase(size) for size in SIZES]
        self.accepted = 0
        self.discarded = 0

    def program(self, name):
        return self.build / "bench/capacity" / name

    # ---- windows ----

    def undisturbed(self, work, own_cpu):
        """Runs `work` until a window was not disturbed by others, twice at most; the better one
        counts then. `own_cpu` is what our processes have spent so far."""
        attempts = []
        for _ in range(2):
            machine, own, begun = programs.machine_cpu(), own_cpu(), time.monotonic()
            window = work()
            seconds = time.monotonic() - begun
            foreign = programs.machine_cpu() - machine - (own_cpu() - own) - window.get("extra", 0)
            window["foreign_cpu"] = max(foreign, 0) / seconds
            attempts.append(window)
            if window["foreign_cpu"] <= FOREIGN_CPU_MAX:
                break
            self.discarded += 1
        return min(attempts, key=lambda window: window["foreign_cpu"])

    @staticmethod
    def children_cpu():
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    def ceiling(self, key):
        return programs.measure(
            self.program("sealgate-raw-sign"), "--module", provision.MODULE, "--token",
            provision.TOKEN, "--pin-file", self.provision.pin, "--key", key, "--mechanism",
            provision.KEYS[key][1], "--threads", self.options.lanes, "--seconds",
            self.options.seconds)

    def load(self, port, *arguments, connections=CONNECTIONS):
        report = programs.measure(self.program("sealgate-load"), f"127.0.0.1:{port}",
                                  "--connections", connections, *arguments)
        self.accepted += report["accepted_total"]
        if report["rejected"] or report["unanswered"] or report["connection_errors"]:
            raise SystemExit(f"capacity: the gateway did not take everything: {report}\n"
                             + self.log_tail())
        return report

    def log_tail(self):
        return "\n".join((self.folder / "sealgated.log").read_text().splitlines()[-20:])

    def gateway_window(self, case):
        gateway, sink = self.gateway, self.sink
        copied, cpu, sink_cpu = gateway.bytes_copied(), gateway.cpu(), sink.cpu()
        report = self.load(gateway.port, "--warmup", self.options.seconds / 4, "--seconds",
                           self.options.seconds, *case.load_arguments())
        total = report["accepted_total"]
        report["gateway_cpu_us"] = (gateway.cpu() - cpu) * 1e6 / total
        report["sink_cpu_us"] = (sink.cpu() - sink_cpu) * 1e6 / total
        report["copied_per_byte"] = (gateway.bytes_copied() - copied) / (total * case.size)
        return report

    def peer_window(self, peer):
        messages = max(int(200 * self.options.seconds), 100)
        before, cpu, begun = self.peer_sink.messages(), self.postfix.cpu(), time.monotonic()
        report = programs.measure(
            self.program("sealgate-load"), f"127.0.0.1:{self.postfix.port}", "--connections",
            CONNECTIONS, "--size", SIZES[peer.size_name], "--messages", messages, "--sender",
            "a@sender.example", "--recipient", provision.STRANGER)
        # Postfix answers when a message is in its queue; it counts when it has left.
        total = report["accepted_total"]
        if not self.peer_sink.wait_for(before + total, 60):
            raise SystemExit("capacity: Postfix did not deliver within a minute")
        report["per_second"] = total / (time.monotonic() - begun)
        report["cpu_us"] = (self.postfix.cpu() - cpu) * 1e6 / total
        report["extra"] = self.postfix.cpu() - cpu
        return report

    # ---- the run ----

    def execute(self, folder):
        self.folder = folder
        say("capacity: making token, keys and certificates")
        self.provision = provision.Provision(folder)
        saved = folder / "saved"
        saved.mkdir()
        with contextlib.ExitStack() as running:
            self.sink = programs.Sink(self.build, saved, len(self.cases))
            running.callback(self.sink.stop)
            self.gateway = programs.start_gateway(self.build, folder, self.sink.port,
                                                  self.options.lanes, self.options.cores)
            running.callback(self.gateway.stop)
            self.check_output(saved)
            self.measure_gateway()
        counts = self.sink.report
        if counts["messages"] != self.accepted:
            raise SystemExit(f"capacity: {self.accepted} messages were accepted, and "
                             f"{counts['messages']} arrived")
        if programs.Postfix.is_possible() and not self.options.no_peer:
            self.measure_peer(folder)
        else:
            say("capacity: no Postfix beside it (needs root and the package postfix)")
            self.peers = []

    def check_output(self, saved):
        """One message of each case, judged by openssl: what is measured has to be right."""
        for number, case in enumerate(self.cases):
            self.load(self.gateway.port, "--messages", 1, *case.load_arguments(), connections=1)
            self.provision.check(saved / f"{number}.eml", case.is_encrypted)
        say(f"capacity: one message of each of {len(self.cases)} cases verified by openssl")

    def measure_gateway(self):
        own = lambda: self.children_cpu() + self.gateway.cpu() + self.sink.cpu()
        for number in range(self.options.windows):
            for key in provision.KEYS:
                ceiling = self.undisturbed(lambda: self.ceiling(key), own)
                for case in (c for c in self.cases if c.key == key):
                    window = self.undisturbed(lambda: self.gateway_window(case), own)
                    window["ceiling"] = ceiling["per_second"]
                    window["foreign_cpu"] = max(window["foreign_cpu"], ceiling["foreign_cpu"])
                    window["token_cpu_us"] = ceiling["cpu_us_per_operation"]
                    case.windows.append(window)
            say(f"capacity: window {number + 1} of {self.options.windows}")

    def measure_peer(self, folder):
        with contextlib.ExitStack() as running:
            self.peer_sink = programs.Sink(self.build)
            running.callback(self.peer_sink.stop)
            self.postfix = programs.Postfix(folder / "postfix", self.peer_sink.port)
            running.callback(self.postfix.stop)
            own = lambda: self.children_cpu() + self.peer_sink.cpu()
            for _ in range(self.options.windows):
                for peer in self.peers:
                    window = self.undisturbed(lambda: self.peer_window(peer), own)
                    peer.windows.append(window)

    # ---- the report ----

    def rows(self):
        rows = [self.case_row(case) for case in self.cases]
        return rows + [self.peer_row(peer) for peer in self.peers]

    @staticmethod
    def case_row(case):
        for window in case.windows:
            window["ratio"] = window["per_second"] / window["ceiling"]
            # Everything a message costs, the signature first, on cores that are all used.
            others = (window["gateway_cpu_us"] - window["token_cpu_us"]
                      + window["cpu_us_per_message"] + window["sink_cpu_us"])
            share = window["token_cpu_us"] / (window["token_cpu_us"] + max(others, 0))
            window["of_shared"] = window["ratio"] / share
        value = lambda key: median(case.windows, key)
        ratios = [window["ratio"] for window in case.windows]
        return {
            "case": case.name, "token_ceiling_per_s": round(value("ceiling"), 1),
            "gateway_per_s": round(value("per_second"), 1), "ratio": round(value("ratio"), 4),
            "p50_us": round(value("p50_us")), "p99_us": round(value("p99_us")),
            "cpu_us_per_message": round(value("gateway_cpu_us"), 1),
            "bytes_copied_per_byte": round(value("copied_per_byte"), 4),
            "ratio_min": round(min(ratios), 4), "ratio_max": round(max(ratios), 4),
            "ratio_to_shared_bound": round(value("of_shared"), 4),
            "token_cpu_us_per_operation": round(value("token_cpu_us"), 1),
            "load_cpu_us_per_message": round(value("cpu_us_per_message"), 1),
            "sink_cpu_us_per_message": round(value("sink_cpu_us"), 1),
            "foreign_cpu_max": round(max(w["foreign_cpu"] for w in case.windows), 3),
            "windows": len(case.windows)}

    @staticmethod
    def peer_row(peer):
        value = lambda key: median(peer.windows, key)
        return {
            "case": f"relay {peer.size_name}", "peer": "Postfix relay",
            "peer_per_s": round(value("per_second"), 1), "p50_us": round(value("p50_us")),
            "p99_us": round(value("p99_us")), "cpu_us_per_message": round(value("cpu_us"), 1),
            "foreign_cpu_max": round(max(w["foreign_cpu"] for w in peer.windows), 3),
            "windows": len(peer.windows)}

    def print_table(self, rows):
        heads = ["case", "token/s", "gateway/s", "ratio", "of shared", "p50 ms", "p99 ms",
                 "CPU us", "less token", "copied/B"]
        lines = [heads]
        for row in rows:
            if "peer" in row:
                lines.append([f"{row['peer']}, {row['case']}", "", f"{row['peer_per_s']:.0f}", "",
                              "", f"{row['p50_us'] / 1000:.1f}", f"{row['p99_us'] / 1000:.1f}",
                              f"{row['cpu_us_per_message']:.0f}", "", ""])
                continue
            less_token = row["cpu_us_per_message"] - row["token_cpu_us_per_operation"]
            lines.append([row["case"], f"{row['token_ceiling_per_s']:.0f}",
                          f"{row['gateway_per_s']:.0f}", f"{row['ratio']:.3f}",
                          f"{row['ratio_to_shared_bound']:.3f}", f"{row['p50_us'] / 1000:.1f}",
                          f"{row['p99_us'] / 1000:.1f}", f"{row['cpu_us_per_message']:.0f}",
                          f"{less_token:.0f}", f"{row['bytes_copied_per_byte']:.3f}"])
        widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
        for line in lines:
            cells = [line[0].ljust(widths[0])]
            cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
            print("  ".join(cells).rstrip())
        print(f"\nMedians of {self.options.windows} windows of {self.options.seconds} s; "
              f"{os.cpu_count()} cores, shared by token, gateway, generator and sink; "
              f"{self.options.lanes} lanes, {CONNECTIONS} connections. "
              f"{self.discarded} disturbed windows were thrown away. "
              "CPU us: of the sealgated process for one message, the software token in it.")
        foreign = max(row["foreign_cpu_max"] for row in rows)
        if foreign > FOREIGN_CPU_MAX:
            print(f"Other programs took up to {foreign:.0%} of a core all the same: rates and "
                  "ratios of this run say little, CPU times a little more.")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build folder")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the rows here")
    parser.add_argument("--quick", action="store_true", help="two short windows: a first look")
    parser.add_argument("--windows", type=int, help="of each case (default 5)")
    parser.add_argument("--seconds", type=float, help="of one window (default 3)")
    parser.add_argument("--lanes", type=int, default=2, help="lanes and threads on the token")
    parser.add_argument("--cores", type=int, nargs="*", default=[],
                        help="cores of the gateway's shards (default: one shard, not pinned)")
    parser.add_argument("--no-peer", action="store_true", help="without Postfix")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run")
    options = parser.parse_args()
    options.windows = options.windows or (2 if options.quick else 5)
    options.seconds = options.seconds or (1.0 if options.quick else 3.0)

    # What was started is ended, whoever ends us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("capacity: ended by SIGTERM"))
    # Not below a home: Postfix's daemons have to reach it.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sealgate-capacity-"))
    folder.chmod(0o755)
    run = Run(options)
    try:
        run.execute(folder)
    finally:
        if options.keep:
            say(f"capacity: kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    rows = run.rows()
    run.print_table(rows)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


main()
