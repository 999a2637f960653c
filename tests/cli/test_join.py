"""``dualstack render --join``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_the_command_writes_image_and_runbook(run: Run, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("t")
    out = tmp_path / "out"
    done = run("render", "demo-ha", "--join", "mgmt-1", "--out", str(out), "--secret", f"rke2Token=@{token}")
    assert done.code == 0, done.told
    assert "JOIN.md" in done.out
    assert "DS279" not in done.out
    assert "mgmt-1" in (out / "JOIN.md").read_text()
    refused = run("render", "demo-ha", "--out", str(out), "--secret", f"rke2Token=@{token}")
    assert refused.code == 2
    assert "demo-ha-mgmt-1" in refused.err


@pytest.mark.parametrize("join", [(), ("--join", "mgmt-2")])
def test_without_the_token_nothing_is_written(run: Run, tmp_path: Path, join: tuple[str, ...]) -> None:
    done = run("render", "demo-ha", *join, "--out", str(tmp_path / "out"))
    assert done.code == 2
    assert "rke2Token" in done.err
    assert not (tmp_path / "out").exists()
