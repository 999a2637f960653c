"""Clusters of several nodes: who makes it, where it is reached, how many carry it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.several import TOKEN, node, several
from tests.sites import SECRETS, SSH_KEY, checked, found, mapping, told

NOT_RUN = "DS284-hostname-mode-read-only"


@pytest.mark.parametrize("count", [3, 5])
def test_a_good_one_is_silent(count: int) -> None:
    assert told(several("address", count), TOKEN) == []
    assert told(several("hostname", count), TOKEN) == [NOT_RUN]


def test_agents_count_for_nothing_but_pods() -> None:
    agent = node(4, role="agent", labels={"zone": "b"}, taints=["a=b:NoExecute"])
    nodes = [*(node(number) for number in (1, 2, 3)), agent]
    assert told(several(nodes=nodes), TOKEN) == []


def found_in(number: str, data: dict[str, Any], secrets: tuple[str, ...] = TOKEN) -> list[tuple[str, str, str]]:
    from dualstack.document.origins import format_path

    return [(format_path(one.path), one.severity.value, one.fix) for one in found(data, number, secrets)]


@pytest.mark.parametrize(
    ("number", "changes", "path", "severity"),
    [
        ("DS270", {"cluster": {"bootstrap": None}}, "cluster.bootstrap", "error"),
        ("DS270", {"cluster": {"bootstrap": "mgmt-9"}}, "cluster.bootstrap", "error"),
        (
            "DS270",
            {"nodes": [node(1, role="agent"), node(2), node(3), node(4)]},
            "cluster.bootstrap",
            "error",
        ),
        ("DS270", {"nodes": [node(number, role="agent") for number in (1, 2, 3)]}, "nodes[0].role", "error"),
        ("DS271", {"cluster": {"api": None}}, "cluster.api.ipv4", "error"),
        ("DS272", {"cluster": {"api": {"ipv6": "fd00:100::20"}}}, "cluster.api.ipv6", "error"),
        ("DS273", {"cluster": {"ingress": {"ipv6": None}}}, "cluster.ingress.ipv6", "error"),
        ("DS274", {"provisioning": {"vip": {"ipv4": None}}}, "provisioning.vip.ipv4", "error"),
        ("DS276", {"cluster": {"api": {"ipv4": "192.168.100.21"}}}, "cluster.ingress.ipv4", "error"),
        ("DS276", {"provisioning": {"vip": {"ipv6": "fd00:100::12"}}}, "provisioning.vip.ipv6", "error"),
        ("DS276", {"cluster": {"api": {"ipv4": "192.168.100.1"}}}, "cluster.api.ipv4", "error"),
        ("DS276", {"cluster": {"api": {"ipv4": "192.168.100.53"}}}, "cluster.api.ipv4", "error"),
        ("DS277", {"cluster": {"api": {"ipv4": "10.9.9.9"}}}, "cluster.api.ipv4", "error"),
        ("DS277", {"cluster": {"api": {"ipv4": "192.168.100.255"}}}, "cluster.api.ipv4", "error"),
        ("DS277", {"cluster": {"ingress": {"ipv6": "fd00:100::"}}}, "cluster.ingress.ipv6", "error"),
        ("DS278", {"nodes": [node(1), node(2)]}, "nodes", "warning"),
        ("DS278", {"nodes": [node(number) for number in (1, 2, 3, 4)]}, "nodes", "warning"),
        ("DS280", {"nodes": [node(1), node(2), node(3) | {"name": "mgmt-2"}]}, "nodes[2].name", "error"),
        ("DS280", {"nodes": [node(1), node(2), node(2) | {"name": "mgmt-3"}]}, "nodes[2].interfaces[0].mac", "error"),
        ("DS281", {"cluster": {"server": {"node-name": "mgmt-1"}}}, "cluster.server.node-name", "error"),
        ("DS281", {"cluster": {"server": {"node-label+": ["a=b"]}}}, 'cluster.server["node-label+"]', "error"),
        ("DS281", {"cluster": {"agent": {"node-ip": "192.168.100.11"}}}, "cluster.agent.node-ip", "error"),
        ("DS282", {"cluster": {"pods": {"ipv4": "10.42.0.0/23"}}}, "cluster.pods.ipv4", "error"),
        ("DS309", {"cluster": {"api": {"ipv4": "192.168.100.255"}}}, "cluster.api.ipv4", "error"),
        ("DS309", {"cluster": {"api": {"ipv4": "192.168.100.0"}}}, "cluster.api.ipv4", "error"),
        ("DS283", {"provisioning": {"serviceType": "NodePort"}}, "provisioning.serviceType", "error"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(number: str, changes: dict[str, Any], path: str, severity: str) -> None:
    assert (path, severity) in [(place, level) for place, level, _ in found_in(number, several(**changes))]


def test_the_secret_by_which_nodes_join() -> None:
    assert found_in("DS279", several(), SECRETS) == [
        ("cluster", "warning", "run: dualstack secret set test rke2Token --generate")
    ]
    assert found_in("DS279", mapping(), SECRETS) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"cluster": {"api": {"ipv4": "192.168.100.20"}}}, "cluster.api.ipv4"),
        ({"cluster": {"apiHost": "api.example.com"}}, "cluster.apiHost"),
        ({"cluster": {"ingress": {"ipv6": "fd00:100::21"}}}, "cluster.ingress.ipv6"),
        ({"provisioning": {"vip": {"ipv4": "192.168.100.22"}}}, "provisioning.vip.ipv4"),
    ],
)
def test_one_node_has_no_virtual_address(changes: dict[str, Any], path: str) -> None:
    assert [place for place, _, _ in found_in("DS275", mapping(**changes))] == [path]


def test_an_off_link_agent_does_not_announce() -> None:
    far = node(4, role="agent")
    far["interfaces"][0]["ipv4"] = {"address": "192.168.104.14/24", "gateway": "192.168.104.1"}
    data = several(nodes=[node(1), node(2), node(3), far])
    assert found_in("DS277", data) == []
    assert not checked(data, TOKEN).failed


def test_a_kubeconfig_over_ipv6_has_no_address() -> None:
    ssh = {"user": "root", "hostKey": SSH_KEY}
    host = {"ssh": ssh, "kubeconfig": {"source": "ssh", "server": "ipv6"}}
    told_there = [one.message for one in found(several(host=host, delivery="pulumi"), "DS148", TOKEN)]
    assert told_there == ["the API server's virtual address is IPv4 alone"]
