"""Addresses, routes and resolvers: silent as planned, and each fault is told by its own check."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.verify.model import Word
from tests.verify.machine.said import Fault, judged, site, told


def nic(said: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = said["addresses"][1]
    return found


def on_it(index: int, **changes: Any) -> Fault:
    return lambda said: nic(said)["addr_info"][index].update(changes)


def without(index: int) -> Fault:
    return lambda said: nic(said)["addr_info"].pop(index)


def more(**address: Any) -> Fault:
    added = {"scope": "global", "prefixlen": 64, "family": "inet6", **address}
    return lambda said: nic(said)["addr_info"].append(added)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_node_as_planned_is_silent(number: int) -> None:
    found = judged(site(), number=number)

    assert {one.word for one in found} == {Word.OK}
    assert {one.asked for one in found} >= {"addresses", "routes", "resolvers", "clock", "certificates of RKE2"}
    assert {one.family for one in found if one.asked in ("addresses", "routes")} == {"ipv4", "ipv6"}


@pytest.mark.parametrize(
    ("fault", "family", "words"),
    [
        (without(0), "ipv4", "192.168.100.11 is not on enp1s0"),
        (without(1), "ipv6", "fd00:100::11 is not on enp1s0"),
        (on_it(0, local="192.168.100.99"), "ipv4", "192.168.100.11 is not on"),
        (on_it(0, prefixlen=16), "ipv4", "has prefix length 16, planned is 24"),
        (on_it(1, prefixlen=128), "ipv6", "has prefix length 128, planned is 64"),
        (on_it(1, dadfailed=True, tentative=True), "ipv6", "another machine on the link has it"),
        (on_it(1, tentative=True), "ipv6", "not usable yet"),
        (on_it(1, deprecated=True, preferred_life_time=0), "ipv6", "deprecated"),
        (more(local="fd00:100::dead", dynamic=True), "ipv6", "takes fd00:100::dead from router advertisements"),
        (lambda said: nic(said).update(operstate="DOWN"), "both", "enp1s0 is down"),
    ],
)
def test_a_wrong_address_is_told(fault: Fault, family: str, words: str) -> None:
    found = told(judged(site(), fault))

    assert set(found) == ({"addresses ipv4", "addresses ipv6"} if family == "both" else {f"addresses {family}"})
    assert all(words in text for text in found.values())


def test_an_address_on_another_interface_is_found_there() -> None:
    def moved(said: dict[str, Any]) -> None:
        other = {"ifname": "enp2s0", "address": "34:8a:b1:00:00:02", "addr_info": [nic(said)["addr_info"].pop(1)]}
        said["addresses"].append(other)

    assert "but on enp2s0" in told(judged(site(), moved))["addresses ipv6"]


def test_a_nic_that_is_not_there() -> None:
    found = told(judged(site(), lambda said: nic(said).update(address="34:8a:b1:00:00:09")))

    assert found["addresses ipv4"] == found["addresses ipv6"] == "there is no eth0 with MAC 34:8a:b1:4b:20:01"


def test_addresses_of_others_are_no_fault() -> None:
    """Pods' interfaces, and addresses that a balancer or an administrator added."""

    def other(said: dict[str, Any]) -> None:
        more(local="fd00:100::abc")(said)
        pods = {"family": "inet6", "local": "fd12::1", "scope": "global", "prefixlen": 64, "dynamic": True}
        said["addresses"].append({"ifname": "cni0", "address": "02:00:00:00:00:01", "addr_info": [pods]})

    assert told(judged(site(), other)) == {}


def gone(family: str) -> Fault:
    return lambda said: said.update({family: [route for route in said[family] if route["dst"] != "default"]})


