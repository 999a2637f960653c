"""Manifests are read: judged as policies judge, and laid where RKE2 finds them in time."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from dualstack.check.checked import Checked
from dualstack.check.named_files import with_files
from dualstack.document.findings import Finding
from dualstack.eib import build_tree
from tests.eib.support import Given, plan_of
from tests.several import several
from tests.sites import checked, mapping

CONFIG = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: rke2-cilium, namespace: kube-system}
spec:
  valuesContent: |-
    ipv6: {enabled: true}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: cattle-system}
spec: {ports: [{port: 80}]}
"""
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
EARLY = "os-files/var/lib/rancher/rke2/server/manifests"
LATE = "kubernetes/manifests"


def look(project: Path, *names: str, site: dict[str, Any] | None = None, **files: str | bytes) -> Checked:
    for name, content in files.items():
        file = project / name.replace("__", "/").replace("_yaml", ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    data = site or mapping(manifests=[*names])
    return with_files(project, checked(data))


def of(result: Checked, number: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule.id.startswith(number + "-")]


@pytest.mark.parametrize("name", ["rke2-cilium", "rke2-ingress-nginx", "rke2-traefik", "rke2-coredns"])
def test_the_config_of_a_packaged_chart_is_there_before_the_chart(name: str) -> None:
    content = CONFIG.replace("rke2-cilium", name).encode()
    tree = build_tree(plan_of(mapping(manifests=["m/a.yaml"])), None, Given(**{"m/a.yaml": content}))
    assert tree.files[f"{EARLY}/a.yaml"].text.encode() == content
    assert f"{LATE}/a.yaml" not in tree.files


@pytest.mark.parametrize("content", [OTHER, CONFIG.replace("rke2-cilium", "my-chart"), "a: {{ b }}", "", "- a\n"])
def test_other_manifests_stay(content: str) -> None:
    tree = build_tree(plan_of(mapping(manifests=["m/a.yaml"])), None, Given(**{"m/a.yaml": content.encode()}))
    assert tree.files[f"{LATE}/a.yaml"].text == content
    assert f"{EARLY}/a.yaml" not in tree.files


def test_a_file_of_both_is_divided() -> None:
    content = f"# first\n{OTHER}---\n{CONFIG}--- # third\n{OTHER}"
    tree = build_tree(plan_of(mapping(manifests=["a.yaml"])), None, Given(**{"a.yaml": content.encode()}))
    assert tree.files[f"{EARLY}/a.yaml"].text == f"---\n{CONFIG}"
    assert tree.files[f"{LATE}/a.yaml"].text.count("kind: ConfigMap") == 2
    assert "HelmChartConfig" not in tree.files[f"{LATE}/a.yaml"].text


def test_a_config_in_the_users_folder_comes_too_late(tmp_path: Path) -> None:
    data = mapping(image={"files": "eib"})
    result = look(tmp_path, site=data, eib__kubernetes__manifests__c_yaml=CONFIG)
    (finding,) = of(result, "DS198")
    assert (finding.path, finding.severity) == (("image", "files"), "error")
    (tmp_path / "eib" / LATE / "c.yaml").unlink()
    moved = tmp_path / "eib" / EARLY / "c.yaml"
    moved.parent.mkdir(parents=True)
    moved.write_text(CONFIG)
    assert not look(tmp_path, site=data).failed


def test_a_config_is_beside_its_chart(tmp_path: Path) -> None:
    assert of(look(tmp_path, "a.yaml", a_yaml=CONFIG), "DS197") == []
    for namespace in ("namespace: default", "labels: {}"):
        content = CONFIG.replace("namespace: kube-system", namespace)
        (finding,) = of(look(tmp_path, "a.yaml", a_yaml=content), "DS197")
        assert (finding.fix, finding.line) == ("in a.yaml: write namespace: kube-system", 3)


def test_objects_are_judged_as_policies_judge_them(tmp_path: Path) -> None:
    content = f"{OTHER}---\n{SERVICE}"
    (finding,) = of(look(tmp_path, "m/a.yaml", m__a_yaml=content), "DS164")
    assert (finding.path, finding.severity) == (("manifests", 0), "error")
    assert (finding.file, finding.line) == ("m/a.yaml", 8)
    assert finding.message == "m/a.yaml: Service `web`, spec.ipFamilyPolicy: there is no ipFamilyPolicy"
    assert finding.fix == "in m/a.yaml: write PreferDualStack"


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (f"apiVersion: v1\nkind: List\nitems:\n{textwrap.indent(SERVICE, '  ').replace('  ', '- ', 1)}", "DS164"),
        (SERVICE.replace("{ports", "{ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4], ports"), "DS024"),
        (
            "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: a}\nspec: {cidrs: [fd00::1/112]}\n",
            "DS014",
        ),
        (
            "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: metal3, namespace: kube-system}\n"
            "spec:\n  chart: metal3\n  version: 302.0.0+up0.11.7\n  valuesContent: 'global: {ironicIP: 10.0.0.1}'\n",
            "DS071",
        ),
    ],
)
def test_kinds_that_policies_know(content: str, number: str, tmp_path: Path) -> None:
    assert [finding.file for finding in of(look(tmp_path, "a.yaml", a_yaml=content), number)] == ["a.yaml"]


