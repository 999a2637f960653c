"""The environment in which an engine runs: PATH, and the embedded backend of a project."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from dualstack.engine.model import PROGRAM, Engine, How
from dualstack.errors import InputError

EMBEDDED: Final = ".dualstack"
"""The project's folder for what the embedded backend keeps; git ignores it."""
OUTER_TMPDIR: Final = "DUALSTACK_TMPDIR"
"""What TMPDIR was for the command itself; empty where it was not set."""
_STAGED: Final = ".passphrase."
_QUIET: Final = {"PULUMI_SKIP_UPDATE_CHECK": "true", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
"""No look for newer versions: the language host runs `pip list` at each preview, which else asks a package index first,
for up to 5 s where none is reached."""


def engine_env(
    engine: Engine, project: Path, *, embedded: bool = True, acquire_plugins: bool | None = None
) -> dict[str, str]:
    """Give the variables that make ``pulumi`` this engine, for this project; makes what they point to.

    ``unwanted`` names those that must go; ``child_environment`` puts both together.

    Args:
        engine: the CLI.
        project: the project's folder.
        embedded: keep state in files below the project, with a passphrase of its own; without, the user's own backend
            and secrets stay as they are.
        acquire_plugins: let the CLI download plugins that a program needs; where nothing is said, a built CLI does
            not: it is for machines that do not reach Pulumi's hosts, and each preview would wait for them.

    Raises:
        InputError: the embedded backend's folder cannot be written, or its state has lost its passphrase.
    """
    project = project.absolute()
    venv = _venv(project)
    variables = {"PATH": _path(engine, venv / "bin"), **_QUIET}
    if (venv / "pyvenv.cfg").is_file():
        variables["VIRTUAL_ENV"] = str(venv)
    if not (engine.how is not How.BUILT if acquire_plugins is None else acquire_plugins):
        variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    if embedded:
        folder = project / EMBEDDED
        state, home = folder / "state", folder / "home"
        try:
            for each in (folder, state, home):
                each.mkdir(mode=0o700, exist_ok=True)
            passphrase = _passphrase(folder / "passphrase", state)
        except OSError as error:
            message = f"the embedded backend cannot be written: {error.strerror or error}"
            raise InputError(message, file=str(error.filename or folder), fix="check free space and rights") from None
        # Absolute, since a relative one is taken from the current folder; quoted, since the CLI unquotes it.
        variables["PULUMI_BACKEND_URL"] = f"file://{quote(str(state))}"
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
        # Its own, so that neither credentials nor the selected stacks of the user's other projects are touched.
        variables["PULUMI_HOME"] = str(home)
    return variables


def unwanted(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Name the variables that must not reach an engine which gets these.

    PYTHONHOME leads Python past its virtual environment. With a passphrase file PULUMI_CONFIG_PASSPHRASE, which would
    win over it, also where it is empty (pkg/secrets/passphrase/manager.go).
    """
    return ("PYTHONHOME", *(["PULUMI_CONFIG_PASSPHRASE"] if "PULUMI_CONFIG_PASSPHRASE_FILE" in variables else []))


def child_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Give this process' environment with the variables of ``engine_env`` in it and the unwanted ones gone."""
    gone = unwanted(variables)
    return {key: value for key, value in os.environ.items() if key not in gone} | dict(variables)


def _venv(project: Path) -> Path:
    """Give the project's virtual environment, or else the one that this Python belongs to."""
    own = project / ".venv"
    return own if (own / "bin" / "python").exists() else Path(sys.prefix)


def _path(engine: Engine, programs: Path) -> str:
    """Put the virtual environment first and see that ``pulumi`` means the engine, moving no more than that needs.

    The language host of a built engine finds its Python by PATH alone.
    """
    rest = [entry for entry in os.environ.get("PATH", os.defpath).split(os.pathsep) if entry and entry != str(programs)]
    path = os.pathsep.join([str(programs), *rest])
    found = shutil.which(PROGRAM, path=path)
    if found is not None and Path(found) == engine.program:
        return path
    rest = [entry for entry in rest if entry != str(engine.bin)]
    # Before the virtual environment only if that has a CLI of its own.
    first = [str(programs), str(engine.bin)]
    if shutil.which(PROGRAM, path=str(programs)) is not None:
        first.reverse()
    return os.pathsep.join([*first, *rest])


def _passphrase(file: Path, state: Path) -> Path:
    """Make the passphrase file if there is none: 32 random bytes, for the owner alone, there as a whole or not at all.

    Two runs at once get the same one: linking does not replace.
    """
    for left in file.parent.glob(f"{_STAGED}*") if file.exists() else ():
        left.unlink(missing_ok=True)  # of a run that was killed here
    if not file.exists():
        if any(state.rglob("stacks/**/*.json*")):
            message = "the state beside it was encrypted with this passphrase, and the file is gone"
            fix = f"put the file back, or give up that state: remove {state}"
            raise InputError(message, file=str(file), fix=fix)
        handle, name = tempfile.mkstemp(prefix=_STAGED, dir=file.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as new:
                new.write(secrets.token_urlsafe(32) + "\n")
                new.flush()
                os.fsync(new.fileno())
            with contextlib.suppress(FileExistsError, FileNotFoundError):  # the latter: another run has cleared it up
                os.link(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
    found = file.stat()
    if found.st_size == 0:
        fix = "put the passphrase back; with an empty one the state is not protected"
        raise InputError("the passphrase file is empty", file=str(file), fix=fix)
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        file.chmod(0o600)
    return file