def first(family: str, **changes: Any) -> Fault:
    """Change the default route of a family."""
    return lambda said: next(route for route in said[family] if route["dst"] == "default").update(changes)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_routes_of_each_family(family: str) -> None:
    asked = f"routes {family}"
    label = {"ipv4": "IPv4", "ipv6": "IPv6"}[family]
    rival = {"dst": "default", "gateway": "fe80::9" if family == "ipv6" else "192.168.100.9", "dev": "enp1s0"}

    found = told(judged(site(), gone(family)))
    assert found == {asked: f"the default route over {label} is missing"}

    found = told(judged(site(), first(family, gateway=rival["gateway"])))
    assert set(found) == {asked}
    assert f"goes via {rival['gateway']} by enp1s0, planned is via" in found[asked]

    found = told(judged(site(), first(family, dev="enp9s0")))
    assert set(found) == {asked}

    found = told(judged(site(), lambda said: said[family].append({**rival, "metric": 50})))
    assert set(found) == {asked}
    assert "wins, by metric 50" in found[asked]
    assert told(judged(site(), lambda said: said[family].append({**rival, "metric": 2000}))) == {}


def test_a_metric_that_is_planned() -> None:
    route = {"destination": "10.9.0.0/16", "gateway": "192.168.100.7", "interface": "eth0", "metric": 42}
    plan = site(nodeDefaults={"routes": [route]})
    right = {"dst": "10.9.0.0/16", "gateway": "192.168.100.7", "dev": "enp1s0", "metric": 42}

    assert told(judged(plan, lambda said: said["ipv4"].append(right))) == {}
    assert (
        "has metric 100, planned is 42"
        in told(judged(plan, lambda said: said["ipv4"].append({**right, "metric": 100})))["routes ipv4"]
    )
    assert told(judged(plan))["routes ipv4"] == "the route to 10.9.0.0/16 is missing"


def test_ways_of_a_route_that_has_several() -> None:
    hops = [{"gateway": "fe80::1", "dev": "enp1s0", "weight": 1}, {"gateway": "fe80::2", "dev": "enp1s0", "weight": 1}]

    def several(said: dict[str, Any]) -> None:
        said["ipv6"] = [{"dst": "default", "metric": 100, "nexthops": hops}]

    assert "another default route via fe80::2" in told(judged(site(), several))["routes ipv6"]


def test_a_network_that_gives_addresses() -> None:
    learns = {"autoconf": True, "dhcp": True, "address": None, "prefixLength": None, "gateway": None}
    plan = site(count=1, nodeDefaults=None, cluster=None, provisioning={"vip": None}, nodes=[{
        "name": "mgmt-1", "interfaces": [{"name": "eth0", "mac": "34:8a:b1:4b:20:01",
        "ipv4": {"address": "192.168.100.11/24", "gateway": "192.168.100.1"},
        "ipv6": {key: value for key, value in learns.items() if value}}]}])  # fmt: skip

    def given(said: dict[str, Any]) -> None:
        nic(said)["addr_info"][1].update(family="inet6", local="fd00:100::77", dynamic=True)

    assert told(judged(plan, given)) == {}

    def silent(said: dict[str, Any]) -> None:
        given(said)
        gone("ipv6")(said)

    assert told(judged(plan, silent)) == {
        "routes ipv6": "there is no default route over IPv6: neither DHCP nor a router gave one"
    }
    assert "was given no IPv6 address" in told(judged(plan, without(1)))["addresses ipv6"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nameserver 192.168.100.53\n", "lacks fd00:100::53"),
        ("", "lacks 192.168.100.53, fd00:100::53"),
        ("nameserver 192.168.100.53\nnameserver fd00:100::53\nnameserver 10.0.0.1\n", "asks 10.0.0.1"),
    ],
)
def test_resolvers(text: str, words: str) -> None:
    found = told(judged(site(), lambda said: said.update(resolvers=text)))

    assert set(found) == {"resolvers"}
    assert words in found["resolvers"]


def test_what_cannot_be_read_is_not_checkable() -> None:
    found = judged(site(), lambda said: said.update(addresses=None, resolvers=None))
    assert set(told(found, Word.NOT_CHECKABLE)) == {"addresses"}
    found = judged(site(), lambda said: said.update(resolvers="nameserver 127.0.0.53\n", ipv4=None))
    assert set(told(found, Word.NOT_CHECKABLE)) == {"resolvers", "routes ipv4"}
    assert told(found) == {}
