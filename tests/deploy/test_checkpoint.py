"""A checkpoint that a kill or a loss of power broke: told with what is there, put back by the word alone."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.backend import Backend
from dualstack.deploy.checkpoint import BrokenError, broken, copies, read_checkpoint, refuse_broken, restore
from dualstack.deploy.locks import Refused

PROJECT, STACK = "dualstack", "paris"


def text(count: int) -> str:
    """Return a checkpoint with so many resources."""
    resources = [{"urn": f"urn:pulumi:paris::dualstack::a:b:c::{n}"} for n in range(count)]
    return json.dumps({"version": 3, "checkpoint": {"stack": STACK, "latest": {"resources": resources}}})


class Files:
    """A backend in files with one stack."""

    def __init__(self, folder: Path) -> None:
        self.backend = Backend(True, None, "of a test", folder)
        self.file = folder / f".pulumi/stacks/{PROJECT}/{STACK}.json"
        self.file.parent.mkdir(parents=True)
        self.file.write_text(text(2))
        self.history = folder / f".pulumi/history/{PROJECT}/{STACK}"
        self.history.mkdir(parents=True)
        self.told: list[str] = []

    def beside(self, end: str, content: str, seconds: float = 0) -> Path:
        """Write a file whose name goes on behind that of the checkpoint."""
        path = self.file.with_name(self.file.name + end)
        path.write_text(content)
        stamp = self.file.stat().st_mtime + seconds
        os.utime(path, (stamp, stamp))
        return path

    def refused(self) -> str:
        """Return what is said."""
        with pytest.raises(Refused) as caught:
            refuse_broken(self.backend, PROJECT, STACK)
        return str(caught.value)

    def restore(self) -> int:
        """Put it back; return how many resources are there then."""
        restore(self.backend, PROJECT, STACK, self.told.append)
        refuse_broken(self.backend, PROJECT, STACK)
        found: list[Any] = list(read_checkpoint(self.file)["resources"])
        return len(found)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_what_is_whole_is_left_alone(files: Files) -> None:
    assert broken(files.file) is None
    refuse_broken(files.backend, PROJECT, STACK)
    refuse_broken(Backend(False, "s3://a", "of a test", None), PROJECT, STACK)
    with pytest.raises(Refused, match="can be read: nothing is put back"):
        restore(files.backend, PROJECT, STACK, files.told.append)
    assert files.told == []


@pytest.mark.parametrize(
    "content", ["", "{", text(3)[:-9], "[]", "{}", '{"checkpoint": {"latest": 5}}', "null", "\0\0"]
)
def test_each_way_to_be_broken_names_the_copy_and_the_command(files: Files, content: str) -> None:
    files.file.write_text(content)
    files.beside(".bak", text(1))

    said = files.refused()

    assert str(files.file) in said
    assert "paris.json.bak, the engine's copy from before its last write" in said
    assert "with 1 resource" in said
    assert said.endswith("dualstack refresh paris --restore-checkpoint")
    assert files.restore() == 1
    assert any("is again paris.json.bak" in line for line in files.told)
    (kept,) = files.file.parent.glob("*.broken-*")
    assert kept.read_text() == content
    assert not kept.name.endswith(".json")  # the engine would list it as a stack


def test_an_empty_file_of_attributes_is_what_a_kill_leaves(files: Files) -> None:
    """The checkpoint itself is whole: nothing of it is replaced by an older one."""
    files.beside(".bak", text(1))
    attributes = files.beside(".attrs", "")

    assert f"{attributes} is empty" in files.refused()
    assert files.restore() == 2
    assert not attributes.exists()
    assert not list(files.file.parent.glob("*.broken-*"))


def test_what_was_written_and_not_renamed_is_the_newest(files: Files) -> None:
    files.beside(".attrs", "")
    files.beside(".18a0b1c2d3e4f5.tmp", text(4), -60)  # of another run, before what is there
    assert [one.resources for one in copies(files.backend, PROJECT, STACK, files.file)] == [2]
    files.beside(".18a0b1c2d3e4f6.tmp", text(3)[:-3], 60)  # cut off
    assert files.restore() == 2

    files.beside(".attrs", "")
    files.beside(".18a0b1c2d3e4f7.tmp", text(3), 61)
    assert "had written and not put in its place" in files.refused()
    assert files.restore() == 3


def test_the_history_is_the_last_resort(files: Files) -> None:
    files.file.write_text("")
    files.beside(".bak", "")
    (files.history / "paris-1700000000000000001.checkpoint.json").write_text(text(5))
    (files.history / "paris-1700000000000000002.checkpoint.json").write_text(text(6))
    (files.history / "paris-1700000000000000003.checkpoint.json").write_text("{")
    (files.history / "paris-1700000000000000004.checkpoint.json.gz").write_bytes(gzip.compress(text(9).encode()))

    assert "from the end of an earlier run" in files.refused()
    assert files.restore() == 6


def test_without_a_copy_the_way_out_is_by_hand(files: Files) -> None:
    files.file.write_text("")
    said = files.refused()
    assert "no whole copy" in said
    assert "dualstack up paris" in said
    with pytest.raises(Refused, match="no whole copy"):
        restore(files.backend, PROJECT, STACK, files.told.append)
    assert files.file.read_text() == ""


def test_a_compressed_checkpoint_is_read_and_a_form_of_the_engine_alone_is_left_to_it(files: Files) -> None:
    packed = files.file.with_name("paris.json.gz")
    files.file.rename(packed)
    packed.write_bytes(gzip.compress(text(2).encode()))
    assert len(read_checkpoint(packed)["resources"]) == 2
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(BrokenError):
        read_checkpoint(packed)
    assert "paris.json.gz" in files.refused()
    packed.rename(files.file.with_name("paris.json.zst"))
    refuse_broken(files.backend, PROJECT, STACK)


def test_what_cannot_be_written_is_told(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.file.write_text("")
    files.beside(".bak", text(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Refused, match="No space left on device"):
        restore(files.backend, PROJECT, STACK, files.told.append)
    assert files.file.read_text() == ""
