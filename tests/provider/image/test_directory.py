"""The EIB directory as a resource: written, compared, refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from dualstack.document.holes import UNKNOWN
from dualstack.eib import MARKER, File, Tree, write_tree
from provider.frame.handler import ResourceError
from provider.image.image_directory import STAMP
from tests.provider.handlers import hidden, plain, refused
from tests.provider.image.writing import HANDLER, OUT, SECRET, changes, inputs, made, on_disk

pytestmark = pytest.mark.usefixtures("project")


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


def test_a_source_that_changed_meanwhile_is_refused() -> None:
    given = inputs()
    Path("mine/a.rpm").write_text("other")
    with pytest.raises(ResourceError, match=r"mine/a\.rpm changed while this ran; run it again"):
        HANDLER.create(given, False, 0)
    Path("mine/a.rpm").unlink()
    with pytest.raises(ResourceError, match=r"mine/a\.rpm: the file does not exist"):
        HANDLER.create(given, False, 0)


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
