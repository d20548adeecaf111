# SPDX-License-Identifier: Apache-2.0
"""The awkward messages of other projects' test suites through one running gateway: each is sealed,
verifies with two independent judges and carries what came in, or is refused with a clear 5xx.

The bytes go in as the files have them, but for line ends (SMTP has CR LF). So that they get signed
although anybody may stand in From, one organisation's identity is bound to every domain that stands
there; a file without any From field gets one as its first line, and all else stays as it is."""
import collections
import re
import threading
import unittest

import house
from house import ANNA, DOMAIN, House, judges, leaves, mime, parse

# mime4j keeps the expected trees of its messages beside them.
NO_MESSAGES = {".xml", ".out"}
SIGNED_SHARE_MIN = 0.8
FIELDS = ("From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References")


class Case:
    def __init__(self, path, folder):
        self.name = str(path.relative_to(folder))
        self.raw = re.sub(rb"\r?\n", b"\r\n", path.read_bytes())
        self.raw += b"" if self.raw.endswith(b"\r\n") else b"\r\n"  # SMTP knows no other end.
        if not re.search(rb"(?im)^from[ \t]*:", self.raw.split(b"\r\n\r\n")[0]):
            self.raw = with_from(self.raw)
        self.reply = self.mail = None

    @property
    def has_bare_cr(self):
        return re.search(rb"\r(?!\n)", self.raw) is not None


def with_from(raw):
    """From as the first field; a line that begins an mbox file stays before it."""
    at = raw.index(b"\n") + 1 if raw.startswith(b"From ") else 0
    return raw[:at] + f"From: {ANNA}\r\n".encode() + raw[at:]


def torture_cases():
    folder = house.corpora()
    folder = folder and folder / "mime-torture"
    if not folder or not folder.is_dir():
        raise unittest.SkipTest("mime-torture is not here: set SEALGATE_CORPORA")
    return [Case(path, folder) for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in NO_MESSAGES and path.name != "SOURCE.txt"]


def domains_of(cases):
    """Every domain that stands in a From field and can be written in a configuration."""
    found = set()
    for case in cases:
        for field in re.findall(rb"(?im)^from[ \t]*:((?:[^\r]|\r\n[ \t])*)", case.raw):
            for domain in re.findall(rb"@([A-Za-z0-9.-]+)", field):
                found.add(domain.decode().strip(".-").lower())
    return sorted(domain for domain in found if domain and domain != DOMAIN)


def is_signed_by_sender(raw):
    """Such a signature stands for ours: the message is not signed twice."""
    header, _ = mime.split_entity(raw)
    return mime.smime_kind(raw) == "signed-data" or (
        header.get_content_type() == "multipart/signed"
        and "pkcs7-signature" in (header.get_param("protocol") or ""))


def readable(raw):
    """leaves() less what readers see differently: whether nothing between two delimiters is a part,
    and, where a multipart has no end, whether the line ends before that belong to its last part."""
    parts = [(kind, content) for kind, content in leaves(raw) if content]
    if parts:
        kind, content = parts.pop()
        parts.append((kind, content.rstrip(b"\r\n")))
    return parts


def carries(raw, mail, content):
    """Whether a reader of `content` gets what a reader of `raw` got: the same parts with the same
    decoded bytes. Where encodings are broken, the very bytes of the body. Where a line of the
    header is none, readers differ in what is header: then all from there on is the content, and
    all before it is in the header of what left."""
    body = mime.split_entity(raw)[1]
    if readable(raw) == readable(content) or (body and body == mime.split_entity(content)[1]):
        return True
    parts = leaves(content)
    if len(parts) != 1 or not raw.endswith(parts[0][1]):
        return False
    head = raw[:len(raw) - len(parts[0][1])]
    return b"\r\n\r\n" not in head and all(line in mail for line in head.splitlines(True))


