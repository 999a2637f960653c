"""Kubernetes objects in the manifests of an EIB directory, judged as if a program had made them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from dualstack.document.findings import Finding
from dualstack.document.holes import Unreadable
from dualstack.document.origins import Path
from dualstack.policies.directory import file_path, loaded, names
from dualstack.policies.model import Given, NotYet, instead
from dualstack.tokens import DIRECTORY

FOLDERS: Final = ("kubernetes/manifests/", "os-files/var/lib/rancher/rke2/server/manifests/")
_DOCUMENT: Final = re.compile(r"(?m)^---(?:[ \t].*)?$")
_BLANK: Final = re.compile(r"(?:\s*(?:#.*)?\n?)*")


class Inside(NamedTuple):
    """An object, and the path of the file that it stands in."""

    given: Given
    file: Path

    def placed(self, item: Finding | NotYet) -> Finding | NotYet:
        """Return what is told of the object at its place in the directory."""
        if isinstance(item, NotYet):
            return NotYet((*self.file, *item.path), item.why)
        return item.moved(lambda path: (*self.file, *path))


def inside(given: Given) -> Iterator[Inside | NotYet]:
    """Give the objects in a directory's manifests, and which of the files nobody can look at."""
    if given.type != DIRECTORY:
        return
    try:
        found = [name for folder in FOLDERS for name in names(given, folder)]
    except Unreadable as error:
        yield NotYet(error.path, error.why)
        return
    for name in found:
        if not name.endswith((".yaml", ".yml", ".json")):
            continue
        try:
            content = given.get("files", name, "content")
        except Unreadable as error:
            yield NotYet(error.path, error.why)
            continue
        if not isinstance(content, str):
            why = "its content comes from a file" if content is None else instead(content, "text")
            yield NotYet(file_path(name), why)
            continue
        for text in _DOCUMENT.split(content):
            if _BLANK.fullmatch(text):
                continue
            data = loaded(text)
            if data is None:
                yield NotYet(file_path(name), "it is no YAML mapping")
            else:
                yield from _objects(given, data, file_path(name))


def _objects(given: Given, data: Mapping[str, Any], file: Path) -> Iterator[Inside]:
    kind, version = data.get("kind"), data.get("apiVersion")
    listed = data.get("items")
    if kind == "List" and isinstance(listed, list | tuple):
        for item in listed:
            if isinstance(item, Mapping):
                yield from _objects(given, item, file)
        return
    if not isinstance(kind, str) or not isinstance(version, str):
        return
    group = version if "/" in version else f"core/{version}"
    named = data.get("metadata")
    name = named.get("name") if isinstance(named, Mapping) else None
    yield Inside(Given(given.urn, f"kubernetes:{group}:{kind}", str(name or given.name), data), file)


def objects(given: Given) -> Iterator[Given]:
    """Give a resource itself, and the objects in it as far as they can be looked at."""
    yield given
    yield from (item.given for item in inside(given) if isinstance(item, Inside))
