"""The image's build, with a stand-in for podman and EIB on PATH."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dualstack.document.holes import UNKNOWN
from provider.frame.handler import Diff, ResourceError
from tests.lab.podman import Podman
from tests.provider.handlers import refused, reports
from tests.provider.image.building import (
    BASE,
    BUILDER,
    HANDLER,
    IMAGES,
    OUT,
    built,
    directory,
    inputs,
    names,
)


def test_it_is_built_and_named_by_its_inputs(podman: Podman) -> None:
    given = inputs(directory(network="x")["digest"])
    id_, state = HANDLER.create(given, False, 0)

    image, log = Path(state["image"]), Path(state["log"])
    assert id_ == "paris.image" and image.parent == IMAGES
    assert image.suffix == ".raw" and image.stem == log.stem and len(image.stem) == len("paris-") + 16
    assert names() == {image.name, log.name}
    assert len(image.read_text()) == 64 == state["size"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (image, log)} == {0o600}
    assert podman.seen == [".dualstack.digest", f"base-images/{BASE}", "definition.yaml", "network"]
    assert {path.name for path in OUT.iterdir()} == {
        "definition.yaml",
        "network",
        ".dualstack.digest",
        ".dualstack.json",
    }


def test_the_command_line(podman: Podman) -> None:
    built(inputs())
    line = podman.calls()[0]

    assert line[:3] == ["run", "--rm", "--replace"]
    assert line[3].startswith("--name=dualstack-paris-")
    assert line[4:6] == ["--privileged", "--log-driver=none"]
    assert line[6].startswith(f"--volume={Path.cwd() / IMAGES}/.work-") and line[6].endswith(":/eib")
    assert line[7] == f"--volume={Path.cwd()}/base-images/{BASE}:/eib/base-images/{BASE}:ro"
    assert line[8:] == [BUILDER, "build", "--definition-file=definition.yaml"]


def test_a_second_run_does_nothing(podman: Podman) -> None:
    given = inputs()
    state = built(given)
    assert not HANDLER.diff("x", given, state, given).changes
    assert built(given) == state
    assert HANDLER.read("x", given, state) == ("x", given, state)
    assert len(podman.calls()) == 1


def test_each_part_of_the_hash_gives_another_image(podman: Podman) -> None:
    state = directory()
    old = inputs(state["digest"])
    images = [built(old)["image"]]
    images.append(built({**old, "builder": BUILDER + ".1"})["image"])
    Path("base-images", BASE).write_text("another base")
    images.append(built(old)["image"])
    new = directory(more="x")
    images.append(built(inputs(new["digest"]))["image"])
    assert len(set(images)) == len(images)
    # The log's secrets are no part of it.
    assert built({**inputs(new["digest"]), "secrets": []})["image"] == images[-1]
    assert len(podman.calls()) == len(images)


def test_a_change_is_told_and_the_old_image_goes(podman: Podman) -> None:
    old = inputs()
    state = built(old)
    new = inputs(directory(more="x")["digest"])
    diff = HANDLER.diff("x", old, state, new)
    assert (diff.detailed, diff.replaces) == ({"digest": "update"}, ())
    assert HANDLER.update("x", state, old, new, True, 0)["image"] is UNKNOWN
    after = HANDLER.update("x", state, old, new, False, 0)
    assert names() == {Path(after["image"]).name, Path(after["log"]).name}
    assert after["image"] != state["image"]


def test_a_new_base_image_behind_the_same_name_is_seen(podman: Podman) -> None:
    given = inputs()
    state = built(given)
    Path("base-images", BASE).write_text("patched")

    assert HANDLER.diff("x", given, state, given).detailed == {"baseImage": "update"}
    assert HANDLER.update("x", state, given, given, False, 0)["image"] != state["image"]
    Path("base-images", BASE).unlink()  # a machine that only previews
    assert not HANDLER.diff("x", given, state, given).changes


def test_an_image_that_is_gone_is_built_again_under_its_name(podman: Podman) -> None:
    given = inputs()
    state = built(given)
    Path(state["image"]).unlink()
    id_, _, after = HANDLER.read("x", given, state)

    assert id_ == "x"
    with reports() as told:
        assert HANDLER.diff("x", given, after, given) == Diff(True)
    assert told == [(f"{state['image']} is missing or cut off: it is built again", False)]
    # Known already at preview: the disk that is made of it must not show as replaced.
    assert HANDLER.update("x", after, given, given, True, 0)["image"] == state["image"]
    assert HANDLER.update("x", after, given, given, False, 0) == state
    assert Path(state["image"]).exists() and len(podman.calls()) == 2


def test_an_image_of_another_length_is_not_taken(podman: Podman) -> None:
    given = inputs()
    state = built(given)
    Path(state["image"]).write_text("cut off")

    assert HANDLER.read("x", given, state)[2]["size"] == 0
    assert built(given) == state and len(podman.calls()) == 2


def test_progress_is_told_line_by_line(podman: Podman) -> None:
    with reports() as told:
        built(inputs())

    assert ("EIB: Generating image customization components...", True) in told


def test_a_base_image_in_the_directory_is_taken_first(podman: Podman) -> None:
    given = inputs()
    (OUT / "base-images").mkdir()
    (OUT / "base-images" / BASE).write_text("its own")
    with reports() as told:
        built(given)

    assert f"--volume={Path.cwd() / OUT}/base-images/{BASE}:/eib/base-images/{BASE}:ro" in podman.calls()[0]
    assert not [text for text, _ in told if "not in the image" in text]


def test_only_what_the_name_stands_for_is_in_the_image(podman: Podman) -> None:
    given = inputs()
    (OUT / "rpms").mkdir()
    (OUT / "rpms/mine.rpm").write_text("x")
    with reports() as told:
        built(given)

    assert "rpms/mine.rpm" not in podman.seen
    words = "not in the image, because not of the site: rpms/mine.rpm; put them where image.files says"
    assert (words, False) in told


def test_downloads_of_good_builds_are_kept_for_all_sites(podman: Podman) -> None:
    podman.plan(fail="x")
    with pytest.raises(ResourceError):
        built(inputs())
    assert not Path("build/.eib-cache").exists()  # a download that broke off may be in it
    podman.plan()
    built(inputs())
    assert not podman.cached()
    built(inputs(directory(more="x")["digest"]))
    assert podman.cached()
    assert [path.name for path in Path("build/.eib-cache").iterdir()] == ["12345"]


def test_delete_takes_images_and_logs_of_this_site_only(podman: Podman) -> None:
    podman.plan(fail="x")
    with pytest.raises(ResourceError):
        built(inputs())
    podman.plan()
    state = built(inputs(directory(more="x")["digest"]))
    (IMAGES / "notes.txt").write_text("mine")
    HANDLER.delete("x", state, 0)
    assert names() == {"notes.txt"}
    (IMAGES / "notes.txt").unlink()
    HANDLER.delete("x", state, 0)
    assert not IMAGES.exists()
    HANDLER.delete("x", state, 0)


def test_a_base_image_is_read_once(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    given = inputs()
    state = built(given)
    monkeypatch.setattr("provider.image.base_image.digest_of", lambda path: pytest.fail("read again"))

    assert not HANDLER.diff("x", given, state, given).changes


def test_each_property_is_judged() -> None:
    found = refused(
        HANDLER,
        {"directory": "/abs", "digest": "x", "baseImage": "../up", "builder": "eib", "secrets": "x", "colour": 1},
    )
    assert set(found) == {"directory", "digest", "baseImage", "builder", "secrets", "colour"}
    good = {"directory": "build/a", "digest": "0" * 64, "baseImage": BASE}
    assert "pinned" in refused(HANDLER, {**good, "builder": "x/eib:latest"})["builder"]
    assert set(refused(HANDLER, {**good, "builder": "localhost:5000/eib"})) == {"builder"}
    assert set(refused(HANDLER, {**good, "builder": "--privileged:1"})) == {"builder"}
    assert refused(HANDLER, {**good, "builder": "localhost:5000/eib@sha256:" + "0" * 64}) == {}
    assert refused(HANDLER, dict.fromkeys(("directory", "digest", "baseImage", "builder", "secrets"), UNKNOWN)) == {}
