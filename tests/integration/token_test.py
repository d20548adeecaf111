# SPDX-License-Identifier: Apache-2.0
"""The token gone, locked away or wrong, and the daemon started, killed, drained and reloaded: each
has a clear message, its exit code and its SMTP answer."""
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import house
from house import ANNA, House, SmtpConnection, message, run

EX_UNAVAILABLE, EX_NOPERM, EX_CONFIG = 69, 77, 78


class Tokens(House):
    """Nothing runs before a test starts it."""

    starts = False

    @classmethod
    def prepare(cls):
        cls.gateway.policy(house.SEALS_ALL)
        cls.gateway.configure("quick", '[hsm]\nrecovery_pause_min = "50ms"\n'
                              'recovery_pause_max = "200ms"\n[timeouts]\nkey_operation = "2s"\n')

    def setUp(self):
        super().setUp()
        self.gateway.log_path().unlink(missing_ok=True)
        self.addCleanup(self.gateway.stop)

    def assert_start_fails(self, code, *words):
        """The daemon ends at once with this exit code, and its log says these words."""
        with self.assertRaises(RuntimeError):
            self.gateway.start(30)
        ended, self.gateway.process = self.gateway.process.returncode, None
        self.assertEqual(ended, code, self.gateway.log())
        for word in words:
            self.assertIn(word, self.gateway.log())
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", self.gateway.port), timeout=1)

    def change(self, path, content, mode=None):
        """Changes a file for the length of a test."""
        before, mode_before = path.read_bytes(), path.stat().st_mode & 0o777
        path.write_bytes(content)
        if mode is not None:
            path.chmod(mode)

        def put_back():
            path.write_bytes(before)
            path.chmod(mode_before)
        self.addCleanup(put_back)

    def change_config(self, pattern, replacement):
        text = self.gateway.config.read_text()
        changed = re.sub(pattern, replacement, text)
        self.assertNotEqual(changed, text)
        self.change(self.gateway.config, changed.encode())

    def is_signed(self):
        reply = self.gateway.send(message(), ANNA, ["a@x.example"])
        return reply.code == 250

    def pin_flags(self):
        """What the token says of its PIN. SoftHSM counts wrong attempts in one flag."""
        slots = run(["pkcs11-tool", "--module", house.MODULE, "--list-slots"],
                    env=self.gateway.token.environment).stdout.decode()
        return next(line.strip() for line in slots.splitlines() if "token flags" in line)

    def test_wrong_pin(self):
        self.change(self.gateway.token.pin_file, b"000000\n")
        self.assert_start_fails(EX_NOPERM, "refused the PIN", "not tried again")
        self.assertEqual(self.gateway.log().count("refused the PIN"), 1)
        self.assertNotIn("000000", self.gateway.log())
        self.assertNotIn("final user PIN try", self.pin_flags())
        self.assertNotIn("user PIN locked", self.pin_flags())

    def test_pin_file_that_everybody_reads(self):
        pin_file = self.gateway.token.pin_file
        self.change(pin_file, pin_file.read_bytes(), 0o644)
        self.assert_start_fails(EX_CONFIG, "can be read or written by every user")

    def test_pin_file_missing(self):
        self.change_config(r'pin_source = "file:[^"]*"', f'pin_source = "file:{self.folder}/no-pin"')
        self.assert_start_fails(EX_CONFIG, "PIN file cannot be read")

    def test_empty_pin_file(self):
        self.change(self.gateway.token.pin_file, b"")
        self.assert_start_fails(EX_CONFIG, "one line of 1 to 255 bytes")

    def test_module_missing(self):
        self.change_config(r'module = "[^"]*"', 'module = "/nowhere/vendor.so"')
        self.assert_start_fails(EX_CONFIG, "module cannot be loaded", "check `module`")

    def test_key_of_an_identity_missing(self):
        stranger = self.authority.issue("keyless", f"keyless@{house.DOMAIN}", use="sign")
        stored = self.gateway.state / "identities" / "keyless.pem"
        stored.write_bytes(stranger.certificate.read_bytes())
        self.addCleanup(stored.unlink)
        self.assert_start_fails(EX_CONFIG, "no token holds the private key", "keyless")

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", self.gateway.port)):
            process = subprocess.run([self.gateway.build / "app" / "sealgated", "--config",
                                      self.gateway.config], env=self.gateway.environment,
                                     capture_output=True, timeout=30, text=True)
        self.assertEqual(process.returncode, EX_UNAVAILABLE, process.stderr)
        self.assertIn(str(self.gateway.port), process.stderr)

    def test_configuration_with_a_mistake(self):
        self.change_config(r"\nhostname = ", "\nhostnam = ")
        self.assert_start_fails(EX_CONFIG, "hostnam", "sealgate.toml")

    def test_policy_with_a_mistake(self):
        policy = self.gateway.config.parent / "policy.toml"
        self.change(policy, b'version = 1\n[[rule]]\nname = "x"\nsing = "always"\n')
        self.assert_start_fails(EX_CONFIG, "policy.toml", "sing")

    def test_unknown_option(self):
        done = subprocess.run([self.gateway.build / "app" / "sealgated", "--nonsense"],
                              capture_output=True, timeout=10)
        self.assertEqual(done.returncode, 64)

    def test_token_absent_at_start_comes_back(self):
        tokens = self.gateway.token.folder / "tokens"
        hidden = self.gateway.token.folder / "hidden"
        tokens.rename(hidden)
        tokens.mkdir()
        try:
            self.gateway.start()
            reply = self.gateway.send(message(), ANNA, ["a@x.example"])
            self.assertEqual(reply.code, 451, reply)
            self.assertEqual(self.sink.wait(1, 0.3), [])
            state = self.gateway.status()
            self.assertEqual(state["tokens"][0]["state"], "recovering")
            self.assertEqual(state["state"], "locked")
        finally:
            tokens.rmdir()
            hidden.rename(tokens)
        until = time.monotonic() + 15
        while not self.is_signed():
            self.assertLess(time.monotonic(), until, self.gateway.log())
            time.sleep(0.2)
        self.assertEqual(self.gateway.status()["state"], "operational")
        self.assertEqual(self.gateway.stop(), 0)

    def test_killed_and_started_again(self):
        self.gateway.start()
        self.assertTrue(self.is_signed())
        self.gateway.process.kill()
        self.assertEqual(self.gateway.process.wait(10), -signal.SIGKILL)
        self.gateway.process = None
        self.gateway.start()
        self.assertTrue(self.is_signed())

    def test_killed_between_content_and_answer(self):
        # The client has no 250 and sends again: the message is there twice at most, never lost.
        self.gateway.start()
        raw = message("y" * 70 + "\r\n")
        with SmtpConnection(self.gateway.port) as client:
            for line in (f"MAIL FROM:<{ANNA}>", "RCPT TO:<a@x.example>", "DATA"):
                client.command(line)
            client.socket.sendall(raw[:100])
            self.gateway.process.kill()
            self.gateway.process.wait(10)
            with self.assertRaises(OSError):
                client.socket.sendall(raw[100:] + b".\r\n")
                client.reply()
        self.gateway.process = None
        self.assertEqual(self.sink.wait(1, 0.2), [])
        self.gateway.start()
        self.assertEqual(self.gateway.send(raw, ANNA, ["a@x.example"]).code, 250)
        self.assertEqual(len(self.sink.wait(1, 5)), 1)

    def test_sigterm_finishes_what_is_in_flight(self):
        self.gateway.start()
        self.sink.pause = 1.0
        self.addCleanup(setattr, self.sink, "pause", 0)
        replies = []
        sender = threading.Thread(target=lambda: replies.append(
            self.gateway.send(message(), ANNA, ["a@x.example"])))
        sender.start()
        until = time.monotonic() + 10
        while self.gateway.status()["shards"][0]["in_flight"] == 0:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.02)
        idle = SmtpConnection(self.gateway.port)
        self.addCleanup(idle.close)
        begun = time.monotonic()
        self.assertEqual(self.gateway.stop(20), 0)
        self.assertLess(time.monotonic() - begun, 10)
        sender.join()
        self.assertEqual(replies[0].code, 250, replies)
        self.assertEqual(len(self.sink.mails), 1)
        self.assertIn("event=stopped", self.gateway.log())
        self.assertEqual(idle.reply().code, 421)

    def generation(self):
        return self.gateway.status()["generation"]

    def reload(self, event):
        before = self.gateway.log().count(event)
        self.gateway.reload()
        until = time.monotonic() + 10
        while self.gateway.log().count(event) == before:
            self.assertLess(time.monotonic(), until, self.gateway.log())
            time.sleep(0.02)

    def test_reload(self):
        self.gateway.start()
        self.assertEqual(self.generation(), 1)
        policy = self.gateway.config.parent / "policy.toml"
        refuses = b'version = 1\n[[rule]]\nname = "closed"\nrefuse = "Closed on Mondays."\n'
        self.change(policy, refuses)
        self.reload("event=reloaded")
        self.assertEqual(self.generation(), 2)
        reply = self.gateway.send(message(), ANNA, ["a@x.example"])
        self.assertEqual(reply.code // 100, 5)
        self.assertIn("Closed on Mondays.", reply.text)
        # A policy with a mistake does not replace it.
        policy.write_bytes(b'version = 1\n[[rule]]\nname = "x"\nsing = "always"\n')
        self.reload("event=reload_refused")
        self.assertEqual(self.generation(), 2)
        self.assertEqual(self.gateway.status()["reloads_refused"], 1)
        self.assertIn("Closed on Mondays.", self.gateway.send(message(), ANNA, ["a@x.example"]).text)
        # Nor does a certificate file that cannot be read.
        policy.write_text(house.SEALS_ALL)
        broken = self.gateway.state / "contacts" / "broken.pem"
        broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        self.addCleanup(broken.unlink, missing_ok=True)
        self.reload("event=reload_refused")
        self.assertIn("broken.pem", self.gateway.log())
        broken.unlink()
        self.reload("event=reloaded")
        self.assertEqual(self.generation(), 3)
        self.assertTrue(self.is_signed())

    def test_reload_takes_a_contact_in(self):
        self.gateway.start()
        self.assertTrue(self.is_signed())
        fresh = self.authority.issue("fresh", "fresh@x.example")
        self.gateway.add_contact(fresh)
        self.reload("event=reloaded")
        self.sink.clear()
        self.assertEqual(self.gateway.send(message(), ANNA, ["fresh@x.example"]).code, 250)
        self.assertEqual(house.parse(self.sink.wait(1, 5)[0].content).get_param("smime-type"),
                         "enveloped-data")

    def test_runs_as_the_configured_user(self):
        self.gateway.start()
        if self.gateway.user is None:
            self.skipTest("not root: the user is not changed")
        status = pathlib.Path(f"/proc/{self.gateway.process.pid}/status").read_text()
        uid = re.search(r"Uid:\s+(\d+)\s+(\d+)\s+(\d+)", status).groups()
        self.assertEqual(set(uid), {str(house.pwd.getpwnam("nobody").pw_uid)})
        self.assertIn("Seccomp:\t2", status)
        self.assertRegex(status, r"CapEff:\s+0{16}")


if __name__ == "__main__":
    house.main()
