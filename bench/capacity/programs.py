# SPDX-License-Identifier: Apache-2.0
"""The programs of a capacity run as processes: gateway, sink, load, token benchmark, Postfix."""
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

import provision

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 30
MEASURE_SECONDS = 300


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _times(pid):
    """Parent, and CPU seconds of a process itself and of the children it has waited for."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0, 0.0
    own, waited = int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return int(fields[1]), own / TICKS, waited / TICKS


def cpu_of(pid):
    return _times(pid)[1]


def cpu_of_tree(root):
    """CPU seconds of a process and all that descend from it, those that have ended too."""
    times = {int(p.name): _times(p.name) for p in pathlib.Path("/proc").iterdir()
             if p.name.isdigit()}
    total, level = 0.0, {root}
    while level:
        total += sum(times[pid][1] + times[pid][2] for pid in level if pid in times)
        level = {pid for pid, entry in times.items() if entry[0] in level}
    return total


def machine_cpu():
    """CPU seconds that the whole machine has spent on anything."""
    fields = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    values = [int(f) for f in fields[:8]]
    return (sum(values) - values[3] - values[4]) / TICKS


def measure(program, *arguments):
    """Runs one of our measuring programs and returns what it reports."""
    done = subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True,
                          timeout=MEASURE_SECONDS)
    if done.returncode != 0:
        raise SystemExit(f"capacity: {program}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)


class Sink:
    def __init__(self, build, save=None, save_max=0):
        arguments = [build / "bench/capacity/sealgate-sink"]
        if save:
            arguments += ["--save", save, "--save-max", save_max]
        self.process = subprocess.Popen([str(a) for a in arguments], stdout=subprocess.PIPE,
                                        text=True)
        self.port = self._report()["port"]

    def _report(self):
        return json.loads(self.process.stdout.readline())

    def messages(self):
        self.process.send_signal(signal.SIGUSR1)
        return self._report()["messages"]

    def wait_for(self, messages, seconds):
        end = time.monotonic() + seconds
        while self.messages() < messages:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def cpu(self):
        return cpu_of(self.process.pid)

    def stop(self):
        """Its counts are in `report` then."""
        self.process.terminate()
        self.report = self._report()
        self.process.wait(START_SECONDS)


GATEWAY_CONFIG = """
hostname = "seal.sender.example"
state_directory = "{folder}/state"
policy = "{folder}/policy.toml"
status_socket = "{folder}/status.sock"
audit_log = "{folder}/audit.jsonl"

[shards]
cores = {cores}
segments = 8192

[[listeners]]
address = "127.0.0.1:{port}"
relay = ["127.0.0.0/8"]
message_bytes_max = "16MiB"
connections_per_client_max = 1000

[[routes]]
domains = ["*"]
next_hops = ["127.0.0.1:{sink}"]
tls = "none"
connections_max = 64

[[tokens]]
module = "{module}"
label = "{token}"
pin_source = "file:{folder}/pin"
lanes = {lanes}
"""

# Whom we know gets it encrypted, whom we do not gets it signed: the recipient picks the case.
GATEWAY_POLICY = """
[[rule]]
name = "sign all, encrypt to whom we know"
sign = "always"
encrypt = "known"
"""


class Gateway:
    """A running sealgated."""

    def __init__(self, process, folder, port):
        self.process, self.folder, self.port = process, folder, port

    def status(self):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / "status.sock"))
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        return json.loads(b"".join(parts))

    def bytes_copied(self):
        # A shard publishes its numbers when it is idle, at the latest after a tenth of a second.
        time.sleep(0.2)
        return sum(shard["bytes_copied"] for shard in self.status()["shards"])

    def cpu(self):
        return cpu_of(self.process.pid)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit("capacity: sealgated did not end within a minute of SIGTERM")


def start_gateway(build, folder, sink_port, lanes, cores):
    """Configures and starts sealgated over what provision made in `folder`; returns when it
    serves."""
    port = free_port()
    config = folder / "sealgate.toml"
    config.write_text(GATEWAY_CONFIG.format(
        folder=folder, port=port, sink=sink_port, lanes=lanes, cores=list(cores),
        module=provision.MODULE, token=provision.TOKEN))
    (folder / "policy.toml").write_text(GATEWAY_POLICY)
    log = folder / "sealgated.log"
    process = subprocess.Popen([str(find_gateway(build)), "--config", str(config)],
                               stdout=log.open("w"), stderr=subprocess.STDOUT)
    gateway = Gateway(process, folder, port)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if gateway.status()["state"] == "operational":
                return gateway
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    process.kill()
    raise SystemExit(f"capacity: sealgated did not become operational:\n{log.read_text()}")


def find_gateway(build):
    path = build / "app/sealgated"
    if not path.exists():
        raise SystemExit(f"capacity: {path} is missing; run ./dev build")
    return path


POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/lib
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.sender.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
default_process_limit = 100
default_destination_concurrency_limit = 20
smtpd_peername_lookup = no
alias_maps =
alias_database =
message_size_limit = 104857600
"""


class Postfix:
    """Postfix as a plain relay: its queue on disk, no cryptography."""

    def __init__(self, folder, sink_port):
        self.folder, self.port = folder, free_port()
        self._configure(sink_port)
        provision.run("postfix", "-c", self.folder, "start")
        self.master = int((self.folder / "queue/pid/master.pid").read_text())
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("capacity: Postfix does not listen")

    @staticmethod
    def is_possible():
        return os.geteuid() == 0 and pathlib.Path("/usr/sbin/postfix").exists()

    def _configure(self, sink_port):
        # Daemons run as user postfix and have to get here.
        self.folder.mkdir(parents=True)
        (self.folder / "queue").mkdir()
        lib = self.folder / "lib"
        lib.mkdir()
        os.chown(lib, pwd.getpwnam("postfix").pw_uid, -1)
        (self.folder / "main.cf").write_text(
            POSTFIX_MAIN.format(folder=self.folder, sink=sink_port))
        lines = []
        for line in pathlib.Path("/usr/share/postfix/master.cf.dist").read_text().splitlines():
            fields = line.split()
            is_service = len(fields) >= 8 and not line.startswith(("#", " ", "\t"))
            if is_service and fields[:2] == ["smtp", "inet"]:
                fields[0] = str(self.port)
            if is_service:
                fields[4] = "n"  # No chroot.
                line = " ".join(fields)
            lines.append(line)
        (self.folder / "master.cf").write_text("\n".join(lines) + "\n")

    def cpu(self):
        return cpu_of_tree(self.master)

    def stop(self):
        provision.run("postfix", "-c", self.folder, "stop")
