"""The image directory of a deployment, kept: never with a secret in clear."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests import PROJECT

CANARY = "canary-77aa-password"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project/build/paris"
    for path, mode, text in (
        (".dualstack.digest", 0o644, "d"),
        ("definition.yaml", 0o600, CANARY),
        ("network/node.yaml", 0o644, "interfaces: []"),
        ("base-images/SL.raw", 0o644, "gigabytes"),
    ):
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
    return tmp_path / "project"


def keep(project: Path, out: Path, passphrase: str = "", site: str = "paris") -> str:
    done = subprocess.run(
        [PROJECT / "ci/keep.sh", site, project, out],
        env=os.environ | {"DUALSTACK_ARTIFACT_PASSPHRASE": passphrase},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_without_a_passphrase_files_with_secrets_are_left_out(project: Path, tmp_path: Path) -> None:
    assert "without files that may hold secrets" in keep(project, tmp_path / "out")
    with tarfile.open(tmp_path / "out/paris.tar.gz") as archive:
        assert sorted(archive.getnames()) == ["paris/.dualstack.digest", "paris/network/node.yaml"]


def test_with_one_it_is_whole_and_encrypted(project: Path, tmp_path: Path) -> None:
    assert "kept, encrypted" in keep(project, tmp_path / "out", "words of this test")
    (made,) = (tmp_path / "out").iterdir()
    assert CANARY.encode() not in made.read_bytes()
    # As docs/ci.md says it is read.
    (command,) = [line for line in (PROJECT / "docs/ci.md").read_text().splitlines() if "openssl enc -d" in line]
    shown = command[command.index("openssl") : command.rindex("`")].replace("SITE", "paris")
    environment = os.environ | {"DUALSTACK_ARTIFACT_PASSPHRASE": "words of this test"}
    subprocess.run(["sh", "-c", shown], cwd=tmp_path / "out", env=environment, check=True, timeout=60)
    assert (tmp_path / "out/paris/definition.yaml").read_text() == CANARY


def test_a_run_that_wrote_none_keeps_none(project: Path, tmp_path: Path) -> None:
    assert "this run wrote no image directory" in keep(project, tmp_path / "out", site="lyon")
    assert not (tmp_path / "out").exists()
