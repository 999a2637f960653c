"""Secrets kept out of what is shown: their text is replaced wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dualstack.frozen import REDACTED

SHORTEST = 4
"""Shorter texts are not hidden: they would take half of the output with them."""

_SECRET_KEY = re.compile(
    r"(passw(or)?d|passphrase|token|credential|client[_-]?secret|(private|api|access|secret)[_-]?key)s?$", re.IGNORECASE
)


def names_a_secret(key: object) -> bool:
    """Tell whether a key's value will be a secret itself, rather than the name or the switch of one.

    A key that merely ends in "secret" mostly holds the name of a Kubernetes Secret.
    """
    return bool(_SECRET_KEY.search(str(key)))


def hide(value: Any, texts: Collection[str]) -> Any:
    """Replace each text by ``[secret]`` wherever it stands in plain data, in keys and within longer texts, too."""
    if not texts:
        return value
    if isinstance(value, str):
        for text in sorted(texts, key=lambda text: (-len(text), text)):
            value = value.replace(text, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {hide(key, texts): hide(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, texts) for item in value]
    return value


_URL_LOGIN = re.compile(r"(?P<start>[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@'\",:]*:)[^\s/?#'\"]*(?=@)")
_LINE = re.compile(r"(?P<start>^[\s+#-]*[\"']?(?P<key>[A-Za-z_][\w.-]*)[\"']?\s*[:=]\s*)(?P<value>\S.*)$")


def without_secrets(line: str) -> str:
    """Give a line of a file without what stands where a secret does: after its name, or in a URL's login."""
    match = _LINE.match(line)
    if match and names_a_secret(match["key"]):
        return f"{match['start']}{REDACTED}"
    return _URL_LOGIN.sub(lambda found: f"{found['start']}{REDACTED}", line)
