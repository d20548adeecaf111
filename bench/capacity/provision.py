# SPDX-License-Identifier: Apache-2.0
"""A SoftHSM token with the organisation's signing keys, the certificates for them, and a partner
with a certificate of his own."""
import os
import pathlib
import subprocess

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
TOKEN = "capacity"
PIN = "24681357"

# Key name: (pkcs11-tool's key type, mechanism of sealgate-raw-sign). The sender of a message
# decides by which key it is signed.
KEYS = {"rsa2048": ("rsa:2048", "rsa"), "p256": ("EC:prime256v1", "ecdsa")}

CERTIFICATE_CONFIG = """
[req]
distinguished_name = subject
[subject]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[member]
basicConstraints = critical, CA:false
keyUsage = critical, {usage}
extendedKeyUsage = emailProtection
subjectAltName = email:{address}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def sender_of(key):
    return f"{key}@sender.example"


PARTNER = "partner@known.example"
STRANGER = "somebody@stranger.example"


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip()
        raise SystemExit(f"capacity: {' '.join(map(str, arguments))}\n{said}")
    return done.stdout


class Provision:
    """Files: pin, state/ as sealgated reads it, ca.pem, partner.pem and partner.key."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.state = self.folder / "state"
        for name in ("identities", "contacts", "anchors", "intermediates", "crls"):
            (self.state / name).mkdir(parents=True)
        self.pin = self.folder / "pin"
        self.pin.write_text(PIN)
        self.pin.chmod(0o600)
        self._make_token()
        self._make_authority()
        for key in KEYS:
            self._make_identity(key)
        self._make_partner()

    def _make_token(self):
        tokens = self.folder / "tokens"
        tokens.mkdir()
        config = self.folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n"
                          "log.level = ERROR\nlibrary.reset_on_fork = true\n")
        os.environ["SOFTHSM2_CONF"] = str(config)
        run("softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--so-pin", PIN, "--pin",
            PIN)
        # One after the other: some tokens fail to make keys in parallel.
        for number, (key, (kind, _)) in enumerate(KEYS.items(), 1):
            run("pkcs11-tool", "--module", MODULE, "--token-label", TOKEN, "--login", "--pin", PIN,
                "--keypairgen", "--key-type", kind, "--label", key, "--id", f"{number:02d}",
                "--usage-sign")

    def _config(self, usage="digitalSignature", address="none@invalid.example"):
        path = self.folder / "openssl.cnf"
        path.write_text(CERTIFICATE_CONFIG.format(usage=usage, address=address))
        return path

    def _make_authority(self):
        self.authority = self.folder / "ca.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
            self.folder / "ca.key", "-subj", "/CN=Capacity CA", "-days", "30", "-config",
            self._config(), "-extensions", "root", "-out", self.authority)
        (self.state / "anchors" / "ca.pem").write_bytes(self.authority.read_bytes())

    def _certify(self, public_key, address, usage, out):
        # The request is only a carrier: the public key is put in its place.
        request, key = self.folder / "carrier.csr", self.folder / "carrier.key"
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-subj", f"/CN={address}", "-config", self._config(),
            "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.authority, "-CAkey",
            self.folder / "ca.key", "-CAcreateserial", "-force_pubkey", public_key, "-days", "30",
            "-extfile", self._config(usage, address), "-extensions", "member", "-out", out)

    def _make_identity(self, key):
        der, public_key = self.folder / f"{key}.der", self.folder / f"{key}.pub"
        run("pkcs11-tool", "--module", MODULE, "--token-label", TOKEN, "--read-object", "--type",
            "pubkey", "--label", key, "--output-file", der)
        run("openssl", "pkey", "-pubin", "-inform", "DER", "-in", der, "-out", public_key)
        self._certify(public_key, sender_of(key), "digitalSignature",
                      self.state / "identities" / f"{key}.pem")

    def _make_partner(self):
        self.partner_key = self.folder / "partner.key"
        self.partner = self.folder / "partner.pem"
        public_key = self.folder / "partner.pub"
        run("openssl", "genrsa", "-out", self.partner_key, "2048")
        run("openssl", "pkey", "-in", self.partner_key, "-pubout", "-out", public_key)
        self._certify(public_key, PARTNER, "digitalSignature,keyEncipherment", self.partner)
        (self.state / "contacts" / "partner.pem").write_bytes(self.partner.read_bytes())

    def check(self, message, is_encrypted):
        """Lets the openssl command judge a message that has come out of the gateway."""
        signed = message
        if is_encrypted:
            signed = self.folder / "opened.eml"
            run("openssl", "cms", "-decrypt", "-in", message, "-recip", self.partner, "-inkey",
                self.partner_key, "-out", signed)
        run("openssl", "cms", "-verify", "-in", signed, "-CAfile", self.authority, "-purpose",
            "smimesign", "-out", os.devnull)