def _object(api: str, kind: str, spec: str) -> str:
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"


POOL = ("metallb.io/v1beta1", "IPAddressPool")
HOST = ("metal3.io/v1alpha1", "BareMetalHost")
PLANE = ("controlplane.cluster.x-k8s.io/v1beta1", "RKE2ControlPlane")


@pytest.mark.parametrize(
    ("content", "number", "severity"),
    [
        (_object(*POOL, "{addresses: [192.168.100.20/32]}"), "DS199", "warning"),
        (_object(*POOL, "{addresses: [192.168.100.20, 'fd00:100::20/128']}"), "DS199", "error"),
        (_object(*POOL, "{addresses: ['/32', 'fd00:100::20/128', 10.0.0.0/24]}"), "DS199", "error"),
        (_object(*POOL, "{addresses: [10.0.0.9-10.0.0.1, 'fd00:100::20/128', 10.0.0.0/24]}"), "DS199", "error"),
        (_object(*POOL, "{addresses: [10.0.0.1/24, 'fd00:100::20/128']}"), "DS014", "warning"),
        (
            _object(*HOST, "{bmc: {address: 'redfish-virtualmedia://fd00:200::11/redfish/v1/Systems/1'}}"),
            "DS076",
            "error",
        ),
        (_object(*HOST, "{bootMACAddress: 'zz'}"), "DS078", "error"),
        (_object(*HOST, "[a]"), "DS196", "info"),
        (_object(*PLANE, "{serverConfig: {tlsSan: ['https://a.example.com']}}"), "DS095", "error"),
    ],
)
def test_objects_of_the_stack(content: str, number: str, severity: str, tmp_path: Path) -> None:
    assert [finding.severity for finding in of(look(tmp_path, "a.yaml", a_yaml=content), number)] == [severity]


@pytest.mark.parametrize(
    "content",
    [
        _object(*POOL, "{addresses: [192.168.100.20/32, 'fd00:100::20/128']}"),
        _object(*POOL, "{addresses: [10.0.0.1-10.0.0.9, 'fd00:100::20 - fd00:100::29']}"),
        _object(*POOL, "{}"),
        _object(
            *HOST,
            "{bootMACAddress: '34:8a:b1:4b:16:02', "
            "bmc: {address: 'redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1'}}",
        ),
        _object(*PLANE, "{serverConfig: {tlsSan: [a.example.com, 'fd00:100::20']}}"),
        _object("example.com/v1", "IPAddressPool", "{addresses: [x]}"),
    ],
)
def test_sound_objects_of_the_stack(content: str, tmp_path: Path) -> None:
    before = {finding.rule.id for finding in checked(mapping()).findings}
    assert {finding.rule.id for finding in look(tmp_path, "a.yaml", a_yaml=content).findings} == before


