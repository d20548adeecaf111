# SPDX-License-Identifier: Apache-2.0
"""Who gets which copy: as few copies as may be, nobody sees a Bcc recipient, neither in the header
nor in a RecipientInfo, and people with and without certificate part."""
import re

import house
from house import ANNA, House, judges, message, mime, parse


class Copies(House):
    @classmethod
    def prepare(cls):
        cls.people = {f"{name}@partner.example": cls.contact(f"{name}@partner.example", kind, use)
                      for name, kind, use in (
                          ("to", "rsa2048", "both"), ("cc", "rsa2048", "both"),
                          ("blind1", "rsa2048", "both"), ("blind2", "rsa2048", "both"),
                          ("curve", "p256", "agree"))}
        cls.openssl = cls.judge(judges.OpenSsl, *cls.people.values())

    def serials_in(self, mail):
        """The serial numbers that the RecipientInfos of a copy name."""
        der = mime.transfer_decoded(*mime.split_entity(mail))
        text = self.openssl.structure(der).split("encryptedContentInfo")[0]
        return {s.upper().lstrip("0") for s in re.findall(r"serialNumber: (?:0x)?([0-9A-Fa-f]+)", text)}

    def serial_of(self, address):
        done = house.run(["openssl", "x509", "-noout", "-serial", "-in",
                          self.people[address].certificate]).stdout.decode()
        return done.strip().split("=")[1].lstrip("0")

    def copies(self, raw, recipients, count):
        """Sends and gives, for each copy, the recipients and the content."""
        mails = self.sealed(raw, recipients, count=count)
        given = sorted(address for mail in mails for address in mail.recipients)
        self.assertEqual(given, sorted(recipients), "each recipient gets exactly one copy")
        return mails

    def assert_exactly_for(self, mail, *extra):
        """Everybody who gets this copy can open it, and nobody else is named in it."""
        expected = {self.serial_of(address) for address in mail.recipients} | set(extra)
        self.assertEqual(self.serials_in(mail.content), expected)
        for address in mail.recipients:
            with judges.OpenSsl(self.authority.certificate, [self.people[address]]) as judge:
                self.assert_judged(judge, mail.content, ["encrypted", "signed"])

    def test_named_recipients_share_a_copy(self):
        raw = message(to="to@partner.example, cc@partner.example")
        mails = self.copies(raw, ["to@partner.example", "cc@partner.example"], 1)
        self.assert_exactly_for(mails[0])

    def test_blind_recipients_are_in_nobody_elses_copy(self):
        raw = message(to="to@partner.example", extra="Cc: cc@partner.example\r\n"
                      "Bcc: blind1@partner.example, blind2@partner.example\r\n")
        mails = self.copies(raw, ["to@partner.example", "cc@partner.example",
                                  "blind1@partner.example", "blind2@partner.example"], 3)
        for mail in mails:
            self.assertNotIn("Bcc", parse(mail.content))
            self.assertNotIn(b"blind", mail.content.split(b"\r\n\r\n")[0].replace(
                f"<{mail.recipients[0]}>".encode(), b""))
            self.assert_exactly_for(mail)
        self.assertEqual(sorted(len(mail.recipients) for mail in mails), [1, 1, 2])

    def test_who_stands_in_no_header_is_blind(self):
        raw = message(to="to@partner.example")
        mails = self.copies(raw, ["to@partner.example", "blind1@partner.example"], 2)
        for mail in mails:
            self.assert_exactly_for(mail)

    def test_a_single_blind_recipient_is_found_nowhere(self):
        raw = message(to="undisclosed-recipients:;", extra="Bcc: blind1@partner.example\r\n")
        mail = self.copies(raw, ["blind1@partner.example"], 1)[0]
        self.assertNotIn("Bcc", parse(mail.content))
        self.assert_exactly_for(mail)

    def test_folded_and_repeated_bcc_fields_go(self):
        raw = message(to="to@partner.example", extra="BCC:\r\n blind1@partner.example,\r\n\t"
                      "blind2@partner.example\r\nX-Kept: yes\r\nbcc: cc@partner.example\r\n")
        for mail in self.copies(raw, ["to@partner.example"], 1):
            head = mail.content.split(b"\r\n\r\n")[0]
            self.assertNotIn(b"blind", head)
            self.assertNotIn(b"bcc", head.lower())
            self.assertIn(b"X-Kept: yes", head)

    def test_bcc_goes_from_mail_in_clear_as_well(self):
        raw = message(to="one@elsewhere.example", extra="Bcc: two@elsewhere.example\r\n")
        for mail in self.sealed(raw, ["one@elsewhere.example", "two@elsewhere.example"]):
            self.assertNotIn("Bcc", parse(mail.content))

    def test_with_and_without_certificate_part(self):
        raw = message(to="to@partner.example, stranger@elsewhere.example")
        mails = self.copies(raw, ["to@partner.example", "stranger@elsewhere.example"], 2)
        by_recipient = {mail.recipients[0]: mail for mail in mails}
        self.assert_exactly_for(by_recipient["to@partner.example"])
        self.assertEqual(parse(by_recipient["stranger@elsewhere.example"].content)
                         .get_content_type(), "multipart/signed")

    def test_rsa_and_curve_recipients_are_both_served(self):
        raw = message(to="to@partner.example, curve@partner.example")
        reply = self.gateway.send(raw, ANNA, ["to@partner.example", "curve@partner.example"])
        self.assertEqual(reply.code, 250, reply)
        mails = self.sink.wait(2, 0.5)
        self.assertEqual(sorted(a for mail in mails for a in mail.recipients),
                         ["curve@partner.example", "to@partner.example"])
        for mail in mails:
            self.assert_exactly_for(mail)

    def test_many_strangers_share_one_signed_copy(self):
        people = [f"p{i}@elsewhere.example" for i in range(60)]
        raw = message(to=", ".join(people))
        mails = self.sealed(raw, people)
        self.assertEqual(sorted(mails[0].recipients), sorted(people))
        self.assertEqual(self.record_of(raw)["key_operations"], 1)


if __name__ == "__main__":
    house.main()
