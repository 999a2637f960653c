"""A copy of the tree, to which something is added."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from tests import PROJECT

_ROOMS = ("components", "docs", "dualstack", "policy", "provider", "stacks")
_FILES = ("Pulumi.yaml", "__main__.py")
_TESTS = ("", "added", "added/programs", "components", "day2", "verify", "verify/cluster")
"""Folders of tests whose helpers the programs use."""


class Tree:
    """The copy; whatever is written into it stays in it."""

    def __init__(self, folder: Path) -> None:
        """Copy the product, and the helpers of its tests.

        Args:
            folder: where; it is made.
        """
        self.folder = folder
        for room in _ROOMS:
            shutil.copytree(PROJECT / room, folder / room, ignore=_not_copied)
        for name in _FILES:
            shutil.copy(PROJECT / name, folder)
        for part in _TESTS:
            target = folder / "tests" / part
            target.mkdir(parents=True, exist_ok=True)
            for file in (PROJECT / "tests" / part).glob("*.py"):
                shutil.copy(file, target)

    def write(self, path: str, text: str) -> None:
        """Write a new file."""
        assert not (self.folder / path).exists(), path
        (self.folder / path).write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Put a text in the place of one that stands in a file once."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, program: str) -> None:
        """Run one of the programs in the copy; it says what is wrong, or nothing."""
        env = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", f"tests.added.programs.{program}"]
        ran = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (0, f"{self.folder}\n"), f"{ran.stdout}\n{ran.stderr}"


def _not_copied(folder: str, names: Collection[str]) -> set[str]:
    return {name for name in names if name in ("__pycache__", ".venv", "build") or name.endswith(".egg-info")}
