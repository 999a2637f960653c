"""Secrets, from files, standard input or the Pulumi CLI; never from the command line itself."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable, Collection
from getpass import getpass
from pathlib import Path
from secrets import token_bytes as random_bytes
from typing import TYPE_CHECKING, Final

from dualstack.errors import InputError
from dualstack.plan.server import TOKEN_KEY

if TYPE_CHECKING:
    from dualstack.deploy.session import Session
    from dualstack.engine.model import Engine

_LARGEST: Final = 1 << 16
_RANDOM_BYTES: Final = 32
_SHORTEST_TOKEN: Final = 16
"""Characters that a token must have; dualstack's own limit, RKE2 has none."""
_ALONE: Final = "a secret is one line: write it alone into the file"


def from_files(given: list[str], *, lines: bool = False) -> dict[str, str]:
    """Read ``KEY=@FILE`` options; one newline at the end of a file does not belong to the secret.

    Args:
        given: the options.
        lines: whether a secret may have several lines, as a private key has.

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
        secrets[key] = _from_file(key, Path(source[1:]), lines=lines)
        if not lines:
            refuse_weak(key, secrets[key])
    return secrets


def refuse_weak(key: str, secret: str) -> None:
    """Refuse a token by which RKE2's nodes would not join, or that anybody guesses who reaches port 9345.

    RKE2 itself takes any length, and makes the key of the cluster's stored secrets of it; what begins with K10 must be
    one of its own, whole (k3s pkg/clientaccess/token.go; read).

    Raises:
        InputError: it is such a token.
    """
    if key != TOKEN_KEY:
        return
    whole = re.fullmatch("K10[0-9a-f]{64}::[^:]+:.+", secret)
    problem = None
    if any(char.isspace() for char in secret):
        problem = "has white space in it, which a join by hand or a script loses"
    elif secret.startswith("K10") and whole is None:
        problem = "begins with K10 and is no whole token of RKE2's own, so that no node starts with it"
    elif len(secret) < _SHORTEST_TOKEN:
        problem = f"has fewer than {_SHORTEST_TOKEN} characters: whoever guesses it joins the cluster as a server"
    if problem is not None:
        raise InputError(f"the secret {key} {problem}", fix=f"make one: dualstack secret set SITE {key} --generate")


def _from_file(key: str, file: Path, *, lines: bool) -> str:
    """Read a secret: the one line of a file, or all of them."""
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
    if lines:
        return text
    if "\n" in secret or "\r" in secret:
        raise InputError(f"the file of the secret {key} has several lines", file=str(file), fix=_ALONE)
    return secret


def from_cli(project: Path, stack: str, keys: Collection[str]) -> dict[str, str]:
    """Ask the Pulumi CLI for secrets of a stack, on the backend and with the engine that a deployment would take.

    Raises:
        InputError: no CLI, or it does not answer: not logged in, no passphrase, no such key.
    """
    if not keys:
        return {}
    from dualstack.cli.env import tell
    from dualstack.deploy.locks import Refused
    from dualstack.engine.find import EngineMissing, find_engine

    named = " ".join(f"--secret {key}=@FILE" for key in sorted(keys))
    try:
        return session_of(project, stack, find_engine(False, tell), tell).secrets(keys)
    except EngineMissing as error:
        raise InputError(
            f"--with-secrets asks the Pulumi CLI: {error.message}", fix=f"{error.fix}; or give {named}"
        ) from None
    except Refused as error:
        raise InputError(
            f"the Pulumi CLI does not give the secrets: {error}", fix=f"mend that, or give {named}"
        ) from None


def session_of(project: Path, stack: str, engine: Engine, tell: Callable[[str], None]) -> Session:
    """Give the session for a stack's config, on the backend that a deployment would take."""
    from dualstack.deploy.backend import choose_backend
    from dualstack.deploy.session import Session
    from dualstack.record import project_name
    from dualstack.stack.project import site_file

    file = site_file(project, stack)
    return Session(project, project_name(project), stack, file, engine, choose_backend(project, None), False, tell)


def given_value(key: str, source: str | None, *, generate: bool) -> str:
    """Give a secret from where the user has it: ``@FILE``, standard input, a prompt; or a random one.

    Raises:
        InputError: the secret itself stands on the command line; or it cannot be read, is empty, or no text.
    """
    if generate and source is None:
        return base64.b64encode(random_bytes(_RANDOM_BYTES)).decode()
    if source is None and not sys.stdin.isatty():
        return _text(key, sys.stdin.buffer.read(_LARGEST + 1), "standard input")
    if source is None:
        return _text(key, getpass(f"{key} (is not shown): ").encode(), "what was typed")
    if generate or not source.startswith("@") or len(source) == 1:
        raise InputError(
            f"the secret {key} does not come from the command line, where every user of the machine could read it",
            fix="write @FILE, give it on standard input, or type it when asked",
        )
    try:
        with Path(source[1:]).open("rb") as stream:
            return _text(key, stream.read(_LARGEST + 1), source[1:])
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise InputError(f"the secret {key} cannot be read: {reason}", file=source[1:], fix="check it") from None


def _text(key: str, content: bytes, where: str) -> str:
    """Give a secret as text, without the newline at its end."""
    try:
        text = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise InputError(f"the secret {key} is no UTF-8 text", file=where, fix="save it as UTF-8") from None
    if not text.strip() or len(content) > _LARGEST:
        what = "empty" if not text.strip() else "larger than 64 KiB"
        raise InputError(f"the secret {key} is {what}", file=where, fix="give the secret alone")
    return text