def test_a_site_lowers_what_is_found_in_a_manifest(tmp_path: Path) -> None:
    data = mapping(manifests=["a.yaml"], rules={"DS164": {"severity": "info", "because": "IPv4 clients only"}})
    (finding,) = of(look(tmp_path, site=data, a_yaml=SERVICE), "DS164")
    assert (finding.severity, finding.because) == ("info", "IPv4 clients only")
    unknown = mapping(manifests=["a.yaml"], rules={"DS999": {"severity": "info", "because": "x"}})
    told = [item for item in look(tmp_path, site=unknown).findings if item.path[:1] == ("rules",)]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a: {{ b }}\n", 1),
        (f"{OTHER}---\nmetadata: {{a\n", None),
        ("- a\n- b\n", 1),
        ("just text\n", 1),
        ("kind: ConfigMap\n", 1),
        (f"{OTHER}---\napiVersion: v1\n", 4),
        (f"%YAML 1.2\n---\n{OTHER}", 1),
        (f"# a comment\n\n%YAML 1.1\n--- # another\n{OTHER}", 3),
        ("a: 1\na: 2\n", 2),
        ("", None),
        ("# nothing\n---\n", None),
        (b"\xff\xfe\x00a", None),
        (CONFIG.replace("    ipv6: {enabled: true}", "    - a"), 5),
    ],
)
def test_what_nobody_can_read_is_an_error(content: str | bytes, line: int | None, tmp_path: Path) -> None:
    result = look(tmp_path, "a.yaml", a_yaml=content)
    assert result.failed
    findings = of(result, "DS195")
    assert [finding.path for finding in findings] == [("manifests", 0)]
    if line is not None:
        assert findings[0].line == line


def test_a_directive_is_told_by_its_name(tmp_path: Path) -> None:
    (finding,) = of(look(tmp_path, "a.yaml", a_yaml=f"%YAML 1.2\n---\n{OTHER}"), "DS195")
    assert finding.message == ("a.yaml: '%YAML 1.2' begins it: kubectl takes that line for a document, and refuses it")
    assert finding.fix == "remove the line"


@pytest.mark.parametrize("content", ["apiVersion: v1\nkind: X\nb: !Foreign c\n", "x: 1\n" + "#" * (1 << 20)])
def test_what_is_not_read_here_is_told_as_such(content: str, tmp_path: Path) -> None:
    result = look(tmp_path, "a.yaml", a_yaml=content)
    assert not result.failed
    (finding,) = of(result, "DS196")
    assert finding.severity == "info"


def test_a_url_is_not_checked() -> None:
    (finding,) = of(checked(mapping(manifests=["https://example.com/a.yaml"])), "DS196")
    assert (finding.path, finding.severity) == (("manifests", 0), "info")


def test_healthy_manifests_are_clean(tmp_path: Path) -> None:
    both = SERVICE.replace("{ports", "{ipFamilyPolicy: PreferDualStack, ports")
    content = f"# a comment\n---\n{OTHER}---\n{both}---\n---\n# the end\n"
    before = {finding.rule.id for finding in checked(mapping()).findings}
    result = look(tmp_path, "a.yaml", "b.yaml", a_yaml=content, b_yaml=CONFIG)
    assert {finding.rule.id for finding in result.findings} == before


CHART = """\
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: %s, namespace: kube-system}
spec:
  valuesContent: |-
    %s
"""
CALICO = "installation: {calicoNetwork: {ipPools: %s}}"


@pytest.mark.parametrize(
    ("name", "values", "lacks"),
    [
        ("rke2-cilium", "ipv6: {enabled: false}", ["ipv6.enabled is false: Cilium gives pods no IPv6"]),
        ("rke2-cilium", "ipv4: {enabled: 'false'}", ["ipv4.enabled is false: Cilium gives pods no IPv4"]),
        ("rke2-cilium", "ipv6: {enabled: true}", []),
        ("rke2-cilium", "ipv6: 5", []),
        ("my-cilium", "ipv6: {enabled: false}", []),
        ("rke2-calico", CALICO % "[{cidr: 10.42.0.0/16}]", ["ipPools has no IPv6 CIDR"]),
        ("rke2-calico", CALICO % "[{cidr: 10.42.0.0/16}, {cidr: 'fd00:42::/56'}]", []),
        ("rke2-calico", CALICO % "5", []),
        ("rke2-calico", CALICO % "[]", []),
    ],
)
def test_the_network_plugin_keeps_both_families(tmp_path: Path, name: str, values: str, lacks: list[str]) -> None:
    told = of(look(tmp_path, "m.yaml", m_yaml=CHART % (name, values)), "DS302")
    assert [(item.severity, item.message.rpartition("valuesContent: ")[2]) for item in told] == [
        ("error", text) for text in lacks
    ]


