"""nm-configurator, where it is on PATH, judges raw nmstate; here a stand-in says what the real one says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dualstack.check import nmc
from dualstack.check.nmc import with_nmc
from dualstack.document.origins import format_path
from tests.rules.cases import changed
from tests.sites import checked

RAW = {"interfaces": [{"name": "eth0", "ethtool": {"feature": {"tx": "x"}}}]}
REFUSAL = "InvalidArgument: Invalid YAML string: interfaces: unknown field `x`,\n expected `y` at line 3"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called nmc that writes down what it is asked; what it answers stands beside it."""
    path = tmp_path / "nmc"
    path.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "(here / 'asked').open('a').write(pathlib.Path(sys.argv[3], 'node.yaml').read_text())\n"
        "answer = here / 'answer'\n"
        "if answer.exists():\n"
        "    sys.stderr.write(answer.read_text())\n"
        "    sys.exit(1)\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return path


def test_its_refusal_is_a_finding_at_the_nodes_nmstate(program: Path) -> None:
    (program.parent / "answer").write_text(f"[2026-11-01T00:00:00Z ERROR nmc] Generating config failed: {REFUSAL}\n")
    plain = checked(changed("address", (RAW, "nodes", 0, "nmstate")))
    told = with_nmc(plain)
    (finding,) = [one for one in told.findings if one not in plain.findings]
    assert (finding.rule.id, str(finding.severity)) == ("DS059-nmstate-form", "error")
    assert format_path(finding.path) == "nodes[0].nmstate"
    assert finding.message == f"nm-configurator refuses it: {' '.join(REFUSAL.split())}"
    assert told.failed
    assert "tx: x" in (program.parent / "asked").read_text()


def test_what_it_takes_changes_nothing(program: Path) -> None:
    plain = checked(changed("address", (RAW, "nodes", 0, "nmstate")))
    assert with_nmc(plain) is plain
    assert (program.parent / "asked").exists()


def test_it_is_not_asked_without_raw_nmstate_nor_after_an_error(program: Path) -> None:
    for data in (
        changed("address"),
        changed("address", ({"interfaces": [{"name": "eth0", "mtu": 5}]}, "nodes", 0, "nmstate")),
    ):
        plain = checked(data)
        assert with_nmc(plain) is plain
    assert not (program.parent / "asked").exists()


def test_another_failure_than_a_refusal_is_none(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = checked(changed("address", (RAW, "nodes", 0, "nmstate")))
    (program.parent / "answer").write_text("Illegal instruction\n")
    assert with_nmc(plain) is plain
    program.write_text("no program\n")
    assert with_nmc(plain) is plain
    monkeypatch.setenv("PATH", "/nowhere")
    assert with_nmc(plain) is plain


def test_one_that_hangs_is_left_alone(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmc, "SECONDS", 0.2)
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    plain = checked(changed("address", (RAW, "nodes", 0, "nmstate")))
    assert with_nmc(plain) is plain
