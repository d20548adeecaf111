# SPDX-License-Identifier: Apache-2.0
"""Running foreign programs with a time limit."""
import os
import subprocess


class CommandFailed(Exception):
    pass


def run(arguments, input=None, env=None, check=True, timeout=60):
    """Runs a program to its end; output as bytes. With `check`, a failure raises CommandFailed
    and names the command and what it said."""
    environment = dict(os.environ)
    environment.update(env or {})
    done = subprocess.run([str(a) for a in arguments], input=input, capture_output=True,
                          env=environment, timeout=timeout)
    if check and done.returncode != 0:
        said = (done.stderr + done.stdout).decode("utf-8", "replace").strip()
        raise CommandFailed(f"{' '.join(map(str, arguments))}\nexit {done.returncode}: {said}")
    return done
