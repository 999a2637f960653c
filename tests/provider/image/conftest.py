"""A project with a base image, and a stand-in for podman on PATH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.lab.podman import Podman
from tests.provider.image.building import BASE


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Podman:
    project = tmp_path / "project"
    (project / "base-images").mkdir(parents=True)
    (project / "base-images" / BASE).write_text("base")
    monkeypatch.chdir(project)
    stand_in = Podman(tmp_path / "podman")
    monkeypatch.setenv("PATH", f"{stand_in.bin}:{os.environ['PATH']}")
    return stand_in


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.rpm").write_bytes(b"\xff\x00rpm")
    return tmp_path
