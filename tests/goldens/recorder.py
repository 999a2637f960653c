"""Keeps what the tests give to the two doors: sites that are checked, and resources that policies judge.

It stands before the doors only where ``DUALSTACK_RECORD`` names a file, and before anybody has imported them by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.goldens.corpus import from_given, key_of

MOST = 1 << 16
"""Characters of the largest case that is kept: beyond stand the inputs of tests about bounds."""


class Recorder:
    """Appends cases to a file, each content once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: set[str] = set()

    def keep(self, case: dict[str, Any]) -> None:
        """Append a case, unless it is there, too large, or nothing that JSON can hold."""
        try:
            text = json.dumps(case, sort_keys=True)
        except (TypeError, ValueError):  # keys of a kind that no stack file can have
            return
        if len(text) > MOST or (key := key_of(case)) in self._seen:
            return
        self._seen.add(key)
        with self._file.open("a", encoding="ascii") as stream:
            stream.write(text + "\n")


def start(file: Path) -> None:
    """Stand before the doors and append each new case to a file, a line of JSON a case."""
    doors = [
        import_module(name) for name in ("dualstack.check.checked", "dualstack.policies.judge", "dualstack.policies")
    ]
    recorder = Recorder(file)
    check_site, judge = doors[0].check_site, doors[1].judge

    def checked(name: str, resolved: Any) -> Any:
        if not resolved.secrets_inside:
            recorder.keep({"site": resolved.site, "secrets": sorted(resolved.secrets), "config": resolved.config})
        return check_site(name, resolved)

    def judged(resources: Sequence[Any], config: Mapping[str, Any] | None = None) -> Any:
        recorder.keep({"resources": [from_given(one) for one in resources], "settings": config or {}})
        return judge(resources, config)

    vars(doors[0])["check_site"] = checked
    vars(doors[1])["judge"] = vars(doors[2])["judge"] = judged
