"""What the steps of finding a Pulumi CLI share."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from dualstack.engine.versions import Version

PROGRAM: Final = "pulumi"
LANGUAGE_HOST: Final = "pulumi-language-python"
"""The program that runs a Python program for the CLI; without it the CLI is of no use to us."""

_ANSWER_SECONDS: Final = 30
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}

Report = Callable[[str], None]
"""Takes one short line about what is being done."""


class How(StrEnum):
    """How a CLI came to this machine."""

    PATH = "path"
    OFFICIAL = "official"
    BUILT = "built"


@dataclass(frozen=True, slots=True)
class Engine:
    """A Pulumi CLI that runs.

    Attributes:
        bin: the folder that holds ``pulumi``.
        version: what it says its version is, without the leading v.
        how: from PATH, the official build in our cache, or built from Go modules in our cache.
    """

    bin: Path
    version: str
    how: How

    @property
    def program(self) -> Path:
        """The CLI itself."""
        return self.bin / PROGRAM

    def __str__(self) -> str:
        """Tell version and way in one phrase."""
        way = {How.PATH: "from PATH", How.OFFICIAL: "the official build", How.BUILT: "built from Go modules"}[self.how]
        return f"Pulumi {self.version}, {way} ({self.program})"


class StepError(Exception):
    """One way to a CLI ends here; the text says why, for people, without a full stop."""


def platform_name() -> str:
    """Give the platform as Pulumi's downloads are named: ``linux-x64``, ``darwin-arm64``."""
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


def ask_version(program: Path) -> Version:
    """Run ``pulumi version``.

    Raises:
        StepError: it does not run, does not answer in time, or answers something else.
    """
    try:
        answer = subprocess.run(
            [program, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StepError(f"`pulumi version` gave no answer in {_ANSWER_SECONDS} seconds") from None
    except OSError as error:
        raise StepError(f"it does not run: {error.strerror or error}") from None
    version = Version.parse(answer.stdout)
    if answer.returncode != 0 or version is None:
        said = (answer.stdout + answer.stderr).strip().splitlines()
        raise StepError(f"`pulumi version` fails: {said[-1] if said else f'exit code {answer.returncode}'}")
    return version
