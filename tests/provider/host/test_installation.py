"""Machines are installed once through their BMCs, real emulators of either family; nothing that lives is touched."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN
from provider.frame.handler import REPORT, Incomplete, ResourceError
from provider.host.installation import InstallationHandler
from tests import PROJECT
from tests.lab.bmc import LOOPBACK, PASSWORD, USER, Bmc, free_port, running
from tests.lab.certificates import certificate

IMAGE = b"an installation image" * 1000


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a project that has an image."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "image.iso").write_bytes(IMAGE)
    monkeypatch.chdir(folder)
    return folder


def inputs(bmc: Bmc, port: int, **more: Any) -> dict[str, Any]:
    return {
        "site": "lyon",
        "node": "mgmt-1",
        "url": bmc.url,
        "system": bmc.system,
        "username": USER,
        "password": PASSWORD,
        "media": "image.iso",
        "servePort": 0,
        "generation": 1,
        "addresses": {"ipv4": "127.0.0.1"},
        "port": port,
        "timeout": 60,
        **more,
    }


HANDLER = InstallationHandler(pause=0.1)


class Machine:
    """Stands for the machine behind a BMC: it answers some time after it was started from the drive."""

    def __init__(self, bmc: Bmc, port: int) -> None:
        self.bmc, self.port, self.seen = bmc, port, list[str]()
        self._stop = threading.Event()
        self._sock: socket.socket | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)

    def answer(self) -> None:
        """Open the port, as a running node has it."""
        self._sock = socket.create_server(("127.0.0.1", self.port))

    def _live(self) -> None:
        started = False
        while not self._stop.wait(0.1):
            drive, power = self.bmc.get(f"{self.bmc.system}/VirtualMedia/Cd"), self.bmc.power
            started = started or power == "Off"
            if drive["Inserted"] and power == "On" and started and self._sock is None:
                self.seen += [drive["Image"], *self.bmc.boots_from]
                self.answer()
                return

    def __enter__(self) -> Machine:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._sock is not None:
            self._sock.close()


@contextmanager
def lab(folder: Path, family: str = "ipv4", **how: Any) -> Iterator[tuple[Bmc, int]]:
    with running(folder / "bmc", family, **how) as bmc:
        yield bmc, free_port("ipv4")


@pytest.fixture
def told() -> Iterator[list[str]]:
    """Collect what is reported to the user."""
    lines: list[str] = []
    token = REPORT.set(lambda text, level: lines.append(text))
    yield lines
    REPORT.reset(token)


def wait_for_power(bmc: Bmc) -> None:
    """The emulator takes up to 11 seconds, as machines do."""
    end = time.monotonic() + 20
    while bmc.power != "On" and time.monotonic() < end:
        time.sleep(0.2)
    assert bmc.power == "On"


def ejected(bmc: Bmc) -> bool:
    return not bmc.get(f"{bmc.system}/VirtualMedia/Cd")["Inserted"]


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_machine_that_is_off_is_installed(family: str, tmp_path: Path) -> None:
    with lab(tmp_path, family) as (bmc, port), Machine(bmc, port) as node:
        told: list[str] = []
        token = REPORT.set(lambda text, level: told.append(text))
        id, state = HANDLER.create(inputs(bmc, port), preview=False, timeout=0)
        REPORT.reset(token)
        host = f"[{LOOPBACK[family]}]" if family == "ipv6" else LOOPBACK[family]
        assert node.seen[0].startswith(f"http://{host}:")  # the deploying machine serves over the BMC's own family
        assert node.seen[0].endswith("/lyon/mgmt-1/1.iso")
        random = node.seen[0].split("/")[3]
        assert len(random) == 43
        assert random not in str((told, state))
        assert any(text.startswith("mgmt-1: inserts http://") for text in told)
        assert node.seen[1] == "Cd"  # the emulator takes "Once" and shows "Continuous" for it
        assert (id, state["installed"], state["how"]) == ("lyon/mgmt-1", 1, "installed")
        assert ejected(bmc)


def test_a_second_run_and_a_refresh_do_nothing(tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        given = inputs(bmc, port)
        state = {**given, "installed": 1, "how": "installed"}
        bmc.stop()  # whoever asked it now would fail
        assert not HANDLER.diff("id", given, state, given).changes
        assert HANDLER.read("id", given, state) == ("id", given, state)
        changed = {**given, "media": "https://images.example.com/other.iso", "password": "another-one", "timeout": 5}
        done = HANDLER.update("id", state, given, changed, preview=False, timeout=0)
        assert (done["installed"], done["how"]) == (1, "installed")


def test_another_generation_installs_again(tmp_path: Path, told: list[str]) -> None:
    with lab(tmp_path, power="On") as (bmc, port), Machine(bmc, port) as node:
        old = inputs(bmc, port)
        new = {**old, "generation": 2}
        state = {**old, "installed": 1, "how": "installed"}
        preview = HANDLER.update("id", state, old, new, preview=True, timeout=0)
        assert preview["installed"] is UNKNOWN
        assert told == ["installs mgmt-1: its disk is wiped"]
        done = HANDLER.update("id", state, old, new, preview=False, timeout=0)
        assert (done["installed"], done["how"]) == (2, "installed")
        assert node.seen[0].endswith("/lyon/mgmt-1/2.iso")


def test_without_state_a_machine_that_answers_is_left_alone(tmp_path: Path, told: list[str]) -> None:
    with lab(tmp_path, power="On") as (bmc, port), Machine(bmc, port) as node:
        node.answer()
        for over in (False, True):
            _, state = HANDLER.create(inputs(bmc, port, installOver=over), preview=False, timeout=0)
            assert (state["installed"], state["how"]) == (1, "answered")
        assert ejected(bmc) and bmc.boots_from == ("Hdd", "Continuous")
        assert "nothing was done to it" in told[-1]


def test_without_state_a_machine_that_is_on_is_an_error(tmp_path: Path) -> None:
    with lab(tmp_path, power="On") as (bmc, port):
        with pytest.raises(ResourceError, match=r"is on, and does not answer here at 127\.0\.0\.1.*installOver"):
            HANDLER.create(inputs(bmc, port), preview=False, timeout=0)
        assert ejected(bmc) and bmc.power == "On"


def test_the_site_may_name_one_that_is_on(tmp_path: Path) -> None:
    with lab(tmp_path, power="On") as (bmc, port), Machine(bmc, port):
        _, state = HANDLER.create(inputs(bmc, port, installOver=True), preview=False, timeout=0)
        assert state["how"] == "installed"


def test_an_installation_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        with pytest.raises(Incomplete) as cut:
            HANDLER.create(inputs(bmc, port, timeout=1), preview=False, timeout=0)
        assert cut.value.state["installed"] is None
        assert ejected(bmc)  # whoever gets this address next could serve another image
        wait_for_power(bmc)
        given = inputs(bmc, port)
        with Machine(bmc, port):
            state = HANDLER.update("id", cut.value.state, given, given, preview=False, timeout=0)
        assert state["how"] == "installed"
        assert ejected(bmc)


KILLED = """
import json, os, signal, sys
from provider.host import installation, redfish

