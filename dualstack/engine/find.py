"""Finding a Pulumi CLI: on PATH, else in the cache, else the official build, else one built from Go modules."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from dualstack.engine import built, official
from dualstack.engine.cache import is_ours
from dualstack.engine.model import LANGUAGE_HOST, PROGRAM, Engine, How, Report, StepError, ask_version
from dualstack.engine.versions import ACCEPTED, OFFICIAL
from dualstack.errors import InputError

_INSTALL = f"install Pulumi {ACCEPTED.oldest} or newer (https://www.pulumi.com/docs/install/) so that it is on PATH"


class _NothingThere(StepError):
    """PATH has none, which is no news where the cache has one."""


class EngineMissing(InputError):
    """No Pulumi CLI can be had; whatever needs no engine (check, plan, render, diff) still works."""


def find_engine(may_build: bool, report: Report) -> Engine:
    """Find a Pulumi CLI: on PATH, else what the user's cache holds, else the pinned official build is downloaded.

    The cache holds official builds and ones made from Go modules, and each is whole or not there. Never another version
    than the one that is told.

    Args:
        may_build: where none can be downloaded, build one from Go modules: for the demo, tests and closed labs.
        report: takes a line: which it is, and, where that takes more than a look, each step.

    Raises:
        EngineMissing: none of the ways leads to one; says why, and the way out.
    """
    missed: list[str] = []

    def miss(step: str, error: Exception) -> None:
        report(f"{step}: {error}")
        missed.append(f"{step}: {error}")

    try:
        return _on_path(report)
    except _NothingThere as error:
        nothing = error
    except StepError as error:
        miss("PATH", error)
        nothing = None
    with contextlib.suppress(StepError, OSError):
        if engine := official.cached() or built.cached():
            return _told(engine, report)
    if nothing is not None:
        miss("PATH", nothing)
    try:
        return _told(official.install(report), report)
    except (StepError, OSError) as error:
        miss(f"official Pulumi {OFFICIAL.version}", error)
    try:
        if not may_build:
            raise StepError("not asked for")
        return _told(built.build(report), report)
    except (StepError, OSError) as error:
        miss("build from Go modules", error)
    fix = _INSTALL
    if not may_build:
        fix += ", or build one from Go modules, once: dualstack env --engine built"
    raise EngineMissing(f"no Pulumi CLI; {'; '.join(missed)}", fix=fix)


def built_engine(report: Report) -> Engine:
    """Give the CLI built from Go modules, whatever else the machine has.

    Raises:
        EngineMissing: it cannot be built here; says why.
    """
    try:
        return _told(built.build(report), report)
    except (StepError, OSError) as error:
        fix = f"mend that, or {_INSTALL}"
        raise EngineMissing(f"no Pulumi CLI can be built from Go modules: {error}", fix=fix) from None


def _told(engine: Engine, report: Report) -> Engine:
    report(f"using {engine}")
    return engine


def _on_path(report: Report) -> Engine:
    """Give the first CLI on PATH that is taken; tell of those that are not."""
    refused: list[str] = []
    seen: set[Path] = set()
    for entry in os.get_exec_path():
        program = shutil.which(PROGRAM, path=entry) if Path(entry).is_absolute() else None
        if program is None:
            continue
        real = Path(program).resolve()
        # One of ours is there after `eval "$(dualstack env)"`; it has a step of its own, so that it is never taken for
        # the user's.
        if real in seen or is_ours(real.parent):
            continue
        seen.add(real)
        try:
            version = ask_version(Path(program))
        except StepError as error:
            refused.append(f"{program}: {error}")
            continue
        reason = ACCEPTED.refusal(version)
        if reason is None and shutil.which(LANGUAGE_HOST) is None and not (real.parent / LANGUAGE_HOST).is_file():
            reason = f"{version} comes without {LANGUAGE_HOST}"
        if reason is not None:
            refused.append(f"{program}: {reason}")
            continue
        for line in refused:
            report(f"PATH: {line}")
        if version > ACCEPTED.seen:
            report(f"PATH: {version} is newer than {ACCEPTED.seen}, the newest that was seen to work")
        return _told(Engine(Path(entry), str(version), How.PATH), report)
    if not refused:
        raise _NothingThere("no pulumi")
    raise StepError("; ".join(refused))
