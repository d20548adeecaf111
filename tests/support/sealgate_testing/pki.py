# SPDX-License-Identifier: Apache-2.0
"""A certification authority made with the openssl command: it signs the requests that
`sealgate init` writes, and makes complete identities for partners."""
import datetime
import pathlib
import shutil

from .commands import run

CONFIG = """
[ca]
default_ca = authority
[authority]
dir = {dir}
database = $dir/index.txt
serial = $dir/serial
new_certs_dir = $dir/issued
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
policy = anything
unique_subject = no
copy_extensions = none
rand_serial = yes
default_crl_days = 30
[anything]
commonName = supplied
organizationName = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[member]
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
extendedKeyUsage = emailProtection
keyUsage = critical,{usage}
subjectAltName = {addresses}
{extra}
"""

KEY_KINDS = {
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "x25519": ["-algorithm", "X25519"],
}

# RFC 4262 SMIMECapabilities that say: AES-256-GCM, then AES-256-CBC.
READS_GCM = "1.2.840.113549.1.9.15 = DER:301a300b060960864801650304012e300b060960864801650304012a"


class Identity:
    """A certificate with its private key in files, as a partner's mail client has them."""

    def __init__(self, certificate, key, address):
        self.certificate, self.key, self.address = certificate, key, address

    def pkcs12(self, password="sealgate", is_legacy=False):
        """The file for NSS; with `is_legacy` in the old encryption, the only one gpgsm imports."""
        path = self.certificate.with_suffix(".legacy.p12" if is_legacy else ".p12")
        if not path.exists():
            old = ["-legacy", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES",
                   "-macalg", "sha1"] if is_legacy else []
            run(["openssl", "pkcs12", "-export", "-in", self.certificate, "-inkey", self.key,
                 "-name", self.certificate.stem, "-passout", f"pass:{password}", "-out", path, *old])
        return path

    def forget_pkcs12(self):
        """The next pkcs12() makes its file again, with a new salt."""
        for suffix in (".legacy.p12", ".p12"):
            self.certificate.with_suffix(suffix).unlink(missing_ok=True)


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.certificate = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        if self.certificate.exists():
            return
        (self.folder / "issued").mkdir(parents=True)
        (self.folder / "index.txt").touch()
        config = self._config("keyCertSign", "email:none@invalid.example")
        run(["openssl", "genpkey", *KEY_KINDS["rsa2048"], "-out", self.key])
        run(["openssl", "req", "-x509", "-new", "-key", self.key, "-days", "3650", "-config",
             config, "-extensions", "root", "-out", self.certificate])

    def _config(self, usage, addresses, extra=""):
        path = self.folder / "openssl.cnf"
        path.write_text(CONFIG.format(dir=self.folder, name=self.name, usage=usage,
                                      addresses=addresses, extra=extra))
        return path

    def sign(self, request, out, addresses, use, days=(-1, 365), extra=""):
        """Signs a PKCS#10 request (PEM). `use` is sign, encrypt, agree or both; `days` are the
        beginning and the end of validity, counted from today."""
        usage = {"sign": "digitalSignature", "encrypt": "keyEncipherment",
                 "agree": "keyAgreement",
                 "both": "digitalSignature,keyEncipherment"}[use]
        config = self._config(usage, ",".join("email:" + a for a in addresses), extra)
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = ((now + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%SZ") for d in days)
        run(["openssl", "ca", "-batch", "-notext", "-config", config, "-extensions", "member",
             "-startdate", begin, "-enddate", end, "-in", request, "-out", out,
             "-preserveDN"])
        return pathlib.Path(out)

    def issue(self, stem, address, kind="rsa2048", use="both", days=(-1, 365), extra=""):
        """A new key and its certificate."""
        key = self.folder / f"{stem}.key"
        request = self.folder / f"{stem}.csr"
        run(["openssl", "genpkey", *KEY_KINDS[kind], "-out", key])
        out = self.folder / f"{stem}.pem"
        if kind == "x25519":
            # Such a key cannot sign its own request: borrow one and put this key in its place.
            return self._issue_without_request(stem, address, key, out, use, days)
        run(["openssl", "req", "-new", "-key", key, "-subj", f"/CN={address}", "-out", request])
        self.sign(request, out, [address], use, days, extra)
        return Identity(out, key, address)

    def _issue_without_request(self, stem, address, key, out, use, days):
        borrowed = self.folder / f"{stem}.borrowed.key"
        request = self.folder / f"{stem}.csr"
        public = self.folder / f"{stem}.pub"
        run(["openssl", "genpkey", *KEY_KINDS["p256"], "-out", borrowed])
        run(["openssl", "req", "-new", "-key", borrowed, "-subj", f"/CN={address}", "-out", request])
        run(["openssl", "pkey", "-in", key, "-pubout", "-out", public])
        usage = {"agree": "keyAgreement"}[use]
        config = self._config(usage, f"email:{address}")
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
             "-force_pubkey", public, "-extfile", config, "-extensions", "member", "-days",
             str(days[1]), "-out", out])
        borrowed.unlink()
        return Identity(out, key, address)

    def revoke(self, certificate):
        """Revokes and returns the path of the new CRL (PEM)."""
        config = self._config("keyCertSign", "email:none@invalid.example")
        run(["openssl", "ca", "-config", config, "-revoke", certificate])
        return self.crl()

    def crl(self):
        config = self._config("keyCertSign", "email:none@invalid.example")
        out = self.folder / "ca.crl"
        run(["openssl", "ca", "-config", config, "-gencrl", "-out", out])
        return out

    def remove(self):
        shutil.rmtree(self.folder)
