# SPDX-License-Identifier: Apache-2.0
"""Judges that are not ours: each takes a sealed message apart layer by layer with one
independent implementation of CMS and says what it made of every layer."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import mime
from .commands import run


@dataclasses.dataclass
class Layer:
    kind: str  # "signed" or "encrypted".
    is_good: bool
    detail: str  # What the tool said, in a few words.


@dataclasses.dataclass
class Verdict:
    layers: list
    content: bytes  # The innermost entity, exact bytes; b"" where a layer could not be opened.

    @property
    def is_good(self):
        return bool(self.layers) and all(layer.is_good for layer in self.layers)

    def __str__(self):
        return ", ".join(f"{layer.kind}: {layer.detail}" for layer in self.layers) or "not sealed"


class Judge:
    """Base: knows MIME, leaves CMS to the tool. `authority` is the trusted PEM file and
    `identities` are the pki.Identity objects whose keys may open mail."""

    name = ""

    def __init__(self, authority, identities=()):
        self.authority, self.identities = authority, list(identities)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sealgate-judge-"))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def judge(self, raw, layers_max=10):
        """Takes off at most `layers_max` layers: what is sent may itself be a sealed message."""
        layers = []
        while len(layers) < layers_max and (kind := mime.smime_kind(raw)):
            header, body = mime.split_entity(raw)
            if kind == "clear":
                parts = mime.split_parts(body, header.get_param("boundary"))
                if len(parts) != 2:
                    return Verdict(layers + [Layer("signed", False, f"{len(parts)} parts")], b"")
                is_good, detail = self.verify_detached(parts[0], self._der(parts[1]))
                layers.append(Layer("signed", is_good, detail))
                raw = parts[0]
                continue
            der = mime.transfer_decoded(header, body)
            open_layer = self.verify_opaque if kind == "signed-data" else self.decrypt
            is_good, detail, content = open_layer(der)
            layers.append(Layer("signed" if kind == "signed-data" else "encrypted", is_good, detail))
            if not content:
                return Verdict(layers, b"")
            raw = content
        return Verdict(layers, raw)

    @staticmethod
    def _der(part):
        return mime.transfer_decoded(*mime.split_entity(part))

    def file(self, name, content=None):
        path = self.folder / name
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        return path

    def read(self, name):
        path = self.folder / name
        return path.read_bytes() if path.exists() else b""


class OpenSsl(Judge):
    name = "openssl"

    def _verify(self, extra):
        out, signer = self.file("content"), self.file("signer.pem")
        done = run(["openssl", "cms", "-verify", "-inform", "DER", "-binary", "-purpose",
                    "smimesign", "-CAfile", self.authority, "-out", out, "-signer", signer, *extra],
                   check=False)
        if done.returncode != 0:
            return False, _last_line(done.stderr)
        addresses = run(["openssl", "x509", "-noout", "-email", "-in", signer]).stdout.decode()
        return True, "good, by " + "/".join(addresses.split())

    def verify_detached(self, content, der):
        return self._verify(["-in", self.file("s.der", der), "-content", self.file("c", content)])

    def verify_opaque(self, der):
        is_good, detail = self._verify(["-in", self.file("s.der", der)])
        return is_good, detail, self.read("content")

    def decrypt(self, der):
        source, out = self.file("e.der", der), self.file("opened")
        detail = "no key fits"
        for identity in self.identities:
            done = run(["openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-in", source,
                        "-recip", identity.certificate, "-inkey", identity.key, "-out", out],
                       check=False)
            if done.returncode == 0:
                return True, f"opened by {identity.address} ({self._cipher(source)})", self.read("opened")
        return False, detail, b""

    def _cipher(self, source):
        text = run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in",
                    source]).stdout.decode("utf-8", "replace")
        found = re.search(r"contentEncryptionAlgorithm:\s*algorithm: (\S+)", text)
        return found[1] if found else "unknown cipher"

    def structure(self, der):
        """openssl's own print of a CMS structure: for tests that look at RecipientInfos."""
        return run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in",
                    self.file("p.der", der)]).stdout.decode("utf-8", "replace")


class Nss(Judge):
    """cmsutil of NSS 3.87: no OAEP, ECDH or GCM."""

    name = "nss"

    def __init__(self, authority, identities=()):
        super().__init__(authority, identities)
        self.database = f"sql:{self.folder}"
        run(["certutil", "-N", "-d", self.database, "--empty-password"])
        run(["certutil", "-A", "-d", self.database, "-n", "authority", "-t", "CT,C,C", "-a", "-i",
             authority])
        for identity in self.identities:
            run(["pk12util", "-i", identity.pkcs12(), "-d", self.database, "-W", "sealgate"])

    def _signed(self, extra):
        out = self.file("content")
        done = run(["cmsutil", "-D", "-d", self.database, "-u", "4", "-h", "0", "-o", out, *extra],
                   check=False)
        said = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
        # The header lines go where the content goes when no file is named.
        said += self.read("content")[:2000].decode("utf-8", "replace")
        found = re.search(r"signer0\.status=(\w+)", said)
        is_good = done.returncode == 0 and bool(found) and found[1] == "GoodSignature"
        return is_good, "good" if is_good else (found[1] if found else _last_line(done.stderr))

    def verify_detached(self, content, der):
        return self._signed(["-i", self.file("s.der", der), "-c", self.file("c", content)])

    def verify_opaque(self, der):
        source = self.file("s.der", der)
        is_good, detail = self._signed(["-i", source])
        out = self.file("opened")
        run(["cmsutil", "-D", "-d", self.database, "-u", "4", "-i", source, "-o", out], check=False)
        return is_good, detail, self.read("opened")

    def decrypt(self, der):
        out = self.file("opened")
        done = run(["cmsutil", "-D", "-d", self.database, "-i", self.file("e.der", der), "-o", out],
                   check=False)
        is_good = done.returncode == 0
        return is_good, "opened" if is_good else _last_line(done.stderr), self.read("opened")


