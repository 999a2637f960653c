"""Secrets for a rendered directory: from files, else from the Pulumi CLI; never from the command line itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

from dualstack.errors import InputError


def from_files(given: list[str]) -> dict[str, str]:
    """Read ``KEY=@FILE`` options; one newline at the end of a file does not belong to the secret.

    Raises:
        InputError: another form, or a file that cannot be read. Secrets themselves are never in an error.
    """
    secrets: dict[str, str] = {}
    for option in given:
        key, equals, source = option.partition("=")
        key = key.removeprefix("dualstack:")
        if not equals or not key or not source.startswith("@") or len(source) == 1:
            # The rest may be the secret itself: it is not repeated.
            raise InputError(
                f"--secret {key or '...'} does not name a file",
                fix="write --secret KEY=@FILE; on the command line itself every user of the machine could read it",
            )
        file = Path(source[1:])
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"the secret {key} cannot be read ({type(error).__name__})", file=str(file), fix="check the file"
            ) from None
        secrets[key] = text.removesuffix("\n").removesuffix("\r")
    return secrets


def from_cli(project: Path, stack: str, keys: Collection[str]) -> dict[str, str]:
    """Ask the Pulumi CLI for secrets of a stack.

    Raises:
        InputError: no CLI on PATH, or it does not answer: not logged in, no passphrase, no such key.
    """
    if not keys:
        return {}
    program = shutil.which("pulumi")
    if program is None:
        named = " ".join(f"--secret {key}=@FILE" for key in sorted(keys))
        raise InputError("--with-secrets asks the Pulumi CLI, which is not on PATH", fix=f"install it, or give {named}")
    secrets: dict[str, str] = {}
    for key in sorted(keys):
        answer = subprocess.run(
            [program, "config", "get", f"dualstack:{key}", "--stack", stack, "--non-interactive"],
            cwd=project,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            reason = (answer.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            fix = f"mend that, or give --secret {key}=@FILE"
            raise InputError(f"the Pulumi CLI does not give dualstack:{key}: {reason}", fix=fix)
        secrets[key] = answer.stdout.removesuffix("\n")
    return secrets
