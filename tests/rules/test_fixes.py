"""Fixes applied literally leave nothing else wrong, and the cause is told rather than its echoes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dualstack.rules import all_rules
from dualstack.rules.image.image_contents import unknown_zone
from tests.rules.cases import changed, one, tell
from tests.sites import checked, found, mapping, put, told

ETH0 = ("nodes", 0, "interfaces", 0)


def two_gateways(**second: Any) -> dict[str, Any]:
    data = mapping()
    data["nodes"][0]["interfaces"].append(
        {
            "name": "eth1",
            "mac": "34:8a:b1:4b:16:e8",
            "ipv4": {"address": "192.168.101.10/24", "gateway": "192.168.101.1", **second},
        }
    )
    return data


def test_a_second_gateway_gets_a_metric() -> None:
    assert tell(two_gateways(), "DS054") == (
        "warning",
        "nodes[0].interfaces[1].ipv4.gateway",
        "set nodes[0].interfaces[1].ipv4.metric to 200, or remove one of the two gateways",
    )
    data = two_gateways(metric=200)
    assert told(data) == []
    plan = checked(data).plan
    assert plan is not None
    assert [route.get("metric") for route in plan.nodes[0].nmstate["routes"]["config"]][-1] == 200


def test_a_metric_that_is_taken_is_not_proposed() -> None:
    data = two_gateways(metric=200)
    put(data, 200, *ETH0, "ipv4", "metric")
    assert "metric to 300" in one(data, "DS054").fix


def test_hostname_mode_without_its_name_tells_just_that() -> None:
    data = mapping("hostname", provisioning=None)
    data["provisioning"] = {
        "bmcs": [{"name": "a", "address": "redfish-virtualmedia://[fd00::12]/redfish/v1/Systems/1"}]
    }
    assert found(data, "DS067") == []
    assert found(data, "DS061") != []


@pytest.mark.parametrize("mode", ["address", "hostname"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("number", ["DS051", "DS083", "DS067"])
def test_a_missing_family_gets_a_whole_section(mode: str, family: str, number: str) -> None:
    data = changed(mode)
    del data["nodes"][0]["interfaces"][0][family]
    data["dns"]["resolvers"] = ["192.168.100.53"] if family == "ipv6" else ["fd00:100::53"]
    for finding in found(data, number):
        prefix = f"set nodes[0].interfaces[0].{family} to "
        assert finding.fix.startswith(prefix)
        for text in finding.fix.removeprefix(prefix).split(", or with DHCP to "):
            section = yaml.safe_load(text)
            good = put(changed(mode), section, *ETH0, family)
            assert told(good) == []


def test_a_network_is_no_name_in_a_certificate() -> None:
    severity, path, fix = tell(mapping(cluster={"tlsSan": ["10.0.0.0/8"]}), "DS095")
    assert (severity, path) == ("error", "cluster.tlsSan[0]")
    assert "10.0.0.0" not in fix
    assert tell(mapping(cluster={"tlsSan": ["192.168.100.10/24"]}), "DS095")[2] == "write 192.168.100.10"


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("192.168.200.12", "redfish-virtualmedia://192.168.200.12/redfish/v1/Systems/1"),
        ("fd00:200::12", "redfish-virtualmedia://[fd00:200::12]/redfish/v1/Systems/1"),
        ("ipmi://192.168.200.12:623", "redfish-virtualmedia://192.168.200.12/redfish/v1/Systems/1"),
        ("redfish://bmc.example.com:8443/redfish/v1/Systems/7", "redfish-virtualmedia://bmc.example.com:8443/redfish/v1/Systems/7"),
        ("idrac-redfish://192.168.200.12", "idrac-virtualmedia://192.168.200.12/redfish/v1/Systems/System.Embedded.1"),
    ],
)  # fmt: skip
def test_a_bmc_is_told_its_whole_url(address: str, whole: str) -> None:
    data = mapping(provisioning={"bmcs": [{"name": "a", "address": address}]})
    findings = [*found(data, "DS077"), *found(data, "DS076")]
    assert any(finding.fix.startswith(f"write {whole}") for finding in findings)
    good = mapping(provisioning={"bmcs": [{"name": "a", "address": whole}]})
    assert [*found(good, "DS077"), *found(good, "DS076")] == []


def test_no_scheme_is_said_to_mean_ipmi() -> None:
    data = mapping(provisioning={"bmcs": [{"name": "a", "address": "192.168.200.12"}]})
    assert "no scheme means ipmi" in one(data, "DS077").message


@pytest.mark.parametrize("mode", ["address", "hostname"])
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
@pytest.mark.parametrize("section", ["static", {"dhcp": True}, {"dhcp": True, "autoconf": True}])
def test_a_family_that_is_off_is_the_only_error(mode: str, family: str, section: Any) -> None:
    data = changed(mode, (False, *ETH0, family, "enabled"))
    if section != "static":
        if "autoconf" in section and family == "ipv4":
            return
        put(data, {"enabled": False, **section}, *ETH0, family)
    assert told(data) == ["DS048-family-disabled"]


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("Europe/Pariss", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Europe/New_York", "America/New_York"),
        ("Mars/Olympus_Mons", "UTC"),
        ("Europe", "UTC"),
    ],
)
def test_a_time_zone_that_is_not_in_the_tz_database(zone: str, near: str) -> None:
    severity, path, fix = tell(mapping(image={"time": {"timezone": zone}}), "DS119")
    assert (severity, path) == ("error", "image.time.timezone")
    assert fix.startswith(f"write {near}")


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/Argentina/Ushuaia", "Etc/GMT+5"])
def test_a_time_zone_of_the_tz_database(zone: str) -> None:
    assert found(mapping(image={"time": {"timezone": zone}}), "DS119") == []


def test_a_system_without_tz_data_judges_the_form_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert unknown_zone("Europe/Pariss") is None


@pytest.mark.parametrize(
    ("version", "number", "severity"),
    [
        ("v1.31.4+rke2r1", "DS135", "warning"),
        ("v1.32.11+rke2r1", "DS135", "warning"),
        ("v1.20.15+rke2r1", "DS135", "error"),
        ("v1.36.0+rke2r1", "DS107", "error"),
    ],
)
def test_a_kubernetes_far_from_the_releases(version: str, number: str, severity: str) -> None:
    data = mapping(kubernetesVersion=version)
    assert tell(data, number)[:2] == (severity, "kubernetesVersion")
    assert tell(data, number)[2].startswith("write v1.34.4+rke2r1")
    assert len(told(data)) == 1


@pytest.mark.parametrize("version", ["v1.33.6+rke2r1", "v1.34.2+rke2r1"])
def test_a_kubernetes_beside_the_releases(version: str) -> None:
    assert told(mapping(kubernetesVersion=version)) == []


def test_a_cluster_without_a_network_plugin() -> None:
    assert tell(mapping(cluster={"cni": "none"}), "DS133")[:2] == ("warning", "cluster.cni")
    own = mapping(cluster={"server": {"cni": "none"}})
    assert tell(own, "DS133")[:2] == ("warning", "cluster.server.cni")
    assert found(mapping(cluster={"cni": "none"}, manifests=["https://example.com/cni.yaml"]), "DS133") == []


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("tls_san", "rename it to tls-san"),
        ("cluster_cidr", "rename it to cluster-cidr"),
        ("Cluster-CIDR", "rename it to cluster-cidr"),
        ("kubelet-args", "rename it to kubelet-arg"),
        ("write-kubeconfg-mode", "rename it to write-kubeconfig-mode"),
        ("my_own_key", "rename it to my-own-key, or remove it"),
    ],
)
def test_a_server_key_that_rke2_does_not_have(key: str, fix: str) -> None:
    data = mapping(cluster={"server": {key: "x"}})
    assert tell(data, "DS134") == ("warning", f"cluster.server.{key}", fix)


@pytest.mark.parametrize("key", ["debug", "etcd-s3", "kube-scheduler-arg", "disable+", "node-label", "brand-new-thing"])
def test_a_server_key_that_is_left_alone(key: str) -> None:
    assert found(mapping(cluster={"server": {key: "x"}}), "DS134") == []


def test_settings_of_a_vm_for_a_host_that_is_there() -> None:
    assert tell(mapping(host={"libvirt": {"vcpus": 4}}), "DS136")[:2] == ("info", "host.libvirt")
    assert found(mapping(host={"kind": "existing"}), "DS136") == []


def test_every_source_can_be_looked_up() -> None:
    wrong = ("domain facts", "peer rule", "design", "facts", "decision ")
    assert [rule.id for rule in all_rules().values() if any(word in rule.source.lower() for word in wrong)] == []
    assert all(rule.source for rule in all_rules().values())


def test_ranchers_range_is_known_where_its_chart_was_read() -> None:
    assert found(mapping(charts={"rancher": {"version": "2.11.3"}}), "DS107") == []
    assert found(mapping(charts={"rancher": {"version": "2.12.5"}}), "DS107") != []
