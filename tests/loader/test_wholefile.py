"""A file is put in its place whole, with its mode, and never through somebody else's link."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dualstack.document.wholefile import replace_file


def mode(file: Path) -> str:
    return oct(file.stat().st_mode & 0o777)


def test_modes(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        secret, new, copy = (tmp_path / name for name in ("secret", "new", "copy"))
        secret.write_bytes(b"old")
        secret.chmod(0o600)
        replace_file(secret, b"new")
        replace_file(new, b"new")
        replace_file(copy, b"new", like=secret)
    finally:
        os.umask(before)
    assert [mode(file) for file in (secret, new, copy)] == ["0o600", "0o644", "0o600"]
    assert {file.read_bytes() for file in tmp_path.iterdir()} == {b"new"}


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "guessed")
    own = tmp_path / "own"
    own.write_bytes(b"mine")
    (tmp_path / ".page.guessed.new").symlink_to(own)
    with pytest.raises(FileExistsError):
        replace_file(tmp_path / "page", b"theirs")
    assert own.read_bytes() == b"mine"
    assert not (tmp_path / "page").exists()


def test_what_could_not_be_put_there_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "page", b"text")
    assert [file.name for file in tmp_path.iterdir()] == ["page"]
