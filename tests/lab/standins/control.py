"""The folder by which a test and its stand-ins know of each other: faults, calls, and the world of what really is."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote

VARIABLE = "DUALSTACK_STANDINS"
"""Names the folder to the stand-ins."""

Operation = Literal["create", "update", "delete", "read"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        type: type token of the resource.
        name: its name in the program.
        operation: in which call.
        do: fail with ``message``, or hang until the fault is taken back or the process ends.
        after: when the call has had its effect; else before.
        message: of the failure.
    """

    type: str
    name: str
    operation: Operation
    do: Literal["fail", "hang"] = "fail"
    after: bool = False
    message: str = "the stand-in was told to fail"


@dataclass(frozen=True)
class Call:
    """One call that a stand-in got, apart from previews."""

    operation: str
    type: str
    name: str
    id: str
    phase: str
    """``start``, ``held``, ``failed`` or ``end``."""
    paths: tuple[str, ...] = ()
    """Of an update: what changed."""

    def __str__(self) -> str:
        return f"{self.operation} {self.name}"


class Control:
    """One such folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "world").mkdir(parents=True, exist_ok=True)

    # The test's side.

    def set(self, *faults: Fault) -> None:
        """Let these happen from now on, and no others."""
        file = self.folder / "faults.new"
        file.write_text(json.dumps([asdict(fault) for fault in faults]))
        file.rename(self.folder / "faults.json")

    def calls(self, phase: str = "start") -> list[Call]:
        """Give the calls so far, in order."""
        file = self.folder / "calls.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        calls = [json.loads(line) for line in lines]
        return [Call(**{**call, "paths": tuple(call["paths"])}) for call in calls if call["phase"] == phase]

    def forget(self) -> None:
        """Begin a new list of calls."""
        (self.folder / "calls.jsonl").unlink(missing_ok=True)

    def wait_for_hold(self, seconds: float = 60) -> Call:
        """Wait until a stand-in hangs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if held := self.calls("held"):
                return held[-1]
            time.sleep(0.05)
        raise AssertionError(f"nothing was held within {seconds} s; calls: {self.calls()}")

    def world(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Give what really is: by type token and real name, ``{"id": ..., "inputs": {...}}``."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for file in sorted((self.folder / "world").glob("*/*.json")):
            things = found.setdefault(unquote(file.parent.name), {})
            things[unquote(file.stem)] = json.loads(file.read_text())
        return found

    def part_clusters(self) -> None:
        """Let each cluster be a world of its own."""
        (self.folder / "clusters").mkdir()

    # The stand-ins' side.

    def cluster(self, name: str) -> Control:
        """Give the world of a cluster; all are one where nothing parts them."""
        clusters = self.folder / "clusters"
        return Control(clusters / name) if clusters.is_dir() else self

    def faults(self) -> Iterator[Fault]:
        """Give what shall go wrong now."""
        file = self.folder / "faults.json"
        if file.exists():
            for fault in json.loads(file.read_text()):
                yield Fault(**fault)

    def note(self, call: Call) -> None:
        """Add a call; one write, so that lines of several processes do not mix."""
        handle = os.open(self.folder / "calls.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, (json.dumps(asdict(call)) + "\n").encode())
        finally:
            os.close(handle)

    def thing(self, type_: str, name: str) -> Path:
        """Give the file that stands for a thing of the world."""
        folder = self.folder / "world" / quote(type_, safe="")
        folder.mkdir(exist_ok=True)
        return folder / f"{quote(name, safe='')}.json"

    def count(self, type_: str, name: str) -> int:
        """Count the creations of a name: 1 for the first."""
        file = self.thing(type_, name).with_suffix(".count")
        number = int(file.read_text()) + 1 if file.exists() else 1
        file.write_text(str(number))
        return number
