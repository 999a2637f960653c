"""A manifest file, taken apart into documents as kubectl does it, each read or with the reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import yaml

from dualstack.document.loader import MAX_BYTES, Document, load_text
from dualstack.errors import InputError

_DIRECTIVE: Final = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*(%[^\n]*)")
"""A line of YAML's own before a document, such as ``%YAML 1.2``, with what is blank or comment above it."""
_BORDER: Final = re.compile(r"^---(?=[ \t\r]*$|[ \t])", re.MULTILINE)
"""Kubernetes' own border between documents (apimachinery ``pkg/util/yaml``): a line that begins with ``---``."""


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a file.

    Attributes:
        text: as written, without the line of the border.
        line: how many lines stand before it in the file.
    """

    text: str
    line: int

    def document(self) -> Document:
        """Read it.

        Raises:
            InputError: it is no YAML mapping, or one that nobody here reads.
        """
        return load_text(self.text)


@dataclass(eq=False)
class Broken(Exception):
    """A file or document that cannot be read.

    Attributes:
        message: why.
        line: where, from 1; None where nobody knows.
        stops: True where the image builder cannot read it either.
    """

    message: str
    line: int | None
    stops: bool
    fix: str = ""
    """What to do; empty where nobody knows more than to correct it."""


def parts_of(content: bytes) -> list[Part]:
    """Take a file apart; parts without anything but white space and comments are left out.

    Raises:
        Broken: it is no text, or too large to look at.
    """
    if len(content) > MAX_BYTES:
        raise Broken("the file is larger than 1 MiB", None, stops=False)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Broken("the file is no UTF-8 text", None, stops=True) from None
    starts = [0, *(border.start() for border in _BORDER.finditer(text)), len(text)]
    found: list[Part] = []
    line = 0
    for start, end in pairwise(starts):
        whole = text[start:end]
        # In place of the border stands white space, so that columns stay.
        part = whole.replace("---", "   ", 1) if whole.startswith("---") else whole
        if any(row.strip() and not row.lstrip().startswith("#") for row in part.splitlines()):
            found.append(Part(part, line))
        line += whole.count("\n")
    return found


def objects_in(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Give the Kubernetes objects of a document with their path in it: itself, or the items of a List."""
    items = data.get("items")
    if str(data.get("kind", "")).endswith("List") and isinstance(items, list):
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield ("items", index), item
    elif data:
        yield (), data


def read(part: Part) -> Document:
    """Read one document.

    Raises:
        Broken: it is no YAML mapping, or one that is not read here, such as one of 50,000 values.
    """
    try:
        return part.document()
    except InputError as error:
        directive = _DIRECTIVE.match(part.text)
        if directive is not None:
            # Seen with apimachinery 0.34.2 and yaml.v3 3.0.1; %YAML 1.1 stops kubectl alone.
            message = f"{directive[1]!r} begins it: kubectl takes that line for a document, and refuses it"
            raise Broken(message, part.line + directive[0].count("\n") + 1, True, "remove the line") from None
        line = part.line + error.line if error.line is not None else None
        raise Broken(error.message, line, _stops(part.text)) from None


def _stops(text: str) -> bool:
    """Tell whether the image builder stops at a text, too: it is no YAML, no mapping, or an unfilled template."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return True
    return node is not None and (not isinstance(node, yaml.MappingNode) or _odd_key(node))


def _odd_key(node: yaml.Node) -> bool:
    """Tell whether yaml.v3 refuses a key: one that stands twice, or is no scalar, as in ``{{ name }}``."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if id(here) in seen or isinstance(here, yaml.ScalarNode):
            continue
        seen.add(id(here))
        if isinstance(here, yaml.MappingNode):
            keys = [key.value for key, _ in here.value if isinstance(key, yaml.ScalarNode)]
            if len({*keys}) < len(here.value):
                return True
            waiting += [value for _, value in here.value]
        else:
            waiting += here.value
    return False
