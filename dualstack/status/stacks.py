"""What a site's stack holds, and what was run on it: from a backend in files directly, from any other by the CLI."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dualstack.deploy.backend import Backend
from dualstack.deploy.checkpoint import BrokenError, UnknownFormError, broken, read_checkpoint
from dualstack.deploy.locks import Holder
from dualstack.deploy.reasons import last_words
from dualstack.deploy.who import by_whom
from dualstack.engine.environment import child_environment, engine_env
from dualstack.engine.model import Engine
from dualstack.status.model import Update

SECONDS: Final = 60.0
"""For one answer of the CLI: a backend far away, a login that waits for somebody."""
_KIND: Final = "update"
"""How the engine calls an ``up``."""


class UnreadableError(Exception):
    """A stack that cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a stack holds.

    Attributes:
        deployment: its resources and pending operations.
        latest: the last run that ended, whatever it was.
        last: the last ``up`` that ended.
        running: who holds its lock.
    """

    deployment: Mapping[str, Any]
    latest: Update | None = None
    last: Update | None = None
    running: str = ""


Reader = Callable[[str], Found | None]
"""Gives what a stack holds by its name; None where there is none. Raises ``UnreadableError``."""


def from_files(backend: Backend, project: str) -> Reader:
    """Return a reader of a backend in files."""

    def read(stack: str) -> Found | None:
        try:
            file = backend.stack_file(project, stack)
            if file is None or backend.files is None:
                return None
            if why := broken(file):
                fix = f"dualstack preview {stack} says what copies there are and how one is put back"
                raise UnreadableError(f"its state is broken, {why}; {fix}")
            folder = backend.files / ".pulumi"
            latest, last = _history(folder / "history" / project / stack)
            held = (folder / "locks/organization" / project / stack).glob("*.json")
            running = [holder for lock in sorted(held) if (holder := Holder.read(lock)) and not holder.dead]
            return Found(read_checkpoint(file), latest, last, " and ".join(map(str, running)))
        except BrokenError as error:  # by a run that writes it now
            raise UnreadableError(f"its state cannot be read: {error}; ask again") from None
        except UnknownFormError:
            raise UnreadableError("its state is compressed in a form that only the Pulumi CLI reads") from None
        except OSError as error:
            raise UnreadableError(f"its state cannot be read: {error.filename}: {error.strerror or error}") from None

    return read


def by_engine(backend: Backend, engine: Engine, project: Path) -> Reader:
    """Return a reader that asks the CLI, with the user's login.

    Args:
        backend: of any kind.
        engine: the CLI.
        project: the project's folder.
    """
    variables = engine_env(engine, project, embedded=backend.embedded, acquire_plugins=False)
    environment = child_environment(variables) | backend.variables

    def pulumi(*arguments: str) -> Any:
        try:
            done = subprocess.run(
                [str(engine.program), "--non-interactive", "--color", "never", "stack", *arguments],
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
                check=False,
            )
            if done.returncode == 0:
                return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise UnreadableError(f"the backend gave no answer within {SECONDS:.0f} s") from None
        except (OSError, ValueError) as error:
            raise UnreadableError(f"the Pulumi CLI gave no answer: {error}") from None
        words = last_words(done.stderr)
        if "no stack named" in words:
            return None
        raise UnreadableError(f"its stack cannot be read: {words}; try pulumi stack export --stack STACK in a shell")

    def read(stack: str) -> Found | None:
        state = pulumi("export", "--stack", stack)
        if state is None:
            return None
        # The newest first.
        runs = [_update(one) for one in pulumi("history", "--stack", stack, "--json", "--page-size", "10") or ()]
        known = [one for one in runs if one is not None]
        last = next((one for one in known if one.kind == _KIND), None)
        return Found(state.get("deployment") or {}, next(iter(known), None), last)

    return read


def _history(folder: Path) -> tuple[Update | None, Update | None]:
    """Return the last run, and the last ``up``; entries that are broken are passed over."""
    latest: Update | None = None
    # Nanoseconds since 1970 are in the name, always as many digits.
    for file in sorted((path for path in folder.glob("*.history.json*")), key=_number, reverse=True):
        if file.suffix == ".attrs":
            continue
        try:
            data = file.read_bytes()
            found = _update(json.loads(gzip.decompress(data) if file.suffix == ".gz" else data))
        except (OSError, ValueError, EOFError):
            continue
        if found is None:
            continue
        latest = latest or found
        if found.kind == _KIND:
            return latest, found
    return latest, None


def _number(file: Path) -> int:
    digits = file.name.partition(".history.json")[0].rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _update(told: Any) -> Update | None:
    """Read one entry of a history: times are Unix seconds in the file, and texts in the CLI's answer."""
    if not isinstance(told, Mapping):
        return None
    ended = told.get("endTime")
    try:
        when = datetime.fromisoformat(ended) if isinstance(ended, str) else datetime.fromtimestamp(ended or 0, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    environment = told.get("environment")
    by = by_whom(str(told.get("message") or ""), environment if isinstance(environment, Mapping) else {})
    return Update(str(told.get("kind")), str(told.get("result")), when.astimezone(UTC), by)


def resources(found: Found) -> Sequence[Mapping[str, Any]]:
    """Return the resources of a stack that are there, without those that wait for their deletion."""
    return [one for one in found.deployment.get("resources") or () if not one.get("delete")]
