# SPDX-License-Identifier: Apache-2.0
"""A SoftHSM token of its own folder, made with pkcs11-tool; PINs go through the environment."""
import os
import pathlib
import secrets

from .commands import run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


class SoftHsm:
    def __init__(self, folder, label, owner=None):
        """Makes the token if the folder does not hold one. `owner` is a user name whose process
        will use it."""
        self.folder, self.label = pathlib.Path(folder), label
        self.pin_file = self.folder / "pin"
        self.environment = {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}
        if not self.pin_file.exists():
            (self.folder / "tokens").mkdir(parents=True)
            (self.folder / "softhsm2.conf").write_text(
                f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\n"
                "log.level = ERROR\nslots.removable = false\nlibrary.reset_on_fork = true\n")
            pin = secrets.token_hex(8)
            descriptor = os.open(self.pin_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(descriptor, pin.encode() + b"\n")
            os.close(descriptor)
            pins = {**self.environment, "SG_PIN": pin, "SG_SO_PIN": secrets.token_hex(8)}
            tool = ["pkcs11-tool", "--module", MODULE, "--so-pin", "env:SG_SO_PIN"]
            run([*tool, "--slot-index", "0", "--init-token", "--label", label], env=pins)
            run([*tool, "--token-label", label, "--login", "--login-type", "so", "--init-pin",
                 "--pin", "env:SG_PIN"], env=pins)
        if owner:
            run(["chown", "-R", owner, self.folder])

    def tool(self, *arguments):
        """pkcs11-tool, logged in."""
        pin = {"SG_PIN": self.pin_file.read_text().strip(), **self.environment}
        return run(["pkcs11-tool", "--module", MODULE, "--token-label", self.label, "--login",
                    "--pin", "env:SG_PIN", *arguments], env=pin).stdout.decode()
