"""The pack as the command lays it out for an engine, and the environment that it makes for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from dualstack.engine.model import Engine, How
from dualstack.engine.pack import RUNTIME, SOURCE, pack_python, policy_pack
from dualstack.errors import InputError
from tests import PROJECT


def engine(how: How) -> Engine:
    return Engine(Path("/nowhere"), "3.246.0", how)


def tells_its_port(process: subprocess.Popen[str]) -> None:
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdecimal()
    finally:
        process.kill()
        process.communicate(timeout=20)


def test_for_a_built_engine(python: Path) -> None:
    with policy_pack(engine(How.BUILT), PROJECT, print) as pack:
        described = yaml.safe_load((pack.folder / "PulumiPolicy.yaml").read_text())
        assert described["runtime"] == RUNTIME
        assert described["version"] == yaml.safe_load((SOURCE / "PulumiPolicy.yaml").read_text())["version"]
        launcher = pack.programs / f"pulumi-analyzer-policy-{RUNTIME}"
        # As the CLI starts it: the engine's address, then the pack's folder and the options of the runtime.
        process = subprocess.Popen(
            [launcher, "127.0.0.1:1", "."], cwd=pack.folder, env={"PATH": os.defpath}, stdout=subprocess.PIPE, text=True
        )
        tells_its_port(process)
    assert not pack.folder.exists()


def test_for_an_official_engine(python: Path) -> None:
    """Its language host starts it: from a virtual environment, with the program in the pack's folder."""
    with policy_pack(engine(How.OFFICIAL), PROJECT, print) as pack:
        described = yaml.safe_load((pack.folder / "PulumiPolicy.yaml").read_text())
        options = described["runtime"]["options"]
        assert described["runtime"]["name"] == "python"
        assert Path(options["virtualenv"], "bin/python") == python
        process = subprocess.Popen(
            [python, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack.folder)],
            cwd=pack.folder.parent,
            env={"PATH": os.defpath},
            stdout=subprocess.PIPE,
            text=True,
        )
        tells_its_port(process)


def test_a_project_without_a_pack_gets_ours(python: Path, tmp_path: Path) -> None:
    with policy_pack(engine(How.BUILT), tmp_path, print) as pack:
        assert (pack.folder / "dualstack_policies").resolve() == SOURCE / "dualstack_policies"


def test_a_projects_own_pack_comes_first(python: Path, tmp_path: Path) -> None:
    own = tmp_path / "policy"
    own.mkdir()
    for name in ("requirements.txt", "PulumiPolicy.yaml", "__main__.py"):
        (own / name).write_bytes((SOURCE / name).read_bytes())
    with policy_pack(engine(How.BUILT), tmp_path, print) as pack:
        assert (pack.folder / "__main__.py").resolve() == own / "__main__.py"


def test_an_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    source = tmp_path / "policy"
    source.mkdir()
    (source / "requirements.txt").write_text("# nothing\n")
    lines: list[str] = []
    first = pack_python(source, lines.append)
    assert subprocess.run([first, "-c", "import sys; print(sys.prefix)"], check=True, capture_output=True).stdout
    assert len(lines) == 1
    assert "(once; " in lines[0]
    assert pack_python(source, lines.append) == first
    assert len(lines) == 1
    (source / "requirements.txt").write_text("# something else\n")
    assert pack_python(source, lines.append) != first


def test_what_cannot_be_made_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    source = tmp_path / "policy"
    source.mkdir()
    (source / "requirements.txt").write_text("no-such-package-of-ours==1.0.0\n")
    with pytest.raises(InputError) as told:
        pack_python(source, print)
    assert "the policy pack has no environment: pip cannot install its packages: " in str(told.value)
    assert "nothing was deployed" in str(told.value)
    left = [path for path in (tmp_path / "cache/dualstack/policy").iterdir() if path.suffix != ".lock"]
    assert left == []
