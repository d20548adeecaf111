# SPDX-License-Identifier: Apache-2.0
"""An SMTP server that stands for the Internet: it keeps the exact bytes of what it is given and
refuses what a test tells it to refuse."""
import dataclasses
import re
import socket
import threading
import time


@dataclasses.dataclass
class Mail:
    sender: str
    recipients: list
    parameters: str  # What stood behind MAIL FROM:<...>.
    content: bytes  # After dot-unstuffing, CRLF lines.


class Sink:
    """Listens on a free port of 127.0.0.1 in a thread of its own until close()."""

    def __init__(self, extensions=("PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "DSN",
                                   "ENHANCEDSTATUSCODES"), refuse=()):
        """`refuse` holds pairs (regular expression for a recipient, reply line)."""
        self.extensions, self.refuse = extensions, list(refuse)
        self.refuse_content = None  # A reply line for the end of DATA.
        self.refuse_delivery = []  # As `refuse`, after the content, where LMTP is spoken.
        self.pause = 0  # Seconds before the answer to the content.
        self.dies_in_content = False  # Closes the connection instead of an answer to the content.
        self.forwarded = []  # XFORWARD commands.
        self.mails, self._lock = [], threading.Condition()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def wait(self, count, seconds=30):
        """The mails, once there are `count` of them or the time is over."""
        with self._lock:
            self._lock.wait_for(lambda: len(self.mails) >= count, seconds)
            return list(self.mails)

    def clear(self):
        with self._lock:
            self.mails.clear()

    def close(self):
        # Wakes accept(): left alone it would go on with whatever gets this descriptor next.
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        lines = connection.makefile("rb")

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        sender = parameters = ""
        recipients = []
        speaks_lmtp = False
        try:
            say("220 sink.example ESMTP")
            while line := lines.readline(65536):
                text = line.rstrip(b"\r\n").decode("utf-8", "replace")
                verb = text.upper()
                if verb.startswith(("EHLO", "LHLO")):
                    speaks_lmtp = verb.startswith("LHLO")
                    replies = ["sink.example", *self.extensions]
                    for reply in replies[:-1]:
                        say("250-" + reply)
                    say("250 " + replies[-1])
                elif verb.startswith("MAIL FROM:"):
                    match = re.match(r"(?i)MAIL FROM:\s*<([^>]*)>\s*(.*)", text)
                    sender, parameters, recipients = match[1], match[2], []
                    say("250 2.1.0 ok")
                elif verb.startswith("RCPT TO:"):
                    address = re.match(r"(?i)RCPT TO:\s*<([^>]*)>", text)[1]
                    reply = next((r for p, r in self.refuse if re.search(p, address)), None)
                    if reply is None:
                        recipients.append(address)
                    say(reply or "250 2.1.5 ok")
                elif verb == "DATA":
                    if not recipients:
                        say("554 5.5.1 no valid recipients")
                        continue
                    say("354 go on")
                    content = []
                    while (piece := lines.readline()) not in (b".\r\n", b""):
                        content.append(piece[1:] if piece.startswith(b".") else piece)
                    time.sleep(self.pause)
                    if self.dies_in_content:
                        return
                    if self.refuse_content:
                        say(self.refuse_content)
                        continue
                    replies = [next((r for p, r in self.refuse_delivery if re.search(p, address)),
                                    None) for address in recipients] if speaks_lmtp else [None]
                    if speaks_lmtp:
                        recipients = [a for a, r in zip(recipients, replies) if r is None]
                    with self._lock:
                        if recipients:
                            self.mails.append(Mail(sender, recipients, parameters,
                                                   b"".join(content)))
                        number = len(self.mails)
                        self._lock.notify_all()
                    for reply in replies:
                        say(reply or f"250 2.0.0 kept as {number}")
                elif verb == "QUIT":
                    say("221 2.0.0 bye")
                    return
                elif verb.startswith("XFORWARD "):
                    self.forwarded.append(text)
                    say("250 2.0.0 ok")
                elif verb in ("RSET", "NOOP"):
                    say("250 2.0.0 ok")
                else:
                    say("502 5.5.1 not known here")
        except (OSError, TypeError):
            pass  # The peer is gone or sent what is not SMTP; the test sees that no mail came.
        finally:
            connection.close()