class Torture(House):
    @classmethod
    def prepare(cls):
        cls.cases = torture_cases()
        cls.gateway.policy(house.SEALS_ALL)
        signing = cls.gateway.folder / "sign.pem"
        for domain in domains_of(cls.cases):
            cls.gateway.cli("cert", "add", signing, "--identity", "--for", f"@{domain}", "--name",
                            f"for-{domain}")
        cls.friend = cls.contact("friend@partner.example")

    def put_through(self, recipient):
        for case in self.cases:
            options = ["BODY=8BITMIME"] if max(case.raw, default=0) > 127 else []
            before = len(self.sink.mails)
            case.reply = self.gateway.send(case.raw, ANNA, [recipient], options)
            left = self.sink.mails[before:]
            if case.reply.code == 250:
                self.assertEqual(len(left), 1, f"{case.name} was answered 250")
                case.mail = left[0].content
            else:
                self.assertEqual(left, [], f"{case.name} was answered {case.reply}")
                case.mail = None

    def judge_all(self, kind, layers, faults):
        with kind(self.authority.certificate, [self.friend]) as judge:
            for case in (case for case in self.cases if case.mail):
                verdict = judge.judge(case.mail, len(layers))
                expected = layers
                if is_signed_by_sender(case.raw):
                    expected, case.is_left_as_signed = layers[:-1], True
                if not verdict.is_good or [layer.kind for layer in verdict.layers] != layers:
                    faults.append(f"{case.name}: {kind.name}: {verdict}")
                elif not carries(case.raw, case.mail, verdict.content):
                    faults.append(f"{case.name}: {kind.name}: other content")

    def fields_lost(self, case):
        before, after = parse(case.raw), parse(case.mail)
        return [name for name in FIELDS
                if before.get_all(name) and before.get_all(name) != after.get_all(name)]

    def check(self, recipient, layers):
        pid = self.gateway.status()["pid"]
        self.put_through(recipient)
        faults = []
        threads = [threading.Thread(target=self.judge_all, args=(kind, layers, faults))
                   for kind in (judges.OpenSsl, judges.Bouncy)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for case in self.cases:
            faults += self.faults_of_reply(case)
            if case.mail:
                faults += [f"{case.name}: {name} changed" for name in self.fields_lost(case)]
        self.print_summary(layers)
        self.assertFalse(faults, "\n".join(sorted(faults)))
        status = self.gateway.status()
        self.assertEqual(status["pid"], pid)
        self.assertEqual(status["shards"][0]["in_flight"], 0)
        signed = sum(1 for case in self.cases if case.mail)
        self.assertGreaterEqual(signed / len(self.cases), SIGNED_SHARE_MIN)

    def faults_of_reply(self, case):
        if case.has_bare_cr:
            is_right = case.reply.code == 550 and case.reply.text.startswith("5.6.11")
            return [] if is_right else [f"{case.name}: has a bare CR, answered {case.reply}"]
        if case.reply.code == 250:
            return []
        is_clear = (500 <= case.reply.code < 600 and len(case.reply.text) > 30
                    and re.match(r"5\.\d+\.\d+ ", case.reply.text))
        return [] if is_clear else [f"{case.name}: answered {case.reply}"]

    def print_summary(self, layers):
        reasons = collections.Counter(
            "sealed and verified" if case.mail else
            f"{case.reply.code} {re.sub(r'[0-9a-f]{16,}|[^ ]+@[^ ]+', '…', case.reply.text)[:90]}"
            for case in self.cases)
        print(f"\n{len(self.cases)} messages, {' and '.join(layers)}:")
        for reason, count in reasons.most_common():
            print(f"{count:6} {reason}".replace("\n", " "))

    def test_1_signed(self):
        self.check("stranger@elsewhere.example", ["signed"])

    def test_2_signed_and_encrypted(self):
        self.check("friend@partner.example", ["encrypted", "signed"])


if __name__ == "__main__":
    house.main()
