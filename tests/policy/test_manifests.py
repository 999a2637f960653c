"""Objects of a cluster: pools and Services, machines, endpoints; from a program and in the manifests of an image."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualstack.document.holes import SECRET
from dualstack.document.origins import format_path
from dualstack.policies import Verdict, judge
from dualstack.rules.chart.balancers import Pool, both_addresses, one_pool
from tests.policy import stacks
from tests.policy.stacks import DIRECTORY, SERVICE, Resource, resource

PREFER = {"type": "LoadBalancer", "ipFamilyPolicy": "PreferDualStack"}
V4, V6 = "192.168.50.100-192.168.50.110", "fd00:50::100-fd00:50::110"
MANIFEST = "kubernetes/manifests/mine.yaml"
SERVER_MANIFEST = "os-files/var/lib/rancher/rke2/server/manifests/mine.yaml"


def pool(*addresses: Any, name: str = "pool") -> Resource:
    body = {"metadata": {"name": name}, "spec": {"addresses": list(addresses)}}
    return resource("kubernetes:metallb.io/v1beta1:IPAddressPool", name, body)


def service(annotations: dict[str, str] | None = None, **spec: Any) -> Resource:
    body = {"metadata": {"namespace": "shop", "annotations": annotations or {}}, "spec": {**PREFER, **spec}}
    return resource(SERVICE, "it", body)


def image(*objects: Resource, name: str = MANIFEST, content: Any = None) -> Resource:
    texts = []
    for one in objects:
        group, kind = one["type"].removeprefix("kubernetes:").split(":")
        whole = {"apiVersion": group.removeprefix("core/"), "kind": kind, **one["props"]}
        texts.append(json.dumps(whole))
    text = "\n---\n".join(["# mine", *texts]) if content is None else content
    return resource(DIRECTORY, "image", {"files": {name: {"content": text}}})


def numbers(verdict: Verdict) -> set[str]:
    return {item.policy.id[:5] for item in verdict.violations}


@pytest.mark.parametrize(
    ("pools", "spec", "found"),
    [
        ([pool(V4, name="a"), pool(V6, name="b")], {}, True),
        ([pool(V4, name="a"), pool(V6, name="b")], {"ipFamilyPolicy": "RequireDualStack"}, True),
        ([pool(V4, name="a"), pool(V6, name="b")], {"ipFamilyPolicy": "SingleStack"}, False),
        ([pool(V4, name="a"), pool(V6, name="b")], {"type": "ClusterIP"}, False),
        ([pool(V4, name="a"), pool(V4, V6, name="b")], {}, False),
        ([pool("192.168.50.0/28", "fd00:50::/124")], {}, False),
        ([pool(V4)], {}, True),
        ([], {}, False),
    ],
)
def test_a_service_of_both_families_wants_one_pool(pools: list[Resource], spec: dict[str, Any], found: bool) -> None:
    for stack in ([*pools, service(**spec)], [service(**spec), *pools], [image(*pools, service(**spec))]):
        assert ("DS208" in numbers(judge(stacks.givens(stack)))) == found


def test_the_pool_that_a_service_names() -> None:
    pools = [pool(V4, name="a"), pool(V4, V6, name="b")]
    for prefix in ("metallb.io", "metallb.universe.tf"):
        for name, found in (("a", True), ("b", False)):
            one = service({f"{prefix}/address-pool": name})
            assert ("DS208" in numbers(judge(stacks.givens([*pools, one])))) == found


def test_ironics_own_service() -> None:
    metal3 = stacks.at(stacks.good(), "metal3")
    pools = [pool(V4, name="a"), pool(V6, name="b")]
    assert "DS208" in numbers(judge(stacks.givens([*pools, metal3])))
    metal3["props"]["values"]["metal3-ironic"]["service"] = {"type": "NodePort"}
    assert "DS208" not in numbers(judge(stacks.givens([*pools, metal3])))


@pytest.mark.parametrize(
    ("annotations", "spec", "found"),
    [
        ({}, {"loadBalancerIP": "192.168.50.100"}, True),
        ({}, {"loadBalancerIP": "fd00:50::100"}, True),
        ({"metallb.io/loadBalancerIPs": "192.168.50.100"}, {}, True),
        ({"metallb.universe.tf/loadBalancerIPs": "fd00:50::100"}, {"ipFamilyPolicy": "RequireDualStack"}, True),
        ({"metallb.io/loadBalancerIPs": "192.168.50.100, fd00:50::100"}, {}, False),
        ({"metallb.io/loadBalancerIPs": "192.168.50.100"}, {"ipFamilyPolicy": "SingleStack"}, False),
        ({}, {}, False),
    ],
)
def test_a_service_of_both_families_asks_for_both(annotations: dict[str, str], spec: Any, found: bool) -> None:
    assert ("DS209" in numbers(judge(stacks.givens([service(annotations, **spec)])))) == found


def test_predicates_are_plain_functions() -> None:
    from dualstack.document.findings import At

    pools = [Pool("a", frozenset({"ipv4"})), Pool("b", frozenset({"ipv6"}))]
    (finding,) = one_pool(At(("x",), "PreferDualStack"), pools)
    assert "a (IPv4), b (IPv6)" in finding.message
    (other,) = both_addresses("RequireDualStack", [At(("y",), "fd00::1")])
    assert "an address of IPv4" in other.fix


@pytest.mark.parametrize(
    ("entry", "good"),
    [
        (V4, True),
        (V6, True),
        ("10.0.0.0/24", True),
        ("10.0.0.9-10.0.0.1", False),
        ("10.0.0.1-fd00::1", False),
        ("10.0.0.0", False),
        ("x", False),
    ],
)
def test_entries_of_a_pool(entry: str, good: bool) -> None:
    assert ("DS199" in numbers(judge(stacks.givens([pool(entry)])))) != good


def machine(address: str, name: str = "it", mac: str = "34:8a:b1:4b:16:00") -> Resource:
    spec = {"bmc": {"address": address}, "bootMACAddress": mac}
    return resource("kubernetes:metal3.io/v1alpha1:BareMetalHost", name, {"metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize("name", [MANIFEST, SERVER_MANIFEST])
@pytest.mark.parametrize(
    ("address", "policy"),
    [
        ("redfish-virtualmedia:/192.168.60.11/x", "DS076"),
        ("redfish-virtualmedia://fd00::1/x", "DS076"),
        ("redfish-virtualmedia://[::ffff:192.0.2.1]/x", "DS011"),
        ("redfish-virtualmedia://[fe80::1]/x", "DS068"),
    ],
)
def test_a_machine_in_a_manifest(name: str, address: str, policy: str) -> None:
    verdict = judge(stacks.givens([image(machine(address), name=name)]))
    assert numbers(verdict) == {policy}
    (item,) = verdict.violations
    assert format_path(item.finding.path) == f"files[{name!r}].spec.bmc.address".replace("'", '"') or name in str(item)


@pytest.mark.parametrize(
    ("address", "policies"),
    [
        ("redfish-virtualmedia://[fd00:60::11]/redfish/v1/Systems/1", {"DS078"}),
        ("idrac-virtualmedia+https://192.168.60.11/redfish/v1/Systems/System.Embedded.1", {"DS078"}),
        ("libvirt://192.168.60.11:6230", {"DS078"}),
        ("ipmi://[fd00:60::11]:623", set()),
        ("192.168.60.11", set()),
        # Where the address is none, that alone is told.
        ("redfish-virtualmedia://fd00::1/x", {"DS076"}),
    ],
)
def test_a_machine_without_a_boot_mac(address: str, policies: set[str]) -> None:
    one = machine(address)
    del one["props"]["spec"]["bootMACAddress"]
    assert numbers(judge(stacks.givens([one]))) == policies


def test_two_machines_with_one_bmc() -> None:
    one = machine("redfish-virtualmedia://192.168.60.11/redfish/v1/Systems/1")
    two = machine("redfish-virtualmedia://192.168.60.11/redfish/v1/Systems/1", "two", "34:8a:b1:4b:16:01")
    verdict = judge(stacks.givens([one, two]))
    assert [(item.policy.id[:5], item.given.name) for item in verdict.violations] == [("DS078", "two")]


@pytest.mark.parametrize("content", [SECRET, 5, None, "no: [yaml"])
def test_a_manifest_that_nobody_can_look_at_is_told(content: Any) -> None:
    one = image(content="")
    one["props"]["files"][MANIFEST]["content"] = content
    verdict = judge(stacks.givens([one]))
    assert verdict.violations == ()
    (item,) = verdict.unchecked
    assert "DS164-service-both-families" in item.policies
    assert MANIFEST in format_path(item.path)


def test_lists_and_comments() -> None:
    one = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "cattle-system"}, "spec": {}}
    text = f"---\n# nothing\n---\n{json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': [one]})}\n---\n"
    verdict = judge(stacks.givens([image(content=text)]))
    assert (numbers(verdict), verdict.unchecked) == ({"DS164"}, ())
