"""Runs that are killed while our own resources are made: what they left is found, counted in the world outside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.commands import kill_session
from tests.engine.killed import DIRECTORY, POINTER, RANCHER, RECORD, Killed
from tests.lab.bind import Bind

COMMAND, CLI, PROVIDER = "command", "cli", "provider"


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[Bind]:
    with Bind(tmp_path / "bind") as server:
        yield server


@pytest.fixture
def clone(tmp_path: Path, bind: Bind) -> Killed:
    return Killed(tmp_path / "clone", bind)


def killed(clone: Killed, then: float) -> None:
    """Run an update into its fault; what outlives it, but for the provider, goes too."""
    process = clone.start("up", clone.name, "--engine", "built", "--yes")
    process.communicate(timeout=120)
    assert process.returncode != 0
    if not then:
        kill_session(process.pid)


@pytest.mark.parametrize(
    ("name", "when", "who", "then"),
    [
        (RECORD, "before", [COMMAND, CLI], 2),  # the provider outlives its CLI, and writes after the kill
        (RECORD, "after", [COMMAND, CLI, PROVIDER], 0),
        (POINTER, "after", [CLI], 0),
        (DIRECTORY, "after", [COMMAND, CLI, PROVIDER], 0),
    ],
)
def test_destroy_after_a_killed_create_leaves_nothing(
    clone: Killed, name: str, when: str, who: list[str], then: float
) -> None:
    clone.fault(name, when, who, then=then)
    killed(clone, then)

    gone = clone.do("destroy", "--forget")

    assert gone.code == 0, gone.told
    assert "killed while it was at" in gone.out
    clone.nothing_left()
    assert not clone.checkpoint.exists()


def test_refresh_after_a_killed_create_knows_what_is_there(clone: Killed) -> None:
    clone.fault(RECORD, "after", [COMMAND, CLI, PROVIDER])
    killed(clone, 0)
    assert clone.bind.ask(RANCHER, "A")[0]

    looked = clone.do("refresh")
    assert looked.code == 0, looked.told
    # Whatever the site says by now: the state knows the record.
    clone.site(rancher={"hostname": f"other.{RANCHER}"})
    gone = clone.do("destroy")

    assert gone.code == 0, gone.told
    clone.nothing_left()


def test_a_change_that_was_killed_is_taken_back_whole(clone: Killed) -> None:
    assert clone.do("up").code == 0
    clone.fault(RECORD, "after", [COMMAND, CLI, PROVIDER])
    clone.site(address="192.168.100.11")
    killed(clone, 0)
    assert clone.bind.ask(RANCHER, "A")[0] == ("192.168.100.11",)

    gone = clone.do("destroy")

    assert gone.code == 0, gone.told
    clone.nothing_left()


def test_the_provider_alone_is_killed(clone: Killed) -> None:
    clone.fault(RECORD, "after", [PROVIDER])
    made = clone.do("up")
    assert made.code == 0, made.told
    assert "ended in the middle of a call: what it was at is taken up again" in made.out
    assert clone.do("destroy").code == 0
    clone.nothing_left()


def test_the_provider_alone_is_killed_again_and_again(clone: Killed) -> None:
    """Nothing is in the state: destroy says what is left, and does not forget."""
    clone.fault(RECORD, "after", [PROVIDER], always=True)
    failed = clone.do("up")
    assert failed.code == 1
    assert RECORD in failed.err.partition("whether ")[2].partition(" is there is in no state")[0]
    clone.calm()

    for _ in range(2):  # nor the second time, when the state is empty
        gone = clone.do("destroy", "--forget")
        assert gone.code == 1
        assert f"{RANCHER} in the zone" in gone.err
        assert clone.checkpoint.exists()
    assert clone.do("up").code == 0
    gone = clone.do("destroy", "--forget")
    assert gone.code == 0, gone.told
    clone.nothing_left()


def test_a_site_that_was_only_previewed_needs_no_name_server(clone: Killed) -> None:
    clone.bind.stop()
    gone = clone.do("destroy", "--forget")
    assert gone.code == 0, gone.told
    assert not clone.checkpoint.exists()


def test_a_killed_create_is_settled_after_its_state_was_put_back(clone: Killed) -> None:
    """The kill left the checkpoint's attributes empty, too: the state that is put back has the create pending."""
    clone.fault(RECORD, "after", [COMMAND, CLI, PROVIDER])
    killed(clone, 0)
    clone.checkpoint.with_name(f"{clone.checkpoint.name}.attrs").write_bytes(b"")
    refused = clone.do("destroy")
    assert refused.code == 1
    assert "--restore-checkpoint" in refused.err

    back = clone.do("refresh", "--restore-checkpoint")

    assert back.code == 0, back.told
    assert "killed while it was at" in back.out
    gone = clone.do("destroy", "--forget")
    assert gone.code == 0, gone.told
    clone.nothing_left()
