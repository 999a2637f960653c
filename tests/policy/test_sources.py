"""Where policies find what they judge, in programs of all kinds, and that nothing else raises an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.policies import judge
from tests.policy import several_nodes, stacks
from tests.policy.stacks import DIRECTORY, DOMAIN, NETWORK, RELEASE, SERVICE, VOLUME, Resource, resource

IPV4_TWICE = ["10.1.0.0/24", "10.2.0.0/24", "fd00::/64"]
OFF = {"enabled": False}
MASK = "kube-controller-manager-arg: [node-cidr-mask-size-ipv4=12]\n"
CHART4 = "kubernetes:helm.sh/v4:Chart"
HELM_CHART = "kubernetes:helm.cattle.io/v1:HelmChart"
METAL3 = {"global": {"ironicIP": "192.168.50.10"}}
HOSTNAME = {"global": {"provisioningHostname": "ironic.example.com", "externalHttpHost": "ironic.example.com"}}
HOST = resource("dualstack:host:Ready", "ready", {"ipv4": "192.168.50.10", "ipv6": "fd00:50::10"})


def release(values: Any, chart: str = "metal3", type_: str = RELEASE, **more: Any) -> Resource:
    version = "305.0.23+up0.13.1" if "metal3" in chart else "2.13.3"
    return resource(type_, "it", {"chart": chart, "version": version, "values": values, **more})


def network(**props: Any) -> Resource:
    return resource(NETWORK, "it", {"name": "it", **props}, deleteBeforeReplace=True)


def service(namespace: Any = "cattle-system", type_: str = SERVICE, **spec: Any) -> Resource:
    return resource(type_, "it", {"metadata": {"namespace": namespace}, "spec": spec})


def helm_chart(content: str, **spec: Any) -> Resource:
    return resource(
        HELM_CHART,
        "it",
        {"metadata": {"name": "metal3"}, "spec": {"chart": "metal3", **spec, "valuesContent": content}},
    )


def cluster(pods: list[str], services: list[str]) -> Resource:
    blocks = {"pods": {"cidrBlocks": pods}, "services": {"cidrBlocks": services}}
    return resource("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "it", {"spec": {"clusterNetwork": blocks}})


def server(cni: str, text: str) -> Resource:
    content = stacks.SERVER.replace("[cilium]", cni) + text
    files = {"kubernetes/config/server.yaml": {"content": content}}
    return resource(DIRECTORY, "it", {"files": files})


def test_ironic_listens_on_all_behind_virtual_addresses_in_hostname_mode_too() -> None:
    stack = several_nodes.good()
    values = {**HOSTNAME, "metal3-ironic": {"listenOnAll": False}}
    stacks.put(stacks.at(stack, "metal3"), values, "values")
    assert "DS069" in {item.policy.id.partition("-")[0] for item in judge(stacks.givens(stack)).violations}
    alone = [stacks.at(stack, "metal3")]
    assert "DS069" not in {item.policy.id.partition("-")[0] for item in judge(stacks.givens(alone)).violations}


def test_nodes_may_have_one_link_local_address() -> None:
    stack = several_nodes.good()
    for number in (1, 2):
        name = f"network/mgmt-{number}.yaml"
        more = 'prefix-length: 64}, {ip: "fe80::5", prefix-length: 64}'
        both = several_nodes.network(number).replace("prefix-length: 64}", more)
        stacks.put(stacks.at(stack, "image"), both, "files", name, "content")
    assert judge(stacks.givens(stack)).violations == ()


def told(*stack: Resource, **config: Any) -> set[str]:
    verdict = judge(stacks.givens(stack), config)
    return {item.policy.id.partition("-")[0] for item in verdict.violations if item.given.name == "it"}


KEPT: dict[str, Resource] = {
    "metal3 with its address alone": release(METAL3),
    "metal3 by name": release(HOSTNAME),
    "metal3 from an archive": release(METAL3, "./charts/metal3-0.13.1.tgz"),
    "a chart that only sounds like it": release({"global": {}}, "oci://registry.example.com/my-metal3-tools"),
    "chart v4": release(METAL3, type_=CHART4),
    "values from a text asset": release({}, valueYamlFiles=[{"text": "global: {ironicIP: 192.168.50.10}"}]),
    "rancher with a name of its own": release({"hostname": "rancher.example.com"}, "rancher"),
    "a HelmChart of RKE2": helm_chart("global: {ironicIP: 192.168.50.10}"),
    "a bridge": network(mode="bridge", bridge="br0"),
    "a switch without addresses": network(mode="none"),
    "long IPv6 prefixes": network(addresses=["10.1.0.0/24", "fd00:1::/64", "fd00:2::/112"]),
    "two IPv4 prefixes without DHCP": network(addresses=IPV4_TWICE, dhcp={"enabled": False}),
    "a short IPv6 prefix without DHCP": network(addresses=["10.1.0.0/24", "fd00::/48"], dhcp={"enabled": False}),
    "a range of its own": network(
        addresses=["10.1.0.0/24", "fd00:1::/64"], xml={"xslt": '<range start="fd00:1::2" end="fd00:1::fffe"/>'}
    ),
    "a Service of an application": service("shop"),
    "a Service without a namespace": service(None),
    "an alias": service(type="ExternalName", externalName="example.com"),
    "a Service with its first family alone": service(ipFamilyPolicy="PreferDualStack", ipFamilies=["IPv6"]),
    "a headless Service whose endpoints are written": service(clusterIP="None"),
    "a cluster of one family on purpose": cluster(["10.1.0.0/16"], ["10.2.0.0/16"]),
    "a cluster of the other family": cluster(["fd00:1::/48"], ["fd00:2::/112"]),
    "a HelmChart that sets its host": helm_chart("", set={"global.ironicIP": "192.168.50.10"}),
    "rancher whose password is left to it": release({"hostname": "a.example.com", "bootstrapPassword": ""}, "rancher"),
    "cert-manager outside a management cluster": release({}, "cert-manager", version="v1.18.0"),
    "a network that got its name from the provider": resource(
        NETWORK, "it", {"name": "it-0a1b2c3", "addresses": ["10.1.0.0/24", "fd00:1::/64"]}
    ),
    "a name with a dot at its end": network(
        addresses=["10.1.0.0/24", "fd00:1::/64"],
        dns={"hosts": [{"hostname": "a.lab.", "ip": "10.1.0.5"}, {"hostname": "A.lab", "ip": "fd00:1::5"}]},
    ),
    "a headless Service": service(clusterIP="None", ipFamilyPolicy="RequireDualStack"),
    "a patch of something else": service(type_="kubernetes:core/v1:ServicePatch", type="NodePort"),
    "a volume named after its content": resource(VOLUME, "it", {"name": "image-0a1b2c3d"}, deleteBeforeReplace=False),
    "calico, which ignores node masks": server("calico", MASK),
    "a further range of services": resource(
        "kubernetes:networking.k8s.io/v1:ServiceCIDR", "it", {"spec": {"cidrs": ["10.1.0.0/24"]}}
    ),
    "a small further range of services": resource(
        "kubernetes:networking.k8s.io/v1:ServiceCIDR", "it", {"spec": {"cidrs": ["10.1.0.0/28", "fd00:1::/124"]}}
    ),
    "a Cluster without a network": resource("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "it", {"spec": {}}),
    "a record of another kind": resource(
        "kubernetes:externaldns.k8s.io/v1alpha1:DNSEndpoint", "it",
        {"spec": {"endpoints": [{"dnsName": "a.example.com", "recordType": "CNAME", "targets": ["b.example.com"]}]}},
    ),
}  # fmt: skip

BROKEN: dict[str, tuple[str, Resource]] = {
    "no host at all": ("DS060", release({"global": {}})),
    "values that are none": ("DS060", release(5)),
    "chart v4": ("DS069", release({**METAL3, "metal3-ironic": {"listenOnAll": False}}, type_=CHART4)),
    "a HelmChart of RKE2": ("DS071", helm_chart("global: {ironicIP: 192.168.50.10}", version="302.0.0+up0.11.7")),
    "values from a text asset": ("DS064", release({}, valueYamlFiles=[{"text": "global: {ironicIP: 'http://a'}"}])),
    "TLS for a second address": (
        "DS070",
        release(
            {**METAL3, "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": "fd00:50::10"}}}
        ),
    ),
    "TLS for another name": (
        "DS070",
        release({"global": {**HOSTNAME["global"], "externalHttpHost": "images.example.com"}}),
    ),
    "rancher without a name": ("DS088", release({}, "rancher")),
    "two IPv4 prefixes": ("DS160", network(addresses=IPV4_TWICE)),
    "a prefix without room": ("DS160", network(addresses=["10.1.0.0/30", "fd00::/64"])),
    "a range that is too large": (
        "DS160",
        network(addresses=["10.1.0.0/24", "fd00:1::/64"], xml={"xslt": '<range start="fd00:1::2" end="fd00:1::1:2"/>'}),
    ),
    "a range elsewhere": (
        "DS160",
        network(addresses=["10.1.0.0/24", "fd00:1::/64"], xml={"xslt": "<range end='fd00:2::9' start='fd00:2::2'/>"}),
    ),
    "a name of one family in libvirt": (
        "DS083",
        network(addresses=["10.1.0.0/24", "fd00:1::/64"], dns={"hosts": [{"hostname": "a", "ip": "10.1.0.5"}]}),
    ),
    "an address of a name": (
        "DS015",
        network(
            addresses=["10.1.0.0/24", "fd00:1::/64"],
            dns={"hosts": [{"hostname": "a", "ip": "10.1.0.5"}, {"hostname": "a", "ip": "FD00:1::5"}]},
        ),
    ),
    "a name of one family for external-dns": (
        "DS083",
        resource(
            "kubernetes:externaldns.k8s.io/v1alpha1:DNSEndpoint",
            "it",
            {"spec": {"endpoints": [{"dnsName": "a.example.com", "recordType": "AAAA", "targets": ["fd00::1"]}]}},
        ),
    ),
    "a Service without a word": ("DS164", service()),
    "a Service with one family": ("DS164", service(ipFamilies=["IPv6"])),
    "a headless Service of pods": ("DS164", service(clusterIP="None", selector={"app": "a"})),
    "a headless Service of one family": ("DS164", service(clusterIP="None", ipFamilyPolicy="SingleStack")),
    "prefixes that the provider refuses": ("DS160", network(addresses=["10.1.0.0/30", "fd00::/64"], dhcp=OFF)),
    "a point-to-point prefix": ("DS160", network(addresses=["10.1.0.0/24", "fd00::/127"], mode="route", dhcp=OFF)),
    "half a cluster": ("DS023", cluster(["10.1.0.0/16"], ["10.2.0.0/16", "fd00:2::/112"])),
    "a HelmChart that sets its host beside": ("DS064", helm_chart("", set={"global.ironicIP": "http://a"})),
    "a Service that starts with IPv6": (
        "DS024", service(ipFamilyPolicy="RequireDualStack", ipFamilies=["IPv6", "IPv4"])
    ),
    "a patch to one family": ("DS164", service(type_="kubernetes:core/v1:ServicePatch", ipFamilyPolicy="SingleStack")),
    "a volume that keeps its name": ("DS165", resource(VOLUME, "it", {"name": "image"}, deleteBeforeReplace=False)),
    "a domain": ("DS165", resource(DOMAIN, "it", {"name": "vm-0a1b2c3d"}, deleteBeforeReplace=False)),
    "a node mask that divides nothing": ("DS036", server("canal", MASK)),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_no_false_alarm(name: str) -> None:
    assert told(HOST, KEPT[name]) == set()


@pytest.mark.parametrize("name", BROKEN)
def test_found(name: str) -> None:
    policy, one = BROKEN[name]
    assert policy in told(HOST, one)


@pytest.mark.parametrize("version", ["309.0.0+up0.20.0", "edge"])
def test_a_chart_that_nobody_has_tried_is_no_reason_to_stop(version: str) -> None:
    """Whether it still needs externalHttpHost beside a name, nobody knows."""
    values = {"global": {"provisioningHostname": "ironic.example.com", "enable_vmedia_tls": False}}
    assert told(HOST, release(values, version=version)) == {"DS162"}
    assert told(HOST, release(values)) == {"DS063"}


def test_a_further_namespace() -> None:
    assert told(service("shop")) == set()
    assert told(service("shop"), **{"DS164-service-both-families": {"namespaces": ["shop"]}}) == {"DS164"}


@pytest.mark.parametrize(
    ("stack", "found"), [("prod", True), ("paris-prod", True), ("dev", False), ("reproduce", False)]
)
def test_production_by_the_stacks_name(monkeypatch: pytest.MonkeyPatch, stack: str, found: bool) -> None:
    monkeypatch.setattr(stacks, "STACK", stack)
    one = resource(DOMAIN, "it", {"name": "vm"}, deleteBeforeReplace=True)
    assert told(one) == ({"DS166"} if found else set())
    assert told({**one, "protect": True}) == set()
    host = resource("dualstack:index:ManagementHost", "host", {"production": False})
    assert told(host, one) == set()


def test_the_same_release_on_another_cluster_is_another_one() -> None:
    def two(first: str, second: str) -> set[str]:
        given = stacks.givens([release({}, "x", name="x"), {**release({}, "x", name="x"), "name": "other"}])
        from dataclasses import replace

        verdict = judge([replace(given[0], provider=first), replace(given[1], provider=second)])
        return {item.policy.id.partition("-")[0] for item in verdict.violations}

    assert two("a", "a") == {"DS163"}
    assert two("a", "b") == set()


@pytest.mark.parametrize("first", [True, False])
def test_an_overlap_is_found_whichever_comes_first(first: bool) -> None:
    net = network(addresses=["10.42.1.0/24", "fd00:1::/64"])
    cluster = stacks.at(stacks.good(), "edge")
    stacks.put(cluster, ["10.42.0.0/16", "fd12:4567:889b::/48"], "spec", "clusterNetwork", "pods", "cidrBlocks")
    verdict = judge(stacks.givens([net, cluster] if first else [cluster, net]))
    assert [item.given.name for item in verdict.violations] == ["edge" if first else "it"]
    assert {item.policy.id.partition("-")[0] for item in verdict.violations} == {"DS030"}


def test_values_from_a_file_are_not_known() -> None:
    verdict = judge(stacks.givens([release({}, valueYamlFiles=[{}])]))
    assert {item.why for item in verdict.unchecked} == {"further values come from a file (valueYamlFiles)"}
    assert not verdict.violations


def unchecked(one: Resource) -> set[str]:
    verdict = judge(stacks.givens([one]))
    assert not verdict.violations
    return {item.why for item in verdict.unchecked}


def test_values_from_secrets_are_not_known() -> None:
    one = helm_chart(
        "global: {ironicIP: 'http://a'}", version="305.0.23+up0.13.1", valuesSecrets=[{"name": "more", "keys": ["a"]}]
    )
    assert unchecked(one) == {"further values come from Secrets (valuesSecrets)"}


@pytest.mark.parametrize("type_", [CHART4, "kubernetes:helm.sh/v3:Chart"])
def test_a_chart_that_nobody_can_look_into_is_told(type_: str) -> None:
    """The engine gives policies no inputs of these components."""
    (why,) = unchecked(resource(type_, "it", {}))
    assert "nothing of a Chart" in why


def test_a_network_of_a_newer_provider_is_not_known() -> None:
    one = resource(NETWORK, "it", {"name": "it", "ips": [{"address": "10.1.0.1"}]}, deleteBeforeReplace=True)
    (why,) = unchecked(one)
    assert "0.9" in why


@pytest.mark.parametrize(("namespace", "target", "same"), [("a", None, True), ("b", None, False), ("b", "a", True)])
def test_where_a_helm_chart_goes(namespace: str, target: str | None, same: bool) -> None:
    """Into its own namespace, where it names no other."""
    spec = {"chart": "x", **({"targetNamespace": target} if target else {})}
    other = resource(HELM_CHART, "it", {"metadata": {"name": "x", "namespace": namespace}, "spec": spec})
    first = {**release({}, "x", name="x", namespace="a"), "name": "first"}
    assert ("DS163" in told(first, other)) == same


def test_a_fix_has_the_form_of_the_resource() -> None:
    def fixes(one: Resource) -> set[str]:
        return {item.finding.fix for item in judge(stacks.givens([one])).violations}

    assert 'write [10.1.0.0/24, "fd00::/64"]' in fixes(network(addresses=["fd00::/64", "10.1.0.0/24"]))
    given = cluster(["10.1.0.0/16"], ["fd00:2::/112", "10.2.0.0/16"])
    assert fixes(given) == {'write [10.1.0.0/16, "fd12:4567:789b::/48"]', 'write [10.2.0.0/16, "fd00:2::/112"]'}
    pairs = {"pods": {"ipv4": "10.1.0.0/16"}, "services": {"ipv4": "10.2.0.0/16", "ipv6": "fd00:2::/112"}}
    pods = '{ipv4: 10.1.0.0/16, ipv6: "fd12:4567:789b::/48"}'
    assert fixes(resource("dualstack:index:ManagementNetwork", "it", pairs)) == {f"write {pods}"}
