"""Writing a directory: what is kept, what goes, what is refused."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import MARKER, File, Tree, disk, write_tree
from dualstack.errors import InputError
from tests.eib.support import ONE, SITES, TWO, VALUES, beside, everything, files, ours, small, tree_of


def test_new_and_again(out: Path) -> None:
    report = write_tree(ONE, out)
    assert report.written == tuple(ONE.files) and not report.unchanged + report.removed + report.kept
    marker = out / MARKER
    assert files(out) == {**ours(ONE), MARKER: marker.read_text()}
    data = json.loads(marker.read_text())
    assert (data["version"], data["site"], set(data["files"])) == (1, "one", set(ONE.files))
    before = everything(out)
    again = write_tree(ONE, out)
    assert (again.written, again.unchanged) == ((), tuple(ONE.files))
    assert everything(out) == before
    assert beside(out) == []


def test_an_empty_directory_is_fine(out: Path) -> None:
    out.mkdir(parents=True)
    write_tree(ONE, out)
    assert "definition" in files(out)


@pytest.mark.usefixtures("either")
def test_change(out: Path) -> None:
    write_tree(ONE, out)
    (out / "base-images").mkdir()
    image = out / "base-images" / "SL.iso"
    image.write_text("big")
    (out / "empty" / "deeper").mkdir(parents=True)
    (out / "nodes" / "mine").write_text("mine")
    (out / "os" / "etc" / "also").write_text("mine")
    (out / "link").symlink_to("/nowhere")
    (out / "locked").mkdir()
    (out / "locked" / "x").write_text("x")
    (out / "locked").chmod(0o500)
    out.chmod(0o750)
    (out / "nodes" / "b").write_text("by hand")
    (out / "nodes" / "a").write_text("by hand")
    inode, when = image.stat().st_ino, (out / "base-images").stat().st_mtime_ns
    report = write_tree(TWO, out)
    kept = ("base-images/SL.iso", "link", "locked/x", "nodes/mine", "os/etc/also")
    assert report.kept == kept
    assert report.written == ("definition", "kubernetes/c", "nodes/b")
    assert report.removed == ("nodes/a", "os/etc/motd")
    assert report.changed_by_hand == ("nodes/a", "nodes/b")
    mine = {path: "mine" for path in kept if "mine" in path or "also" in path}
    marker = (out / MARKER).read_text()
    assert files(out) == {**ours(TWO), **mine, "base-images/SL.iso": "big", "locked/x": "x", MARKER: marker}
    assert image.stat().st_ino == inode and image.stat().st_nlink == 1
    assert (out / "base-images").stat().st_mtime_ns == when
    assert (out / "empty" / "deeper").is_dir()
    assert (out / "link").readlink() == Path("/nowhere")
    assert stat.S_IMODE((out / "locked").stat().st_mode) == 0o500
    assert stat.S_IMODE(out.stat().st_mode) == 0o750
    assert beside(out) == []
    assert report.left_behind == ()
    (out / "locked").chmod(0o700)


def test_folders_of_ours_go_with_their_last_file(out: Path) -> None:
    write_tree(ONE, out)
    write_tree(TWO, out)
    assert not (out / "os").exists()


def test_file_becomes_folder_and_back(out: Path) -> None:
    file, folder = small(x="1"), small(x__y="2")
    for tree in (file, folder, file):
        write_tree(tree, out)
        assert {path for path in files(out) if path != MARKER} == set(tree.files)


def test_modes(out: Path) -> None:
    old = os.umask(0o077)
    try:
        write_tree(tree_of(SITES["rich"], VALUES), out)
    finally:
        os.umask(old)
    modes = {path: stat.S_IMODE(entry.stat().st_mode) for path, entry in disk.entries(out) if entry.is_file()}
    assert modes.pop(MARKER) == 0o600
    assert modes == {path: file.mode for path, file in tree_of(SITES["rich"], VALUES).files.items()}
    assert {stat.S_IMODE(entry.stat().st_mode) for _, entry in disk.entries(out) if entry.is_dir()} == {0o755}
    assert stat.S_IMODE(out.stat().st_mode) == 0o755
    report = write_tree(tree_of(SITES["rich"]), out)
    assert stat.S_IMODE((out / MARKER).stat().st_mode) == 0o644
    assert report.removed == ("custom/scripts/70-dualstack-register.sh",)


def test_a_changed_mode_is_mended(out: Path) -> None:
    write_tree(ONE, out)
    (out / "definition").chmod(0o666)
    assert write_tree(ONE, out).written == ("definition",)
    assert stat.S_IMODE((out / "definition").stat().st_mode) == 0o644


def test_content_from_disk(out: Path, tmp_path: Path) -> None:
    source = tmp_path / "big.iso"
    source.write_bytes(os.urandom(3 << 20))
    write_tree(Tree("x", {"base-images/big.iso": File(source)}), out)
    assert (out / "base-images/big.iso").read_bytes() == source.read_bytes()
    assert source.stat().st_nlink == 1


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda out: (out / "x").write_text(""), "the directory is not empty, and dualstack did not write it"),
        (lambda out: (out / MARKER).write_text("{"), "cannot be read"),
        (lambda out: (out / MARKER).write_text('{"version": 2, "files": {}}'), "cannot be read"),
        (lambda out: (out / MARKER).write_text('{"version": 1, "files": {"a": 1}}'), "cannot be read"),
        (lambda out: (out / MARKER).write_text("[" * 100000), "cannot be read"),
        (lambda out: (out / MARKER).mkdir(), "cannot be read"),
        (lambda out: (out / MARKER).symlink_to("/dev/zero"), "cannot be read"),
    ],
)
def test_a_foreign_directory_is_refused(out: Path, prepare: Callable[[Path], Any], words: str) -> None:
    out.mkdir(parents=True)
    prepare(out)
    before = everything(out)
    with pytest.raises(InputError, match=words) as caught:
        write_tree(ONE, out)
    assert caught.value.fix and caught.value.file == str(out)
    assert everything(out) == before
    assert beside(out) == []


@pytest.mark.parametrize(
    "prepare",
    [
        lambda out: (out / "kubernetes").symlink_to("/tmp"),
        lambda out: (out / "kubernetes").write_text(""),
        lambda out: ((out / "kubernetes").mkdir(), (out / "kubernetes/c").write_text("not c")),
        lambda out: ((out / "kubernetes").mkdir(), (out / "kubernetes/c").symlink_to("/etc/passwd")),
        lambda out: ((out / "kubernetes").mkdir(), (out / "kubernetes/c").mkdir()),
    ],
)
def test_what_is_in_the_way_is_named(out: Path, prepare: Callable[[Path], Any]) -> None:
    write_tree(ONE, out)
    prepare(out)
    before = everything(out)
    with pytest.raises(InputError, match=r"`kubernetes(/c)?`") as caught:
        write_tree(TWO, out)
    assert "move them away" in str(caught.value)
    assert everything(out) == before
    assert beside(out) == []


def test_the_same_file_of_somebody_else_is_adopted(out: Path) -> None:
    write_tree(ONE, out)
    (out / "kubernetes").mkdir()
    (out / "kubernetes/c").write_text("c")
    report = write_tree(TWO, out)
    assert "kubernetes/c" in report.unchanged and report.kept == ()
    assert write_tree(ONE, out).removed == ("kubernetes/c",)


def test_links_are_never_followed(out: Path, tmp_path: Path) -> None:
    write_tree(ONE, out)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b").write_text("outside")
    (out / "nodes/b").unlink()
    (out / "nodes/b").symlink_to(outside / "b")
    (out / "away").symlink_to(outside)
    report = write_tree(TWO, out)
    assert report.changed_by_hand == ("nodes/b",) and report.kept == ("away",)
    assert (outside / "b").read_text() == "outside"
    assert not (out / "nodes/b").is_symlink() and (out / "away").is_symlink()


def test_a_link_to_the_directory_itself(out: Path, tmp_path: Path) -> None:
    out.mkdir(parents=True)
    (tmp_path / "link").symlink_to(out)
    assert write_tree(ONE, tmp_path / "link").out == out
    write_tree(TWO, tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and "kubernetes/c" in files(out)


@pytest.mark.parametrize(("path", "words"), [("/", "root of the file system"), ("file", "this is a file")])
def test_no_directory(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=words):
        write_tree(ONE, tmp_path / path)
    for below in ("below", "further/below"):
        with pytest.raises(InputError, match="file is a file") as caught:
            write_tree(ONE, tmp_path / "file" / below)
        assert caught.value.fix


def test_not_under_ones_own_feet(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    monkeypatch.chdir(out / "nodes")
    write_tree(ONE, out)
    with pytest.raises(InputError, match="this is the current directory"):
        write_tree(TWO, out)
    assert beside(out) == []


@pytest.mark.parametrize("path", ["../../victim", "/etc/passwd", "a//b", "", "a/../../victim", "./x", "a\0b"])
def test_a_marker_with_paths_that_lead_out_is_refused(out: Path, tmp_path: Path, path: str) -> None:
    write_tree(ONE, out)
    victim = tmp_path / "victim"
    victim.write_text("x")
    marker = json.loads((out / MARKER).read_text())
    marker["files"][path] = "0"
    (out / MARKER).write_text(json.dumps(marker))
    before = everything(out)
    with pytest.raises(InputError, match="damaged") as caught:
        write_tree(TWO, out)
    assert caught.value.fix
    assert everything(out) == before
    assert victim.read_text() == "x"
    assert beside(out) == []
