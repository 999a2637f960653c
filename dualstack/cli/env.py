"""``dualstack env``: lines for a shell, so that plain ``pulumi`` does what our commands do: same CLI, same backend."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualstack.deploy.choice import BackendChoice


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


def show_env(
    project: Path,
    shell: Shell = Shell.SH,
    engine: EngineChoice = EngineChoice.AUTO,
    wanted: BackendChoice | None = None,
) -> None:
    """Print what a shell has to read so that ``pulumi`` works on the backend on which ``up`` would.

    Nothing is printed before all of it is known: ``eval`` of a failed run changes nothing.

    Raises:
        InputError: there is no engine, none of one's own where that is wanted, or the embedded one cannot be made.
    """
    from dualstack.deploy.backend import choose_backend
    from dualstack.engine.environment import engine_env, unwanted
    from dualstack.engine.find import find_engine

    backend = choose_backend(project.absolute(), wanted)
    found = find_engine(engine is EngineChoice.BUILT, tell)
    variables = engine_env(found, project, embedded=backend.embedded) | backend.variables
    print(f"backend: {backend}", file=sys.stderr, flush=True)
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
