"""The EIB directory as a resource: written, compared, found changed, taken away."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import MARKER, File, Tree, write_tree
from provider.handler import UNKNOWN, ResourceError
from provider.image_directory import STAMP, DirectoryHandler
from tests.provider.handlers import checked, hidden, plain, refused, reports

HANDLER = DirectoryHandler()
SECRET = "canary-7d1f-bootstrap"
OUT = Path("build/paris")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/a.rpm").write_bytes(b"\xff\x00rpm")
    return tmp_path


def inputs(**changes: Any) -> dict[str, Any]:
    files: dict[str, Any] = {
        "definition.yaml": {"mode": "0600", "content": f"password: {SECRET}\n"},
        "network/node.yaml": {"mode": "0644", "content": "interfaces: []\n"},
        "custom/scripts/run.sh": {"mode": "0755", "content": "#!/bin/sh\n"},
        "rpms/a.rpm": {"mode": "0644", "source": "mine/a.rpm", "sha256": hashlib.sha256(b"\xff\x00rpm").hexdigest()},
    }
    files.update(changes.pop("files", {}))
    files = {path: file for path, file in files.items() if file is not None}
    return checked(HANDLER, {"site": "paris", "path": str(OUT), "files": files, **changes})


def made(given: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    id_, state = HANDLER.create(given or inputs(), False, 0)
    return id_, plain(state)


def on_disk(out: Path = OUT) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir() or path.is_symlink()}


def refreshed(id_: str, state: dict[str, Any]) -> dict[str, Any]:
    found, _, after = HANDLER.read(id_, {key: state[key] for key in ("site", "path", "files")}, state)
    assert found == id_
    return dict(plain(after))


def changes(state: dict[str, Any], new: dict[str, Any] | None = None) -> dict[str, str]:
    new = new or inputs()
    diff = HANDLER.diff("x", new, state, new)
    assert diff.replaces == ()
    assert diff.changes is bool(diff.detailed)
    return dict(diff.detailed)


def test_it_is_written_with_modes_and_copies() -> None:
    id_, state = made()

    assert id_ == str(OUT)
    assert on_disk() == {*inputs()["files"], MARKER, STAMP}
    assert (OUT / "rpms/a.rpm").read_bytes() == b"\xff\x00rpm"
    for path, file in inputs()["files"].items():
        assert stat.S_IMODE((OUT / path).stat().st_mode) == int(file["mode"], 8)
    assert len(state["digest"]) == 64 and (OUT / STAMP).read_text().strip() == state["digest"]
    assert changes(state) == {}


def test_a_preview_writes_nothing() -> None:
    _, state = HANDLER.create(inputs(), True, 0)

    assert state["digest"] is UNKNOWN
    assert not OUT.exists()


def test_secrets_are_marked_and_cannot_be_guessed_from_the_digest() -> None:
    _, state = HANDLER.create(inputs(), False, 0)

    assert set(hidden(state)) == {"/files/definition.yaml/content", "/salt"}
    clear = json.dumps(plain({**state, "files": None, "salt": None}))
    assert SECRET not in clear
    # The same files in another stack have another digest: nobody can try passwords on it.
    HANDLER.delete("x", plain(state), 0)
    assert made()[1]["digest"] != state["digest"]


def test_the_digest_follows_every_part() -> None:
    _, state = made()
    digests = [state["digest"]]
    for file in (
        {"network/node.yaml": {"mode": "0600", "content": "interfaces: []\n"}},
        {"network/node.yaml": {"mode": "0644", "content": "interfaces: [1]\n"}},
        {"network/other.yaml": {"mode": "0644", "content": "interfaces: []\n"}},
        {"network/node.yaml": None},
        {"definition.yaml": {"mode": "0600", "content": "password: other\n"}},
    ):
        preview = HANDLER.update("x", state, inputs(), inputs(files=file), True, 0)
        digests.append(preview["digest"])
        assert plain(HANDLER.update("x", state, inputs(), inputs(files=file), False, 0))["digest"] == digests[-1]
    assert len(set(digests)) == len(digests)


def test_a_diff_names_each_file() -> None:
    _, state = made()
    new = inputs(
        files={
            "definition.yaml": {"mode": "0600", "content": "password: new\n"},
            "custom/scripts/run.sh": None,
            "network/node.yaml": {"mode": "0600", "content": "interfaces: []\n"},
            "kubernetes/x.yaml": {"mode": "0644", "content": "x"},
        }
    )

    assert changes(state, new) == {
        'files["definition.yaml"].content': "update",
        'files["custom/scripts/run.sh"]': "delete",
        'files["network/node.yaml"].mode': "update",
        'files["kubernetes/x.yaml"]': "add",
    }
    assert plain(HANDLER.update("x", state, inputs(), new, False, 0))["files"] == new["files"]
    assert on_disk() == {*new["files"], MARKER, STAMP}


def test_what_is_not_known_yet_is_a_change_and_no_error() -> None:
    _, state = made()
    new = inputs(files={"definition.yaml": {"mode": "0600", "content": UNKNOWN}})

    assert changes(state, new) == {'files["definition.yaml"].content': "update"}
    assert HANDLER.update("x", state, inputs(), new, True, 0)["digest"] is UNKNOWN
    assert refused(HANDLER, {"site": UNKNOWN, "path": UNKNOWN, "files": UNKNOWN}) == {}


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
        ((OUT / STAMP).unlink, {"digest": "update"}),
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
    HANDLER.delete(id_, state, 0)

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


@pytest.mark.parametrize("preview", [True, False])
def test_a_directory_of_nobody_is_refused(preview: bool) -> None:
    OUT.mkdir(parents=True)
    (OUT / "mine").write_text("x")
    with pytest.raises(ResourceError, match="is not empty, and dualstack did not write it; move it away"):
        HANDLER.create(inputs(), preview, 0)
    assert on_disk() == {"mine"}
    (OUT / "mine").unlink()
    HANDLER.create(inputs(), preview, 0)


def test_what_the_command_rendered_for_the_site_is_taken_over() -> None:
    write_tree(Tree("paris", {"definition.yaml": File(b"x"), "old": File(b"x")}), OUT)
    made()

    assert on_disk() == {*inputs()["files"], MARKER, STAMP}


def test_a_directory_moves_with_its_path_and_site() -> None:
    id_, state = made()
    new = inputs(site="rome", path="build/rome")
    assert changes(state, new) == {"path": "update", "site": "update"}
    after = plain(HANDLER.update(id_, state, inputs(), new, False, 0))

    assert not OUT.exists() and on_disk(Path("build/rome")) == {*new["files"], MARKER, STAMP}
    assert after["digest"] == state["digest"]
    same = plain(HANDLER.update(id_, after, new, inputs(site="oslo", path="build/rome"), False, 0))
    assert json.loads(Path("build/rome", MARKER).read_text())["site"] == same["site"] == "oslo"


def test_a_marker_that_is_gone_stops_a_refresh_but_not_a_destroy() -> None:
    id_, state = made()
    (OUT / MARKER).unlink()
    with pytest.raises(ResourceError, match="nobody knows which are dualstack's; remove build/paris"):
        refreshed(id_, state)
    HANDLER.delete(id_, state, 0)
    assert (OUT / "definition.yaml").exists()


def test_a_source_that_changed_meanwhile_is_refused() -> None:
    given = inputs()
    Path("mine/a.rpm").write_text("other")
    with pytest.raises(ResourceError, match=r"mine/a\.rpm changed while this ran; run it again"):
        HANDLER.create(given, False, 0)
    Path("mine/a.rpm").unlink()
    with pytest.raises(ResourceError, match=r"mine/a\.rpm: the file does not exist"):
        HANDLER.create(given, False, 0)


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


def test_each_property_is_judged() -> None:
    ok = {"mode": "0644", "content": ""}
    found = refused(
        HANDLER,
        {
            "path": "../x",
            "files": {
                "../a": ok,
                "b": {"mode": 644, "content": "x"},
                "c": {"mode": "0644", "content": "x", "source": "y"},
                "d": {"mode": "0644", "source": "/etc/passwd", "sha256": "no"},
                "e": ok,
                "e/f": ok,
                "g": {"mode": "0200", "content": 1, "owner": "me"},
                MARKER: ok,
                "h": "text",
            },
            "colour": 1,
        },
    )
    assert set(found) == {
        "path",
        "site",
        "colour",
        'files["../a"]',
        "files.b.mode",
        "files.c",
        "files.d.source",
        "files.d.sha256",
        'files["e/f"]',
        "files.g.mode",
        "files.g.content",
        "files.g.owner",
        f'files["{MARKER}"]',
        "files.h",
    }
    assert refused(HANDLER, {"site": "a", "path": "./x/", "files": {}}) == {
        "path": "must be in its shortest form; write x"
    }


def test_no_file_of_a_run_is_open_to_others() -> None:
    old = os.umask(0)
    try:
        made()
    finally:
        os.umask(old)
    assert stat.S_IMODE((OUT / MARKER).stat().st_mode) == 0o600
