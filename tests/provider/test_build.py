"""The image's build, with a stand-in for podman and EIB on PATH."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import File, Tree, write_tree
from provider.build_log import Redactor
from provider.handler import CANCELLED, UNKNOWN, Cancelled, ResourceError
from provider.image_build import BuildHandler
from provider.image_directory import DirectoryHandler
from tests import PROJECT
from tests.lab.podman import Podman
from tests.provider.handlers import checked, plain, refused, reports

HANDLER, DIRECTORY = BuildHandler(), DirectoryHandler()
SECRET = "canary pass/7d1f"
BUILDER = "registry.suse.com/edge/3.5/edge-image-builder:1.3.3"
BASE = "SL-Micro.raw"
OUT, IMAGES = Path("build/paris"), Path("build/paris.image")
DEFINITION = f"image:\n  imageType: raw\n  outputImageName: eib-paris.raw\npassword: {SECRET}\n"


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Podman:
    project = tmp_path / "project"
    (project / "base-images").mkdir(parents=True)
    (project / "base-images" / BASE).write_text("base")
    monkeypatch.chdir(project)
    stand_in = Podman(tmp_path / "podman")
    monkeypatch.setenv("PATH", f"{stand_in.bin}:{os.environ['PATH']}")
    return stand_in


def directory(**files: str) -> dict[str, Any]:
    """Write the rendered directory; give its state."""
    given = {
        "definition.yaml": {"mode": "0600", "content": DEFINITION},
        **{name: {"mode": "0644", "content": text} for name, text in files.items()},
    }
    inputs = checked(DIRECTORY, {"site": "paris", "path": str(OUT), "files": given})
    return dict(plain(DIRECTORY.create(inputs, False, 0)[1]))


def inputs(digest: str | None = None, **changes: Any) -> dict[str, Any]:
    given = {
        "directory": str(OUT),
        "digest": digest or directory()["digest"],
        "baseImage": BASE,
        "builder": BUILDER,
        "secrets": [SECRET],
    }
    return checked(HANDLER, {**given, **changes})


def built(given: dict[str, Any]) -> dict[str, Any]:
    return HANDLER.create(given, False, 0)[1]


def names() -> set[str]:
    return {path.name for path in IMAGES.iterdir()} if IMAGES.exists() else set()


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
    assert HANDLER.diff("x", given, after, given).detailed == {"image": "update"}
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


def test_a_failure_shows_eibs_own_words_and_keeps_the_log(podman: Podman) -> None:
    podman.plan(
        fail="configuring image: component kubernetes: chart rancher: exit status 1",
        say=["\rdownloading 1%\rdownloading 2%", "Downloading file failed: 404"],
    )
    given = inputs()
    with pytest.raises(ResourceError) as caught:
        built(given)

    (log,) = IMAGES.iterdir()
    assert str(caught.value).splitlines() == [
        f"the image could not be built (exit code 1); the whole log is {log}",
        "  downloading 1%",
        "  downloading 2%",
        "  Downloading file failed: 404",
        "  Kubernetes ................... [FAILED ]",
        "  An error occurred building the image: configuring image: component kubernetes: chart rancher: exit status 1",
    ]
    assert "== eib-build.log" in log.read_text()
    assert "$ podman run --rm" in log.read_text()
    podman.plan()
    assert Path(built(given)["image"]).exists()


def test_secrets_are_nowhere_outside(podman: Podman) -> None:
    forms = [SECRET, "canary%20pass%2F7d1f", base64.b64encode(SECRET.encode()).decode(), "line-one-of-key"]
    lines = [f"login {form} failed" for form in forms]
    podman.plan(say=lines, log=lines, fail=f"cannot log in with {SECRET}")
    given = inputs(secrets=[SECRET, "line-one-of-key\nline-two-of-key\n"])
    with reports() as told, pytest.raises(ResourceError) as caught:
        built(given)

    (log,) = IMAGES.iterdir()
    shown = log.read_text() + str(caught.value) + repr(told)
    assert not [form for form in forms if form in shown]
    assert shown.count("login [secret] failed") >= 3 * 4
    assert "cannot log in with [secret]" in str(caught.value)


@pytest.mark.parametrize("before", ["", "robo:", "robot:", "robots:"])
@pytest.mark.parametrize("after", ["", "\n", "ab", "abc"])
def test_secrets_are_found_within_longer_base64(before: str, after: str) -> None:
    line = base64.b64encode(f"{before}{SECRET}{after}".encode()).decode()
    left = Redactor([SECRET])(f"auth: {line}").removeprefix("auth: ")

    assert "[secret]" in left
    assert len(left.replace("[secret]", "")) <= len(base64.b64encode(f"{before}{after}".encode())) + 4


def test_progress_is_told_line_by_line(podman: Podman) -> None:
    with reports() as told:
        built(inputs())

    assert ("EIB: Generating image customization components...", True) in told


def test_podman_that_cannot_start_the_builder_is_told_apart(podman: Podman) -> None:
    podman.plan(podman="Error: initializing source: pinging container registry: i/o timeout")
    with pytest.raises(ResourceError, match=r"podman could not run .* is the registry reachable") as caught:
        built(inputs())
    assert "i/o timeout" in str(caught.value)


def test_no_image_is_a_failure(podman: Podman) -> None:
    podman.plan(silent=True)
    with pytest.raises(ResourceError, match=r"ended well but left no image eib-paris\.raw"):
        built(inputs())
    assert {path.suffix for path in IMAGES.iterdir()} == {".log"}


def test_what_is_missing_is_told_in_words(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    given = inputs()
    with monkeypatch.context() as patch, reports() as told:
        patch.setenv("PATH", "/nowhere")
        assert HANDLER.create(given, True, 0)[1]["image"] is UNKNOWN
        with pytest.raises(ResourceError, match=r"podman is not on PATH; install it .* or set image\.build to none"):
            built(given)
    assert next(text for text, passing in told if not passing).startswith("warning: `up` will fail here: image.build")
    Path("base-images", BASE).unlink()
    with reports() as told:
        HANDLER.create(given, True, 0)
        HANDLER.create({**given, "digest": UNKNOWN, "directory": UNKNOWN}, True, 0)
    words = f"the base image {BASE} is neither in base-images nor in build/paris/base-images; download it"
    assert [text for text, _ in told] == [f"warning: `up` will fail here: {words} from SUSE to base-images/{BASE}"]
    with pytest.raises(ResourceError, match="neither in base-images nor in build/paris/base-images"):
        built(given)
    assert podman.calls() == []


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


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda: (OUT / "definition.yaml").write_text("by hand"), "was changed by hand"),
        ((OUT / "definition.yaml").unlink, "was removed by hand"),
        (lambda: write_tree(Tree("paris", {"definition.yaml": File(b"no secrets")}), OUT), "may lack secrets"),
        (lambda: directory(more="x"), "may lack secrets"),
        (lambda: OUT.rename("build/away"), "is not on this machine"),
    ],
    ids=["changed", "removed", "rendered", "another digest", "gone"],
)
def test_another_directory_than_was_meant_is_not_built(podman: Podman, harm: Callable[[], Any], words: str) -> None:
    given = inputs()
    harm()
    with pytest.raises(ResourceError, match=f"{words}.*run `pulumi up --refresh`"):
        built(given)
    assert podman.calls() == [] and names() == set()


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


def wait_for(path: Path) -> None:
    end = time.monotonic() + 20
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert path.exists()


@pytest.mark.parametrize("hang", ["polite", "deaf"])
def test_a_build_can_be_cancelled(podman: Podman, hang: str) -> None:
    """EIB is the first process of its container, where SIGTERM does nothing: then the container is removed."""
    podman.plan(hang=hang)

    def cancel() -> None:
        wait_for(podman.home / "pid")
        CANCELLED.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    start = time.monotonic()
    try:
        with pytest.raises(Cancelled, match="the image's build was cancelled"):
            built(inputs())
    finally:
        thread.join()
        CANCELLED.clear()
    assert time.monotonic() - start < 9  # the provider has ten seconds to end
    assert podman.calls("rm")[0][-1] == podman.calls()[0][3].partition("=")[2]
    assert {path.suffix for path in IMAGES.iterdir()} == {".log"}


def test_a_build_that_takes_too_long_is_ended(podman: Podman) -> None:
    podman.plan(hang="polite")
    with pytest.raises(ResourceError, match="did not finish within 0 minutes and was stopped"):
        HANDLER.create(inputs(), False, 0.5)
    assert {path.suffix for path in IMAGES.iterdir()} == {".log"}


CHILD = """
import json, sys
from provider.image_build import BuildHandler
BuildHandler().create(json.loads(sys.argv[1]), False, 0)
"""


def test_a_kill_in_the_middle_leaves_no_half_image_and_the_next_run_cleans_up(podman: Podman) -> None:
    podman.plan(hang="polite")
    given = inputs()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, json.dumps(given)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(podman.home / "pid")
    orphan = int((podman.home / "pid").read_text())
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not [name for name in names() if name.endswith(".raw")]
    assert [name for name in names() if name.startswith(".work-")]
    os.kill(orphan, 0)  # podman and its container live on

    podman.plan()
    state = built(given)
    assert podman.calls("rm")[0][-1] == podman.calls()[0][3].partition("=")[2]
    assert names() == {Path(state["image"]).name, Path(state["log"]).name}
    assert not (podman.home / "survived").exists()


def test_two_builds_of_a_site_at_once_are_refused(podman: Podman) -> None:
    IMAGES.mkdir(parents=True)
    handle = os.open(IMAGES, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(ResourceError, match=r"another build is at work in build/paris\.image; wait"):
            built(inputs())
    finally:
        os.close(handle)


def test_a_base_image_is_read_once(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> None:
    given = inputs()
    state = built(given)
    monkeypatch.setattr("provider.base_image.digest_of", lambda path: pytest.fail("read again"))

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
