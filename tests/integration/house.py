# SPDX-License-Identifier: Apache-2.0
"""What every integration test stands on: a house with a gateway, an authority and a sink for the
Internet, set up once for each class.

Run a file as `python3 sealing_test.py --build build/release [-v] [Class.test ...]`."""
import email
import email.policy
import email.utils
import os
import pathlib
import pwd  # noqa: F401
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "support"))

from sealgate_testing import judges, mime, pki, sink  # noqa: E402,F401
from sealgate_testing.commands import CommandFailed, run  # noqa: E402,F401
from sealgate_testing.token import MODULE  # noqa: E402,F401
from sealgate_testing.gateway import Gateway, SmtpConnection, free_port  # noqa: E402,F401

DOMAIN = "waldhaus.example"
ANNA = f"anna.berg@{DOMAIN}"
SEALS_ALL = """version = 1
[[rule]]
name = "everything is signed"
sign = "always"
encrypt = "known"
"""

_build = None


def build_folder():
    """The CMake build directory whose programs are tested."""
    return pathlib.Path(_build or os.environ.get("SEALGATE_BUILD", ROOT / "build" / "release"))


def corpora():
    """The folder of foreign test data, or None where it is absent."""
    folder = pathlib.Path(os.environ.get("SEALGATE_CORPORA", ROOT.parent / "shared" / "corpora"))
    return folder if folder.is_dir() else None


def main():
    """unittest.main() with --build before what unittest takes."""
    global _build
    arguments = sys.argv[1:]
    if "--build" in arguments:
        at = arguments.index("--build")
        _build = pathlib.Path(arguments[at + 1]).resolve()
        del arguments[at:at + 2]
    unittest.main(argv=[sys.argv[0], *arguments])


def message(text="The result is fine.\r\n", sender=ANNA, to="", subject="A test", message_id=None,
            extra=""):
    """A plain message with CRLF lines."""
    message_id = message_id or email.utils.make_msgid(domain=DOMAIN).strip("<>")
    return (f"From: {sender}\r\nTo: {to or 'somebody@elsewhere.example'}\r\nSubject: {subject}\r\n"
            f"Date: {email.utils.formatdate()}\r\nMessage-ID: <{message_id}>\r\n{extra}"
            f"\r\n{text}").encode("utf-8", "surrogateescape")


def parse(raw):
    return email.message_from_bytes(raw, policy=email.policy.compat32)


def leaves(raw):
    """What a reader gets: (type, decoded bytes) of every part that is no container."""
    return [(part.get_content_type(), decoded(part)) for part in parse(raw).walk()
            if not part.is_multipart()]


def decoded(part):
    """The bytes of a part without its transfer encoding, whose name may have spaces around it.
    RFC 2045, 6.7 (3): white space that ends a quoted-printable line is not content."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding:
        part.replace_header("Content-Transfer-Encoding", encoding)
    if encoding == "quoted-printable":
        text = part.get_payload()
        part.set_payload("\n".join(line.rstrip(" \t\r") + "\r" * line.endswith("\r")
                                   for line in text.split("\n")))
    return part.get_payload(decode=True)


class House(unittest.TestCase):
    """A running gateway that its tests share. A class says how it differs."""

    algorithm = "rsa2048"
    starts = True

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="sealgate-", dir="/tmp"))
        os.chmod(cls.folder, 0o755)  # The daemon is another user.
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = pki.Authority(cls.folder / "ca", "Test CA")
        cls.sink = sink.Sink()
        cls.addClassCleanup(cls.sink.close)
        cls.gateway = Gateway(cls.folder / "gateway", build_folder(), DOMAIN, cls.sink.port,
                              algorithm=cls.algorithm)
        cls.addClassCleanup(cls.end)
        cls.gateway.certify(cls.authority, [ANNA, f"info@{DOMAIN}"])
        cls.prepare()
        if cls.starts:
            cls.gateway.start()

    @classmethod
    def prepare(cls):
        """Contacts, policy and configuration, before the daemon starts."""

    @classmethod
    def end(cls):
        code = cls.gateway.stop()
        if code not in (None, 0):
            raise AssertionError(f"sealgated ended with {code}:\n{cls.gateway.log()}")

    def setUp(self):
        self.sink.clear()

    @classmethod
    def contact(cls, address, kind="rsa2048", use="both", stem=None, **options):
        """A partner whose certificate the gateway knows."""
        identity = cls.authority.issue(stem or address.split("@")[0], address, kind, use, **options)
        cls.gateway.add_contact(identity)
        return identity

    @classmethod
    def add_route(cls, domain, port, more=""):
        """A route that comes before those that there are."""
        text = cls.gateway.config.read_text()
        at = text.index("[[routes]]")
        cls.gateway.config.write_text(
            f'{text[:at]}[[routes]]\ndomains = ["{domain}"]\nnext_hops = ["127.0.0.1:{port}"]\n'
            f'{more}\n{text[at:]}')

    @classmethod
    def add_listener(cls, more=""):
        """One more listener; its port."""
        port = free_port()
        text = cls.gateway.config.read_text()
        at = text.index("[[routes]]")
        cls.gateway.config.write_text(
            f'{text[:at]}[[listeners]]\naddress = "127.0.0.1:{port}"\n{more}\n{text[at:]}')
        return port

    @classmethod
    def judge(cls, kind, *identities):
        made = kind(cls.authority.certificate, identities)
        cls.addClassCleanup(made.close)
        return made

    def sealed(self, raw, recipients, sender=ANNA, options=(), count=1):
        """Sends, insists on a 250, and gives the mails that left."""
        reply = self.gateway.send(raw, sender, recipients, options)
        self.assertEqual(reply.code, 250, f"{reply}\n{self.gateway.log()[-2000:]}")
        mails = self.sink.wait(count, 20)
        self.assertEqual(len(mails), count)
        return mails

    def record_of(self, raw):
        """The audit record of a message; it is written a moment after the answer."""
        record = self.gateway.audit_of(parse(raw)["Message-ID"].strip("<>"))
        self.assertIsNotNone(record)
        return record

    def assert_judged(self, judge, raw, kinds):
        """The judge finds exactly these layers, all good; gives the content."""
        verdict = judge.judge(raw)
        self.assertTrue(verdict.is_good, f"{judge.name}: {verdict}")
        self.assertEqual([layer.kind for layer in verdict.layers], kinds, judge.name)
        return verdict.content
