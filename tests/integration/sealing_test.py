# SPDX-License-Identifier: Apache-2.0
"""Every form in which mail is sealed, made by the daemon over SoftHSM, opened and verified by all
judges that can read the form, and carrying the content that was sent."""
import house
from house import ANNA, House, judges, leaves, message, mime, pki

POLICY = """version = 1
[profile.opaque]
based_on = "default"
signature_form = "opaque"
[profile.pss]
based_on = "default"
rsa_signature = "pss"
[profile.sha512]
based_on = "default"
digest = "sha512"
[profile.oaep-sha1]
based_on = "default"
rsa_transport = "oaep-sha1"
cipher = "aes-128-cbc"
capabilities = "ignore"
[profile.ec-gcm]
based_on = "default"
cipher = "aes-256-gcm"
keys = "any"
capabilities = "ignore"
[profile.by-key-id]
based_on = "default"
recipient_name = "subject-key-id"
"""
RULE = """[[rule]]
name = "{name}"
recipient = ["{recipient}"]
profile = "{profile}"
sign = "always"
encrypt = "known"
"""
REST = """[[rule]]
name = "the rest"
sign = "always"
encrypt = "known"
"""
RECIPIENTS = {"opaque@partner.example": "opaque", "pss@partner.example": "pss",
              "sha512@partner.example": "sha512", "oaep1@partner.example": "oaep-sha1",
              "ski@partner.example": "by-key-id", "modern@partner.example": "modern",
              "edi@partner.example": "edi-energy", "ecgcm@partner.example": "ec-gcm"}

HTML = (b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\npreamble\r\n"
        b"--outer\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
        b"\r\nGr\xc3\xbc\xc3\x9fe aus dem Waldhaus   \r\nFrom the ward\r\n.\r\n"
        b"--outer\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcKJeLjz9MK\r\n--outer--\r\nepilogue\r\n")


def rich(to):
    head = message("", to=to)[:-2]
    return head + HTML


