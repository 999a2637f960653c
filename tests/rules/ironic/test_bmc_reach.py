"""Each node that Ironic may run on reaches the BMCs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.several import TOKEN, node, several
from tests.sites import checked

RULE = "DS285-bmc-reach"
BMC4, BMC6 = "192.168.200.11", "fd00:200::11"


def bmcs(*hosts: str) -> list[dict[str, str]]:
    return [
        {
            "name": f"rack1-{number:02}",
            "address": f"redfish-virtualmedia://{f'[{host}]' if ':' in host else host}/redfish/v1/Systems/1",
        }
        for number, host in enumerate(hosts, 1)
    ]


def site(third: dict[str, Any], *hosts: str, count: int = 3, **changes: Any) -> dict[str, Any]:
    """Return a site whose last node is another one, with machines at these BMCs."""
    data = several(**changes)
    data["nodes"] = [*[node(number) for number in range(1, count)], third]
    data.setdefault("provisioning", {})["bmcs"] = bmcs(*hosts)
    return copy.deepcopy(data)


def messages(data: dict[str, Any]) -> list[tuple[str, str]]:
    found = checked(data, TOKEN).findings
    return [(str(one.path[2]), one.message) for one in found if one.rule.id == RULE]


def bare(**more: Any) -> dict[str, Any]:
    """Return a node without default routes."""
    routes = {"config": [{"destination": "0.0.0.0/0", "state": "absent"}, {"destination": "::/0", "state": "absent"}]}
    return node(3, **{"nmstate": {"routes": routes}, **more})


def test_default_routes_lead_everywhere() -> None:
    assert messages(site(node(3), BMC4, BMC6)) == []


def test_a_node_without_a_way_is_named_once() -> None:
    hosts = [BMC4, *(f"192.168.200.{number}" for number in range(12, 16))]
    assert messages(site(bare(), *hosts)) == [
        ("0", "mgmt-3 has no way to rack1-01 at 192.168.200.11, rack1-02 at 192.168.200.12, rack1-03 at 192.168.200.13 "
         "and 2 more"),
    ]  # fmt: skip


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_each_family_for_itself(family: str) -> None:
    hop = {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"}
    if family == "ipv6":
        hop = {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"}
    third = node(3, nmstate={"routes": {"config": [hop]}})
    where = [place for place, _ in messages(site(third, BMC4, BMC6))]
    assert where == ["0" if family == "ipv4" else "1"]


@pytest.mark.parametrize(
    "destination", ["192.168.200.0/24", "192.168.200.11/32", "192.168.0.0/16"]
)  # fmt: skip
def test_a_route_is_a_way(destination: str) -> None:
    hop = {"destination": destination, "next-hop-address": "192.168.100.9", "next-hop-interface": "eth0"}
    assert messages(site(node(3, nmstate={"routes": {"config": [hop]}}), BMC4)) == []


def test_a_blackhole_takes_the_way_of_the_default_route() -> None:
    hops = [
        {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"},
        {"destination": "192.168.200.0/24", "route-type": "blackhole"},
    ]
    assert len(messages(site(node(3, nmstate={"routes": {"config": hops}}), BMC4))) == 1


def test_a_bmc_on_the_nodes_own_link_needs_no_route() -> None:
    assert messages(site(bare(), "192.168.100.99", "fd00:100::99")) == []


def test_what_cannot_be_known_is_not_said() -> None:
    rules = {"config": [{"ip-to": "192.168.200.0/24", "route-table": 200}]}
    third = bare()
    third["nmstate"]["route-rules"] = rules
    assert messages(site(third, BMC4)) == []
    assert messages(site(bare(), "bmc.example.com")) == []


def test_where_ironic_never_runs_needs_no_way() -> None:
    assert messages(site(bare(role="agent", taints=["bmc=none:NoSchedule"]), BMC4, count=4)) == []
    assert messages(site(bare(role="agent", taints=["bmc=none:PreferNoSchedule"]), BMC4, count=4)) != []
    chosen = {"metal3": {"values": {"metal3-ironic": {"nodeSelector": {"a": "b"}}}}}
    assert messages(site(bare(), BMC4, charts=chosen)) == []
