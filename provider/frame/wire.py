"""Values between the engine and the handlers: plain Python inside, secrets and unknowns marked outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

from dualstack.document.frozen import REDACTED
from dualstack.document.holes import UNKNOWN
from provider.frame.handler import Secret

Path = tuple[str | int, ...]

SECRET_LENGTH = 8
"""A text this long that stands in another text is no accident; a shorter one may be a common word."""


@dataclass
class Secrets:
    """What was secret in the messages of one call."""

    paths: set[Path] = field(default_factory=set)
    texts: set[str] = field(default_factory=set, repr=False)

    def hides(self, path: Path, value: Any) -> bool:
        """Tell whether a value that goes out must be marked."""
        return path in self.paths or (isinstance(value, str) and any(text in value for text in self.texts))

    def strike(self, text: str) -> str:
        """Take the secrets out of a text for people; longer ones first, as one may hold another."""
        for secret in sorted(self.texts, key=len, reverse=True):
            text = text.replace(secret, REDACTED)
        return text


def incoming(message: Struct, secrets: Secrets) -> dict[str, Any]:
    """Unwrap a message; its secrets are added to those known."""
    values = PropertyValue.unmarshal_map(message)
    return {key: _plain(value, (key,), secrets) for key, value in values.items() if value.value is not None}


def outgoing(values: Mapping[str, Any], secrets: Secrets) -> Struct:
    """Wrap what a handler gave back."""
    message: Struct = PropertyValue.marshal_map(
        {key: _wrapped(value, (key,), secrets) for key, value in values.items() if value is not None}
    )
    return message


def _plain(value: PropertyValue, path: Path, secrets: Secrets) -> Any:
    inner = value.value
    result: Any
    if isinstance(inner, Mapping):
        result = {key: _plain(item, (*path, key), secrets) for key, item in inner.items() if item.value is not None}
    elif isinstance(inner, Sequence) and not isinstance(inner, str):
        result = [_plain(item, (*path, index), secrets) for index, item in enumerate(inner)]
    elif isinstance(inner, float) and inner.is_integer():
        result = int(inner)
    else:
        result = UNKNOWN if inner == rpc.UNKNOWN else inner
    if value.is_secret:
        secrets.paths.add(path)
        secrets.texts.update(text for text in _texts(result) if len(text) >= SECRET_LENGTH)
    return result


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _wrapped(value: Any, path: Path, secrets: Secrets) -> PropertyValue:
    marked = isinstance(value, Secret)
    if isinstance(value, Secret):
        value = value.value
    result: PropertyValue
    if value is UNKNOWN:
        result = PropertyValue(rpc.UNKNOWN)
    elif isinstance(value, Mapping):
        result = PropertyValue(
            {str(key): _wrapped(item, (*path, str(key)), secrets) for key, item in value.items() if item is not None}
        )
    elif isinstance(value, Sequence) and not isinstance(value, str):
        result = PropertyValue([_wrapped(item, (*path, index), secrets) for index, item in enumerate(value)])
    elif isinstance(value, int) and not isinstance(value, bool):
        result = PropertyValue(float(value))
    else:
        result = PropertyValue(value)
    # A mark around an unknown value would hide from the engine that it is unknown.
    return result.with_secret(True) if value is not UNKNOWN and (marked or secrets.hides(path, value)) else result
