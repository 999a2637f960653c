"""``dualstack env``: lines for a shell, so that plain ``pulumi`` uses the embedded backend."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path


class Shell(StrEnum):
    """Which shell reads the lines."""

    SH = "sh"
    FISH = "fish"


class EngineChoice(StrEnum):
    """Which Pulumi CLI may be used."""

    AUTO = "auto"
    BUILT = "built"


def tell(line: str) -> None:
    """Tell a step of finding the engine; to standard error, since standard output may be read by a shell."""
    print(f"engine: {line}", file=sys.stderr, flush=True)


def show_env(project: Path, shell: Shell = Shell.SH, engine: EngineChoice = EngineChoice.AUTO) -> None:
    """Print what a shell has to read so that ``pulumi`` works on this project's embedded backend.

    Nothing is printed before all of it is known: ``eval`` of a failed run changes nothing.

    Raises:
        InputError: there is no engine, or the embedded backend cannot be made.
    """
    from dualstack.engine.environment import engine_env, unwanted
    from dualstack.engine.find import find_engine

    found = find_engine(engine is EngineChoice.BUILT, tell)
    variables = engine_env(found, project)
    print(shell_lines(variables, unwanted(variables), shell))


def shell_lines(variables: Mapping[str, str], unset: Iterable[str], shell: Shell) -> str:
    """Give lines that set and unset variables, quoted for the shell."""
    if shell is Shell.FISH:
        lines = [f"set -e {name};" for name in unset]
        for name, value in variables.items():
            # A list in fish.
            values = value.split(os.pathsep) if name == "PATH" else [value]
            lines.append(f"set -gx {name} {' '.join(map(_fish, values))};")
        return "\n".join(lines)
    # With semicolons, so that an eval without quotes around it works, too.
    lines = [f"unset {name};" for name in unset]
    return "\n".join([*lines, *(f"export {name}={shlex.quote(value)};" for name, value in variables.items())])


def _fish(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
