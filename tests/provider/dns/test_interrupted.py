"""Records that a killed run was about to write, at a real BIND: written or not, they are found."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.deploy.settle import settled
from dualstack.tokens import INTERRUPTED, RECORD_SET
from provider.frame.handler import ResourceError
from tests.lab.bind import SITE, Bind
from tests.provider.dns.conftest import RECORDS, both, create, pair, update

NOTHING = ((), (), {None})
OTHER = {"ipv4": ["192.168.100.11"], "ipv6": ["fd00:100::11"]}


def interrupted(*begun: dict[str, Any], state: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give the outputs of a resource after kills: of a create where there is no state, then of updates."""
    urn = f"urn:pulumi:x::y::{RECORD_SET}::name"
    resources: list[dict[str, Any]] = (
        [{"urn": urn, "type": RECORD_SET, "inputs": {}, "outputs": state}] if state else []
    )
    for given in begun:
        what = "updating" if resources else "creating"
        operation = {"type": what, "resource": {"urn": urn, "type": RECORD_SET, "inputs": given}}
        resources = settled({"resources": resources, "pending_operations": [operation]}).deployment["resources"]
    return dict(resources[0]["outputs"])


@pytest.mark.parametrize("written", [True, False])
def test_a_create_that_was_killed(bind: Bind, name: str, written: bool) -> None:
    given = pair(bind, name)
    if written:
        create(given)
    state = interrupted(given)

    assert RECORDS.diff(name, given, state, given).changes
    id_, inputs, after = RECORDS.read(name, given, state)
    assert (id_, INTERRUPTED in after) == (name if written else None, False)
    if written:
        assert not RECORDS.diff(name, inputs, after, given).changes
    RECORDS.delete(name, state, 20)
    assert both(bind, name) == NOTHING
    assert update(state, given)["owned"] and both(bind, name)[0] == ("192.168.100.10",)


@pytest.mark.parametrize("written", [0, 1, 2])
def test_changes_that_were_killed_one_after_the_other(bind: Bind, name: str, written: int) -> None:
    steps = [pair(bind, name), pair(bind, name, **OTHER), pair(bind, name, ipv4=["192.168.100.12"])]
    known = state = create(steps[0])
    for step in steps[1 : written + 1]:
        state = update(state, step)
    state = interrupted(*steps[1:], state=known)

    _, _, after = RECORDS.read(name, steps[0], state)
    assert after["ipv4"] == steps[written]["ipv4"]
    RECORDS.delete(name, state, 20)
    assert both(bind, name) == NOTHING


def test_records_of_others_are_left_alone(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): ("192.0.2.1",), (name, "AAAA"): ("2001:db8::1",)})
    state = interrupted(pair(bind, name))

    RECORDS.delete(name, state, 20)
    assert RECORDS.read(name, {}, state)[0] is None
    assert both(bind, name)[:2] == (("192.0.2.1",), ("2001:db8::1",))
    with pytest.raises(ResourceError, match="has records that are not ours"):
        update(state, pair(bind, name))


def test_a_part_of_them_is_told_and_not_touched(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): ("192.168.100.10",)})
    state = interrupted(pair(bind, name))

    with pytest.raises(
        ResourceError, match=r"nobody knows whose the records there are: A 192\.168\.100\.10 and no AAAA"
    ):
        RECORDS.delete(name, state, 20)
    assert both(bind, name)[0] == ("192.168.100.10",)
