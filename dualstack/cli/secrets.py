"""Secrets for a rendered directory: from files, else from the Pulumi CLI; never from the command line itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Final

from dualstack.errors import InputError

_LARGEST: Final = 1 << 16
_ALONE: Final = "a secret is one line: write it alone into the file"


def from_files(given: list[str]) -> dict[str, str]:
    """Read ``KEY=@FILE`` options; one newline at the end of a file does not belong to the secret.

    Raises:
        InputError: another form, a key given twice, or a file that cannot be read or is not one line. Secrets
            themselves are never in an error.
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
        if key in secrets:
            raise InputError(f"--secret {key} is given twice", fix="give one file for each secret")
        secrets[key] = _from_file(key, Path(source[1:]))
    return secrets


def _from_file(key: str, file: Path) -> str:
    """Read a secret: the one line of a file."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        text = content.decode()
    except UnicodeDecodeError:
        message, fix = f"the file of the secret {key} is no UTF-8 text", "save the file as UTF-8"
        raise InputError(message, file=str(file), fix=fix) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no name of a file"
        message = f"the secret {key} cannot be read: {reason[0].lower()}{reason[1:]}"
        raise InputError(message, file=str(file), fix="check the name and the permissions") from None
    if len(content) > _LARGEST:
        raise InputError(f"the file of the secret {key} is larger than 64 KiB", file=str(file), fix=_ALONE)
    secret = text.removesuffix("\n").removesuffix("\r")
    if not secret.strip():
        raise InputError(f"the file of the secret {key} is empty", file=str(file), fix=_ALONE)
    if "\n" in secret or "\r" in secret:
        raise InputError(f"the file of the secret {key} has several lines", file=str(file), fix=_ALONE)
    return secret


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
