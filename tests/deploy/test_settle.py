"""Pending operations of a killed run, taken into the state."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.deploy.settle import settled
from dualstack.tokens import (
    ANSWERS,
    BUILD,
    DIRECTORY,
    INSTALLATION,
    INTERRUPTED,
    NETWORK,
    POINTER,
    READY,
    RECORD_SET,
)

INPUTS: dict[str, dict[str, Any]] = {
    RECORD_SET: {"record": "a.example", "zone": "example", "ipv4": ["192.0.2.1"], "ipv6": ["2001:db8::1"], "ttl": 5},
    POINTER: {"record": "1.2.0.192.in-addr.arpa", "zone": "2.0.192.in-addr.arpa", "target": "a.example", "ttl": 5},
    DIRECTORY: {"site": "paris", "path": "build/paris", "files": {"a": {"content": "x"}}},
    BUILD: {"directory": "build/paris", "digest": "d"},
    READY: {"port": 6443},
    INSTALLATION: {"site": "paris", "node": "mgmt-1", "generation": 1},
    ANSWERS: {"record": "a.example"},
    NETWORK: {"name": "net"},
}


def resource(kind: str, **more: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:paris::dualstack::{kind}::it", "type": kind, "inputs": INPUTS[kind], **more}


@pytest.mark.parametrize("kind", [RECORD_SET, POINTER, DIRECTORY, BUILD])
def test_a_create_becomes_a_resource_of_which_nothing_is_known(kind: str) -> None:
    done = settled({"resources": [], "pending_operations": [{"type": "creating", "resource": resource(kind)}]})

    (made,) = done.deployment["resources"]
    assert (done.ours, done.others, done.deployment["pending_operations"]) == (("it",), (), [])
    assert made["id"] and made["inputs"] == INPUTS[kind]
    known = {
        key: made["outputs"][key] for key in ("ipv4", "ipv6", "target", "files", "image") if key in made["outputs"]
    }
    assert known and not any(known.values())
    assert made["outputs"][INTERRUPTED]


def test_a_machine_that_was_being_installed_is_one_of_which_nothing_is_installed() -> None:
    """So that destroy looks into its drive, and up goes on."""
    begun = {"type": "creating", "resource": resource(INSTALLATION)}
    (made,) = settled({"resources": [], "pending_operations": [begun]}).deployment["resources"]
    assert (made["id"], made["outputs"].get("installed")) == ("paris/mgmt-1", None)
    there = resource(INSTALLATION, id="x", outputs={"installed": 1})
    again = settled({"resources": [there], "pending_operations": [{**begun, "type": "updating"}]})
    assert again.deployment["resources"] == [there]


@pytest.mark.parametrize("kind", [READY, ANSWERS])
def test_what_makes_nothing_is_forgotten(kind: str) -> None:
    done = settled({"resources": [], "pending_operations": [{"type": "creating", "resource": resource(kind)}]})
    assert done.ours == ("it",) and done.deployment["resources"] == []


def test_others_are_left_to_a_person() -> None:
    operation = {"type": "creating", "resource": resource(NETWORK)}
    done = settled({"pending_operations": [operation]})
    assert done.others == (operation["resource"],) and done.deployment["pending_operations"] == [operation]


def test_an_update_marks_what_is_there_and_a_second_kill_forgets_nothing() -> None:
    there = resource(RECORD_SET, id="a.example", outputs={**INPUTS[RECORD_SET], "owned": {}})
    state: dict[str, Any] = {"resources": [there]}
    for last in (2, 3):
        begun = resource(RECORD_SET) | {"inputs": {**INPUTS[RECORD_SET], "ipv4": [f"192.0.2.{last}"]}}
        state = settled({**state, "pending_operations": [{"type": "updating", "resource": begun}]}).deployment

    outputs = state["resources"][0]["outputs"]
    assert [one["ipv4"] for one in outputs[INTERRUPTED]] == [["192.0.2.2"], ["192.0.2.3"]]
    assert outputs["ipv4"] == ["192.0.2.1"]
    assert INTERRUPTED not in there["outputs"]


def test_a_replacement_that_was_killed_takes_the_place_of_the_old_one() -> None:
    old = resource(RECORD_SET, id="old", outputs={}, pendingReplacement=True)
    after = resource(READY, id="x", outputs={})
    state = {"resources": [old, after], "pending_operations": [{"type": "creating", "resource": resource(RECORD_SET)}]}
    assert [one["id"] for one in settled(state).deployment["resources"]] == ["a.example", "x"]


@pytest.mark.parametrize("moved", [False, True])
def test_a_directory_is_marked_only_where_it_moves(moved: bool) -> None:
    there = resource(DIRECTORY, id="x", outputs={**INPUTS[DIRECTORY], "path": "build/old" if moved else "build/paris"})
    done = settled(
        {"resources": [there], "pending_operations": [{"type": "updating", "resource": resource(DIRECTORY)}]}
    )
    marks = done.deployment["resources"][0]["outputs"].get(INTERRUPTED)
    assert marks == ([{"site": "paris", "path": "build/paris"}] if moved else None)
