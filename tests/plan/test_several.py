"""What is computed for several nodes."""

from __future__ import annotations

from typing import Any

from dualstack.document.frozen import dig, thaw
from dualstack.plan.model import Plan
from tests.several import TOKEN, node, several
from tests.sites import checked


def plan(mode: str = "address", /, **changes: Any) -> Plan:
    made = checked(several(mode, **changes), TOKEN).plan
    assert made is not None
    return made


def test_where_it_is_reached_and_where_it_serves() -> None:
    made = plan()
    assert [str(item) for item in made.api.values()] == ["192.168.100.20"]
    assert [str(item) for item in made.entry.values()] == ["192.168.100.21", "fd00:100::21"]
    assert [str(item) for item in made.serving.values()] == ["192.168.100.22", "fd00:100::22"]
    assert made.access.server == "https://192.168.100.20:6443"
    assert made.rancher_hostname == "rancher-192-168-100-21.fd00-100--21.sslip.io"


def test_the_bootstrap_server_is_named_not_counted() -> None:
    assert plan(cluster={"bootstrap": "mgmt-3"}).initializer.name == "mgmt-3"


def test_server_yaml_holds_no_address_of_one_node() -> None:
    server = thaw(plan().server)
    assert "node-ip" not in server
    assert server["tls-san"] == [
        *("192.168.100.11", "fd00:100::11", "192.168.100.12", "fd00:100::12", "192.168.100.13", "fd00:100::13")
    ]


def test_ironic_is_known_by_virtual_addresses_in_address_mode() -> None:
    values = plan().values("metal3")
    assert dig(values, "global", "ironicIP") == "192.168.100.22"
    assert dig(values, "metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6") == "fd00:100::22"
    assert dig(values, "global", "provisioningIP") is None
    assert dig(values, "metal3-ironic", "service", "type") == "LoadBalancer"


def test_ironic_listens_on_all_in_both_modes() -> None:
    for mode in ("address", "hostname"):
        assert dig(plan(mode).values("metal3"), "metal3-ironic", "listenOnAll") is True


def test_rancher_has_a_replica_for_each_server_up_to_three() -> None:
    assert dig(plan().values("rancher"), "replicas") == 3
    assert dig(plan(nodes=[node(number) for number in range(1, 6)]).values("rancher"), "replicas") == 3
    assert dig(plan(rancher={"replicas": 2}).values("rancher"), "replicas") == 2


def test_names() -> None:
    records = [(item.name, item.type, item.value) for item in plan("hostname").dns if item.type != "PTR"]
    assert records == [
        ("ironic.paris.example.com", "A", "192.168.100.22"),
        ("ironic.paris.example.com", "AAAA", "fd00:100::22"),
        ("rancher.lyon.example.com", "A", "192.168.100.21"),
        ("rancher.lyon.example.com", "AAAA", "fd00:100::21"),
        ("api.lyon.example.com", "A", "192.168.100.20"),
        ("api.lyon.example.com", "AAAA", "fd00:100::11"),
        ("api.lyon.example.com", "AAAA", "fd00:100::12"),
        ("api.lyon.example.com", "AAAA", "fd00:100::13"),
    ]


def test_an_agent_has_what_every_node_has_and_no_name_leads_to_it() -> None:
    made = plan(
        nodes=[node(1), node(2), node(3), node(4, role="agent")],
        cluster={"maxPods": 250, "agent": {"node-name+": "x", "debug": True}, "server": {"profile": "cis"}},
    )
    agent = thaw(made.agent)
    assert agent["kubelet-arg"] == ["max-pods=250"]
    assert (agent["profile"], agent["debug"]) == ("cis", True)
    assert "cluster-cidr" not in agent and "tls-san" not in agent
    assert "fd00:100::14" not in [item.value for item in made.dns]
    assert thaw(plan().agent) == {}


def test_machines_of_a_hypervisor() -> None:
    ports = [{"name": f"eth{i}", "mac": f"34:8a:b1:4b:21:0{i}"} for i in (0, 1)]
    bond = {
        "name": "bond0",
        "bond": {"ports": ["eth0", "eth1"]},
        "ipv4": {"address": "192.168.100.13/24", "gateway": "192.168.100.1"},
        "ipv6": {"address": "fd00:100::13/64", "gateway": "fe80::1"},
    }
    nodes = [node(1), node(2), {"name": "mgmt-3", "interfaces": [*ports, bond]}]
    for one in nodes[:2]:
        nic = one["interfaces"][0]
        nic |= {
            "ipv4": {"address": nic["ipv4"]["address"] + "/24"},
            "ipv6": {"address": nic["ipv6"]["address"] + "/64"},
        }
    made = plan(nodes=nodes, nodeDefaults=None, host={"kind": "libvirt"}).libvirt
    assert made is not None
    assert [(one.node.name, one.macs) for one in made.machines] == [
        ("mgmt-1", ("34:8a:b1:4b:20:01",)),
        ("mgmt-2", ("34:8a:b1:4b:20:02",)),
        ("mgmt-3", ("34:8a:b1:4b:21:00", "34:8a:b1:4b:21:01")),
    ]
    assert ("mgmt-2", "fd00:100::12") in made.hosts
