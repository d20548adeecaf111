#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows Sealgate at work: provisions a SoftHSM token, a group authority and two partners, starts
sealgated, sends the messages of demo/messages through it by SMTP and prints what became of each
and what two independent tools say of the result.

  demo.py --build DIR [--keep]

--keep leaves the gateway running and prints how to send a message with swaks."""
import argparse
import base64
import email.utils
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import textwrap
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))
from sealgate_testing import judges, pki  # noqa: E402
from sealgate_testing.gateway import Gateway  # noqa: E402
from sealgate_testing.sink import Sink  # noqa: E402

OURS = "waldhaus.example"

# File, envelope sender, envelope recipients, what the message shows.
MESSAGES = [
    ("01-plain.eml", "anna.berg@waldhaus.example", ["labor@nordstern.example"],
     "plain text with lines that transports like to change"),
    ("02-html-with-images.eml", "info@waldhaus.example", ["claims@rheintal.example"],
     "HTML with images, to a partner with an elliptic-curve key"),
    ("03-eight-bit.eml", "anna.berg@waldhaus.example", ["labor@nordstern.example"],
     "8-bit text in ISO 8859-1"),
    ("04-big-attachment.eml", "anna.berg@waldhaus.example", ["labor@nordstern.example"],
     "an attachment of 6 MiB"),
    ("05-calendar.eml", "info@waldhaus.example", ["claims@rheintal.example"],
     "a calendar invitation"),
    ("06-several-recipients.eml", "anna.berg@waldhaus.example",
     ["labor@nordstern.example", "claims@rheintal.example", "archive@nordstern.example",
      "auditor@nordstern.example"],
     "four recipients, one of them a blind copy"),
    ("07-to-someone-unknown.eml", "info@waldhaus.example", ["patient@mailbox.example"],
     "a recipient without certificate"),
    ("08-must-be-sealed.eml", "anna.berg@waldhaus.example", ["patient@mailbox.example"],
     "the sender demands encryption, and there is no certificate"),
    ("09-expired-certificate.eml", "anna.berg@waldhaus.example", ["old@nordstern.example"],
     "a known contact whose certificate has expired"),
]


def say(text):
    print(f"\033[1m==> {text}\033[0m" if sys.stdout.isatty() else f"==> {text}", flush=True)


def message(name):
    """A message of the demo in CRLF lines, dated now; @BASE64 n@ stands for n random bytes."""
    text = (HERE / "messages" / name).read_bytes()
    text = text.replace(b"@DATE@", email.utils.formatdate(usegmt=True).encode())

    def attachment(found):
        return base64.encodebytes(random.Random(4711).randbytes(int(found[1]))).rstrip(b"\n")

    text = re.sub(rb"@BASE64 (\d+)@", attachment, text)
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


class World:
    """The organisation, the authority of its group, and two partners."""

    def __init__(self, folder, build):
        say("the group's authority and the partners' certificates")
        self.authority = pki.Authority(folder / "authority", "Demo Group Authority")
        issue = self.authority.issue
        self.partners = [
            issue("labor", "labor@nordstern.example"),
            issue("archive", "archive@nordstern.example"),
            issue("auditor", "auditor@nordstern.example"),
            issue("claims", "claims@rheintal.example", kind="p256", use="agree"),
        ]
        expired = issue("old", "old@nordstern.example", days=(-400, -30))
        self.sink = Sink()
        say("a SoftHSM token with the organisation's keys (sealgate init)")
        self.gateway = Gateway(folder / "gateway", build, OURS, self.sink.port)
        self.gateway.certify(self.authority,
                             [f"anna.berg@{OURS}", f"info@{OURS}"])
        for contact in [*self.partners, expired]:
            self.gateway.add_contact(contact)
        say("sealgated")
        self.gateway.start()
        self.openssl = judges.OpenSsl(self.authority.certificate, self.partners)
        # NSS 3.87 reads RSA only: the others' copies it gets as OpenSSL opened them.
        rsa = [p for p in self.partners if not p.address.startswith("claims@")]
        self.nss = judges.Nss(self.authority.certificate, rsa)

    def close(self):
        self.openssl.close()
        self.nss.close()
        code = self.gateway.stop()
        self.sink.close()
        return code


def nss_verdict(world, raw):
    """NSS's view; where it cannot read the encryption, its view of the signature inside."""
    verdict = world.nss.judge(raw)
    if verdict.layers and verdict.layers[0].kind == "encrypted" and not verdict.layers[0].is_good:
        header, body = judges.mime.split_entity(raw)
        _, _, inner = world.openssl.decrypt(judges.mime.transfer_decoded(header, body))
        inside = world.nss.judge(inner)
        note = judges.Layer("encrypted", True, "ECDH, which NSS 3.87 cannot read")
        return judges.Verdict([note, *inside.layers], inside.content)
    return verdict


