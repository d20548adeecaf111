# SPDX-License-Identifier: Apache-2.0
"""One organisation's gateway in a folder of its own: token, keys, certificates, configuration and
the running sealgated. It is set up with the commands that an operator types."""
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import time

from .commands import run
from .token import MODULE, SoftHsm


_given_ports = set()


def free_port():
    """A port that nobody listens on, and no other than before."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        if port not in _given_ports:
            _given_ports.add(port)
            return port


class Reply:
    """What the gateway answered to a message."""

    def __init__(self, code, text):
        self.code, self.text = code, text

    def __repr__(self):
        return f"{self.code} {self.text}"


class Gateway:
    """Ports are chosen free; the daemon runs as `nobody` where we are root."""

    def __init__(self, folder, build, domain, next_hop, algorithm="rsa2048", token_label="Demo"):
        self.folder, self.build = pathlib.Path(folder), pathlib.Path(build)
        self.domain, self.algorithm = domain, algorithm
        self.port, self.process = free_port(), None
        self.user = "nobody" if os.geteuid() == 0 else None
        self.config = self.folder / "etc" / "sealgate.toml"
        self.state = self.folder / "state"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.token = SoftHsm(self.folder / "token", token_label)
        self.environment = {**os.environ, **self.token.environment}
        self.cli("init", "--directory", self.config.parent, "--state-directory", self.state,
                 "--module", MODULE, "--token", token_label, "--pin-file", self.token.pin_file,
                 "--algorithm", algorithm, "--organisation", "Waldhaus Clinic", "--domain", domain,
                 "--hostname", f"seal.{domain}", "--listen", f"127.0.0.1:{self.port}",
                 "--next-hop", f"127.0.0.1:{next_hop}", "--relay", "127.0.0.0/8",
                 with_config=False)
        if self.user:
            self.configure("user", f'user = "{self.user}"\n')

    def cli(self, *arguments, with_config=True, check=True, input=None):
        command = [self.build / "app" / "sealgate"]
        if with_config:
            command += ["--config", self.config]
        return run([*command, *arguments], env=self.environment, check=check, input=input)

    def configure(self, name, text):
        """Adds a file to conf.d."""
        (self.config.parent / "conf.d" / f"{name}.toml").write_text(text)

    def policy(self, text):
        (self.config.parent / "policy.toml").write_text(text)

    def certify(self, authority, addresses):
        """Has the authority sign our keys, and stores what it gives."""
        requests = self.state / "requests"
        signing = authority.sign(requests / "sign.csr", self.folder / "sign.pem", addresses, "sign")
        self.cli("cert", "add", signing, "--identity", "--for", f"@{self.domain}")
        self.cli("cert", "add", authority.certificate, "--anchor")

    def add_contact(self, identity, address=None):
        bound = ["--for", address] if address else []
        self.cli("cert", "add", identity.certificate, "--contact", *bound)

    def start(self, seconds=60):
        """Starts the daemon and waits until it takes mail."""
        if self.user:
            owner = pwd.getpwnam(self.user)
            for top in (self.state, self.token.folder):
                run(["chown", "-R", f"{owner.pw_uid}:{owner.pw_gid}", top])
        log = open(self.folder / "sealgated.log", "ab")
        self.process = subprocess.Popen(
            [str(self.build / "app" / "sealgated"), "--config", str(self.config)],
            env=self.environment, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"sealgated ended with {self.process.returncode}:\n{self.log()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    if connection.recv(3) == b"220":
                        return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"sealgated does not take mail:\n{self.log()}")

    def stop(self, seconds=30):
        """Ends the daemon as systemd would; its exit code."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(timeout=seconds)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def log_path(self):
        return self.folder / "sealgated.log"

    def log(self):
        path = self.log_path()
        return path.read_text(errors="replace") if path.exists() else ""

    def status(self):
        return json.loads(self.cli("status", "--json", check=False).stdout)

    def audit(self):
        """The records of every message so far."""
        path = self.state / "audit.jsonl"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def audit_of(self, message_id, seconds=10):
        """The newest record of a message, waiting for it to be written."""
        until = time.monotonic() + seconds
        while True:
            found = [r for r in self.audit() if r.get("message_id", "").strip("<>") == message_id]
            if found or time.monotonic() > until:
                return found[-1] if found else None
            time.sleep(0.02)

    def send(self, raw, sender, recipients, options=(), seconds=120):
        """Sends CRLF bytes exactly as they are; the reply that decided."""
        with SmtpConnection(self.port, seconds) as smtp:
            return smtp.send(raw, sender, recipients, options)


class SmtpConnection:
    """A client that sends what it is told, byte for byte."""

    def __init__(self, port, seconds=60, hello="EHLO client.example"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        self.lines = self.socket.makefile("rb")
        self.greeting = self.reply()
        self.hello = self.command(hello)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.lines.close()
        self.socket.close()

    def reply(self):
        text = []
        while True:
            line = self.lines.readline(65536)
            if not line:
                raise ConnectionError(f"the connection ended after {text}")
            text.append(line[4:].decode("utf-8", "replace").strip())
            if line[3:4] != b"-":
                return Reply(int(line[:3]), "\n".join(text))

    def command(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.reply()

    def send(self, raw, sender, recipients, options=()):
        reply = self.command(" ".join([f"MAIL FROM:<{sender}>", *options]))
        for recipient in recipients:
            if reply.code < 400:
                reply = self.command(f"RCPT TO:<{recipient}>")
        if reply.code < 400:
            reply = self.command("DATA")
        if reply.code != 354:
            return reply
        if not raw.endswith(b"\r\n"):
            raw += b"\r\n"
        self.socket.sendall(re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n")
        return self.reply()
