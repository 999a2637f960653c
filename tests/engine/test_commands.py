"""``dualstack up | preview | refresh | destroy`` with the real engine and the embedded backend."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.engine.commands import ENGINE, SITE, Clone

CANARY = "canary-9c1d77aa"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def test_from_up_to_destroy(clone: Clone, tmp_path: Path) -> None:
    # A secret that the EIB directory holds in clear: set as a user sets it, encrypted in the stack file.
    clone.pulumi("stack", "init", SITE)
    clone.pulumi("config", "set", "--secret", "dualstack:appsToken", "--stack", SITE, answer=CANARY)
    before = clone.committed()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    clone.environment["TMPDIR"] = str(temporary)
    told = []

    first = clone.up("--format", "json")
    told.append(first)
    assert first.code == 0, first.told
    made = {one["type"] for one in first.json["resources"]}
    assert {"dualstack:image:Directory", "dualstack:host:Ready"} <= made
    assert all(one["op"] == "create" and not one["failed"] for one in first.json["resources"])
    assert first.json["outcome"]["hosts"] == [
        {
            "ipv4": {"address": "192.168.120.10", "answered": False, "notChecked": "readiness is off"},
            "ipv6": {"address": "fd00:120::10", "answered": False, "notChecked": "readiness is off"},
        }
    ]
    assert (clone.directory / "definition.yaml").is_file()
    assert first.json["outputs"]["release"] == "3.5"

    same = clone.run("preview", SITE, *ENGINE, "--expect-no-changes")
    told.append(same)
    assert (same.code, "8 unchanged" in same.out) == (0, True), same.told

    # Changed by hand.
    with (clone.directory / "definition.yaml").open("a") as file:
        file.write("# by hand\n")
    drift = clone.run("refresh", SITE, *ENGINE, "--expect-no-changes")
    told.append(drift)
    assert drift.code == 3, drift.told
    assert 'files["definition.yaml"].content' in drift.out
    assert "no changes were expected" in drift.err
    mended = clone.up()
    told.append(mended)
    assert mended.code == 0, mended.told
    assert "updated   dualstack:image:Directory" in mended.out
    assert "# by hand" not in (clone.directory / "definition.yaml").read_text()
    assert "\x1b" not in mended.told  # no colour in a pipe
    assert before == clone.committed()

    # No secret in clear anywhere but in the directory that needs it.
    assert CANARY in (clone.directory / "definition.yaml").read_text()
    for path in clone.folder.rglob("*"):
        if path.is_file() and clone.directory not in path.parents:
            assert CANARY.encode() not in path.read_bytes(), path
    assert not any(CANARY in one.told for one in told)

    gone = clone.run("destroy", SITE, *ENGINE, "--yes", "--forget")
    assert gone.code == 0, gone.told
    assert not list(temporary.iterdir())
    assert not clone.directory.exists()
    assert not clone.checkpoint.exists()
    assert before == clone.committed()


def test_change_in_place_and_refusals(clone: Clone) -> None:
    before = clone.committed()
    asked = clone.run("up", SITE, *ENGINE)
    assert (asked.code, "add --yes" in asked.err) == (2, True), asked.told
    nothing = clone.run("destroy", SITE, *ENGINE, "--yes", "--forget")
    assert (nothing.code, "was never deployed" in nothing.out) == (0, True), nothing.told

    assert clone.up().code == 0
    assert before == clone.committed()  # no salt
    clone.edit(lambda site: site.update(image={"time": {"ntpServers": ["ntp9.example.com"]}}))
    planned = clone.run("preview", SITE, *ENGINE, "--expect-no-changes", "--format", "json")
    assert planned.code == 3, planned.told
    changes = [(one["op"], one["type"], one["paths"]) for one in planned.json["resources"]]
    files = [f'files["{path}"].content' for path in ("definition.yaml", "os-files/etc/dualstack/site.json")]
    assert changes == [("update", "dualstack:image:Directory", files)]
    assert "ntp9" not in (clone.directory / "definition.yaml").read_text()
    assert clone.up().code == 0
    assert "ntp9" in (clone.directory / "definition.yaml").read_text()

    # A site with errors goes nowhere near the engine.
    clone.edit(lambda site: site["nodes"][0]["interfaces"][0]["ipv6"].update(enabled=False))
    refused = clone.up()
    assert refused.code == 1
    assert "engine:" not in refused.told
    assert "not deployed" in refused.err

    # But what was deployed before the error came about can be looked at and removed.
    looked = clone.run("refresh", SITE, *ENGINE)
    assert (looked.code, "DS048" in looked.out) == (0, True), looked.told
    removed = clone.run("destroy", SITE, *ENGINE, "--yes")
    assert (removed.code, "DS048" in removed.out) == (0, True), removed.told
    assert not clone.directory.exists()


def test_failure_is_told_in_the_words_of_the_resource(clone: Clone) -> None:
    clone.directory.mkdir(parents=True)
    (clone.directory / "mine.txt").write_text("keep me")

    failed = clone.up()

    assert failed.code == 1
    assert f"build/{SITE} is not empty, and dualstack did not write it" in failed.err
    # The preview before the update has found it, so nothing else was made either.
    assert "created " not in failed.out
    assert "Traceback" not in failed.told and "KeyboardInterrupt" not in failed.told
    assert (clone.directory / "mine.txt").read_text() == "keep me"

    (clone.directory / "mine.txt").unlink()
    again = clone.up("--format", "json")
    assert again.code == 0, again.told
    assert {"dualstack:image:Directory", "dualstack:host:Ready"} <= {one["type"] for one in again.json["resources"]}


def test_program_that_fails(clone: Clone) -> None:
    clone.program("raise ValueError('no such luck')")

    failed = clone.run("preview", SITE, *ENGINE, "--format", "json")

    assert failed.code == 1
    assert failed.json["succeeded"] is False
    assert "ValueError: no such luck" in failed.json["error"]


def test_two_clones_do_not_meet(clone: Clone, tmp_path: Path) -> None:
    other = Clone(tmp_path / "other")
    assert clone.up().code == 0
    assert other.run("preview", SITE, *ENGINE, "--format", "json").json["counts"] == {"create": 8}
    assert other.up().code == 0
    assert other.run("destroy", SITE, *ENGINE, "--yes").code == 0
    assert not other.directory.exists()
    assert clone.run("preview", SITE, *ENGINE, "--expect-no-changes").code == 0


def test_own_backend_is_used_as_it_is(clone: Clone, tmp_path: Path) -> None:
    # A relative address is meant from where the user stands.
    (tmp_path / "clone" / "own").mkdir()
    own: dict[str, Any] = {"PULUMI_BACKEND_URL": "file://./own", "PULUMI_CONFIG_PASSPHRASE": "only for this test"}
    missing = clone.run("up", SITE, *ENGINE, "--yes", **own)
    way = f'eval "$(dualstack env)" && pulumi stack init {SITE}'
    assert (missing.code, way in missing.err) == (1, True), missing.told
    own_folder = clone.folder / "own"
    assert not clone.state.exists()

    subprocess.run(
        [clone.engine.program, "--non-interactive", "stack", "init", SITE, "--no-select"],
        cwd=clone.folder,
        env=os.environ | own | {"PULUMI_BACKEND_URL": f"file://{own_folder}", "PULUMI_HOME": str(tmp_path / "home")},
        check=True,
        capture_output=True,
    )
    written = clone.stack.read_text()
    assert "encryptionsalt" in written  # by the CLI itself, and the user's to commit
    done = clone.run("up", SITE, *ENGINE, "--yes", **own)
    assert done.code == 0, done.told
    assert "your own (PULUMI_BACKEND_URL is set)" in done.out
    assert (own_folder / f".pulumi/stacks/dualstack/{SITE}.json").exists()
    assert clone.stack.read_text() == written
    assert not (clone.folder / ".dualstack/state").exists()