ADDRESSES = """\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: p, namespace: metallb-system}
spec: {addresses: [%s]}
"""


@pytest.mark.parametrize(
    ("addresses", "held"),
    [
        ("192.168.100.0/24, 'fd00:100::100/124'", ["192.168.100.53", "192.168.100.1", "192.168.100.10"]),
        ("192.168.100.5-192.168.100.20, 'fd00:100::100/124'", ["192.168.100.10"]),
        ("192.168.100.96/28, 'fd00:100::/64'", ["fd00:100::53", "fd00:100::10"]),
        ("192.168.100.96/28, 'fd00:100::100/124'", []),
        ("5, null, x", []),
    ],
)
def test_a_pool_holds_no_address_of_others(tmp_path: Path, addresses: str, held: list[str]) -> None:
    told = of(look(tmp_path, "m.yaml", m_yaml=ADDRESSES % addresses), "DS303")
    assert [ip for ip in held if f" {ip}, " in "".join(item.message for item in told)] == held
    assert len(told) == bool(held)


@pytest.mark.parametrize("key", ["stringData", "data"])
def test_a_secret_in_a_manifest_stands_in_clear(tmp_path: Path, key: str) -> None:
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: bmc}}\n{key}: {{password: aHVudGVy}}\n"
    (finding,) = of(look(tmp_path, "m.yaml", m_yaml=secret), "DS102")
    assert finding.severity == "warning"
    assert "aHVudGVy" not in f"{finding.message}{finding.fix}"


@pytest.mark.parametrize("rest", ["", "data: {}", "data: [a]", "data: {a: ''}", "type: x"])
def test_a_secret_without_values_is_none(tmp_path: Path, rest: str) -> None:
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: bmc}}\n{rest}\n"
    assert of(look(tmp_path, "m.yaml", m_yaml=secret), "DS102") == []


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("clusterIP: 10.200.0.5", "10.200.0.5 is outside of the services' range 10.96.0.0/12"),
        ("clusterIPs: [10.96.7.7, 'fd00::5']", "fd00::5 is outside of the services' range fd12:4567:789c::/112"),
        ("clusterIP: 10.96.0.1", "10.96.0.1 is the address of the API server's own Service"),
        ("clusterIP: 10.96.0.10", "10.96.0.10 is the address of the cluster's DNS server"),
        ("clusterIP: 10.96.0.0", "10.96.0.0 is an end of the services' range, which no Service gets"),
        ("clusterIP: 10.111.255.255", "10.111.255.255 is an end of the services' range, which no Service gets"),
        (
            "clusterIPs: [10.96.7.7, 'fd12:4567:789c::']",
            "fd12:4567:789c:: is an end of the services' range, which no Service gets",
        ),
        (
            "clusterIPs: [10.96.7.7, 'fd12:4567:789c::a']",
            "fd12:4567:789c::a is the address of the cluster's DNS server",
        ),
        ("clusterIPs: [10.96.7.7, 'fd12:4567:789c::1']", None),
        ("clusterIPs: [10.96.7.7, 'fd12:4567:789c::ffff']", None),
        ("clusterIP: 10.96.7.7, clusterIPs: [10.96.7.7, 'fd12:4567:789c::77']", None),
        ("clusterIP: None", None),
        ("type: ClusterIP", None),
    ],
)
def test_a_services_own_address_is_one_of_the_range(spec: str, message: str | None, tmp_path: Path) -> None:
    content = SERVICE.replace("{ports", f"{{ipFamilyPolicy: PreferDualStack, {spec}, ports")
    found = of(look(tmp_path, "a.yaml", a_yaml=content), "DS287")
    assert [finding.message.partition(": ")[2].partition(": ")[2] for finding in found] == (
        [message] if message else []
    )


def test_a_pool_holds_no_virtual_address_of_the_cluster(tmp_path: Path) -> None:
    pool = _object(*POOL, "{addresses: [192.168.100.20-192.168.100.40, 'fd00:100::40/124']}")
    (finding,) = of(look(tmp_path, site=several(manifests=["a.yaml"]), a_yaml=pool), "DS303")
    assert "the virtual address of the API server" in finding.message
    assert finding.message.count("the virtual address") == 3
