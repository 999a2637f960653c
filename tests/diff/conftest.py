"""Repositories in temporary folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diff.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project of sites only, without a commit."""
    return Repository(tmp_path / "repository")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for what the command keeps for a while; nobody else writes there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder
