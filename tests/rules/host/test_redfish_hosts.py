"""Nodes that are installed through their BMCs: what a site must say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualstack.check.named_files import with_files
from dualstack.document.origins import format_path
from tests.several import TOKEN, node, several
from tests.sites import checked, found, mapping, told

SECRETS = (*TOKEN, "bmcPassword")
PIN = "ab" * 32


def bmc(number: int, **more: Any) -> dict[str, Any]:
    address = f"redfish-virtualmedia://[fd00:200::2{number}]/redfish/v1/Systems/1"
    return {"address": address, "username": "admin", "passwordKey": "bmcPassword", "fingerprint": PIN, **more}


def machines(**changes: Any) -> dict[str, Any]:
    """Return a good site of three machines."""
    nodes = [node(number, bmc=bmc(number)) for number in (1, 2, 3)]
    image = {"type": "iso", "installDevice": "/dev/sda"}
    redfish = {"media": "https://images.example.com/lyon.iso"}
    return several(**{"nodes": nodes, "host": {"kind": "redfish", "redfish": redfish}, "image": image, **changes})


def test_a_good_one_is_silent() -> None:
    assert told(machines(), SECRETS) == []


def test_in_the_order_in_which_they_are_installed() -> None:
    plan = checked(machines(cluster={"bootstrap": "mgmt-2"}), SECRETS).plan
    assert plan is not None
    assert [one.node.name for one in plan.installations] == ["mgmt-2", "mgmt-1", "mgmt-3"]
    first = plan.installations[0]
    assert (first.url, first.system) == ("https://[fd00:200::22]", "/redfish/v1/Systems/1")
    assert (first.port, first.fingerprint) == (6443, PIN)


@pytest.mark.parametrize(
    ("number", "changes", "path"),
    [
        ("DS290", {"nodes": [node(1), *(node(n, bmc=bmc(n)) for n in (2, 3))]}, "nodes[0].bmc"),
        ("DS290", {"nodes": [node(1, bmc=bmc(1, address="ipmi://10.0.0.1"))]}, "nodes[0].bmc.address"),
        ("DS290", {"nodes": [node(1, bmc=bmc(1, address="redfish://"))]}, "nodes[0].bmc.address"),
        ("DS291", {"image": {"type": "raw"}}, "image.type"),
        ("DS291", {"image": {"type": "iso"}}, "image.installDevice"),
        ("DS292", {"host": {"kind": "redfish"}}, "nodes[0].bmc.media"),
        (
            "DS292",
            {"host": {"kind": "redfish", "redfish": {"media": "x.iso", "servePort": 70000}}},
            "host.redfish.servePort",
        ),
        ("DS292", {"host": {"kind": "redfish", "redfish": {"media": "http://10.0.0.1/x.iso"}}}, "nodes[0].bmc.address"),
        (
            "DS292",
            {"host": {"kind": "redfish", "redfish": {"media": "x.iso", "installOver": ["mgmt-9"]}}},
            "host.redfish.installOver[0]",
        ),
        ("DS293", {"nodes": [node(1, bmc=bmc(1, username=None))]}, "nodes[0].bmc.username"),
        ("DS293", {"nodes": [node(1, bmc=bmc(1, passwordKey="otherPassword"))]}, "nodes[0].bmc.passwordKey"),
        ("DS294", {"nodes": [node(1, bmc=bmc(1, fingerprint="abc"))]}, "nodes[0].bmc.fingerprint"),
        ("DS294", {"host": {"kind": "redfish", "redfish": {"media": "x.iso", "sha256": "abc"}}}, "host.redfish.sha256"),
        (
            "DS296",
            {"nodes": [node(1, bmc=bmc(1, address="redfish-virtualmedia+http://10.0.0.1/redfish/v1/Systems/1"))]},
            "nodes[0].bmc.address",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(number: str, changes: dict[str, Any], path: str) -> None:
    assert path in [format_path(one.path) for one in found(machines(**changes), number, SECRETS)]


def test_settings_without_machines() -> None:
    data = mapping(host={"redfish": {"media": "x.iso"}})
    data["nodes"][0]["generation"] = 2
    assert [format_path(one.path) for one in found(data, "DS295")] == ["host.redfish", "nodes[0].generation"]


@pytest.mark.parametrize(
    "address",
    [
        "redfish-virtualmedia://[fd00:200::21]/redfish/v1/Systems/1",
        "redfish-virtualmedia+https://[FD00:200:0::21]:443/redfish/v1/Systems/1/",
        "redfish://[fd00:200::21]/redfish/v1/Systems/1",
        "redfish://[fd00:200::21]",
    ],
)
def test_a_machine_is_one_node(address: str) -> None:
    nodes = [node(1, bmc=bmc(1)), node(2, bmc=bmc(1, address=address)), node(3, bmc=bmc(3))]
    (one,) = found(machines(nodes=nodes), "DS290", SECRETS)
    assert format_path(one.path) == "nodes[1].bmc.address"
    assert "mgmt-1's" in one.message


@pytest.mark.parametrize(
    ("media", "fix"),
    [
        ("ftp://images.example.com/a.iso", "write an http or https URL"),
        ("nfs://10.0.0.1/a.iso", "write an http or https URL"),
        ("file:///srv/a.iso", "write an http or https URL"),
        ("HTTPS://images.example.com/a.iso", "write https://images.example.com/a.iso"),
        ("/srv/a.iso", "put the image below the project"),
        ("~/a.iso", "put the image below the project"),
        ("../a.iso", "put the image below the project"),
        ("images/../../a.iso", "put the image below the project"),
        ("./images//a.iso", "write images/a.iso"),
        ("https://images.example.com/a.iso", None),
        ("http://images.example.com/a.iso", None),
        ("images/a.iso", None),
    ],
)
@pytest.mark.parametrize("of_a_node", [False, True])
def test_an_image_is_one_that_can_be_fetched_or_served(media: str, fix: str | None, of_a_node: bool) -> None:
    data = machines()
    path = "host.redfish.media"
    if of_a_node:
        data["nodes"][1]["bmc"]["media"], path = media, "nodes[1].bmc.media"
    else:
        data["host"]["redfish"]["media"] = media
    told = [
        (format_path(one.path), one.severity.value, one.fix[: len(fix or "")]) for one in found(data, "DS292", SECRETS)
    ]
    assert told == ([] if fix is None else [(path, "error", fix)])


def test_an_image_that_is_not_there_yet_is_a_warning(tmp_path: Path) -> None:
    data = machines()
    data["host"]["redfish"]["media"] = "images/a.iso"
    checked_site = checked(data, SECRETS)
    (one,) = [f for f in with_files(tmp_path, checked_site).findings if f.rule.id.startswith("DS292")]
    assert (format_path(one.path), one.severity.value) == ("host.redfish.media", "warning")
    assert "images/a.iso does not exist" in one.message
    (tmp_path / "images").mkdir()
    assert [f for f in with_files(tmp_path, checked_site).findings if f.rule.id.startswith("DS292")]
    (tmp_path / "images/a.iso").write_bytes(b"")
    assert with_files(tmp_path, checked_site).findings == checked_site.findings


@pytest.mark.parametrize(
    ("host", "owner", "severity"),
    [
        ("192.168.100.12", "the address of mgmt-2", "error"),
        ("[FD00:100::13]", "the address of mgmt-3", "error"),
        ("192.168.100.12:443", "the address of mgmt-2", "error"),
        ("192.168.100.1", "a gateway of mgmt", "error"),
        ("[fe80::1]", "a gateway of mgmt", "error"),
        ("192.168.100.1:8000", "a gateway of mgmt", "warning"),
        ("192.168.100.53", "a resolver", "error"),
        ("192.168.100.99", None, ""),
    ],
)
def test_a_bmc_has_an_address_of_its_own(host: str, owner: str | None, severity: str) -> None:
    address = f"redfish-virtualmedia://{host}/redfish/v1/Systems/7"
    nodes = [node(1, bmc=bmc(1)), node(2, bmc=bmc(2, address=address)), node(3, bmc=bmc(3))]
    listed = several(provisioning={"bmcs": [{"name": "rack-1", "address": address}]})
    for data, path in ((machines(nodes=nodes), "nodes[1].bmc.address"), (listed, "provisioning.bmcs[0].address")):
        findings = found(data, "DS323", SECRETS)
        assert [(format_path(one.path), one.severity.value) for one in findings] == (
            [(path, severity)] if owner else []
        )
        assert all(owner in one.message for one in findings if owner)


def test_a_virtual_address_that_a_nodes_bmc_has_is_told_there() -> None:
    address = "redfish-virtualmedia://192.168.100.21/redfish/v1/Systems/7"
    nodes = [node(1, bmc=bmc(1)), node(2, bmc=bmc(2, address=address)), node(3, bmc=bmc(3))]
    (one,) = found(machines(nodes=nodes), "DS276", SECRETS)
    assert format_path(one.path) == "cluster.ingress.ipv4"
    assert "the BMC of mgmt-2" in one.message


@pytest.mark.parametrize("tail", [":8443/redfish/v1/Systems/1", "/redfish/v1/Systems/2"])
def test_one_bmc_may_have_several_machines(tail: str) -> None:
    other = f"redfish-virtualmedia://[fd00:200::21]{tail}"
    nodes = [node(1, bmc=bmc(1)), node(2, bmc=bmc(1, address=other)), node(3, bmc=bmc(3))]
    assert told(machines(nodes=nodes), SECRETS) == []


def test_who_may_be_wiped_is_told_as_long_as_the_site_names_it() -> None:
    redfish = {"media": "https://images.example.com/lyon.iso", "installOver": ["mgmt-2"]}
    (one,) = found(machines(host={"kind": "redfish", "redfish": redfish}), "DS360", SECRETS)
    assert (format_path(one.path), one.severity) == ("host.redfish.installOver[0]", "warning")


def test_a_node_is_no_machine_that_its_cluster_provisions() -> None:
    """Ironic would wipe it."""
    there = [{"name": "rack1-01", "address": "redfish-virtualmedia+https://[fd00:200::22]:443/redfish/v1/Systems/1"}]
    (one,) = found(machines(provisioning={"bmcs": there}), "DS078", SECRETS)
    assert format_path(one.path) == "provisioning.bmcs[0].address"
    assert "the BMC of the node mgmt-2" in one.message and "wipes" in one.consequence


def test_a_password_in_clear_becomes_the_key_of_a_bmc() -> None:
    login = bmc(2) | {"password": "a secret"}
    (one,) = found(machines(nodes=[node(1, bmc=bmc(1)), node(2, bmc=login), node(3, bmc=bmc(3))]), "DS001", SECRETS)
    assert "set nodes[1].bmc.passwordKey to bmcPassword, run: dualstack secret set test bmcPassword" in one.fix
