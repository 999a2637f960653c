"""What the frame does around a handler, without the frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from provider.frame.handler import REPORT, Handler, Secret


def plain(value: Any) -> Any:
    """A value as it comes back in the next call: marks are gone."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def hidden(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of what a handler itself marks as secret."""
    if isinstance(value, Secret):
        yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from hidden(item, f"{path}/{key}")


def checked(handler: Handler, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs that a check lets pass."""
    given, failures = handler.check(dict(inputs))
    assert failures == []
    return given


def refused(handler: Handler, inputs: Mapping[str, Any]) -> dict[str, str]:
    """What a check says, by property."""
    return {failure.property: failure.reason for failure in handler.check(dict(inputs))[1]}


@contextmanager
def reports() -> Iterator[list[tuple[str, bool]]]:
    """Collect what is told meanwhile: text, and whether it passes; a warning begins with the word."""
    told: list[tuple[str, bool]] = []
    token = REPORT.set(
        lambda text, level: told.append((f"warning: {text}" if level == "warning" else text, level == "passing"))
    )
    try:
        yield told
    finally:
        REPORT.reset(token)
