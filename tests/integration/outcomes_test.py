# SPDX-License-Identifier: Apache-2.0
"""What the next hop's answers become: the client's answer, a report, and never a loss or a second
delivery."""
import email.utils
import threading
import time

import house
from house import ANNA, House, SmtpConnection, free_port, message, parse, sink


class Outcomes(House):
    @classmethod
    def prepare(cls):
        cls.down = free_port()
        cls.add_route("down.example", cls.down)
        cls.mailbox = sink.Sink()
        cls.addClassCleanup(cls.mailbox.close)
        cls.add_route("lmtp.example", cls.mailbox.port, "lmtp = true\n")
        cls.lmtp_port = cls.add_listener('relay = ["127.0.0.0/8"]\nlmtp = true\n')
        cls.gateway.configure("hurry", '[timeouts]\nconnect = "1s"\nanswer = "5s"\n')

    def setUp(self):
        super().setUp()
        self.mailbox.clear()
        self.addCleanup(self.forgive)

    def forgive(self):
        self.sink.refuse, self.sink.refuse_content = [], None
        self.sink.dies_in_content, self.mailbox.refuse_delivery = False, []

    def send(self, raw, recipients, options=()):
        return self.gateway.send(raw, ANNA, recipients, options)

    def report(self, mail):
        """The fields of each block of a delivery status (RFC 3464)."""
        root = parse(mail.content)
        self.assertEqual((root.get_content_type(), root.get_param("report-type")),
                         ("multipart/report", "delivery-status"))
        kinds = [part.get_content_type() for part in root.get_payload()]
        self.assertEqual(kinds, ["text/plain", "message/delivery-status", "text/rfc822-headers"])
        return root.get_payload()[1].get_payload(), root

    def test_one_of_several_refused(self):
        self.sink.refuse = [("gone@", "550 5.1.1 no such user here")]
        raw = message(to="gone@x.example, here@x.example", message_id="one-refused@waldhaus.example")
        reply = self.send(raw, ["gone@x.example", "here@x.example"])
        self.assertEqual(reply.code, 250, reply)
        mails = self.sink.wait(2, 10)
        self.assertEqual([m.recipients for m in mails if m.sender], [["here@x.example"]])
        reports = [m for m in mails if not m.sender]
        self.assertEqual([m.recipients for m in reports], [[ANNA]])
        (whole, gone), root = self.report(reports[0])
        self.assertEqual(whole["Reporting-MTA"], "dns; seal.waldhaus.example")
        self.assertTrue(email.utils.parsedate_tz(whole["Arrival-Date"]))
        self.assertEqual(gone["Final-Recipient"], "rfc822; gone@x.example")
        self.assertEqual((gone["Action"], gone["Status"]), ("failed", "5.1.1"))
        self.assertIn("550 5.1.1 no such user here", gone["Diagnostic-Code"].replace("\r\n", ""))
        self.assertIn("Remote-MTA", gone)
        self.assertEqual(root["Auto-Submitted"], "auto-replied")
        self.assertIn("one-refused@waldhaus.example", root.get_payload()[2].get_payload())
        self.assertNotIn("The result is fine", reports[0].content.decode())

    def test_envelope_id_and_original_recipient_are_in_the_report(self):
        self.sink.refuse = [("gone@", "550 5.1.1 no such user")]
        with SmtpConnection(self.gateway.port) as smtp:
            for line in (f"MAIL FROM:<{ANNA}> RET=HDRS ENVID=QQ+2B314",
                         "RCPT TO:<gone@x.example> NOTIFY=FAILURE ORCPT=rfc822;Old+2Bname@x.example",
                         "RCPT TO:<here@x.example> NOTIFY=NEVER"):
                self.assertEqual(smtp.command(line).code, 250, line)
            self.assertEqual(smtp.command("DATA").code, 354)
            smtp.socket.sendall(message() + b".\r\n")
            self.assertEqual(smtp.reply().code, 250)
        (whole, gone), _ = self.report(next(m for m in self.sink.wait(2, 10) if not m.sender))
        self.assertEqual(whole["Original-Envelope-Id"], "QQ+314")
        self.assertEqual(gone["Original-Recipient"], "rfc822;Old+name@x.example")

    def test_no_report_where_none_is_wanted(self):
        self.sink.refuse = [("gone@", "550 5.1.1 no such user")]
        with SmtpConnection(self.gateway.port) as smtp:
            for line in (f"MAIL FROM:<{ANNA}>", "RCPT TO:<gone@x.example> NOTIFY=NEVER",
                         "RCPT TO:<here@x.example>"):
                self.assertEqual(smtp.command(line).code, 250, line)
            smtp.command("DATA")
            smtp.socket.sendall(message() + b".\r\n")
            self.assertEqual(smtp.reply().code, 250)
        self.assertEqual([m.recipients for m in self.sink.wait(2, 0.5)], [["here@x.example"]])

    def test_no_report_to_the_null_sender(self):
        self.sink.refuse = [("gone@", "550 5.1.1 no such user")]
        reply = self.gateway.send(message(), "", ["gone@x.example", "here@x.example"])
        self.assertEqual(reply.code, 250, reply)
        self.assertEqual([m.recipients for m in self.sink.wait(2, 0.5)], [["here@x.example"]])

    def test_all_refused(self):
        self.sink.refuse = [(".", "550 5.1.1 no such user here")]
        reply = self.send(message(), ["a@x.example", "b@x.example"])
        self.assertEqual(reply.code, 550, reply)
        self.assertIn("no such user here", reply.text)
        self.assertEqual(self.sink.wait(1, 0.3), [])

    def test_content_refused(self):
        self.sink.refuse_content = "554 5.6.0 not this content"
        reply = self.send(message(), ["a@x.example"])
        self.assertEqual(reply.code, 554, reply)
        self.assertIn("not this content", reply.text)

    def test_all_deferred(self):
        self.sink.refuse = [(".", "451 4.7.1 greylisted")]
        reply = self.send(message(), ["a@x.example", "b@x.example"])
        self.assertEqual(reply.code, 451, reply)
        self.sink.refuse = []
        self.sink.refuse_content = "452 4.3.1 full"
        self.assertIn(self.send(message(), ["a@x.example"]).code, (451, 452))
        self.assertEqual(self.sink.wait(1, 0.3), [])

    def test_next_hop_down(self):
        reply = self.send(message(), ["a@down.example"])
        self.assertEqual(reply.code // 100, 4, reply)

    def test_one_next_hop_down_and_the_other_took_it(self):
        # Patience (timeouts.answer) ends; the client must not send again what b has.
        people = ["a@down.example", "b@x.example"]
        self.assertEqual(self.send(message(to=", ".join(people)), people).code, 250)
        mails = self.sink.wait(2, 5)
        self.assertEqual([m.recipients for m in mails if m.sender], [["b@x.example"]])
        (_, down), _ = self.report(next(m for m in mails if not m.sender))
        self.assertEqual(down["Final-Recipient"], "rfc822; a@down.example")
        self.assertEqual((down["Action"], down["Status"][0]), ("failed", "4"))

    def test_who_was_deferred_is_tried_again_alone(self):
        self.sink.refuse = [("slow@", "451 4.7.1 greylisted")]
        threading.Timer(1, self.forgive).start()
        people = ["slow@x.example", "quick@x.example"]
        self.assertEqual(self.send(message(to=", ".join(people)), people).code, 250)
        self.assertEqual([m.recipients for m in self.sink.wait(3, 0.5)],
                         [["quick@x.example"], ["slow@x.example"]])

    def test_deferred_and_refused_together(self):
        self.sink.refuse = [("slow@", "451 4.7.1 greylisted"), ("gone@", "550 5.1.1 nobody")]
        people = ["slow@x.example", "gone@x.example", "quick@x.example"]
        self.assertEqual(self.send(message(to=", ".join(people)), people).code, 250)
        mails = self.sink.wait(2, 5)
        self.assertEqual([m.recipients for m in mails], [["quick@x.example"], [ANNA]])
        (_, *blocks), _ = self.report(mails[1])
        self.assertEqual({b["Final-Recipient"]: b["Status"] for b in blocks},
                         {"rfc822; slow@x.example": "4.7.1", "rfc822; gone@x.example": "5.1.1"})

    def test_a_client_that_leaves_before_the_end_has_sent_nothing(self):
        for ending in (b"", b"\r\n.", b"\r\n."[:2]):
            with SmtpConnection(self.gateway.port) as client:
                for line in (f"MAIL FROM:<{ANNA}>", "RCPT TO:<a@x.example>", "DATA"):
                    self.assertLess(client.command(line).code, 400)
                client.socket.sendall(message().rstrip(b"\r\n") + ending)
        self.assertEqual(self.sink.wait(1, 0.5), [])

    def test_retry_after_a_deferral(self):
        self.sink.refuse = [(".", "451 4.7.1 greylisted")]
        raw = message()
        self.assertEqual(self.send(raw, ["a@x.example", "b@x.example"]).code, 451)
        self.sink.refuse = []
        self.assertEqual(self.send(raw, ["a@x.example", "b@x.example"]).code, 250)
        self.assertEqual(len(self.sink.wait(2, 0.5)), 1)

    def test_next_hop_dies_in_the_middle_of_the_message(self):
        self.sink.dies_in_content = True
        raw = message("x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 5000)
        reply = self.send(raw, ["a@x.example"])
        self.assertEqual(reply.code // 100, 4, reply)
        self.sink.dies_in_content = False
        self.assertEqual(self.send(raw, ["a@x.example"]).code, 250)
        self.assertEqual(len(self.sink.wait(2, 0.5)), 1)

    def test_connections_are_used_again(self):
        before = self.gateway.status()["shards"][0]["mail"]["connections_reused"]
        for _ in range(3):
            self.assertEqual(self.send(message(), ["a@x.example"]).code, 250)
        after = self.gateway.status()["shards"][0]["mail"]["connections_reused"]
        self.assertGreaterEqual(after - before, 2)

    def test_a_next_hop_that_speaks_lmtp(self):
        self.mailbox.refuse_delivery = [("full@", "552 5.2.2 mailbox full")]
        people = ["full@lmtp.example", "ok@lmtp.example"]
        self.assertEqual(self.send(message(to=", ".join(people)), people).code, 250)
        self.assertEqual([m.recipients for m in self.mailbox.wait(1, 5)], [["ok@lmtp.example"]])
        (_, full), _ = self.report(self.sink.wait(1, 5)[0])
        self.assertEqual((full["Final-Recipient"], full["Status"]),
                         ("rfc822; full@lmtp.example", "5.2.2"))

    def lmtp(self, recipients):
        """Replies to a message for each recipient that was taken."""
        with SmtpConnection(self.lmtp_port, hello="LHLO client.example") as client:
            self.assertEqual(client.command(f"MAIL FROM:<{ANNA}>").code, 250)
            for recipient in recipients:
                self.assertEqual(client.command(f"RCPT TO:<{recipient}>").code, 250)
            self.assertEqual(client.command("DATA").code, 354)
            client.socket.sendall(message(to=", ".join(recipients)) + b".\r\n")
            return [client.reply() for _ in recipients]

    def test_a_client_that_speaks_lmtp(self):
        self.sink.refuse = [("gone@", "550 5.1.1 nobody"), ("slow@", "451 4.7.1 later")]
        replies = self.lmtp(["a@x.example", "gone@x.example", "slow@x.example", "b@down.example"])
        self.assertEqual([r.code for r in replies[:3]], [250, 550, 451])
        self.assertEqual(replies[3].code // 100, 4)
        self.assertIn("nobody", replies[1].text)
        # Nobody is told by a report what the client was told already.
        self.assertEqual([m.recipients for m in self.sink.wait(2, 0.5)], [["a@x.example"]])

    def test_each_message_has_one_record(self):
        before = len(self.gateway.audit())
        self.assertEqual(self.send(message(), ["a@x.example"]).code, 250)
        self.sink.refuse = [(".", "550 5.1.1 nobody")]
        self.send(message(), ["a@x.example"])
        self.sink.refuse = [(".", "451 4.1.1 later")]
        self.send(message(), ["a@x.example"])
        deadline = 50
        while len(self.gateway.audit()) < before + 3 and deadline:
            deadline -= 1
            time.sleep(0.02)
        self.assertEqual([r["disposition"] for r in self.gateway.audit()[before:]],
                         ["delivered", "refused", "deferred"])


if __name__ == "__main__":
    house.main()