class Gpgsm(Judge):
    """gpgsm of GnuPG 2.2: no OAEP, ECDH or GCM."""

    name = "gpgsm"

    def __init__(self, authority, identities=()):
        super().__init__(authority, identities)
        # A socket path has 108 bytes at most, and gpg-agent listens in its home.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sg-gpg-", dir="/tmp"))
        os.chmod(self.home, 0o700)
        (self.home / "gpgsm.conf").write_text("disable-crl-checks\nbatch\nno-tty\n")
        (self.home / "gpg-agent.conf").write_text("allow-preset-passphrase\nallow-loopback-pinentry\n")
        fingerprint = run(["openssl", "x509", "-noout", "-fingerprint", "-sha1", "-in",
                           authority]).stdout.decode().split("=")[1].strip()
        (self.home / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
        self._gpgsm(["--import", authority], check=True)
        for identity in self.identities:
            self._import_key(identity)

    def _import_key(self, identity, tries=5):
        """gpgsm 2.2 cannot parse about one in 300 exports of one and the same key: it depends on
        the salt. It says so, imports the certificate alone and exits with success."""
        for _ in range(tries):
            done = self._gpgsm(["--pinentry-mode", "loopback", "--passphrase-fd", "0", "--import",
                                identity.pkcs12(is_legacy=True)], input=b"sealgate\n", check=True)
            if b"error parsing" not in done.stderr:
                return
            identity.forget_pkcs12()
        raise RuntimeError(f"gpgsm cannot import {identity.certificate}: {done.stderr.decode()}")

    def close(self):
        run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)
        super().close()

    def _gpgsm(self, arguments, **options):
        options.setdefault("check", False)
        return run(["gpgsm", "--homedir", self.home, *arguments], **options)

    def verify_detached(self, content, der):
        done = self._gpgsm(["--verify", self.file("s.der", der), self.file("c", content)])
        return self._signature(done)

    @staticmethod
    def _signature(done):
        said = done.stderr.decode("utf-8", "replace")
        is_good = done.returncode == 0 and "Good signature" in said
        return is_good, "good" if is_good else _last_line(done.stderr)

    def verify_opaque(self, der):
        out = self.file("opened")
        done = self._gpgsm(["--output", out, "--verify", self.file("s.der", der)])
        return *self._signature(done), self.read("opened")

    def decrypt(self, der):
        out = self.file("opened")
        done = self._gpgsm(["--pinentry-mode", "loopback", "--passphrase-fd", "0", "--output", out,
                            "--decrypt", self.file("e.der", der)], input=b"sealgate\n")
        is_good = done.returncode == 0
        return is_good, "opened" if is_good else _last_line(done.stderr), self.read("opened")


def _last_line(said):
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip()[:100] if lines else "no answer"


class Bouncy(Judge):
    """Bouncy Castle 1.72 in one Java process: everything but ECDH inside AuthEnvelopedData."""

    name = "bouncycastle"
    JARS = ":".join(f"/usr/share/java/{jar}.jar" for jar in ("bcprov", "bcutil", "bcpkix"))

    def __init__(self, authority, identities=()):
        super().__init__(authority, identities)
        source = pathlib.Path(__file__).resolve().parent.parent / "BouncyJudge.java"
        self.process = subprocess.Popen(["java", "-cp", self.JARS, str(source), str(authority)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process.stderr.close()
        super().close()

    def _ask(self, *fields):
        self.process.stdin.write("\t".join(map(str, fields)) + "\n")
        self.process.stdin.flush()
        verdict, _, detail = self.process.stdout.readline().rstrip("\n").partition("\t")
        return verdict == "good", detail[:120] or "no answer"

    def verify_detached(self, content, der):
        return self._ask("detached", self.file("c", content), self.file("s.der", der))

    def verify_opaque(self, der):
        is_good, detail = self._ask("opaque", self.file("s.der", der), self.file("opened"))
        return is_good, detail, self.read("opened")

    def decrypt(self, der):
        detail = "no key fits"
        for identity in self.identities:
            is_good, detail = self._ask("decrypt", self.file("e.der", der), identity.certificate,
                                        identity.key, self.file("opened"))
            if is_good:
                return True, f"opened by {identity.address}", self.read("opened")
        return False, detail, b""
