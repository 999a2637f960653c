"""The defects of the guide's dual-stack chapter, as far as they are static: each is found, or the value is right.

D21 (wording) and D22 (lost indentation) say nothing about a site.
"""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import Finding
from dualstack.document.frozen import Secret, dig
from dualstack.document.loader import load_text
from dualstack.document.origins import Path
from dualstack.eib.build import build_tree
from dualstack.errors import InputError
from dualstack.plan.model import Plan
from dualstack.releases import RELEASES
from tests.sites import FQDN, checked, found, mapping, put, told

ETH0 = ("nodes", 0, "interfaces", 0)
BMC6 = [{"name": "rack1-01", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}]


def site(mode: str, value: Any, *path: str | int) -> dict[str, Any]:
    return put(mapping(mode), value, *path)


def at(data: dict[str, Any], path: Path, severity: str) -> list[Finding]:
    """Return the findings of a severity at a path or below it."""
    return [f for f in checked(data).findings if f.path[: len(path)] == path and f.severity == severity]


def plan(data: dict[str, Any]) -> Plan:
    made = checked(data).plan
    assert made is not None
    return made


def test_d1_the_guides_pod_cidr_is_public_and_ours_is_not() -> None:
    path = ("cluster", "pods", "ipv4")
    assert at(site("address", "193.168.0.0/18", *path), path, "warning")
    assert dig(plan(mapping()).server, "cluster-cidr") == "10.42.0.0/16,fd12:4567:789b::/48"
    assert told(mapping()) == []


def test_d2_autoconfiguration_with_ipv6_disabled() -> None:
    data = site("address", {"dhcp": True, "autoconf": True, "enabled": False}, *ETH0, "ipv6")
    assert at(data, (*ETH0, "ipv6"), "error")
    enabled = put(data, {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}, *ETH0, "ipv6")
    assert not at(enabled, (*ETH0, "ipv6"), "error")


@pytest.mark.parametrize("release", RELEASES)
def test_d3_hostname_mode_has_a_host_in_every_url(release: str) -> None:
    made = plan(mapping("hostname", release=release))
    assert dig(made.values("metal3"), "global", "externalHttpHost") == FQDN
    assert made.ironic is not None
    assert made.ironic.external_url == f"http://{FQDN}:6180"
    removed = site("hostname", "", "charts", "metal3", "values", "global", "externalHttpHost")
    assert [f.severity for f in found(removed, "DS063")] == ["error"]


def test_d4_a_backtick_is_a_syntax_error_with_a_place() -> None:
    with pytest.raises(InputError) as error:
        load_text("a: 1\nhostname: `ironic.example.com`\n", "Pulumi.paris.yaml")
    assert (error.value.line, error.value.column) == (2, 11)


def test_d5_an_fqdn_before_sslip_resolves_nowhere() -> None:
    data = site("hostname", f"rancher-{FQDN}.sslip.io", "rancher", "hostname")
    assert [f.severity for f in found(data, "DS088")] == ["error"]
    assert plan(mapping("hostname")).rancher_hostname == FQDN


def test_d6_the_guides_rancher_name_has_no_aaaa() -> None:
    data = site("address", "auto", "rancher", "hostname")
    assert plan(data).rancher_hostname == "rancher-192.168.100.10.sslip.io"
    assert [(f.severity, f.fix) for f in found(data, "DS090")] == [("warning", "set rancher.hostname to dual")]
    assert plan(mapping()).rancher_hostname == "rancher-192-168-100-10.fd00-100--10.sslip.io"


def test_d7_an_ipv6_bmc_is_not_provisioned_over_ipv6_only() -> None:
    data = site("address", BMC6, "provisioning", "bmcs")
    bmc = plan(data).bmcs[0]
    assert (bmc.media_url, bmc.callback_url) == ("http://[fd00:100::10]:6180", "https://192.168.100.10:6385")
    assert [f.severity for f in found(data, "DS079")] == ["info"]


def test_d8_a_128_with_a_gateway_off_link() -> None:
    data = site("address", {"address": "fd00:100::10/128", "gateway": "fd00:100::1"}, *ETH0, "ipv6")
    assert at(data, (*ETH0, "ipv6"), "error") or at(data, (*ETH0, "ipv6"), "warning")
    link_local = put(data, {"address": "fd00:100::10/64", "gateway": "fe80::1"}, *ETH0, "ipv6")
    assert told(link_local) == []


@pytest.mark.parametrize(
    ("placeholder", "path"),
    [
        ("${MGMT_CLUSTER_IP_V6}/64", (*ETH0, "ipv6", "address")),
        ("${MGMT_CLUSTER_HOSTNAME}", ("provisioning", "hostname")),
        ("${MGMT_CLUSTER_IP_V6}", ("charts", "metal3", "values", "metal3-baremetal-operator", "baremetaloperator",
                                   "externalHttpIPv6")),
    ],
)  # fmt: skip
def test_d9_nothing_is_left_unfilled(placeholder: str, path: Path) -> None:
    assert at(site("hostname", placeholder, *path), path, "error")


