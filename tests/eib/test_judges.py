"""Other people's tools over what is rendered: EIB's own validator, and nm-configurator."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dualstack.eib import write_tree
from tests.eib.support import SITES, VALUES, tree_of

pytestmark = pytest.mark.judges


def judge(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"no {name} on PATH")
    return program


@pytest.mark.parametrize("secrets", [None, VALUES], ids=["without", "with"])
@pytest.mark.parametrize("name", SITES)
def test_eib(name: str, secrets: dict[str, str] | None, tmp_path: Path) -> None:
    program, out = judge("eib"), tmp_path / "eib"
    write_tree(tree_of(SITES[name], secrets), out)
    base = yaml.safe_load((out / "definition.yaml").read_text())["image"]["baseImage"]
    (out / "base-images").mkdir()
    (out / "base-images" / base).touch()
    command = [program, "validate", "--definition-file", "definition.yaml", "--config-dir", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    logs = "\n".join(path.read_text() for path in out.glob("_validation/*.log"))
    assert done.returncode == 0, done.stdout + done.stderr + logs


@pytest.mark.parametrize("name", SITES)
def test_nmc(name: str, tmp_path: Path) -> None:
    program, out = judge("nmc"), tmp_path / "eib"
    write_tree(tree_of(SITES[name]), out)
    command = [program, "generate", "--config-dir", str(out / "network"), "--output-dir", str(tmp_path / "made")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = yaml.safe_load((tmp_path / "made/host_config.yaml").read_text())
    assert [host["hostname"] for host in hosts] == ["mgmt-1"]
