"""One site of the work tree planned and compared with its stack, in a process of its own: the program runs there."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dualstack.check.sites import load_site
from dualstack.day2 import Setting
from dualstack.diff.snapshot import Types, marker
from dualstack.errors import InputError, UnexpectedError
from dualstack.record import OWN_PROGRAM, record_site
from dualstack.stack.layers import LayerStore
from dualstack.stack.project import site_file
from dualstack.status.model import Todo
from dualstack.status.parts import differences
from dualstack.tokens import PROVIDER

Compared = tuple[int, list[Todo]]
"""How many parts are planned, and what is not deployed as planned."""


class Planner:
    """Plans sites of one project."""

    def __init__(self, project: Path) -> None:
        """Take the project's folder."""
        self._project = project
        self._store, self._types, self._mark = LayerStore(project), Types(), marker(secrets.token_bytes(32))

    def compare(self, site: str, deployed: Sequence[Mapping[str, Any]]) -> Compared:
        """Compare one site with the resources of its state.

        Args:
            site: the stack file's path.
            deployed: the resources.

        Raises:
            InputError: it cannot be read, or the program failed.
        """
        checked = load_site(self._project, site, self._store)
        recording = record_site(self._project, checked.name, site_file(self._project, site), self._mark)
        planned = [one.to_json() | {"custom": one.custom} for one in recording.resources]
        self._types.learn(planned)
        parts = sum(one.custom and not one.type.startswith(PROVIDER) for one in recording.resources)
        setting = Setting(checked.name, checked.resolved.site)
        return parts, differences(setting, planned, deployed, self._types.known)


_planner: Planner | None = None


def begin(project: Path) -> None:
    """Make this process one that plans sites; what the program prints does not go into the answer."""
    global _planner  # noqa: PLW0603 (one project a process)
    os.dup2(2, 1)
    # A terminal interrupts all processes at once; this one ends when its parent says so.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # No config of a stack and no login has a say in what a site plans.
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        del os.environ[name]
    program = project if (project / "__main__.py").is_file() else OWN_PROGRAM.parent
    sys.path.insert(0, str(program))
    os.chdir(project)
    _planner = Planner(project)


def compare(site: str, deployed: Sequence[Mapping[str, Any]]) -> Compared | str:
    """Compare one site in a process that has begun; an error is its text."""
    if _planner is None:
        return "no project was begun"
    try:
        return _planner.compare(site, deployed)
    except InputError as error:
        return str(error)
    except Exception as error:  # of one site; the others are told
        return str(UnexpectedError(error, Path(site).name))
