# SPDX-License-Identifier: Apache-2.0
"""The default policy's promise: what should be encrypted and cannot be does not leave, and the
sender's reply names the recipient, the reason and what to do."""
import house
from house import ANNA, House, judges, message, pki


class Refusals(House):
    """The policy is the one that `sealgate init` wrote."""

    @classmethod
    def prepare(cls):
        cls.good = cls.contact("good@partner.example")
        cls.contact("expired@partner.example", days=(-30, -1))
        cls.contact("early@partner.example", days=(10, 30))
        revoked = cls.contact("revoked@partner.example")
        cls.gateway.cli("cert", "add", cls.authority.revoke(revoked.certificate), "--crl")
        stranger = pki.Authority(cls.folder / "stranger", "Nobody's CA")
        cls.gateway.add_contact(stranger.issue("untrusted", "untrusted@partner.example"))
        other = cls.authority.issue("other", "other@partner.example")
        cls.gateway.add_contact(other, "mismatch@partner.example")
        cls.contact("signonly@partner.example", use="sign")

    def assert_refused(self, raw, recipients, *words):
        reply = self.gateway.send(raw, ANNA, recipients)
        self.assertIn(reply.code, range(500, 600), reply)
        for word in words:
            self.assertIn(word.lower(), reply.text.lower())
        self.assertEqual(self.sink.wait(1, 0.3), [], "something left")
        record = self.record_of(raw)
        self.assertEqual(record["disposition"], "refused", record)
        return reply

    def assert_contact_refused(self, name, reason):
        address = f"{name}@partner.example"
        reply = self.assert_refused(message(to=address), [address], address, reason)
        # What to do stands on a line of its own, after the reason.
        self.assertRegex(reply.text.splitlines()[-1], r"(?i)\b(ask|take|remove|add|send)\b")

    def test_no_certificate_and_encryption_required(self):
        raw = message(subject="[encrypt] findings", to="nobody@partner.example")
        self.assert_refused(raw, ["nobody@partner.example"], "nobody@partner.example", "certificate")

    def test_confidential_without_certificate(self):
        raw = message(extra="Sensitivity: Company-Confidential\r\n")
        self.assert_refused(raw, ["nobody@partner.example"], "nobody@partner.example")

    def test_expired(self):
        self.assert_contact_refused("expired", "expired")

    def test_not_yet_valid(self):
        self.assert_contact_refused("early", "valid only from")

    def test_revoked(self):
        self.assert_contact_refused("revoked", "revoked")

    def test_untrusted(self):
        self.assert_contact_refused("untrusted", "trust")

    def test_key_usage_forbids_encryption(self):
        self.assert_contact_refused("signonly", "usage")

    def test_subject_tag_in_any_bracket_and_case(self):
        for tag in ("[ENCRYPT]", "(Encrypt)", "<encrypt>", "{eNcRyPt}", "[secure]"):
            with self.subTest(tag):
                raw = message(subject=f"{tag} findings")
                self.assert_refused(raw, ["nobody@partner.example"], "nobody@partner.example")

    def test_one_refused_recipient_keeps_the_message_from_all(self):
        # partial_refusal = "refuse_all" is the default.
        reply = self.assert_refused(message(), ["good@partner.example", "expired@partner.example"],
                                    "expired@partner.example")
        self.assertNotIn("good@partner.example", reply.text)

    def test_stranger_gets_it_signed_and_unencrypted(self):
        mail = self.sealed(message(), ["nobody@partner.example"])[0]
        self.assertEqual(house.parse(mail.content).get_content_type(), "multipart/signed")

    def test_tag_is_removed_where_the_message_leaves(self):
        mail = self.sealed(message(subject="[encrypt] findings"), ["good@partner.example"])[0]
        self.assertEqual(house.parse(mail.content)["Subject"], "findings")

    def test_binding_is_the_operators_word(self):
        # `cert add --for` binds a certificate to an address that it does not hold.
        self.sealed(message(), ["mismatch@partner.example"])

    def test_address_in_other_case_is_not_taken_for_the_same(self):
        # The part before the @ is compared exactly; that the contact is known still counts.
        self.assert_refused(message(), ["GOOD@partner.example"], "GOOD@partner.example",
                            "good@partner.example", "exactly")


    def test_mail_that_only_claims_to_be_encrypted_is_encrypted(self):
        secret = b"secret 4711"
        for kind in ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
                     'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'):
            with self.subTest(kind):
                self.sink.clear()
                body = secret.decode() if "pkcs7" in kind else (
                    "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n"
                    f"Content-Type: text/plain\r\n\r\n{secret.decode()}\r\n--b--\r\n")
                raw = message(body + "\r\n", to="good@partner.example",
                              extra=f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\n")
                reply = self.gateway.send(raw, ANNA, ["good@partner.example"])
                for mail in self.sink.wait(1, 0.5):
                    self.assertNotIn(secret, mail.content, reply)
                    verdict = self.judge(judges.OpenSsl, self.good).judge(mail.content, 2)
                    self.assertEqual([layer.kind for layer in verdict.layers],
                                     ["encrypted", "signed"])
                    self.assertTrue(verdict.is_good, verdict)


class DeliverTheRest(House):
    @classmethod
    def prepare(cls):
        cls.contact("good@partner.example")
        cls.contact("expired@partner.example", days=(-30, -1))
        cls.gateway.configure("partial", 'partial_refusal = "deliver_rest"\n')

    def test_others_get_it_and_the_sender_a_report(self):
        mails = self.sealed(message(), ["good@partner.example", "expired@partner.example"], count=2)
        by_recipient = {mail.recipients[0]: mail for mail in mails}
        self.assertEqual(set(by_recipient), {"good@partner.example", ANNA})
        report = by_recipient[ANNA]
        self.assertEqual(report.sender, "")
        text = report.content.decode()
        self.assertIn("Final-Recipient: rfc822; expired@partner.example", text)
        self.assertNotIn("good@partner.example", text.split("message/delivery-status")[1]
                         .split("--", 1)[0])


class WrongSender(House):
    """Who may not be signed for, where the policy demands a signature."""

    @classmethod
    def prepare(cls):
        cls.gateway.policy(house.SEALS_ALL)

    def test_sender_of_another_domain(self):
        raw = message(sender="eve@foreign.example")
        reply = self.gateway.send(raw, "eve@foreign.example", ["good@partner.example"])
        self.assertEqual(reply.code, 550, reply)
        self.assertIn("eve@foreign.example", reply.text)
        self.assertEqual(self.sink.wait(1, 0.3), [])


if __name__ == "__main__":
    house.main()