def dies(self, *given, **more):
    real(self, *given, **more)
    os.kill(os.getpid(), signal.SIGKILL)

real = getattr(redfish.Machine, sys.argv[1])
setattr(redfish.Machine, sys.argv[1], dies)
installation.InstallationHandler(pause=0.1).create(json.loads(sys.argv[2]), False, 0)
"""
"""A provider that is gone without a word after one step at the BMC."""


@pytest.mark.parametrize("step", ["insert", "boot_media_once", "start"])
def test_a_provider_that_is_killed_after_any_step_is_followed_by_one_that_goes_on(step: str, tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        command = [sys.executable, "-c", KILLED, step, json.dumps(inputs(bmc, port))]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        killed = subprocess.run(command, cwd=Path.cwd(), env=environment, timeout=60, check=False, capture_output=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        assert not ejected(bmc)
        if step == "start":
            wait_for_power(bmc)
        with Machine(bmc, port):
            _, state = HANDLER.create(inputs(bmc, port), preview=False, timeout=0)
        assert state["how"] == "installed"
        assert ejected(bmc)


def test_an_unfinished_one_in_state_is_taken_when_it_answers_at_last(tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        with pytest.raises(Incomplete) as cut:
            HANDLER.create(inputs(bmc, port, timeout=1), preview=False, timeout=0)
        state, given = cut.value.state, inputs(bmc, port)
        assert HANDLER.diff("id", given, {**state, **given, "installed": None}, given).changes
        with Machine(bmc, port) as node:
            node.answer()
            done = HANDLER.update("id", state, given, given, preview=False, timeout=0)
        assert (done["installed"], done["how"]) == (1, "answered")
        assert ejected(bmc)


def test_another_generation_that_was_cut_off_is_not_installed_twice(
    tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was killed while it waited: state has the former generation, the drive the image; the machine came up."""
    with lab(tmp_path) as (bmc, port):
        old = inputs(bmc, port)
        new = {**old, "generation": 2}
        state = {**old, "installed": 1, "how": "installed"}
        with monkeypatch.context() as killed, pytest.raises(Incomplete):
            killed.setattr("provider.host.installation._emptied", lambda *_, **__: None)
            HANDLER.update("id", state, old, {**new, "timeout": 1}, preview=False, timeout=0)
        assert not ejected(bmc)
        with Machine(bmc, port) as node:
            node.answer()
            told.clear()
            done = HANDLER.update("id", state, old, new, preview=False, timeout=0)
        assert (done["installed"], done["how"]) == (2, "answered")
        assert len(told) == 1 and "taken as installed" in told[0]
        assert ejected(bmc)


