"""Taints that keep pods from every node, and servers that cannot bear the virtual addresses."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.several import TOKEN, node, several
from tests.sites import found, mapping, put

AWAY = "CriticalAddonsOnly=true:NoExecute"


def places(data: dict[str, Any], number: str) -> list[tuple[str, str]]:
    return [(format_path(one.path), one.severity.value) for one in found(data, number, TOKEN)]


def tainted(*taints: list[str], agents: int = 0) -> dict[str, Any]:
    nodes = [node(number + 1, taints=given) for number, given in enumerate(taints)]
    for one in nodes[len(nodes) - agents :]:
        one["role"] = "agent"
    return several(nodes=nodes)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (tainted([AWAY], [AWAY], [AWAY]), "nodes[0].taints[0]"),
        (tainted(["a:NoSchedule"], ["b=c:NoSchedule"], [AWAY]), "nodes[0].taints[0]"),
        (tainted(["x:PreferNoSchedule", AWAY], [AWAY], [AWAY], [AWAY], agents=1), "nodes[0].taints[1]"),
        (several(nodeDefaults={"taints": [AWAY]}), "nodeDefaults.taints[0]"),
        (several(cluster={"server": {"node-taint": [AWAY]}}), "cluster.server.node-taint"),
        (mapping(cluster={"server": {"node-taint": f"a:PreferNoSchedule,{AWAY}"}}), "cluster.server.node-taint"),
        (mapping(cluster={"server": {"node-taint+": [AWAY]}}), 'cluster.server["node-taint+"]'),
        (tainted([AWAY], [AWAY], [AWAY], [], agents=1), None),
        (tainted([AWAY], [AWAY], ["x:PreferNoSchedule"]), None),
        (tainted(["a:PreferNoSchedule"], ["a:PreferNoSchedule"], ["a:PreferNoSchedule"]), None),
        (mapping(cluster={"server": {"node-taint": []}}), None),
    ],
)
def test_some_node_takes_pods(data: dict[str, Any], told: str | None) -> None:
    assert places(data, "DS322") == ([] if told is None else [(told, "error")])


def moved(family: str, address: str, *, role: str = "server") -> dict[str, Any]:
    nodes = [node(1), node(2), node(3), node(4, role=role)]
    place = nodes[3]["interfaces"][0][family]
    place["address"] = address
    place["gateway"] = "10.9.0.1" if family == "ipv4" else "fe80::1"
    return several(nodes=nodes)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (moved("ipv4", "10.9.0.14/24"), ["192.168.100.20 (cluster.api)", "192.168.100.21 (cluster.ingress)"]),
        (moved("ipv6", "fd00:9::14/64"), ["fd00:100::21 (cluster.ingress)", "fd00:100::22 (provisioning.vip)"]),
        (moved("ipv4", "10.9.0.14/24", role="agent"), []),
        (several(), []),
        (several(nodes=[node(1), node(2), put(node(3), {"dhcp": True}, "interfaces", 0, "ipv4")]), []),
    ],
)
def test_every_server_is_on_the_link_of_the_virtual_addresses(data: dict[str, Any], told: list[str]) -> None:
    findings = found(data, "DS321", TOKEN)
    assert [format_path(one.path) for one in findings] == (["nodes[3].interfaces"] if told else [])
    for one in findings:
        assert "mgmt-4 is in no" in one.message
        assert all(text in one.message for text in told)
