"""Judging inputs: small checks that several handlers share; an unknown value passes each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from dualstack.document.holes import UNKNOWN
from provider.frame.handler import Failure


def unknown_keys(given: Mapping[str, Any], known: tuple[str, ...], path: str = "") -> Iterator[Failure]:
    """Refuse properties that nobody reads."""
    for key in given:
        if key not in known:
            place = f"{path}.{key}" if path else key
            yield Failure(place, f"is not known here; known are {', '.join(known)}")


def text(given: Mapping[str, Any], key: str) -> Iterator[Failure]:
    """Ask for a text that is not empty."""
    value = given.get(key)
    if value is not UNKNOWN and not (isinstance(value, str) and value):
        yield Failure(key, "must be a text that is not empty")


def project_path(given: Mapping[str, Any], key: str) -> Iterator[Failure]:
    """Ask for a path below the project, so that state is the same on every machine."""
    value = given.get(key)
    if value is UNKNOWN:
        return
    if not isinstance(value, str) or not value:
        yield Failure(key, "must be a path relative to the project")
        return
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or str(path) in (".", "") or "\0" in value:
        yield Failure(key, "must lead from the project to somewhere below it, such as build/paris")
    elif str(path) != value:
        yield Failure(key, f"must be in its shortest form; write {path}")


def hexadecimal(given: Mapping[str, Any], key: str, path: str = "") -> Iterator[Failure]:
    """Ask for a SHA-256 in lower-case hexadecimal."""
    value = given.get(key)
    if value is not UNKNOWN and not (isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)):
        yield Failure(f"{path}.{key}" if path else key, "must be a SHA-256 of 64 lower-case hexadecimal digits")
