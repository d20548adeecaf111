# SPDX-License-Identifier: Apache-2.0
"""The SMTP that the daemon speaks on both sides, byte by byte: smuggling, limits, extensions,
clients that are slow or too many."""
import re
import socket
import time

import house
from house import ANNA, House, SmtpConnection, judges, leaves, message, sink

# What some server somewhere took for the end of a message, less what is one (SMTP smuggling, 2023).
FALSE_ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\r\n.\r\r\n",
              b"\r\n.\r\r\n", b"\n\n.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\n.\r", b"\r.\n",
              b"\r\n\n.\n\r\n"]


class Smtp(House):
    @classmethod
    def prepare(cls):
        cls.gateway.policy('version = 1\n[[rule]]\nname = "as it came"\nsubject_tag = ["plain"]\n'
                           'pass = true\n' + house.SEALS_ALL.split("\n", 1)[1])
        cls.closed = cls.add_listener()
        cls.distrusting = cls.add_listener('relay = ["127.0.0.0/8"]\n')
        cls.small = cls.add_listener('relay = ["127.0.0.0/8"]\nmessage_bytes_max = "64KiB"\n'
                                     'recipients_max = 1000\nxforward = ["127.0.0.0/8"]\n')
        cls.narrow = cls.add_listener('relay = ["127.0.0.0/8"]\nconnections_per_client_max = 2\n')
        cls.seven_bit = sink.Sink(extensions=("PIPELINING", "ENHANCEDSTATUSCODES"))
        cls.addClassCleanup(cls.seven_bit.close)
        cls.add_route("seven.example", cls.seven_bit.port)
        cls.curious = sink.Sink(extensions=("PIPELINING", "XFORWARD NAME ADDR PORT PROTO HELO SOURCE"))
        cls.addClassCleanup(cls.curious.close)
        cls.add_route("forwarded.example", cls.curious.port, "xforward = true\n")
        cls.openssl = cls.judge(judges.OpenSsl)

    def setUp(self):
        super().setUp()
        self.seven_bit.clear()

    def connect(self, port=None, **options):
        connection = SmtpConnection(port or self.gateway.port, **options)
        self.addCleanup(connection.close)
        return connection

    def begin(self, client, recipients=("a@x.example",), options=""):
        self.assertEqual(client.command(f"MAIL FROM:<{ANNA}>{options}").code, 250)
        for recipient in recipients:
            self.assertEqual(client.command(f"RCPT TO:<{recipient}>").code, 250)

    def test_what_is_offered(self):
        offered = {line.split()[0] for line in self.connect(self.distrusting).hello.text.splitlines()[1:]}
        self.assertLessEqual({"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES",
                              "DSN", "CHUNKING"}, offered)
        self.assertNotIn("XFORWARD", offered)

    def test_no_false_end_smuggles_a_message(self):
        inner = (b"MAIL FROM:<admin@waldhaus.example>\r\nRCPT TO:<victim@x.example>\r\nDATA\r\n"
                 b"From: admin@waldhaus.example\r\nSubject: SMUGGLED\r\n\r\nsmuggled\r\n.\r\n")
        for end in FALSE_ENDS:
            with self.subTest(end), SmtpConnection(self.gateway.port) as client:
                self.begin(client)
                self.assertEqual(client.command("DATA").code, 354)
                client.socket.sendall(message() + b"outer" + end + inner)
                reply = client.reply()
                if re.search(rb"(?<!\r)\n|\r(?!\n)", end):
                    self.assertEqual(reply.code, 550, reply)
                    self.assertTrue(reply.text.startswith("5.6.11"), reply)
                # The dialogue is where it was: the inner commands were content.
                self.assertEqual(client.command("NOOP").code, 250)
        for mail in self.sink.wait(1, 0.5):
            self.assertNotIn("victim@x.example", mail.recipients)

    def test_bare_line_ends_in_commands_are_refused(self):
        for line in (b"NOOP\n", b"NOOP\r\r\n", b"NO\rOP\r\n", b"NO\x00OP\r\n"):
            with self.subTest(line), SmtpConnection(self.gateway.port) as client:
                client.socket.sendall(line + b"QUIT\r\n")
                self.assertIn(client.reply().code, (500, 501, 221))

    def test_relaying_is_closed_unless_configured(self):
        client = self.connect(self.closed)
        self.assertEqual(client.command(f"MAIL FROM:<{ANNA}>").code, 250)
        reply = client.command("RCPT TO:<a@x.example>")
        self.assertEqual(reply.code, 550)
        self.assertTrue(reply.text.startswith("5.7.1"), reply)
        self.assertIn(client.command("DATA").code, (503, 554))

    def test_size(self):
        client = self.connect(self.small)
        self.assertIn("SIZE 65536", client.hello.text)
        self.assertEqual(client.command(f"MAIL FROM:<{ANNA}> SIZE=65537").code, 552)
        reply = client.send(message("x" * 60 + "\r\n") + b"y" * 70 * 1000, ANNA, ["a@x.example"])
        self.assertEqual(reply.code, 552, reply)
        self.assertEqual(client.send(message(), ANNA, ["a@x.example"]).code, 250)
        self.assertEqual(len(self.sink.wait(2, 0.3)), 1)

    def test_a_whole_dialogue_in_one_packet(self):
        raw = message("one\r\n..dots\r\n")
        client = self.connect()
        client.socket.sendall(
            f"MAIL FROM:<{ANNA}>\r\nRCPT TO:<a@x.example>\r\nRCPT TO:<bad\r\n"
            "RCPT TO:<b@x.example>\r\nDATA\r\n".encode())
        self.assertEqual([client.reply().code for _ in range(5)], [250, 250, 501, 250, 354])
        client.socket.sendall(raw + b".\r\n"
                              + f"MAIL FROM:<{ANNA}>\r\nRCPT TO:<c@x.example>\r\n".encode()
                              + f"BDAT {len(raw)} LAST\r\n".encode() + raw + b"QUIT\r\n")
        self.assertEqual([client.reply().code for _ in range(5)], [250, 250, 250, 250, 221])
        mails = self.sink.wait(2, 5)
        self.assertEqual([m.recipients for m in mails], [["a@x.example", "b@x.example"],
                                                         ["c@x.example"]])
        # In DATA the first of two dots is stuffing, in BDAT it is content.
        texts = [leaves(self.openssl.judge(m.content).content)[0][1] for m in mails]
        self.assertEqual(texts, [b"one\r\n.dots\r\n", b"one\r\n..dots\r\n"])

    def test_chunks(self):
        raw = message("".join(f"line {i}\r\n" for i in range(2000)) + ".\r\n")
        client = self.connect()
        self.begin(client)
        for at in range(0, len(raw), 777):
            chunk = raw[at:at + 777]
            client.socket.sendall(f"BDAT {len(chunk)}\r\n".encode() + chunk)
            self.assertEqual(client.reply().code, 250)
        client.socket.sendall(b"BDAT 0 LAST\r\n")
        self.assertEqual(client.reply().code, 250)
        self.assertEqual(leaves(self.openssl.judge(self.sink.wait(1, 5)[0].content).content),
                         leaves(raw))

    def test_byte_by_byte(self):
        client = self.connect()
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in (f"MAIL FROM:<{ANNA}>\r\n", "RCPT TO:<a@x.example>\r\n", "DATA\r\n"):
            for byte in line.encode():
                client.socket.sendall(bytes([byte]))
            self.assertLess(client.reply().code, 400)
        for byte in message("short\r\n.\r\n".replace("\r\n.", "\r\n..")) + b".\r\n":
            client.socket.sendall(bytes([byte]))
        self.assertEqual(client.reply().code, 250)

    def test_xforward_from_whom_it_is_believed(self):
        client = self.connect(self.small)
        self.assertIn("XFORWARD", client.hello.text)
        self.assertEqual(client.command("XFORWARD NAME=spike.example ADDR=192.0.2.7 PORT=4711 "
                                        "PROTO=ESMTP HELO=spike.example SOURCE=LOCAL").code, 250)
        self.assertEqual(client.send(message(), ANNA, ["a@forwarded.example"]).code, 250)
        self.assertEqual(len(self.curious.wait(1, 5)), 1)
        told = " ".join(self.curious.forwarded)
        for attribute in ("NAME=spike.example", "ADDR=192.0.2.7", "HELO=spike.example"):
            self.assertIn(attribute, told)

    def test_xforward_from_a_stranger(self):
        reply = self.connect(self.distrusting).command("XFORWARD ADDR=192.0.2.7")
        self.assertEqual(reply.code, 550)

    def test_smtputf8(self):
        raw = message("Grüße\r\n", to="jörg@x.example", subject="Grüße")
        client = self.connect()
        self.assertEqual(client.command(f"MAIL FROM:<{ANNA}>").code, 250)
        self.assertEqual(client.command("RCPT TO:<jörg@x.example>").code, 553)
        client.command("RSET")
        reply = client.send(raw, ANNA, ["jörg@x.example"], ["BODY=8BITMIME", "SMTPUTF8"])
        self.assertEqual(reply.code, 250, reply)
        mail = self.sink.wait(1, 5)[0]
        self.assertEqual(mail.recipients, ["jörg@x.example"])
        self.assertIn("SMTPUTF8", mail.parameters)
        self.assert_judged(self.openssl, mail.content, ["signed"])
        reply = self.gateway.send(raw, ANNA, ["jörg@seven.example"], ["BODY=8BITMIME", "SMTPUTF8"])
        self.assertEqual(reply.code // 100, 5, reply)
        self.assertEqual(self.seven_bit.wait(1, 0.2), [])

    EIGHT_BIT = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" \
                "Content-Transfer-Encoding: 8bit\r\n"

    def test_eight_bit_text_to_a_next_hop_that_takes_seven(self):
        raw = message("Schöne Grüße\r\n", extra=self.EIGHT_BIT)
        reply = self.gateway.send(raw, ANNA, ["a@seven.example"], ["BODY=8BITMIME"])
        self.assertEqual(reply.code, 250, reply)
        mail = self.seven_bit.wait(1, 5)[0]
        self.assertLess(max(mail.content), 128)
        self.assertNotIn("8BITMIME", mail.parameters)
        content = self.assert_judged(self.openssl, mail.content, ["signed"])
        self.assertEqual(leaves(content), leaves(raw))

    def test_eight_bit_text_that_must_pass_unchanged(self):
        raw = message("Schöne Grüße\r\n", subject="[plain] x", extra=self.EIGHT_BIT)
        reply = self.gateway.send(raw, ANNA, ["a@x.example"], ["BODY=8BITMIME"])
        self.assertEqual(reply.code, 250, reply)
        mail = self.sink.wait(1, 5)[0]
        self.assertIn("8BITMIME", mail.parameters)
        self.assertTrue(mail.content.endswith(raw.split(b"\r\n\r\n", 1)[1]))
        reply = self.gateway.send(raw, ANNA, ["a@seven.example"], ["BODY=8BITMIME"])
        if reply.code == 250:
            self.assertLess(max(self.seven_bit.wait(1, 5)[0].content), 128)
        else:
            self.assertEqual(reply.code // 100, 5)
            self.assertTrue(reply.text.startswith("5.6.3"), reply)

    def test_long_lines(self):
        raw = message("x" * 5000 + "\r\n" + "word " * 3000 + "\r\n")
        mail = self.sealed(raw, ["a@x.example"])[0]
        self.assertLessEqual(max(len(line) for line in mail.content.split(b"\r\n")), 998)
        content = self.assert_judged(self.openssl, mail.content, ["signed"])
        self.assertEqual(leaves(content), leaves(raw))

    def test_a_thousand_recipients(self):
        client = self.connect(self.small)
        people = [f"p{i}@x.example" for i in range(1000)]
        lines = [f"MAIL FROM:<{ANNA}>"] + [f"RCPT TO:<{p}>" for p in people + ["more@x.example"]]
        client.socket.sendall("".join(line + "\r\n" for line in lines).encode())
        codes = [client.reply().code for _ in lines]
        self.assertEqual(codes, [250] * 1001 + [452])
        self.assertEqual(client.command("DATA").code, 354)
        client.socket.sendall(message(to="undisclosed-recipients:;") + b".\r\n")
        self.assertEqual(client.reply().code, 250)
        given = [a for mail in self.sink.wait(1, 10) for a in mail.recipients]
        self.assertEqual(sorted(given), sorted(people))

    def test_connections_from_one_client(self):
        first, _ = self.connect(self.narrow), self.connect(self.narrow)
        with socket.create_connection(("127.0.0.1", self.narrow), timeout=5) as third:
            self.assertIn(third.recv(200)[:3], (b"421", b""))
        first.close()
        until = time.monotonic() + 5
        while True:
            with socket.create_connection(("127.0.0.1", self.narrow), timeout=5) as next_one:
                if next_one.recv(3) == b"220":
                    break
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def test_a_hundred_messages_at_once(self):
        clients = [self.connect() for _ in range(90)]
        raw = {}
        for i, client in enumerate(clients):
            raw[f"p{i}@x.example"] = message(f"message {i}\r\n")
            self.begin(client, [f"p{i}@x.example"])
            self.assertEqual(client.command("DATA").code, 354)
        for i, client in enumerate(clients):
            client.socket.sendall(raw[f"p{i}@x.example"] + b".\r\n")
        self.assertEqual({client.reply().code for client in clients}, {250})
        mails = self.sink.wait(90, 10)
        self.assertEqual(len(mails), 90)
        for mail in mails:
            content = self.openssl.judge(mail.content).content
            self.assertEqual(leaves(content), leaves(raw[mail.recipients[0]]))

    def test_commands_out_of_order_and_nonsense(self):
        for line, code in (("DATA", 503), ("RCPT TO:<a@x.example>", 503), ("BDAT x", 501),
                           ("EXPN list", 502), ("FROB", 500), ("MAIL FROM:<a b@x>", 501),
                           (f"MAIL FROM:<{ANNA}> NONSENSE=1", 555), ("VRFY anna", 252),
                           ("x" * 5000, 500)):
            with self.subTest(line), SmtpConnection(self.gateway.port) as client:
                self.assertEqual(client.command(line).code, code)

    def test_a_client_that_only_makes_mistakes_is_sent_away(self):
        client = self.connect()
        codes = []
        while len(codes) < 200 and 421 not in codes:
            codes.append(client.command("FROB").code)
        self.assertIn(421, codes)

    def test_a_mail_loop_ends(self):
        hops = "".join(f"Received: from h{i}.example by h{i + 1}.example; Mon, 23 Nov 2026 10:00:00 "
                       "+0000\r\n" for i in range(120))
        reply = self.gateway.send(hops.encode() + message(), ANNA, ["a@x.example"])
        self.assertEqual(reply.code, 554, reply)
        self.assertIn("5.4.6", reply.text)


class Patience(House):
    """Clients that are slow meet the configured time limits."""

    @classmethod
    def prepare(cls):
        cls.gateway.configure("quick", '[timeouts]\ncommand = "1s"\ndata_block = "1s"\n')

    def assert_ended(self, client, limit=5):
        begun = time.monotonic()
        try:
            self.assertEqual(client.reply().code, 421)
        except ConnectionError:
            pass
        self.assertLess(time.monotonic() - begun, limit)

    def test_no_command(self):
        with SmtpConnection(self.gateway.port, 10) as client:
            self.assert_ended(client)

    def test_no_end_of_the_content(self):
        with SmtpConnection(self.gateway.port, 10) as client:
            for line in (f"MAIL FROM:<{ANNA}>", "RCPT TO:<a@x.example>", "DATA"):
                self.assertLess(client.command(line).code, 400)
            client.socket.sendall(b"From: ")
            self.assert_ended(client)
        self.assertEqual(self.sink.wait(1, 0.2), [])

    def test_a_slow_next_hop_does_not_count_against_the_client(self):
        self.sink.pause = 1.5
        self.addCleanup(setattr, self.sink, "pause", 0)
        self.assertEqual(self.gateway.send(message(), ANNA, ["a@x.example"]).code, 250)


if __name__ == "__main__":
    house.main()
