"""The stamp in an image: by it a machine tells which site it was made for, and of what.

A digest for each part, so that what is merged and not on the machine can be named. No date, no commit and no version of
dualstack: what changes nothing changes no byte. Secrets are in no digest, since a short one could be guessed from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from dualstack.eib.tree import HOSTS, File
from dualstack.plan.model import Plan

_VERSION: Final = 1
_SYSTEM: Final = {
    "isoConfiguration": "disk", "rawConfiguration": "disk", "kernelArgs": "kernel", "users": "users",
    "packages": "packages", "time": "time", "proxy": "proxy",
}  # fmt: skip
"""Part of each key below ``operatingSystem`` of the definition."""
_FOLDERS: Final = {
    "kubernetes/config/": "kubernetes",
    "kubernetes/helm/": "charts",
    "kubernetes/manifests/": "manifests",
    "os-files/": "files",
}


def stamp(plan: Plan, files: Mapping[str, File], definition: str) -> str:
    """Return the stamp as JSON.

    Args:
        plan: the plan.
        files: what is computed from it, without secrets.
        definition: path of the definition among them.
    """
    nodes: dict[str, Any] = {}
    for node in plan.nodes:
        network = files.get(f"{HOSTS}/{node.name}.yaml")
        nodes[node.name] = {"role": node.role, "network": _digest([network.text] if network else [])}
    parts: dict[str, list[str]] = {}
    for part, text in (*_of_definition(files[definition].text), *_of_folders(files)):
        parts.setdefault(part, []).append(text)
    document = {
        "version": _VERSION,
        "site": plan.name if plan.joins is None else plan.joins,
        "release": plan.release.name,
        "nodes": nodes,
        "parts": {part: _digest(texts) for part, texts in sorted(parts.items())},
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _of_definition(text: str) -> Iterator[tuple[str, str]]:
    definition = yaml.load(text, Loader=yaml.CSafeLoader)  # in C: this is the longest step of a plan else
    for key, value in definition.get("operatingSystem", {}).items():
        yield _SYSTEM.get(key, key), _plain({key: value})
    if "embeddedArtifactRegistry" in definition:
        yield "registry", _plain(definition["embeddedArtifactRegistry"])
    kubernetes = definition.get("kubernetes", {})
    yield "charts", _plain(kubernetes.get("helm"))
    yield "kubernetes", _plain(kubernetes.get("version"))
    yield "manifests", _plain(kubernetes.get("manifests"))


def _of_folders(files: Mapping[str, File]) -> Iterator[tuple[str, str]]:
    for path, file in sorted(files.items()):
        part = next((part for folder, part in _FOLDERS.items() if path.startswith(folder)), None)
        if part is not None and isinstance(file.content, bytes):
            yield part, f"{path}\n{_without_comments(file.text)}"


def _without_comments(text: str) -> str:
    """Leave out what is said to people: its wording may change with dualstack's version, and means nothing."""
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _digest(texts: list[str]) -> str:
    return hashlib.sha256("\0".join(_without_comments(text) for text in texts).encode()).hexdigest()[:16]
