# SPDX-License-Identifier: Apache-2.0
"""The command line beside the running daemon: what `explain` foretells comes true for every
message of the demo, and each command has its exit code and its JSON."""
import json
import sys

import house
from house import ANNA, House, message

sys.path.insert(0, str(house.ROOT / "demo"))
import demo  # noqa: E402

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_CONFIG = 64, 65, 66, 69, 78


class CommandLine(House):
    @classmethod
    def prepare(cls):
        for address, kind, use in (("labor@nordstern.example", "rsa2048", "both"),
                                   ("archive@nordstern.example", "rsa2048", "both"),
                                   ("auditor@nordstern.example", "rsa2048", "both"),
                                   ("claims@rheintal.example", "p256", "agree")):
            cls.contact(address, kind, use)
        cls.contact("old@nordstern.example", days=(-400, -30))

    def json_of(self, *arguments, code=0):
        done = self.gateway.cli(*arguments, "--json", check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_explain_foretells_what_the_daemon_does(self):
        for name, sender, recipients, _ in demo.MESSAGES:
            with self.subTest(name):
                self.sink.clear()
                raw = demo.message(name)
                path = self.folder / name
                path.write_bytes(raw)
                to = [word for recipient in recipients for word in ("--to", recipient)]
                foretold = self.json_of("explain", path, "--from", sender, *to)
                reply = self.gateway.send(raw, sender, recipients)
                record = self.record_of(raw)
                self.assertEqual(foretold["reply"]["code"], reply.code, reply)
                if reply.code != 250:
                    self.assertIn(foretold["reply"]["text"].splitlines()[0], reply.text)
                self.assertEqual(foretold["is_refused"], record["disposition"] == "refused")
                for told, done in zip(foretold["recipients"], record["recipients"]):
                    for field in ("address", "rule", "protection", "algorithms"):
                        self.assertEqual(told[field], done[field], field)
                mails = self.sink.wait(len(foretold["copies"]), 10)
                self.assertEqual(sorted(sorted(m.recipients) for m in mails),
                                 sorted(sorted(c["recipients"]) for c in foretold["copies"]))
                for copy in foretold["copies"]:
                    mail = next(m for m in mails if sorted(m.recipients) == sorted(copy["recipients"]))
                    self.assertTrue(copy["layers"].startswith(
                        house.parse(mail.content).get_content_type()), copy["layers"])

    def test_explain_needs_neither_token_nor_daemon(self):
        path = self.folder / "offline.eml"
        path.write_bytes(message())
        done = house.run([self.gateway.build / "app" / "sealgate", "--config", self.gateway.config,
                          "explain", path, "--from", ANNA, "--to", "labor@nordstern.example"],
                         env={"SOFTHSM2_CONF": "/nowhere"})
        self.assertIn(b"signed+encrypted", done.stdout)

    def test_explain_reads_standard_input_with_unix_line_ends(self):
        done = self.gateway.cli("explain", "-", "--from", ANNA, "--to", "x@y.example", "--json",
                                input=message().replace(b"\r\n", b"\n"))
        self.assertEqual(json.loads(done.stdout)["recipients"][0]["protection"], "signed")

    def test_explain_says_why_each_certificate_won_or_lost(self):
        path = self.folder / "old.eml"
        path.write_bytes(message())
        told = self.json_of("explain", path, "--from", ANNA, "--to", "old@nordstern.example")
        (certificate,) = told["recipients"][0]["certificates"]
        self.assertEqual((certificate["is_chosen"], certificate["outcome"]), (False, "expired"))
        self.assertIn("expired", certificate["reason"])

    def test_status(self):
        status = self.json_of("status")
        self.assertEqual((status["state"], status["pid"]),
                         ("operational", self.gateway.process.pid))
        self.assertIn(b"operational", self.gateway.cli("status").stdout)

    def test_status_of_a_daemon_that_does_not_run(self):
        text = self.gateway.config.read_text()
        other = self.folder / "other.toml"
        other.write_text(text.replace("status.sock", "nobody.sock"))
        done = house.run([self.gateway.build / "app" / "sealgate", "--config", other, "status"],
                         check=False)
        self.assertEqual(done.returncode, EX_UNAVAILABLE, done.stderr)
        self.assertTrue(done.stderr.strip())

    def test_keys_list(self):
        (token,) = self.json_of("keys", "list")
        self.assertEqual({key["label"] for key in token["keys"]}, {"sealgate-sign", "sealgate-encrypt"})
        for key in token["keys"]:
            self.assertTrue(key["is_sensitive"])
            self.assertFalse(key["is_extractable"])
            self.assertIn("pkcs11:", key["uri"])
            self.assertNotIn("pin", key["uri"])

    def test_cert_list_and_show(self):
        listed = self.json_of("cert", "list")
        self.assertEqual((len(listed["identities"]), len(listed["contacts"]), len(listed["anchors"])),
                         (1, 5, 1))
        old = next(c for c in listed["contacts"] if "old@nordstern.example" in c["addresses"])
        self.assertIn("expired", " ".join(old["warnings"]))
        shown = self.json_of("cert", "show", old["origin"])
        self.assertEqual(shown[0]["sha256"], old["sha256"])
        done = self.gateway.cli("cert", "show", self.folder / "absent.pem", check=False)
        self.assertEqual(done.returncode, EX_DATAERR, done.stderr)

    def test_cert_add_refuses_what_is_none(self):
        junk = self.folder / "junk.pem"
        junk.write_text("this is no certificate\n")
        done = self.gateway.cli("cert", "add", junk, "--contact", check=False)
        self.assertEqual(done.returncode, EX_DATAERR, done.stderr)
        self.assertIn(b"junk.pem", done.stderr)
        stranger = self.authority.issue("keyless", "keyless@waldhaus.example", use="sign")
        before = self.json_of("cert", "list")
        done = self.gateway.cli("cert", "add", stranger.key, "--contact", check=False)
        self.assertNotEqual(done.returncode, 0, "a private key is no contact")
        self.assertEqual(self.json_of("cert", "list"), before)

    def test_policy_check(self):
        self.assertTrue(self.json_of("policy", "check")["is_valid"])
        wrong = self.folder / "wrong.toml"
        wrong.write_text('version = 1\n[[rule]]\nname = "x"\nsing = "always"\nencrypt = "perhaps"\n')
        found = self.json_of("policy", "check", wrong, code=EX_CONFIG)
        self.assertFalse(found["is_valid"])
        text = json.dumps(found["problems"])
        for word in ("wrong.toml:4", "sing", "wrong.toml:5", "perhaps"):
            self.assertIn(word, text)
        self.assertEqual(self.gateway.cli("policy", "check", self.folder / "absent.toml",
                                          check=False).returncode, EX_NOINPUT)

    def test_config_check(self):
        self.assertTrue(self.json_of("config", "check")["is_valid"])
        wrong = self.folder / "etc-wrong.toml"
        wrong.write_text('hostnam = "x"\n[[listeners]]\naddress = "localhost"\n')
        done = house.run([self.gateway.build / "app" / "sealgate", "--config", wrong, "config",
                          "check", "--json"], check=False)
        self.assertEqual(done.returncode, EX_CONFIG)
        text = json.dumps(json.loads(done.stdout)["problems"])
        self.assertIn("hostnam", text)
        self.assertIn("etc-wrong.toml:3", text)

    def test_doctor(self):
        found = self.json_of("doctor")
        areas = {f["area"] for f in found["findings"]}
        self.assertLessEqual({"configuration", "io_uring", "certificates"}, areas)
        text = json.dumps(found)
        self.assertIn("sign RSA PKCS#1 v1.5 SHA-256: Tried with a key of this token", text)

    def test_doctor_finds_an_exposed_pin_file(self):
        pin_file = self.gateway.token.pin_file
        pin_file.chmod(0o644)
        self.addCleanup(pin_file.chmod, 0o600)
        done = self.gateway.cli("doctor", "--json", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("bad", {f["verdict"] for f in json.loads(done.stdout)["findings"]})

    def test_usage(self):
        for arguments in ((), ("frobnicate",), ("explain",), ("cert", "add", "x.pem")):
            with self.subTest(arguments):
                done = self.gateway.cli(*arguments, with_config=False, check=False)
                self.assertEqual(done.returncode, EX_USAGE, done.stderr)
        for arguments in (("--help",), ("explain", "--help"), ("--version",)):
            self.assertEqual(self.gateway.cli(*arguments, with_config=False).returncode, 0)


if __name__ == "__main__":
    house.main()
