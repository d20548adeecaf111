# SPDX-License-Identifier: Apache-2.0
"""Postfix before and behind the gateway, as a site runs it: content_filter to sealgated, which
gives the sealed mail back to a second listener of the same Postfix. Its configuration, queue and
log are the test's own; no file of the system is touched."""
import os
import pathlib
import shutil
import signal
import smtplib
import time
import unittest

import house
from house import ANNA, House, free_port, judges, leaves, message, run

MASTER = pathlib.Path("/usr/lib/postfix/sbin/master")

MAIN = """compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {log}
maillog_file_prefixes = /tmp
myhostname = mail.waldhaus.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{internet}
content_filter = smime:[127.0.0.1]:{gateway}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtp_tls_security_level = none
smtpd_tls_security_level = none
notify_classes =
"""

SERVICES = """127.0.0.1:{front} inet n - n - - smtpd
127.0.0.1:{behind} inet n - n - - smtpd
  -o content_filter=
  -o receive_override_options=no_header_body_checks,no_unknown_recipient_checks,no_milters
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
smime unix - - n - 2 smtp
  -o smtp_send_xforward_command=yes
  -o disable_mime_output_conversion=yes
smtp unix - - n - - smtp
relay unix - - n - - smtp
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@unittest.skipUnless(MASTER.exists(), "Postfix is not installed")
@unittest.skipUnless(os.geteuid() == 0, "Postfix's master has to be started by root")
class PostfixAround(House):
    @classmethod
    def prepare(cls):
        cls.front, cls.behind = free_port(), free_port()
        text = cls.gateway.config.read_text()
        cls.gateway.config.write_text(text.replace(f'"127.0.0.1:{cls.sink.port}"',
                                                   f'"127.0.0.1:{cls.behind}"'))
        cls.lab = cls.contact("lab@partner.example")
        cls.contact("expired@partner.example", days=(-30, -1))
        cls.start_postfix()

    @classmethod
    def start_postfix(cls):
        etc, queue, data = (cls.folder / "postfix" / name for name in ("etc", "queue", "data"))
        for folder in (etc, queue, data):
            folder.mkdir(parents=True)
        shutil.chown(data, "postfix")
        cls.postfix_log = cls.folder / "postfix" / "maillog"
        (etc / "main.cf").write_text(MAIN.format(
            queue=queue, data=data, log=cls.postfix_log, internet=cls.sink.port,
            gateway=cls.gateway.port))
        (etc / "master.cf").write_text(SERVICES.format(front=cls.front, behind=cls.behind))
        for folder in ("etc", "queue", "data"):
            run(["chmod", "755", cls.folder / "postfix" / folder])
        shutil.chown(data, "postfix")
        cls.addClassCleanup(cls.stop_postfix, queue / "pid" / "master.pid")
        run(["postfix", "-c", etc, "start"], timeout=60)

    @classmethod
    def stop_postfix(cls, pid_file):
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGTERM)  # The master ends all that it started.
        until = time.monotonic() + 20
        while pathlib.Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            time.sleep(0.05)

    def submit(self, raw, recipients):
        until = time.monotonic() + 20
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self.front, timeout=30) as client:
                    return client.sendmail(ANNA, recipients, raw, ["BODY=8BITMIME"])
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def log(self):
        return self.postfix_log.read_text()[-3000:] if self.postfix_log.exists() else "no maillog"

    def test_mail_comes_out_sealed(self):
        raw = message("Grüße aus dem Waldhaus\r\nFrom here on\r\n.dot   \r\n",
                      to="lab@partner.example, stranger@elsewhere.example",
                      extra="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: 8bit\r\n")
        self.submit(raw, ["lab@partner.example", "stranger@elsewhere.example"])
        mails = self.sink.wait(2, 40)
        self.assertEqual(sorted(a for m in mails for a in m.recipients),
                         ["lab@partner.example", "stranger@elsewhere.example"], self.log())
        openssl, nss = self.judge(judges.OpenSsl, self.lab), self.judge(judges.Nss, self.lab)
        for mail in mails:
            kinds = ["encrypted", "signed"] if "lab@partner.example" in mail.recipients \
                else ["signed"]
            for judge in (openssl, nss):
                content = self.assert_judged(judge, mail.content, kinds)
                self.assertEqual(leaves(content), leaves(raw))
            self.assertIn(b"by seal.waldhaus.example", mail.content)

    def test_what_is_refused_comes_back_to_the_sender(self):
        self.submit(message("secret 4711\r\n", to="expired@partner.example"),
                    ["expired@partner.example"])
        mails = self.sink.wait(1, 40)
        self.assertEqual([m.recipients for m in mails], [[ANNA]], self.log())
        text = mails[0].content.decode("utf-8", "replace")
        self.assertIn("expired@partner.example", text)
        self.assertIn("5.7.1", text)


if __name__ == "__main__":
    house.main()
