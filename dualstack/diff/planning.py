"""Snapshots of both revisions, taken at the same time, each by its own code in processes of its own."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dualstack.diff.environment import code_root
from dualstack.diff.snapshot import VERSION
from dualstack.errors import InputError

_MODULE: Final = "dualstack.diff.snapshot"
_FEWEST: Final = 12
"""Sites for which another process is worth its start, which takes about as long as planning so many."""
_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Side:
    """One revision on disk.

    Attributes:
        project: the project's folder.
        python: the interpreter that has its packages.
        sites: the sites to plan.
    """

    project: Path
    python: Path
    sites: Sequence[str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a revision says of its sites."""

    sites: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    incomparable: str | None = None
    """Why nothing of it can be compared, in words."""


def take(base: Side, head: Side) -> tuple[Snapshot, Snapshot]:
    """Plan the sites of both.

    Raises:
        InputError: a revision's code failed.
    """
    # A key of this run alone: nobody can compare, or guess, what stands for a secret in another one.
    key = secrets.token_hex(32)
    sides = [side for side in (base, head) if side.sites]
    share = max(1, len(os.sched_getaffinity(0)) // max(1, len(sides)))
    jobs: list[tuple[Side, list[str]]] = []
    for side in sides:
        count = min(share, -(-len(side.sites) // _FEWEST))
        jobs += [(side, list(side.sites[index::count])) for index in range(count)]
    with ThreadPoolExecutor(max(1, len(jobs))) as pool:
        done = list(pool.map(lambda job: _run(job[0], job[1], key, is_base=job[0] is base), jobs))
    return (
        _joined([found for (side, _), found in zip(jobs, done, strict=True) if side is base]),
        _joined([found for (side, _), found in zip(jobs, done, strict=True) if side is head]),
    )


def _joined(parts: Sequence[Snapshot]) -> Snapshot:
    types: dict[str, dict[str, str]] = {}
    for part in parts:
        for token, inputs in part.types.items():
            types.setdefault(token, {}).update(inputs)
    return Snapshot(
        {name: document for part in parts for name, document in part.sites.items()},
        types,
        next((part.incomparable for part in parts if part.incomparable), None),
    )


def _run(side: Side, sites: list[str], key: str, *, is_base: bool) -> Snapshot:
    """Start one process and read its answer.

    Args:
        side: the revision.
        sites: those that this process plans.
        key: of the run.
        is_base: whether it is the base, whose code may not know the command yet.
    """
    own, whose = code_root(side.project), "base" if is_base else "current"
    if own is not None and not (own / "dualstack" / "diff" / "snapshot.py").is_file():
        return Snapshot(incomparable=f"the dualstack of the {whose} revision is too old to be compared with")
    request = {"version": VERSION, "project": str(side.project), "sites": sites, "key": key}
    # Its own code, or this one; an environment of the base's own has its own.
    roots = [own] if own is not None else [_PACKAGE_ROOT] if side.python == Path(sys.executable) else []
    # No config of a stack and no login has a say in what a site plans; the base's files go, so no bytecode beside them.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PULUMI_")}
    environment |= {
        "PYTHONPATH": os.pathsep.join(map(str, roots)),
        "PYTHONUTF8": "1",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }
    if is_base and own is not None:
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        done = subprocess.run(
            [str(side.python), "-P", "-m", _MODULE],
            cwd=side.project,
            env=environment,
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",
            check=False,
        )
    except OSError as error:
        raise InputError(f"{side.python} cannot be started: {error.strerror or error}") from None
    return _read(done, sites, whose)


def _read(done: subprocess.CompletedProcess[str], sites: list[str], whose: str) -> Snapshot:
    # Not splitlines: a revision of before may have written U+2028 and its like as they are, within a text.
    lines = [line for line in done.stdout.split("\n") if line.strip()]
    try:
        documents = [json.loads(line) for line in lines]
    except ValueError:
        documents = []
    if not documents and any(f"No module named {quote}dualstack" in done.stderr for quote in ("", "'")):
        return Snapshot(incomparable=f"the {whose} revision has no dualstack that can be compared with")
    if documents and documents[0].get("snapshot") != VERSION:
        version = documents[0].get("snapshot")
        words = f"the {whose} revision plans in another form (version {version}, here {VERSION})"
        return Snapshot(incomparable=words)
    if done.returncode or not documents or "types" not in documents[-1]:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        reason = told[-1] if told else f"it ended with {done.returncode}"
        raise InputError(f"the code of the {whose} revision failed: {reason}", fix="see dualstack plan there")
    planned = {document["site"]: document for document in documents[1:-1]}
    if missing := sorted(set(sites) - planned.keys()):
        raise InputError(f"the code of the {whose} revision left out {', '.join(missing)}")
    return Snapshot(planned, documents[-1]["types"])
