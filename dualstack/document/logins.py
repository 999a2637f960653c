"""Logins in URLs (``scheme://user:password@host``): found, and left out of whatever is shown."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

_AUTHORITY_END = re.compile(r"[/?#]")
_SLASHES = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/+")
_PORT = re.compile(r"[0-9]*")
_IN_TEXT = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#@'\",]*:[^\s/?#'\"]*@")


class Login(NamedTuple):
    """A URL taken apart at its login."""

    bare: str
    """The URL without the login."""
    user: bool
    """True where there is a login at all."""
    password: bool
    """True where the login has a password."""
    text: str = ""
    """The login itself, with its ``@``: never to be shown."""


def split_login(url: str, *, schemeless: bool = False) -> Login:
    """Take the login out of a URL; never raises.

    A password with an unescaped slash breaks the URL, but must not be shown either: such text is cut at its last ``@``.

    Args:
        url: the URL.
        schemeless: whether a text without ``://`` may have a login, too, as ``admin:pw@192.168.200.12``.
    """
    scheme, separator, rest = url.partition("://")
    if schemeless:
        # A slash too few or too many hides no login.
        slashes = _SLASHES.match(url)
        scheme, rest = ("", url) if slashes is None else (slashes[0], url[slashes.end() :])
        separator = ""
    elif not separator:
        return Login(url, False, False)
    authority = _AUTHORITY_END.split(rest, maxsplit=1)[0]
    if "@" in authority:
        cut = rest.rindex("@")
    else:
        _, colon, port = authority.partition(":")
        broken = bool(colon) and not authority.startswith("[") and authority.count(":") == 1
        if not broken or _PORT.fullmatch(port) or "@" not in rest:
            return Login(url, False, False)
        cut = rest.rindex("@")
    return Login(f"{scheme}{separator}{rest[cut + 1 :]}", True, ":" in rest[:cut], rest[: cut + 1])


def without_logins(text: str, known: Collection[str] = ()) -> str:
    """Return a text in which the login of every URL that has a password is left out.

    Args:
        text: the text.
        known: logins, with their ``@``, that are left out wherever they stand.
    """
    for login in sorted(known, key=len, reverse=True):
        text = text.replace(login, "")
    return _IN_TEXT.sub(r"\g<scheme>...@", text)
