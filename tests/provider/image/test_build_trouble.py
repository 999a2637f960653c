"""A build that fails, is cancelled, killed, or must not begin; and what of it may be seen."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN
from dualstack.eib import File, Tree, write_tree
from provider.frame.handler import CANCELLED, Cancelled, ResourceError
from provider.image.build_log import Redactor
from tests import PROJECT
from tests.lab.podman import Podman
from tests.provider.handlers import reports
from tests.provider.image.building import (
    BASE,
    HANDLER,
    IMAGES,
    OUT,
    SECRET,
    built,
    directory,
    inputs,
    names,
)


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


@pytest.mark.parametrize("hang", ["polite", "deaf"])
def test_a_build_can_be_cancelled(podman: Podman, hang: str) -> None:
    """EIB is the first process of its container, where SIGTERM does nothing: then the container is removed."""
    podman.plan(hang=hang)

    def cancel() -> None:
        podman.wait_for_pid()
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
from provider.image.image_build import BuildHandler
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
    orphan = podman.wait_for_pid()
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
