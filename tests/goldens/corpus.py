"""The corpus: sites and lists of resources that the tests gave to the product once, without those that are alike.

A case is a mapping of plain data: ``site`` (merged), ``secrets`` (names) and ``config`` (other plain keys), or
``resources`` and ``settings`` as ``policies.judge`` takes them. Its key is a digest of its content.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from dualstack.document.holes import SECRET, UNKNOWN, Hole
from dualstack.policies.model import Given

HERE: Final = Path(__file__).parent
CORPUS: Final = HERE / "corpus.jsonl.xz"

Case = dict[str, Any]

_HOLE: Final = "<hole>"
_HOLES: Final = {"unknown": UNKNOWN, "secret": SECRET}


def key_of(case: Mapping[str, Any]) -> str:
    """Return a case's key: the first 12 hex digits of a digest of its content."""
    return digest(json.dumps(case, sort_keys=True), 12)


def digest(text: str | bytes, length: int = 8) -> str:
    """Return the first hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:length]


def read_corpus(file: Path = CORPUS) -> dict[str, Case]:
    """Return all cases by key, in the order of their keys."""
    with lzma.open(file, "rt", encoding="ascii") as stream:
        cases = [json.loads(line) for line in stream]
    return dict(sorted(((key_of(case), case) for case in cases), key=lambda pair: pair[0]))


def write_corpus(cases: Iterable[Case], file: Path = CORPUS) -> None:
    """Write cases; those that are like one another stand together, which makes the file small."""
    lines = sorted(json.dumps(case, sort_keys=True, separators=(",", ":")) for case in cases)
    file.write_bytes(lzma.compress("".join(f"{line}\n" for line in lines).encode(), preset=9 | lzma.PRESET_EXTREME))


def shape_of(case: Case, findings: Iterable[str]) -> str:
    """Return a digest of what makes a case another one: which keys it has, and which rules speak where."""
    return digest("\n".join(sorted({*_keys(case), *findings})), 16)


def _keys(value: Any, below: str = "") -> Iterable[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _keys(item, f"{below}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, f"{below}[]")
    else:
        yield f"{below} {type(value).__name__}"


def from_given(given: Given) -> dict[str, Any]:
    """Return a resource as plain data."""
    return {
        "urn": given.urn,
        "type": given.type,
        "name": given.name,
        "props": _without_holes(given.props),
        "protect": given.protect,
        "deleteBeforeReplace": given.delete_before_replace,
        "provider": given.provider,
    }


def to_given(data: Mapping[str, Any]) -> Given:
    """Return a resource from `from_given`'s data."""
    return Given(
        urn=data["urn"],
        type=data["type"],
        name=data["name"],
        props=_with_holes(data["props"]),
        protect=data["protect"],
        delete_before_replace=data["deleteBeforeReplace"],
        provider=data["provider"],
    )


def _without_holes(value: Any) -> Any:
    if isinstance(value, Hole):
        return {_HOLE: "secret" if value == SECRET else "unknown"}
    if isinstance(value, Mapping):
        return {key: _without_holes(item) for key, item in value.items()}
    return [_without_holes(item) for item in value] if isinstance(value, list | tuple) else value


def _with_holes(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_HOLE}:
            return _HOLES[value[_HOLE]]
        return {key: _with_holes(item) for key, item in value.items()}
    return [_with_holes(item) for item in value] if isinstance(value, list) else value
