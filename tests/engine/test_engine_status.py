"""``status`` beside the real engine: it says what ``preview`` says; and ``up --verify``, in a namespace of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.backend import Backend
from dualstack.status.stacks import by_engine, from_files, resources
from tests.engine.commands import ENGINE, SITE, Clone
from tests.lab.ran import Ran


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def status(clone: Clone) -> dict[str, Any]:
    """Give what is told of the site."""
    ran = clone.run("status", SITE, "--no-probe", "--format", "json")
    (site,) = ran.json["sites"]
    found: dict[str, Any] = site
    return found


def test_status_says_of_an_edit_what_preview_says(clone: Clone) -> None:
    assert status(clone)["stack"]["deployed"] == "never deployed"
    assert clone.up().code == 0
    deployed = status(clone)
    assert (deployed["stack"]["deployed"], deployed["pending"]) == ("as planned", [])
    assert deployed["stack"]["lastUp"]["result"] == "succeeded"
    assert deployed["stack"]["lastUp"]["by"]

    def edit(site: dict[str, Any]) -> None:
        site["dns"]["resolvers"] = ["192.168.120.9", "fd00:120::1"]

    clone.edit(edit)
    preview = clone.run("preview", SITE, *ENGINE, "--format", "json").json
    paths = {path for one in preview["resources"] for path in one["paths"] if path.startswith("files")}
    told = status(clone)

    # The stamp only says what the others are.
    files = {path.split('"')[1] for path in paths} - {"os-files/etc/dualstack/site.json"}
    assert files
    assert {one["part"].removeprefix("image directory: ") for one in told["pending"]} == files
    assert told["verdict"] == "waiting"
    assert clone.up().code == 0
    assert status(clone)["verdict"] == "fine"
    assert clone.run("destroy", SITE, *ENGINE, "--yes").code == 0
    assert status(clone)["stack"]["deployed"] == "destroyed"


def test_up_verify_asks_after_it_deployed(clone: Clone) -> None:
    """In a namespace with the site's own address on its loopback, where nobody listens; then in one without a route."""
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespaces here")

    def up(addresses: str, *arguments: str) -> Ran:
        program = [sys.executable, "-c", "from dualstack.cli import main; main()"]
        words = [*program, "up", SITE, *ENGINE, "--yes", "--verify", "--wait", "0", *arguments]
        shell = f'ip link set lo up; for one in {addresses}; do ip addr add "$one" dev lo nodad; done; exec "$@"'
        done = subprocess.run(
            ["unshare", "-n", "sh", "-c", shell, "sh", *words],
            cwd=clone.folder,
            env=clone.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    failed = up("192.168.120.10/32")
    assert failed.code == 1, failed.out + failed.err
    assert "8 created" in failed.out  # what was deployed stays so
    assert "192.168.120.10:6443" in failed.out
    assert "no IPv6 route from here" in failed.out

    nobody = up("", "--format", "json")
    assert nobody.code == 2, nobody.out + nobody.err
    answer = json.loads(nobody.out)
    assert answer["succeeded"] is True
    assert answer["verify"]["summary"]["failed"] == 0
    assert answer["verify"]["summary"]["not checkable"] > 10


def test_wait_is_nothing_without_verify(clone: Clone) -> None:
    ran = clone.run("up", SITE, *ENGINE, "--yes", "--wait", "5")
    assert ran.code == 2
    assert "--verify" in ran.err


def test_the_cli_and_the_files_say_the_same(clone: Clone) -> None:
    """A backend that is not one in files is read through the CLI: the same resources, the same last run."""
    assert clone.up().code == 0
    backend = Backend(True, None, "of a test", clone.state)
    asked, read = by_engine(backend, clone.engine, clone.folder), from_files(backend, "dualstack")

    one, other = asked(SITE), read(SITE)

    assert one is not None
    assert other is not None
    assert [each["urn"] for each in resources(one)] == [each["urn"] for each in resources(other)]
    assert one.last == other.last
    assert asked("nowhere") is None
    assert read("nowhere") is None
