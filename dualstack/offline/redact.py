"""Values as Pulumi's resource monitor protocol carries them, made into plain data that holds no secret.

On the wire a secret, a resource, an asset or an output is a map with a marker under one fixed key; the markers are
those of Pulumi's ``sdk/go/common/resource/properties.go``, ``asset`` and ``archive``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dualstack.document.frozen import REDACTED
from dualstack.document.holes import UNKNOWN_WORD
from dualstack.document.wiremarks import KIND, WIRE_UNKNOWN
from dualstack.document.wiremarks import SECRET as SECRET_KIND

SECRET = REDACTED
"""Stands where a secret value was; text that is exactly this, or ``UNKNOWN_WORD``, cannot be told from it."""

Mark = Callable[[Any], str]
"""Gets a secret as plain data, and gives the text that stands for it, which must not tell the secret."""

_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_FILES = {"c44067f5952c0a294b673a41bacd8c17": "asset", "0def7320c3a5731c473e5ecbe6d01bc7": "archive"}

# The engine, too, hides no secret shorter than three characters in its messages: "[secret]" everywhere tells nothing.
# Text that was only a part of a secret is more likely to be an ordinary word, so it has to be longer to be hidden.
_SHORTEST_SECRET = 3
_SHORTEST_PART = 8


def plain(value: Any, seen: set[str] | None = None, mark: Mark | None = None) -> Any:
    """The plain data of a wire value.

    Args:
        value: what ``google.protobuf.json_format`` makes of a ``Struct`` or ``Value``.
        seen: where given, gets the text of each secret that was taken out, so that it can be hidden elsewhere as well.
        mark: what stands for a secret in place of ``[secret]``.

    Returns:
        JSON data, maps sorted by key. A secret is ``[secret]``, a value not known yet ``[unknown]``, a resource its
        URN, an asset ``{"asset": {"path" | "text" | "uri": ...}}``, an archive ``{"archive": {...}}``; whole numbers
        are ``int``.
    """
    if isinstance(value, str):
        return UNKNOWN_WORD if value == WIRE_UNKNOWN else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [plain(item, seen, mark) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind = value.get(KIND)
    if kind == SECRET_KIND or (kind == _OUTPUT and value.get("secret")):
        if seen is not None:
            seen.update(_texts(value.get("value")))
        return SECRET if mark is None else mark(plain(value.get("value", WIRE_UNKNOWN), None, mark))
    if kind == _OUTPUT:
        return plain(value["value"], seen, mark) if "value" in value else UNKNOWN_WORD
    if kind == _RESOURCE:
        return plain(value.get("urn"), seen, mark)
    rest = {key: plain(value[key], seen, mark) for key in sorted(value) if key != KIND}
    return {_FILES[kind]: rest} if kind in _FILES else rest


def wire(value: Any) -> Any:
    """The wire value of plain data, the other way round: ``[unknown]`` and ``[secret]`` become what they stand for."""
    if value == UNKNOWN_WORD:
        return WIRE_UNKNOWN
    if value == SECRET:
        return secret(SECRET)
    if isinstance(value, Mapping):
        return {str(key): wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [wire(item) for item in value]
    return value


def secret(value: Any) -> Any:
    """The wire value that marks a wire value as secret."""
    if isinstance(value, Mapping) and value.get(KIND) == SECRET_KIND:
        return value
    return {KIND: SECRET_KIND, "value": value}


def secret_texts(values: Iterable[str]) -> set[str]:
    """The texts to hide for secret config values: each whole, and, where it is JSON, the longer texts in it.

    A value that is encoded in another way than as JSON, or taken apart, is not found again.
    """
    texts: set[str] = set()
    for value in values:
        if len(value) >= _SHORTEST_SECRET:
            texts |= {value, json.dumps(value)[1:-1]}  # as it is, and within JSON
        try:
            texts.update(_texts(json.loads(value)))
        except ValueError:
            continue
    return texts - {SECRET, "true", "false", "null"}


def _texts(value: Any) -> set[str]:
    """The texts at every depth that are long enough to be worth hiding."""
    if isinstance(value, str):
        return {value} if len(value) >= _SHORTEST_PART and value != WIRE_UNKNOWN else set()
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {text for part in parts for text in _texts(part)} - {SECRET}
