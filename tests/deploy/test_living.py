"""What a state knows of the cluster that lives: which server made it."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.deploy.living import unkept
from dualstack.document.findings import Severity
from dualstack.plan.model import Plan
from tests.several import TOKEN, several
from tests.sites import checked, mapping

NODES: dict[str, dict[str, str]] = {"mgmt-1": {}, "mgmt-2": {}, "mgmt-3": {}}


def state(**changes: Any) -> dict[str, Any]:
    """Give a deployment as the engine exports it."""
    inputs: dict[str, Any] = {
        "dualstack:index:ManagementNetwork": {"nodes": NODES},
        "dualstack:index:ManagementHost": {"node": "mgmt-1", "kind": "existing"},
        "dualstack:host:Ready": {"ipv4": "192.168.100.11"},
    }
    return {"resources": [{"type": kind, "inputs": one} for kind, one in (inputs | changes).items() if one is not None]}


def plan(**changes: Any) -> Plan:
    made = checked(several(**changes), TOKEN).plan
    assert made is not None
    return made


@pytest.mark.parametrize(
    "more", [{}, {"dualstack:host:Ready": {"readiness": "off"}, "dualstack:host:Installation": {"node": "mgmt-1"}}]
)
def test_another_server_is_named(more: dict[str, Any]) -> None:
    (finding,) = unkept(state(**more), plan(cluster={"bootstrap": "mgmt-2"}))
    assert (finding.rule.id, finding.severity) == ("DS286-bootstrap-kept", Severity.ERROR)
    assert "mgmt-1 made the cluster that lives" in finding.message
    lowered = {"DS286-bootstrap-kept": {"severity": "warning", "because": "burnt"}}
    (finding,) = unkept(state(), plan(cluster={"bootstrap": "mgmt-2"}, rules=lowered))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "deployment",
    [
        {},
        {"resources": None},
        state(**{"dualstack:host:Ready": None}),
        state(**{"dualstack:host:Ready": {"readiness": "off"}}),
        state(**{"dualstack:index:ManagementHost": None}),
        state(**{"dualstack:index:ManagementHost": {"node": 5}}),
        state(**{"dualstack:index:ManagementNetwork": {"nodes": {"mgmt-1": {}}}}),
    ],
)
def test_a_state_that_knows_of_no_cluster_says_nothing(deployment: dict[str, Any]) -> None:
    assert unkept(deployment, plan(cluster={"bootstrap": "mgmt-2"})) == []


def test_the_same_server_and_one_node_are_fine() -> None:
    assert unkept(state(), plan()) == []
    one = checked(mapping()).plan
    assert one is not None
    assert unkept(state(), one) == []