def test_destroy_leaves_the_machine(tmp_path: Path, told: list[str]) -> None:
    with lab(tmp_path, power="On") as (bmc, port):
        HANDLER.delete("id", {**inputs(bmc, port), "installed": 1}, 0)
        assert bmc.power == "On"
        assert told == ["mgmt-1 stays as it is, with all that is on it"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "refuses the login"),
        ({"system": "/redfish/v1/Systems/nobody"}, "has no system"),
        ({"media": "missing.iso"}, "cannot be read"),
        ({"sha256": "0" * 64}, "has SHA-256"),
        ({"url": "http://127.0.0.1:9"}, "is not reached"),
    ],
)
def test_what_fails_is_said_and_changes_nothing(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        with pytest.raises(ResourceError, match=words) as error:
            HANDLER.create(inputs(bmc, port, **change), preview=False, timeout=0)
        assert PASSWORD not in str(error.value)
        assert bmc.power == "Off" and ejected(bmc)


def test_media_that_the_bmc_cannot_fetch(tmp_path: Path) -> None:
    with lab(tmp_path) as (bmc, port):
        with pytest.raises(ResourceError, match="refuses"):
            HANDLER.create(inputs(bmc, port, media="http://127.0.0.1:9/x.iso"), preview=False, timeout=0)
        assert bmc.power == "Off"


def test_a_certificate_is_pinned_or_verified(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls", "bmc.example.com", "127.0.0.1")
    with lab(tmp_path, tls=(made.certificate, made.key, made.fingerprint)) as (bmc, port):
        with pytest.raises(ResourceError, match="nobody here vouches"):
            HANDLER.create(inputs(bmc, port), preview=False, timeout=0)
        with pytest.raises(ResourceError, match="another certificate"):
            HANDLER.create(inputs(bmc, port, fingerprint="0" * 64), preview=False, timeout=0)
        assert bmc.power == "Off"
        with Machine(bmc, port):
            _, state = HANDLER.create(inputs(bmc, port, fingerprint=made.fingerprint), preview=False, timeout=0)
        assert state["how"] == "installed"


def test_preview_says_installs_and_asks_nobody(told: list[str]) -> None:
    given = {"site": "lyon", "node": "mgmt-1", "url": "http://127.0.0.1:9", "media": UNKNOWN, "addresses": {}}
    _, state = HANDLER.create(given, preview=True, timeout=0)
    assert state["installed"] is UNKNOWN
    assert told == ["installs mgmt-1: its disk is wiped, unless it is on"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"node": ""}, "node"),
        ({"sha256": "abc"}, "sha256"),
        ({"media": "../x.iso"}, "media"),
        ({"addresses": []}, "addresses"),
        ({"addresses": {"ipv6": "127.0.0.1"}}, "addresses.ipv6"),
        ({"speed": 1}, "speed"),
    ],
)
def test_inputs_are_judged(change: dict[str, Any], place: str) -> None:
    given = {"site": "lyon", "node": "n", "url": "https://b", "media": "i.iso", "addresses": {}, **change}
    assert [failure.property for failure in HANDLER.check(given)[1]] == [place]
