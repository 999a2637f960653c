"""The user's own files, from disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dualstack.eib import ProjectFiles
from dualstack.errors import InputError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "extra/os-files/etc").mkdir(parents=True)
    (root / "extra/os-files/etc/motd").write_text("hello\n")
    (root / "extra/.gitkeep").touch()
    (root / "extra/run.sh").write_text("#!/bin/sh\n")
    (root / "extra/run.sh").chmod(0o755)
    (root / "extra/key").write_text("k")
    (root / "extra/key").chmod(0o600)
    (tmp_path / "outside").write_text("secret")
    return root


def test_folder(project: Path) -> None:
    (project / "extra/link").symlink_to("run.sh")
    found = dict(ProjectFiles(project).folder("extra"))
    assert {path: file.mode for path, file in found.items()} == {
        "key": 0o600,
        "link": 0o755,
        "os-files/etc/motd": 0o644,
        "run.sh": 0o755,
    }
    assert found["os-files/etc/motd"].text == "hello\n"
    assert ProjectFiles(project).file("extra/key").text == "k"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere.yaml", "the file does not exist"),
        ("extra", "this is no regular file"),
        ("../outside", "this leads out of the project"),
        ("/etc/passwd", "this leads out of the project"),
        ("a\0b", "is no usable path"),
        ("extra/pipe", "this is no regular file"),
        ("extra/away", "this leads out of the project"),
        ("extra/circle", "does not exist|no usable path"),
    ],
)
def test_refused_files(project: Path, path: str, words: str) -> None:
    os.mkfifo(project / "extra/pipe")
    (project / "extra/away").symlink_to("../../outside")
    (project / "extra/circle").symlink_to("circle")
    with pytest.raises(InputError, match=words):
        ProjectFiles(project).file(path)


def test_refused_folders(project: Path) -> None:
    with pytest.raises(InputError, match="the folder does not exist"):
        list(ProjectFiles(project).folder("nowhere"))
    with pytest.raises(InputError, match="the folder does not exist"):
        list(ProjectFiles(project).folder("extra/key"))
    (project / "extra/dir").symlink_to("os-files")
    with pytest.raises(InputError, match="link to a folder"):
        list(ProjectFiles(project).folder("extra"))


@pytest.mark.parametrize("private", [".dualstack/passphrase", ".git/config", ".pulumi/stacks/demo.json"])
def test_credentials_and_state_are_nobodys_files(project: Path, private: str) -> None:
    file = project / private
    file.parent.mkdir(parents=True)
    file.write_text("canary")
    (project / "extra/innocent").symlink_to(file)
    files = ProjectFiles(project)
    for asked in (private, f"extra/../{private}", "extra/innocent"):
        with pytest.raises(InputError, match="holds credentials or state"):
            files.file(asked)
    for folder in ("extra", str(Path(private).parent)):
        with pytest.raises(InputError, match="holds credentials or state"):
            list(files.folder(folder))
    (project / "extra/innocent").unlink()
    try:
        found = dict(files.folder("."))
    except InputError as error:
        assert "holds credentials or state" in error.message
    else:
        assert private not in found