class Sealing(House):
    @classmethod
    def prepare(cls):
        cls.gateway.policy(POLICY + "".join(
            RULE.format(name=profile, recipient=recipient, profile=profile)
            for recipient, profile in RECIPIENTS.items()) + REST)
        cls.people = {name: cls.contact(f"{name}@partner.example", kind, use, extra=extra)
                      for name, kind, use, extra in (
                          ("plain", "rsa2048", "both", ""), ("big", "rsa3072", "encrypt", ""),
                          ("oaep1", "rsa2048", "both", ""), ("ski", "rsa2048", "both", ""),
                          ("modern", "rsa2048", "both", ""), ("edi", "rsa2048", "both", ""),
                          ("gcm", "rsa2048", "both", pki.READS_GCM),
                          ("p256", "p256", "agree", ""), ("p384", "p384", "agree", ""),
                          ("x25519", "x25519", "agree", ""), ("ecgcm", "p256", "agree", ""))}
        everybody = list(cls.people.values())
        rsa = [p for n, p in cls.people.items() if n in ("plain", "big", "ski")]
        cls.openssl = cls.judge(judges.OpenSsl, *everybody)
        cls.bouncy = cls.judge(judges.Bouncy, *everybody)
        cls.nss = cls.judge(judges.Nss, *rsa)
        cls.gpgsm = cls.judge(judges.Gpgsm, *rsa)

    def check(self, recipient, kinds, by):
        """Sends a message with 8-bit text and an attachment; every judge opens it to the same
        bytes, whose parts are those that were sent. Gives what left."""
        raw = rich(recipient)
        mail = self.sealed(raw, [recipient])[0].content
        opened = [self.assert_judged(judge, mail, kinds) for judge in by]
        for content in opened:
            self.assertEqual(content, opened[0])
        self.assertEqual(leaves(opened[0]), leaves(raw))
        self.assertTrue(max(opened[0]) < 128, "what is signed must be 7-bit")
        return mail

    def everyone(self):
        return [self.openssl, self.bouncy, self.nss, self.gpgsm]

    def algorithms(self, mail):
        return self.record_of(mail)["recipients"][0]["algorithms"]

    def test_clear_signed(self):
        mail = self.check("stranger@partner.example", ["signed"], self.everyone())
        self.assertIn(b"micalg=sha-256", mail.replace(b'"', b""))
        self.assertEqual(house.parse(mail).get_content_type(), "multipart/signed")

    def test_signed_then_encrypted(self):
        self.check("plain@partner.example", ["encrypted", "signed"], self.everyone())

    def test_encryption_only_key_of_3072_bits(self):
        self.check("big@partner.example", ["encrypted", "signed"], self.everyone())

    def test_opaque(self):
        mail = self.check("opaque@partner.example", ["signed"], self.everyone())
        self.assertEqual(house.parse(mail).get_param("smime-type"), "signed-data")

    def test_pss(self):
        mail = self.check("pss@partner.example", ["signed"], self.everyone())
        self.assertIn("pss", self.algorithms(mail))

    def test_sha512(self):
        mail = self.check("sha512@partner.example", ["signed"], self.everyone())
        self.assertIn(b"micalg=sha-512", mail.replace(b'"', b""))

    def test_oaep_with_sha1_and_aes_128(self):
        mail = self.check("oaep1@partner.example", ["encrypted", "signed"],
                          [self.openssl, self.bouncy])
        self.assertIn("oaep", self.algorithms(mail))

    def test_oaep_with_sha256_pss_and_cbc(self):
        self.check("edi@partner.example", ["encrypted", "signed"], [self.openssl, self.bouncy])

    def test_oaep_and_gcm(self):
        mail = self.check("modern@partner.example", ["encrypted", "signed"],
                          [self.openssl, self.bouncy])
        self.assertEqual(house.parse(mail).get_param("smime-type"), "authEnveloped-data")

    def test_gcm_because_the_certificate_says_so(self):
        mail = self.check("gcm@partner.example", ["encrypted", "signed"],
                          [self.openssl, self.bouncy])
        self.assertEqual(house.parse(mail).get_param("smime-type"), "authEnveloped-data")

    def test_recipient_by_key_identifier(self):
        self.check("ski@partner.example", ["encrypted", "signed"],
                   [self.openssl, self.bouncy, self.nss])

    def test_elliptic_curve_recipients(self):
        for name in ("p256", "p384"):
            with self.subTest(name):
                self.sink.clear()
                self.check(f"{name}@partner.example", ["encrypted", "signed"],
                           [self.openssl, self.bouncy])

    def test_x25519_recipient(self):
        # RFC 8418. None of the judges opens it; engine/cms has a test that does it by hand.
        raw = rich("x25519@partner.example")
        mail = self.sealed(raw, ["x25519@partner.example"])[0].content
        structure = self.openssl.structure(mime.transfer_decoded(*mime.split_entity(mail)))
        for piece in ("d.kari", "X25519", "1.2.840.113549.1.9.16.3.19", "id-aes256-wrap",
                      "aes-256-cbc"):
            self.assertIn(piece, structure)

    def test_elliptic_curve_and_gcm(self):
        # ECDH inside AuthEnvelopedData: no judge but OpenSSL reads it.
        self.check("ecgcm@partner.example", ["encrypted", "signed"], [self.openssl])


class SealingWithEllipticKey(House):
    algorithm = "p256"

    @classmethod
    def prepare(cls):
        cls.lab = cls.contact("lab@partner.example")
        cls.clinic = cls.contact("clinic@partner.example", "p256", "agree")
        cls.gateway.policy("version = 1\n" + RULE.format(
            name="kim", recipient="clinic@partner.example", profile="kim") + REST)
        cls.all = [cls.judge(kind, cls.lab) for kind in
                   (judges.OpenSsl, judges.Bouncy, judges.Nss, judges.Gpgsm)]

    def test_signature_by_p256(self):
        for recipient, kinds in (("stranger@partner.example", ["signed"]),
                                 ("lab@partner.example", ["encrypted", "signed"])):
            with self.subTest(recipient):
                self.sink.clear()
                raw = rich(recipient)
                mail = self.sealed(raw, [recipient], ANNA)[0].content
                for judge in self.all:
                    self.assertEqual(leaves(self.assert_judged(judge, mail, kinds)), leaves(raw))

    def test_curves_only(self):
        # The built-in profile kim. ECDH inside AuthEnvelopedData is read by OpenSSL alone.
        raw = rich("clinic@partner.example")
        mail = self.sealed(raw, ["clinic@partner.example"])[0].content
        openssl = self.judge(judges.OpenSsl, self.clinic)
        self.assertEqual(leaves(self.assert_judged(openssl, mail, ["encrypted", "signed"])),
                         leaves(raw))
        self.assertEqual(house.parse(mail).get_param("smime-type"), "authEnveloped-data")


if __name__ == "__main__":
    house.main()
