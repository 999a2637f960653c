"""Fixtures for writing directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualstack.eib import disk


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "demo"


@pytest.fixture(params=["exchange", "renames"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the one-step exchange, and as where there is none."""
    if request.param == "renames":
        monkeypatch.setattr(disk, "exchange", lambda one, other: False)