def test_d10_ironic_listens_on_all_interfaces() -> None:
    assert dig(plan(mapping()).values("metal3"), "metal3-ironic", "listenOnAll") is True
    ipv4_only = site("address", False, "charts", "metal3", "values", "metal3-ironic", "listenOnAll")
    assert [f.severity for f in found(ipv4_only, "DS069")] == ["error"]


@pytest.mark.parametrize("release", RELEASES)
def test_d11_further_cas_by_release(release: str) -> None:
    key = RELEASES[release].trusted_cas_key
    value = {"additionalTrustedCAs": True, "trustedCAs": "tls-ca-bundle"}[key]
    data = put(mapping(release=release), "tls-ca-bundle", "provisioning", "trustedCas")
    assert dig(plan(data).values("metal3"), "global", key) == value
    other = "trustedCAs" if key == "additionalTrustedCAs" else "additionalTrustedCAs"
    assert [f.severity for f in found(put(data, "x", "charts", "metal3", "values", "global", other), "DS072")] == [
        "error"
    ]


def test_d12_ranchers_registry_stands_where_the_chart_reads_it() -> None:
    values = plan(mapping()).values("rancher")
    assert dig(values, "systemDefaultRegistry") == dig(values, "global", "cattle", "systemDefaultRegistry")
    data = site("address", "r.example.com", "charts", "rancher", "values", "global", "cattle", "systemDefaultRegistry")
    assert [f.severity for f in found(data, "DS103")] == ["warning"]


def test_d12f_no_password_stands_in_clear() -> None:
    data = site("address", "foobar", "charts", "rancher", "values", "bootstrapPassword")
    assert [f.severity for f in found(data, "DS101")] == ["error"]
    assert isinstance(dig(plan(mapping()).values("rancher"), "bootstrapPassword"), Secret)
    assert "bootstrapPassword" not in (checked(mapping(), ()).plan or plan(mapping())).values("rancher")


def test_d13_node_ports_are_left_to_kubernetes() -> None:
    assert dict(dig(plan(mapping()).values("metal3"), "metal3-ironic", "service")) == {"type": "NodePort"}
    assert [f.severity for f in found(site("address", "LoadBalancer", "provisioning", "serviceType"), "DS074")] == [
        "warning"
    ]


@pytest.mark.parametrize("release", RELEASES)
def test_d14_server_yaml_is_whole(release: str) -> None:
    server = plan(mapping(release=release)).server
    assert server.get("ingress-controller") == RELEASES[release].ingress_controller
    assert set(server) >= {"cni", "selinux", "system-default-registry", "write-kubeconfig-mode", "tls-san"}


@pytest.mark.parametrize("release", RELEASES)
def test_d15_the_tmpfs_script_belongs_to_every_release(release: str) -> None:
    files = build_tree(plan(mapping(release=release))).files
    assert any("tmpfs" in path for path in files)


@pytest.mark.parametrize("key", ["cluster-cidr", "service-cidr"])
def test_d16_ipv4_comes_first(key: str) -> None:
    first, second = str(dig(plan(mapping()).server, key)).split(",")
    assert "." in first and ":" in second
    data = site("address", f"{second},{first}", "cluster", "server", key)
    assert at(data, ("cluster", "server", key), "error") or at(data, ("cluster", "server", key), "warning")


def test_d17_resolvers() -> None:
    resolvers = ["192.168.100.53", "8.8.8.8", "2001:4860:4860::8888"]
    assert len(found(site("hostname", resolvers, "dns", "resolvers"), "DS094")) == 2
    assert found(site("address", [*resolvers, "fd00:100::53"], "dns", "resolvers"), "DS091")


def test_d18_the_certificate_lacks_the_ipv6_address() -> None:
    assert plan(mapping()).ironic and not plan(mapping()).ironic.vmedia_tls  # type: ignore[union-attr]
    data = site("address", True, "provisioning", "vmediaTls")
    assert [f.severity for f in found(data, "DS070")] == ["error"]
    assert found(site("hostname", True, "provisioning", "vmediaTls"), "DS070") == []


def test_d19_an_autoconfigured_host_keeps_its_default_route() -> None:
    """NetworkManager takes advertisements itself, so accept_ra has no say; tests/truth has it run."""
    data = site("address", {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}, *ETH0, "ipv6")
    files = build_tree(plan(data)).files.values()
    assert not any("accept_ra" in str(file.content) for file in files)
    assert found(data, "DS053") == []


def test_d20_capacities_of_the_guides_own_numbers() -> None:
    data = site("address", {"ipv4": "193.168.0.0/18", "ipv6": "fd12:4567:789b::/48"}, "cluster", "pods")
    capacity = plan(data).capacity
    assert (capacity.nodes.ipv4, capacity.nodes.ipv6, capacity.nodes.joint) == (64, 65536, 64)
    assert (capacity.services.ipv4, capacity.services.ipv6) == (1048574, 65535)
    assert capacity.nodes.binds == "ipv4"
