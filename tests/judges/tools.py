"""Other people's tools: on PATH or in the folder that DUALSTACK_JUDGES names; else the test says what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

HOME = os.environ.get("DUALSTACK_JUDGES", "")
"""A folder with ``charts/*.tgz`` and, where it likes, ``bin``."""
METAL3 = ("0.12.7", "0.12.8", "0.12.9", "0.13.0", "0.13.1")
"""Versions of the metal3 chart whose templates the plan follows."""


def tool(name: str) -> str:
    """Return the path of a program; skips where it is not at hand."""
    path = os.pathsep.join([str(Path(HOME) / "bin"), os.environ.get("PATH", "")]) if HOME else None
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name} is neither on PATH nor in $DUALSTACK_JUDGES/bin")
    return found


def chart(name: str) -> Path:
    """Return the package of a chart; skips where it is not at hand."""
    if not HOME:
        pytest.skip(f"DUALSTACK_JUDGES names no folder, and {name}.tgz is wanted from its charts/")
    found = Path(HOME) / "charts" / f"{name}.tgz"
    if not found.is_file():
        pytest.skip(f"$DUALSTACK_JUDGES/charts has no {name}.tgz")
    return found


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a tool and return what it said; its exit code is the caller's to judge."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
