"""What ``make demo`` does around its commands, which have tests of their own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dualstack.engine.find import EngineMissing
from dualstack.stack.layers import resolve_stack
from dualstack.stack.project import site_file
from tests import PROJECT


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("demo", PROJECT / "scripts/demo.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.delenv("DEMO_ENGINE", raising=False)
    return module


@pytest.fixture
def ran(demo: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    lines: list[list[str]] = []

    def run(commands: list[list[str]]) -> int:
        lines.extend(commands)
        return 0

    monkeypatch.setattr(demo, "run", run)
    return lines


def words(lines: list[list[str]]) -> list[str]:
    return [line[1] for line in lines]


def test_engine_comes_last(demo: ModuleType, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_engine", lambda *_: words(ran) == ["check", "plan", "render"] * 2 or 1 / 0)
    assert demo.main([]) == 0
    assert words(ran)[6:] == ["up", "preview"]
    assert all(line[3:7] == ["--engine", "built", "--backend", "embedded"] for line in ran[6:])


def test_engine_left_out(
    demo: ModuleType, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_ENGINE", "0")
    assert demo.main([]) == 0
    assert words(ran) == ["check", "plan", "render"] * 2
    assert "left out, as DEMO_ENGINE=0 says" in capsys.readouterr().out


def test_no_engine_is_no_failure(
    demo: ModuleType, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: Any) -> None:
        raise EngineMissing("no Pulumi CLI; no Go", fix="install Pulumi")

    monkeypatch.setattr(demo, "find_engine", none)
    assert demo.main([]) == 0
    assert words(ran) == ["check", "plan", "render"] * 2
    told = capsys.readouterr().out
    assert "no Pulumi CLI; no Go" in told and "install Pulumi" in told


def test_interrupted_engine_part(
    demo: ModuleType, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "find_engine", interrupted)
    assert demo.main([]) == 130
    assert "is complete" in capsys.readouterr().out


def test_destroy(demo: ModuleType, ran: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(demo, "STATE", tmp_path / "state.json")
    assert demo.main(["destroy"]) == 0
    assert ran == []
    demo.STATE.touch()
    assert demo.main(["destroy"]) == 0
    assert ran[0][1:3] == ["destroy", demo.DEPLOYED]
    assert {"--yes", "--forget"} <= set(ran[0])


def test_deployed_site_needs_nothing(demo: ModuleType) -> None:
    site = resolve_stack(PROJECT, site_file(PROJECT, demo.DEPLOYED)).site
    assert site["host"] == {"kind": "existing", "readiness": "off"}
    assert "delivery" not in site and "backend" not in site["dns"]
