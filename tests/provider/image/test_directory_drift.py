"""The EIB directory found changed, and taken away."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import MARKER, File, Tree, write_tree
from provider.frame.handler import ResourceError
from provider.image.image_directory import STAMP
from tests.provider.handlers import hidden, plain, reports
from tests.provider.image.writing import HANDLER, OUT, changes, inputs, made, on_disk, refreshed

pytestmark = pytest.mark.usefixtures("project")


def test_a_refresh_without_drift_shows_nothing() -> None:
    id_, state = made()

    assert refreshed(id_, state) == state


@pytest.mark.parametrize(
    ("by_hand", "expected"),
    [
        (lambda: (OUT / "network/node.yaml").write_text("by hand"), {'files["network/node.yaml"].content': "update"}),
        ((OUT / "network/node.yaml").unlink, {'files["network/node.yaml"]': "add"}),
        (lambda: (OUT / "network/node.yaml").chmod(0o600), {'files["network/node.yaml"].mode': "update"}),
        (lambda: (OUT / "rpms/a.rpm").write_text("x"), {'files["rpms/a.rpm"].sha256': "update"}),
        (lambda: (OUT / "definition.yaml").write_text("x"), {'files["definition.yaml"].content': "update"}),
        ((OUT / STAMP).unlink, {"": "update"}),
    ],
    ids=["content", "removed", "mode", "source", "private", "stamp"],
)
def test_a_change_by_hand_is_found_and_mended(by_hand: Any, expected: dict[str, str]) -> None:
    id_, state = made()
    by_hand()

    after = refreshed(id_, state)
    assert changes(after) == expected
    mended = plain(HANDLER.update(id_, after, after, inputs(), False, 0))
    assert mended == state
    assert changes(refreshed(id_, mended)) == {}


def test_a_link_in_a_files_place_is_not_followed(project: Path) -> None:
    id_, state = made()
    (project / "outside").write_text("interfaces: []\n")
    (OUT / "network/node.yaml").unlink()
    (OUT / "network/node.yaml").symlink_to(project / "outside")

    after = refreshed(id_, state)
    assert changes(after) == {'files["network/node.yaml"]': "add"}
    HANDLER.update(id_, after, after, inputs(), False, 0)
    assert not (OUT / "network/node.yaml").is_symlink() and (project / "outside").exists()


def test_a_render_by_the_command_in_between_is_found() -> None:
    id_, state = made()
    write_tree(Tree("paris", {"definition.yaml": File(b"without secrets"), "extra": File(b"x")}), OUT)

    found = changes(refreshed(id_, state))
    assert found["files.extra"] == "delete"
    assert found['files["definition.yaml"].content'] == "update"
    assert found['files["network/node.yaml"]'] == "add"


def test_a_directory_that_is_gone_comes_back_with_the_same_digest() -> None:
    id_, state = made()
    shutil.rmtree(OUT)

    after = refreshed(id_, state)
    assert set(changes(after)) == {f'files["{path}"]' for path in inputs()["files"]}
    assert plain(HANDLER.update(id_, after, after, inputs(), False, 0)) == state


def test_files_of_others_are_no_drift_and_stay() -> None:
    id_, state = made()
    (OUT / "base-images").mkdir()
    (OUT / "base-images/SL.raw").write_text("big")
    (OUT / "network/mine.yaml").write_text("mine")

    assert refreshed(id_, state) == state
    with reports() as told:
        HANDLER.delete(id_, state, 0)
    assert on_disk() == {"base-images/SL.raw", "network/mine.yaml"}
    assert told == [("build/paris stays: it holds files that dualstack did not write", False)]


def test_destroy_leaves_nothing_and_can_be_repeated() -> None:
    id_, state = made()
    HANDLER.delete(id_, state, 0)
    HANDLER.delete(id_, state, 0)

    assert not OUT.exists() and list(Path("build").iterdir()) == []
    Path("build").rmdir()
    HANDLER.delete(id_, state, 0)


def test_destroy_removes_nothing_behind_a_link(project: Path) -> None:
    id_, state = made()
    (OUT / "network/node.yaml").unlink()
    (OUT / "network").rmdir()
    (project / "outside").mkdir()
    (project / "outside/node.yaml").write_text("precious")
    (OUT / "network").symlink_to(project / "outside")
    HANDLER.delete(id_, state, 0)

    assert (project / "outside/node.yaml").read_text() == "precious"
    assert on_disk() == {"network"}


def test_a_destroy_that_was_killed_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    id_, state = made()
    real, seen = Path.unlink, list[Path]()

    def dying(self: Path, missing_ok: bool = False) -> None:
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(self)
        real(self, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dying)
        with pytest.raises(KeyboardInterrupt):
            HANDLER.delete(id_, state, 0)
    assert (OUT / MARKER).exists()
    HANDLER.delete(id_, state, 0)
    assert not OUT.exists()


def test_a_directory_of_another_site_is_refused_and_never_destroyed() -> None:
    id_, state = made()
    other = inputs(site="rome")
    for preview in (True, False):
        with pytest.raises(ResourceError, match="is the directory of the site paris, not of rome; destroy the stack"):
            HANDLER.create(other, preview, 0)
    HANDLER.delete(id_, {**state, "site": "rome"}, 0)
    assert on_disk() == {*inputs()["files"], MARKER, STAMP}


def test_a_marker_that_is_gone_stops_a_refresh_but_not_a_destroy() -> None:
    id_, state = made()
    (OUT / MARKER).unlink()
    with pytest.raises(ResourceError, match="nobody knows which are dualstack's; remove build/paris"):
        refreshed(id_, state)
    HANDLER.delete(id_, state, 0)
    assert (OUT / "definition.yaml").exists()


def test_an_import_reads_everything() -> None:
    _, state = made()
    found, read, after = HANDLER.read(str(OUT), {}, {})

    assert found == str(OUT)
    assert plain(read)["files"]["definition.yaml"] == state["files"]["definition.yaml"]
    assert "/files/definition.yaml/content" in set(hidden(read)) & set(hidden(after))
    assert HANDLER.read("build/none", {}, {})[0] is None


def test_files_that_cannot_be_removed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    id_, state = made()

    def fail(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "unlink", fail)
    with pytest.raises(ResourceError, match="it cannot be removed: Permission denied; check its permissions"):
        HANDLER.delete(id_, state, 0)
