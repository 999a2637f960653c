"""Which interpreter plans a revision: the current one, or one with the packages that the base pins."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from dualstack.engine.cache import cache_folder, locked
from dualstack.engine.model import StepError
from dualstack.errors import InputError

REQUIREMENTS: Final = "requirements.txt"
_DONE: Final = "dualstack-complete"
_MINUTES: Final = 15
_MORE: Final = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
"""A line that names another file of the same form."""


def code_root(project: Path) -> Path | None:
    """Give the folder with a project's own copy of dualstack: its own or one below it; None where it has none."""
    for root in (project, project / "dualstack"):
        if (root / "dualstack" / "__init__.py").is_file():
            return root
    return None


def pins(project: Path) -> tuple[str, ...]:
    """Give what a project's requirements say, and those of its copy of dualstack; empty where there are none.

    What they take in by ``-r`` and ``-c`` counts with its content: the same words with another content are other
    packages, and must not find the environment of these.
    """
    found: list[str] = []
    seen: set[Path] = set()
    for file in _requirements(project):
        found += _lines(file, seen)
    return tuple(found)


def _lines(file: Path, seen: set[Path]) -> Iterator[str]:
    try:
        file = file.resolve()
        if file in seen or not file.is_file():  # a circle; a device has no end
            return
        seen.add(file)
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError, RuntimeError):
        return
    for line in lines:
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            yield text
        if more := _MORE.match(text):
            yield from _lines(file.parent / more[1], seen)


def _requirements(project: Path) -> list[Path]:
    folders = dict.fromkeys([project, code_root(project) or project])
    return [folder / REQUIREMENTS for folder in folders if (folder / REQUIREMENTS).is_file()]


def _brings_dualstack(project: Path) -> bool:
    return code_root(project) is not None or any(re.match(r"dualstack\b", pin, re.IGNORECASE) for pin in pins(project))


def base_python(base: Path, head: Path, report: Callable[[str], None]) -> Path:
    """Give the interpreter for the base's code.

    Args:
        base: the project's folder in the base.
        head: the project's folder as it is now.
        report: told what takes long.

    Raises:
        InputError: the base pins other packages, and they cannot be installed.
    """
    wanted = pins(base)
    if not wanted or wanted == pins(head) or not _brings_dualstack(base):
        return Path(sys.executable)
    version = ".".join(map(str, sys.version_info[:3]))
    digest = hashlib.sha256("\n".join([sys.executable, version, *wanted]).encode()).hexdigest()[:16]
    try:
        folder = cache_folder("diff") / f"venv-{digest}"
        with locked(folder, report):
            if not (folder / _DONE).is_file():
                report(f"the base pins other packages: they are installed once, in {folder}")
                _install(folder, base)
    except StepError as error:
        raise InputError(f"the base's own packages cannot be had: {error}", fix=_FIX) from None
    return folder / "bin" / "python"


_FIX: Final = (
    "run where a package index answers, or compare with a base of the same requirements.txt; "
    "planned with other packages, the base would not say what is deployed"
)


def _install(folder: Path, base: Path) -> None:
    """Make the environment; the mark of completeness comes last, and without it the next run makes it again."""
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    # In the folder of each, since requirements may name files beside them.
    for command, place in (
        ([sys.executable, "-m", "venv", "--clear", str(folder)], base),
        *(([*pip, "--quiet", "--only-binary", ":all:", "-r", file.name], file.parent) for file in _requirements(base)),
    ):
        try:
            done = subprocess.run(
                command,
                cwd=place,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60 * _MINUTES,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(f"the base's own packages cannot be had: no end after {_MINUTES} min", fix=_FIX) from None
        if done.returncode:
            told = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            last = next((line for line in reversed(told) if line.startswith("ERROR")), told[-1] if told else "no word")
            raise InputError(f"the base's own packages cannot be had: {last.removeprefix('ERROR: ')}", fix=_FIX)
    (folder / _DONE).touch()