def wrap(text, width=92, indent="      "):
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent + "  ")


def explain_recipients(record):
    """What was decided for each recipient and why; what holds for several is said once."""
    said = set()
    for recipient in record["recipients"]:
        algorithms = f" ({recipient['algorithms']})" if recipient["algorithms"] else ""
        print(f"   to     {recipient['address']}: {recipient['protection']}{algorithms}")
        for reason in recipient["reasons"]:
            if reason not in said:
                print(wrap("why    " + reason))
            said.add(reason)


def show(world, number, entry, table):
    """Sends one message, prints what became of it and adds its row to the table; whether all was
    as it should be."""
    name, sender, recipients, what = entry
    raw = message(name)
    world.sink.clear()
    begun = time.monotonic()
    reply = world.gateway.send(raw, sender, recipients, ["BODY=8BITMIME"])
    took = (time.monotonic() - begun) * 1000
    message_id = re.search(rb"(?im)^message-id: <(.*)>", raw)[1].decode()
    record = world.gateway.audit_of(message_id)
    print(f"\n{number}. {name}: {what} ({len(raw):,} bytes)")
    all_good = record is not None
    if record:
        explain_recipients(record)
    answer = f"answer {reply.code} {reply.text} [{took:.0f} ms]".replace("\n", " | ")
    print(wrap(answer, indent="   "))
    mails = world.sink.wait(record["copies"] if record else 0, 10)
    marks = {world.openssl.name: [], world.nss.name: []}
    for mail in mails:
        verdicts = [(world.openssl.name, world.openssl.judge(mail.content)),
                    (world.nss.name, nss_verdict(world, mail.content))]
        print(f"   left   {len(mail.content):,} bytes for {', '.join(mail.recipients)}")
        for tool, verdict in verdicts:
            mark = "ok " if verdict.is_good else "BAD"
            print(f"      {mark} {tool:8} {verdict}")
            marks[tool].append(mark.strip())
            all_good = all_good and verdict.is_good
    if not mails:
        print("   left   nothing")
    decided = sorted({r["protection"] for r in record["recipients"]}) if record else ["?"]
    table.append([str(number), name, str(len(recipients)), "/".join(decided), str(reply.code),
                  f"{len(mails)} copies" if len(mails) != 1 else "1 copy",
                  " ".join(marks[world.openssl.name]) or "-", " ".join(marks[world.nss.name]) or "-"])
    expected = {"08": 550, "09": 550}.get(name[:2], 250)
    return all_good and reply.code == expected and bool(mails) == (expected == 250)


def print_table(rows):
    rows = [["", "message", "to", "decided", "answer", "left", "openssl", "nss"], *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def keep(world, folder):
    print(f"""
The gateway runs (process {world.gateway.process.pid}) and takes mail on 127.0.0.1:{world.gateway.port}.
What leaves it is kept as files in {folder}/mail.

Send a message:
  swaks --server 127.0.0.1:{world.gateway.port} --from anna.berg@{OURS} --to labor@nordstern.example \\
        --header 'Subject: hello' --body 'sealed on its way'
Ask what would happen to one:
  {world.gateway.build}/app/sealgate --config {world.gateway.config} explain FILE.eml \\
        --from anna.berg@{OURS} --to labor@nordstern.example
Read one as the partner:
  openssl cms -decrypt -in {folder}/mail/1.eml -recip {folder}/authority/labor.pem \\
        -inkey {folder}/authority/labor.key

Press Ctrl-C to end it.""", flush=True)
    (folder / "mail").mkdir(exist_ok=True)
    world.sink.clear()
    kept = 0
    try:
        while world.gateway.process.poll() is None:
            for mail in world.sink.wait(kept + 1, 1)[kept:]:
                kept += 1
                (folder / "mail" / f"{kept}.eml").write_bytes(mail.content)
                print(f"{folder}/mail/{kept}.eml for {', '.join(mail.recipients)}", flush=True)
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    # The daemon leaves root behind and still has to reach its files.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sealgate-demo-", dir="/tmp"))
    os.chmod(folder, 0o755)
    world = World(folder, options.build.resolve())
    try:
        say("sending the messages")
        table = []
        good = [show(world, number, entry, table) for number, entry in enumerate(MESSAGES, 1)]
        print_table(table)
        status = world.gateway.status()
        operations = sum(token["operations"] for token in status["tokens"])
        print(f"\n{sum(good)} of {len(good)} messages ended as they should; the token made "
              f"{operations} signatures; OpenSSL and NSS judged every copy.")
        if options.keep:
            keep(world, folder)
    finally:
        code = world.close()
    if options.keep:
        print(f"Everything of this run stays in {folder}.")
    else:
        shutil.rmtree(folder)
    return 0 if all(good) and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
