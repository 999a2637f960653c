"""One cause, one first line; and fixes that work as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.check.causes import CAUSES
from dualstack.check.checked import check_site
from dualstack.document.findings import Severity
from dualstack.document.fixes import Remove, Set
from dualstack.document.origins import format_path
from dualstack.rules import all_rules
from tests.applied import problem as wrong_fix
from tests.rules.cases import changed
from tests.several import TOKEN, node, several
from tests.sites import GOOD, SECRETS, checked, mapping, put, resolved

ETH0 = ("nodes", 0, "interfaces", 0)
RFC2136 = {"backend": "rfc2136", "zones": [{"name": "example.com", "server": "10.0.0.1"}]}
BMC = [{"name": "a", "address": "redfish-virtualmedia://[fd00:200::1]/redfish/v1/Systems/1"}]
SWAPPED = {
    "pods": {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"},
    "services": {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"},
}


def errors(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    findings = checked(data, SECRETS).findings
    return [(f.rule.id[:5], format_path(f.path), f.fix) for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("data", "rule", "path", "fix"),
    [
        (
            mapping("hostname", dns=RFC2136, provisioning={"hostname": "ironic"}),
            "DS080", "provisioning.hostname", "write the full name, such as ironic.example.com",
        ),
        (
            mapping("hostname", dns=RFC2136, provisioning={"hostname": "172.20.30.10", "bmcs": BMC}),
            "DS080", "provisioning.hostname", "write a name such as ironic.example.com",
        ),
        (mapping(cluster={"pods": {"ipv4": "10.42.0.0/26"}}), "DS038", "cluster.pods.ipv4", "write 10.42.0.0/16"),
        (
            put(mapping(), {"address": "10.20.30.10/8", "gateway": "10.20.30.1"}, *ETH0, "ipv4"),
            "DS030", "nodes[0].interfaces[0].ipv4.address", "write 10.20.30.10/24, or what the link has",
        ),
        (
            changed("address", (1200, *ETH0, "mtu")),
            "DS046", "nodes[0].interfaces[0].mtu", "write 1330",
        ),
        (
            mapping(image={"proxy": {"http": "http://fd10:0:30::99:3128"}}),
            "DS097", "image.proxy.http", "write http://[fd10:0:30::99]:3128",
        ),
        (
            mapping(dns={"zones": [{"name": "example.com", "server": "dns://172.20.30.53"}]}),
            "DS087", "dns.zones[0].server", "write 172.20.30.53",
        ),
        (
            mapping(dns={"zones": [{"name": "example.com", "server": "ns1.example.com:5353"}]}),
            "DS087", "dns.zones[0].server", "write ns1.example.com and set dns.zones[0].port to 5353",
        ),
        (mapping(cluster={"tlsSan": ["https://10.0.0.1:6443/x"]}), "DS095", "cluster.tlsSan[0]", "write 10.0.0.1"),
        (mapping(cluster={"tlsSan": ["https://[fd00::1]:6443"]}), "DS095", "cluster.tlsSan[0]", 'write fd00::1'),
        (mapping(cluster={"tlsSan": ["https://a.example.com/"]}), "DS095", "cluster.tlsSan[0]", "write a.example.com"),
        (
            put(mapping(), "${MGMT_CLUSTER_IP_V4}/24", *ETH0, "ipv4", "address"),
            "DS010", "nodes[0].interfaces[0].ipv4.address", "write the value that ${MGMT_CLUSTER_IP_V4} stands for",
        ),
        (
            mapping("hostname", provisioning={"hostname": "{{ fqdn }}"}),
            "DS080", "provisioning.hostname", "write the value that {{ fqdn }} stands for",
        ),
    ],
)  # fmt: skip
def test_one_cause_is_one_error(data: dict[str, Any], rule: str, path: str, fix: str) -> None:
    assert errors(data) == [(rule, path, fix)]


def test_swapped_ranges_are_swapped() -> None:
    data = mapping(cluster=SWAPPED)
    (finding,) = [f for f in checked(data).findings if f.severity == "error"]
    mended = finding.mend.applied(data, finding.path)
    assert mended["cluster"]["pods"] == SWAPPED["services"]
    assert mended["cluster"]["services"] == SWAPPED["pods"]
    assert errors(mended) == []


def test_an_echo_is_told_once_its_cause_is_mended_or_lowered() -> None:
    data = mapping("hostname", dns={"backend": "rfc2136", "zones": []}, provisioning={"hostname": "ironic"})
    assert [rule for rule, _, _ in errors(data)] == ["DS080"]
    put(data, "ironic.example.com", "provisioning", "hostname")
    assert "DS085" in [rule for rule, _, _ in errors(data)]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("image", "packages", "sccRegistrationCode"), "sccRegistrationCodeKey"),
        (("dns", "zones", 0, "key", "secret"), "secretKey"),
        (("charts", "storage", "login", "password"), "passwordKey"),
    ],
)
def test_a_clear_secret_is_told_as_one(path: tuple[str | int, ...], field: str) -> None:
    data = mapping(dns={"zones": [{"name": "example.com", "server": "10.0.0.1", "key": {"name": "k"}}]})
    data["image"]["packages"].pop("sccRegistrationCodeKey")
    put(data, "hunter2hunter2", *path)
    (finding,) = [f for f in checked(data).findings if f.path == path]
    assert "hunter2" not in f"{finding.message}{finding.fix}{finding.consequence}"
    assert "in clear" in finding.message
    assert "dualstack secret set test " in finding.fix
    assert "change the secret itself: it was in the file" in finding.fix
    removed, named = finding.mend.edits
    assert isinstance(removed, Remove)
    assert isinstance(named, Set)
    assert named.path == (*path[:-1], field)


@pytest.mark.parametrize(
    "value",
    [
        "INTERNAL-USE-ONLY-1a2b",
        "ABC123DEF456",
        "d41d8cd98f00b204e9800998",
        "a1b2c3d4",
        "has space",
        "p@ss",
        "x=",
        1234567,
    ],
)
def test_a_secret_in_place_of_its_keys_name_is_refused_and_hidden(value: object) -> None:
    data = mapping(image={"packages": {"sccRegistrationCodeKey": value}})
    told = [f for f in checked(data).findings if f.severity == "error"]
    assert [format_path(f.path) for f in told] == ["image.packages.sccRegistrationCodeKey"]
    assert str(value) not in "".join(f"{f.message}{f.fix}{f.consequence}" for f in told)


@pytest.mark.parametrize("name", ["sccRegistrationCode", "registry2Password", "tsig-paris-2024", "KEY", "v2", "a-1-b"])
def test_a_name_is_a_name(name: str) -> None:
    data = mapping(image={"packages": {"sccRegistrationCodeKey": name}})
    assert [f for f in checked(data).findings if f.severity == "error"] == []


def test_an_address_of_nobody_is_told_once() -> None:
    data = put(mapping(), {"address": "127.0.0.1/8", "gateway": "192.168.100.1"}, *ETH0, "ipv4")
    assert [number for number, _, _ in errors(data)] == ["DS057"]


def test_autoconfiguration_alone_lacks_dhcp_first() -> None:
    data = put(mapping(), {"autoconf": True}, *ETH0, "ipv6")
    numbers = [number for number, _, _ in errors(data)]
    assert numbers[0] == "DS049"
    assert "DS051" not in numbers


TWO_NICS = {
    "name": "mgmt-1",
    "interfaces": [
        GOOD["nodes"][0]["interfaces"][0],
        {"name": "eth1", "mac": "34:8a:b1:4b:16:e8", "ipv6": {"address": "fd00:100::10/64"}},
    ],
}
SAME_MAC = put(node(3), "34:8A:B1:4B:20:02", "interfaces", 0, "mac")
SEVERAL_ONCE = [
    ("DS038", "cluster.nodeMask.ipv4", several(cluster={"pods": {"ipv4": "10.9.0.0/24"}})),
    ("DS280", "nodes[2].interfaces[0].mac", several(nodes=[node(1), node(2), SAME_MAC])),
    ("DS280", "nodes[2].name", several(nodes=[node(1), node(2), node(3) | {"name": "MGMT-2"}])),
    ("DS273", "cluster.ingress.ipv4", several(cluster={"ingress": {"ipv4": None}})),
    ("DS273", "cluster.ingress.ipv6", several("hostname", cluster={"ingress": {"ipv6": None}})),
    ("DS274", "provisioning.vip.ipv4", several(provisioning={"vip": {"ipv4": None}})),
    ("DS274", "provisioning.vip.ipv6", several("hostname", provisioning={"vip": {"ipv6": None}})),
    ("DS010", "cluster.ingress.ipv4", several("hostname", cluster={"ingress": {"ipv4": "x"}})),
    ("DS002", "nodes[0].name", several(nodes=[node(1) | {"name": 5}, node(2), node(3)])),
    ("DS276", "cluster.ingress.ipv6", several(cluster={"ingress": {"ipv6": "fe80::1"}})),
    ("DS016", "cluster.pods.ipv6", several(cluster={"pods": {"ipv6": "::/0"}})),
    ("DS057", "nodes[0].interfaces[1].ipv6.address", mapping(nodes=[TWO_NICS])),
    ("DS022", "cluster.server.cluster-cidr", mapping(cluster={"server": {"cluster-cidr": "10.1.0.0/16,10.2.0.0/16"}})),
    ("DS024", "cluster.server.node-ip", mapping(cluster={"server": {"node-ip": "fd00:100::10,192.168.100.10"}})),
    ("DS112", "cluster.server.ingress-controller", mapping(cluster={"server": {"ingress-controller": {"a": "b"}}})),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "data"), SEVERAL_ONCE)
def test_two_rules_tell_one_cause_once(rule: str, path: str, data: dict[str, Any]) -> None:
    findings = check_site("test", resolved(data, TOKEN)).findings
    told = [(f.rule.id[:5], format_path(f.path)) for f in findings if f.severity != "info"]
    assert [one for one in told if one[0] not in ("DS284", "DS100")] == [(rule, path)]


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"host": {"kind": "redfishes", "redfish": {"media": "https://a.example.com/a.iso"}}}, "DS295"),
        ({"host": {"kind": "redfish", "redfish": {"media": 5}}}, "DS292"),
        ({"host": {"kind": "redfish"}, "image": {"type": "iso"}}, "DS190"),
    ],
)
def test_what_follows_from_a_wrong_value_is_not_told_beside_it(changes: dict[str, Any], gone: str) -> None:
    told = {f.rule.id[:5] for f in check_site("test", resolved(several(**changes), TOKEN)).findings}
    assert gone not in told
    assert told & {"DS004", "DS002", "DS291"}


def test_a_milder_cause_holds_no_error() -> None:
    cidrs = mapping(cluster={"server": {"cluster-cidr": "10.1.0.0/16,10.2.0.0/16"}})
    assert "DS023" not in told_in(cidrs)
    (finding,) = [f for f in checked(cidrs).findings if f.rule.id.startswith("DS022")]
    (cause,) = [cause for cause in CAUSES if cause.rule == "DS022"]
    lacking = all_rules()["DS023-both-families"].at(finding.path, "there is no IPv6 entry", "")
    assert cause.holds(lacking, finding)
    assert not cause.holds(lacking, finding.lowered(Severity.WARNING, "tried"))
    assert not cause.shown(finding.lowered(Severity.INFO, "tried"))


def told_in(data: dict[str, Any]) -> set[str]:
    return {f.rule.id[:5] for f in checked(data).findings}


E0 = ("nodeDefaults", "interfaces", 0)


@pytest.mark.parametrize(
    ("value", "at", "rule", "told"),
    [
        ("", (*E0, "name"), "DS004", None),
        ("eth9", (*E0, "name"), "DS320", None),
        ("999.1.1.1", (*E0, "ipv4", "gateway"), "DS010", None),
        ("fd00::1", (*E0, "ipv4", "gateway"), "DS013", None),
        ("192.168.7.1", (*E0, "ipv4", "gateway"), "DS055", None),
        (99, (*E0, "ipv4", "prefixLength"), "DS004", None),
        (-1, (*E0, "ipv6", "prefixLength"), "DS004", None),
        ("x", (*E0, "ipv4", "prefixLength"), "DS002", None),
        ("abc", ("nodeDefaults",), "DS002", None),
        ([], E0, "DS002", None),
        (100, (*E0, "mtu"), "DS046", None),
        (1, (*E0, "color"), "DS001", None),
        ([{"destination": "10.0.0.0/8"}], ("nodeDefaults", "routes"), "DS003", "nodeDefaults.routes[0].gateway"),
        ({"a b": "c"}, ("nodeDefaults", "labels"), "DS312", 'nodeDefaults.labels["a b"]'),
        ("eth7", ("nodeDefaults", "management"), "DS075", None),
        ({"interfaces": [{"name": "eth0", "foo": 1}]}, ("nodeDefaults", "nmstate"), "DS059",
         "nodeDefaults.nmstate.interfaces[0].foo"),
    ],
)  # fmt: skip
def test_a_wrong_default_is_told_once(value: Any, at: tuple[str | int, ...], rule: str, told: str | None) -> None:
    data = put(several(), value, *at)
    findings = check_site("test", resolved(data, TOKEN)).findings
    (finding,) = [f for f in findings if f.severity != "info"]
    assert (finding.rule.id[:5], format_path(finding.path)) == (rule, told or format_path(at))
    problem = wrong_fix(data, check_site("test", resolved(data, TOKEN)), finding, TOKEN)
    assert problem is None


def test_a_wrong_default_names_the_nodes_where_some_have_their_own() -> None:
    nodes = [node(1), node(2), node(3)]
    nodes[1]["interfaces"][0]["mtu"] = 1500
    (finding,) = [
        f for f in checked(put(several(nodes=nodes), 100, *E0, "mtu"), TOKEN).findings if f.severity != "info"
    ]
    assert format_path(finding.path) == "nodeDefaults.interfaces[0].mtu"
    assert finding.message.endswith("(at mgmt-1, mgmt-3)")
    nodes[2]["interfaces"][0]["mtu"] = 1500
    (finding,) = [
        f for f in checked(put(several(nodes=nodes), 100, *E0, "mtu"), TOKEN).findings if f.severity != "info"
    ]
    assert format_path(finding.path) == "nodes[0].interfaces[0].mtu"


def test_a_node_with_an_interface_that_defaults_do_not_have_keeps_its_findings() -> None:
    nodes = [node(number) for number in (1, 2, 3)]
    for one in nodes:
        one["interfaces"].append({"name": "eth1", "mac": "zz"})
    paths = [format_path(f.path) for f in checked(several(nodes=nodes), TOKEN).findings if f.severity == "error"]
    assert paths == [f"nodes[{index}].interfaces[1].mac" for index in range(3)]


def test_interfaces_without_a_name_merge_as_eth0() -> None:
    data = several()
    for one in (*data["nodes"], data["nodeDefaults"]):
        del one["interfaces"][0]["name"]
    assert errors_of(data) == []
    data["nodes"][0]["interfaces"][0]["name"] = "eth0"
    assert errors_of(data) == []


def errors_of(data: dict[str, Any]) -> list[str]:
    return [f.rule.id for f in checked(data, TOKEN).findings if f.severity == "error"]
