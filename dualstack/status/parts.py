"""What is deployed, compared with what the work tree plans: a stack's state against a recording of the program.

A state holds what was registered, beside what a provider added, with secrets encrypted. So what only the state knows
of a provider's own defaults, and secrets, are taken for equal: a changed secret alone is seen by ``dualstack preview``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dualstack.day2 import Setting, Word
from dualstack.day2.rendered import STAMP, file_consequence
from dualstack.diff.compare import SiteDiff
from dualstack.diff.operations import Resource, Step, Types, plan_steps
from dualstack.diff.words import lines_of
from dualstack.document.differ import UNKNOWNS, redacted
from dualstack.document.wiremarks import KIND
from dualstack.status.model import Todo
from dualstack.tokens import DIRECTORY, PROVIDER, STACK

OURS: Final = "dualstack:"
_DEFAULTS: Final = "__defaults"


def differences(
    setting: Setting, planned: Sequence[Resource], deployed: Sequence[Mapping[str, Any]], types: Types
) -> list[Todo]:
    """Return what is not deployed as planned, the worst first.

    Args:
        setting: the site.
        planned: what the program registers, as documents with ``custom``.
        deployed: the resources of the stack's state.
        types: what the program's own provider says of its types.
    """
    known = {resource["urn"]: resource for resource in planned}
    named = {alias: one for one in planned for alias in one["options"]["aliases"] if isinstance(alias, str)} | known
    base = [_registered(one, named.get(one["urn"])) for one in deployed if not _engines(one)]
    steps = [step for step in plan_steps(base, planned, types) if step.op != "same"]
    site = SiteDiff(setting.site, "changed", steps=tuple(steps), head={"source": setting.source})
    files = [todo for step in steps if step.type == DIRECTORY and step.op == "update" for todo in _files(setting, step)]
    # Of the directory its files are told.
    others = [step for step in steps if step.type != DIRECTORY or step.op != "update" or not files]
    told = [
        Todo("".join(line.text), line.word, "up does it", up=True)
        for line in lines_of(SiteDiff(site.name, "changed", steps=tuple(others), head=site.head), inputs=False)
    ]
    return sorted([*told, *files], key=lambda one: (-one.word, one.part))


def _engines(resource: Mapping[str, Any]) -> bool:
    """Tell whether a resource is the engine's own: the stack, or a provider that nobody wrote."""
    kind, name = str(resource["type"]), str(resource["urn"]).rpartition("::")[2]
    return kind == STACK or (kind.startswith(PROVIDER) and name.startswith("default"))


def _registered(resource: Mapping[str, Any], planned: Resource | None) -> dict[str, Any]:
    """Return a resource of a state as it was registered, as far as can be known."""
    kind = str(resource["type"])
    provider = str(resource.get("provider") or "").rpartition("::")[0] or None
    if provider is not None and provider.rpartition("::")[2].startswith("default"):
        provider = None
    inputs = resource.get("inputs") or {}
    options = planned["options"] if planned is not None else {}
    return {
        "urn": resource["urn"],
        "type": kind,
        "name": str(resource["urn"]).rpartition("::")[2],
        "custom": bool(resource.get("custom")),
        "inputs": _plain(inputs) if planned is None else _like(inputs, planned["inputs"], exact=kind.startswith(OURS)),
        # Only what moves is compared by it, and nothing of it is known here.
        "propertyDependencies": (planned or {}).get("propertyDependencies", {}),
        "options": {
            **options,
            "aliases": [],
            "deletedWith": resource.get("deletedWith") or None,
            "protect": bool(resource.get("protect")),
            "retainOnDelete": bool(resource.get("retainOnDelete")),
            "provider": provider,
        },
    }


def _like(old: Any, new: Any, *, exact: bool) -> Any:
    """Return an input of a state without what cannot be compared with the planned one.

    Args:
        old: as the state has it.
        new: as the program registers it.
        exact: whether the provider adds nothing.
    """
    if isinstance(new, str) and (new in UNKNOWNS or redacted(new) != new):
        return new
    if isinstance(old, Mapping):
        if KIND in old or not isinstance(new, Mapping):
            return new if KIND in old else _plain(old)
        added = {*(old.get(_DEFAULTS) or ()), _DEFAULTS}
        kept = {key: item for key, item in old.items() if key in new or (exact and key not in added)}
        return {key: _like(item, new[key], exact=exact) if key in new else _plain(item) for key, item in kept.items()}
    if isinstance(old, list) and isinstance(new, list):
        pairs = [_like(one, other, exact=exact) for one, other in zip(old, new, strict=False)]
        return [*pairs, *(_plain(item) for item in old[len(new) :])]
    if isinstance(old, float) and old.is_integer() and not isinstance(new, float):
        return int(old)
    return old


def _plain(value: Any) -> Any:
    """Return a value of a state with ``[secret]`` for what is encrypted."""
    if isinstance(value, Mapping):
        if KIND in value:
            return "[secret]"
        return {key: _plain(item) for key, item in value.items() if key != _DEFAULTS}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _files(setting: Setting, step: Step) -> Iterator[Todo]:
    """Yield the files of the image directory that differ, each with what brings it to a machine that runs."""
    found: dict[str, list[str]] = {}
    for change in step.changes:
        if change.path[:1] == ("files",) and len(change.path) > 1:
            lines = found.setdefault(str(change.path[1]), [])
            before, after = (_content(side).splitlines() for side in (change.before, change.after))
            lines += list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    for file, lines in found.items():
        told = file_consequence(setting, file, lines)
        if file == STAMP and len(found) > 1:
            continue  # digests of what is told
        how = told.how.replace("`", "") if told.word is not Word.NOTHING else "up writes it"
        yield Todo(f"image directory: {file}", told.word, how, up=told.up or told.word is Word.NOTHING)


def _content(side: Any) -> str:
    found = side.get("content", "") if isinstance(side, Mapping) else side
    return found if isinstance(found, str) else ""
