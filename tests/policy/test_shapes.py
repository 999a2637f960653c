"""Shapes that nobody expects: a policy finds what is wrong, or says that it did not look; never is it silent."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from dualstack.document.holes import SECRET, UNKNOWN
from dualstack.policies import Verdict, judge
from tests.policy import several_nodes, stacks
from tests.policy.stacks import CASES, DIRECTORY, NETWORK, RELEASE, SERVER, SERVICE, Case, Resource, resource

SHAPES = {
    "a list": [5],
    "an empty list": [],
    "a number": 5,
    "a mapping": {"a": {"b": [1]}},
    "true": True,
    "an unknown in a list": [UNKNOWN],
    "a secret in a mapping": {"a": SECRET},
    "unknown": UNKNOWN,
    "secret": SECRET,
    "null": None,
    "empty text": "",
}
LEAVES = {"null", "empty text"}
"""What means that nothing is said, and leaves a default that may be right."""
FINE = {
    ("DS030", "null"), ("DS166", "true"),
    ("DS069", "true"), ("DS070", "true"), ("DS200", "true"), ("DS201", "a mapping"), ("DS202", "a mapping"),
    # Absent is right for these, and an empty list is no list.
    ("DS024", "an empty list"), ("DS095", "an empty list"), ("DS199", "an empty list"), ("DS162", "null"),
    ("DS277", "an empty list"), ("DS287", "an empty list"), ("DS303", "an empty list"),
}  # fmt: skip


def told(verdict: Verdict, name: str) -> bool:
    found = {item.given.name for item in verdict.violations} | {item.given.name for item in verdict.unchecked}
    return name in found


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(item, (*here, key))


GOOD = {"one node": stacks.good, "several nodes": several_nodes.good}
EVERY = [
    (name, index, path)
    for name, good in GOOD.items()
    for index, one in enumerate(good())
    for path in paths(one["props"])
    if path
]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_anywhere_breaks_a_policy(shape: str) -> None:
    for name, index, path in EVERY:
        stack = GOOD[name]()
        stacks.put(stack[index], copy.copy(SHAPES[shape]), *path)
        judge(stacks.givens(stack))


@pytest.mark.parametrize("shape", sorted(SHAPES.keys() - LEAVES))
@pytest.mark.parametrize("case", [case for case in CASES if case.unknown_at], ids=lambda case: case.policy)
def test_a_shape_at_a_place_that_is_read_is_found_or_told(case: Case, shape: str) -> None:
    if (case.policy, shape) in FINE:
        return
    value = SHAPES[shape]
    verdict = judge(stacks.givens(stacks.with_value(case, copy.copy(value))))
    assert told(verdict, case.name) or told(verdict, case.place or case.name)


def server(text: str) -> Resource:
    return resource(DIRECTORY, "it", {"files": {"kubernetes/config/server.yaml": {"content": text}}})


@pytest.mark.parametrize(
    ("services", "policy"),
    [
        ("service-cidr: 5", "DS020"),
        ("service-cidr: {a: b}", "DS020"),
        ('service-cidr: ""', "DS020"),
        ('service-cidr: "10.96.0.0/12,fd12:4567:789c::/112,"', "DS020"),
        ('service-cidr: ["10.96.0.0/12"]', "DS023"),
        ('service-cidr: ["10.42.0.0/17", "fd12:4567:789c::/112"]', "DS012"),
        ("service-cidr: null", "DS023"),
        ("", "DS023"),
        ('"service-cidr+": "10.96.0.0/12"', "DS023"),
    ],
)
def test_ranges_of_server_yaml(services: str, policy: str) -> None:
    text = f'cluster-cidr: "10.42.0.0/16,fd12:4567:789b::/48"\n{services}\ncni: [cilium]\n'
    verdict = judge(stacks.givens([server(text)]))
    assert policy in {item.policy.id[:5] for item in verdict.violations}


def test_a_yaml_list_that_is_right_is_fine() -> None:
    pods, services = '["10.42.0.0/16", "fd12:4567:789b::/48"]', '["10.96.0.0/12", "fd12:4567:789c::/112"]'
    text = f"cluster-cidr: {pods}\nservice-cidr: {services}\n"
    verdict = judge(stacks.givens([server(text)]))
    assert (verdict.violations, verdict.unchecked) == ((), ())


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ('service-cidr: "10.42.0.0/17,fd12:4567:789c::/112"', "DS012"),
        ("kubelet-arg: [max-pods=500]", "DS039"),
        ('"kubelet-arg+": [max-pods=500]', "DS039"),
    ],
)
def test_files_of_config_yaml_d_lie_over_server_yaml(text: str, policy: str) -> None:
    one = server(SERVER)
    one["props"]["files"]["os-files/etc/rancher/rke2/config.yaml.d/90-more.yaml"] = {"content": text}
    verdict = judge(stacks.givens([one]))
    assert policy in {item.policy.id[:5] for item in verdict.violations}
    one["props"]["files"]["os-files/etc/rancher/rke2/config.yaml.d/91-secret.yaml"] = {"content": SECRET}
    assert "DS012-pod-service-overlap" in {
        one for item in judge(stacks.givens([one])).unchecked for one in item.policies
    }


@pytest.mark.parametrize(
    "chart",
    [
        "oci://registry.example.com/charts/metal3:305.0.23_up0.13.1",
        "oci://registry.example.com/charts/metal3@sha256:0123",
        "oci://registry.example.com/charts/metal3:0.13.1@sha256:0123",
        "https://example.com/metal3-0.13.1-rc.1.tgz",
        "https://example.com/metal3-0.13.1.tgz?token=1",
        "./metal3-305.0.23+up0.13.1.tgz",
        "metal3/",
    ],
)
def test_a_chart_by_whatever_name(chart: str) -> None:
    one = resource(RELEASE, "it", {"chart": chart, "version": "0.13.1", "values": {"global": {}}})
    assert "DS060" in {item.policy.id[:5] for item in judge(stacks.givens([one])).violations}


@pytest.mark.parametrize(
    ("chart", "old"),
    [
        ("oci://r/metal3:0.11.7", True),
        ("./metal3-0.11.7.tgz", True),
        ("oci://r/metal3:0.13.1", False),
        ("metal3", None),
    ],
)
def test_the_version_that_a_charts_name_says(chart: str, old: bool | None) -> None:
    one = resource(RELEASE, "it", {"chart": chart, "values": {"global": {"ironicIP": "192.168.50.10"}}})
    verdict = judge(stacks.givens([one]))
    assert ("DS071" in {item.policy.id[:5] for item in verdict.violations}) == bool(old)
    unread = {policy[:5] for item in verdict.unchecked if item.path == ("version",) for policy in item.policies}
    assert ({"DS071", "DS162"} <= unread) == (old is None)


@pytest.mark.parametrize("ipv6", [["192.168.50.10"], [""], [None], [], None])
def test_a_record_set_whose_ipv6_is_none(ipv6: Any) -> None:
    one = resource(
        "dualstack:dns:RecordSet", "it", {"record": "a.example.com", "ipv4": ["192.168.50.10"], "ipv6": ipv6}
    )
    assert [item.policy.id[:5] for item in judge(stacks.givens([one])).violations] == ["DS083"]


@pytest.mark.parametrize(
    "xslt",
    [
        '<xsl:element name="range"><xsl:attribute name="start">fd00::2</xsl:attribute></xsl:element>',
        '<xsl:element name="{$kind}"/>',
        '<range start="{$a}" end="{$b}"/>',
    ],
)
def test_a_range_that_a_stylesheet_computes_is_told(xslt: str) -> None:
    one = resource(
        NETWORK,
        "it",
        {"name": "it", "addresses": ["10.1.0.0/24", "fd00:1::/64"], "xml": {"xslt": xslt}},
        deleteBeforeReplace=True,
    )
    verdict = judge(stacks.givens([one]))
    assert {item.path for item in verdict.unchecked} == {("xml", "xslt")}
    one["props"]["xml"]["xslt"] = '<xsl:element name="portOptions"/><xsl:copy-of select="@*|node()"/>'
    assert judge(stacks.givens([one])).unchecked == ()


@pytest.mark.parametrize(
    "spec",
    [
        {"clusterIPs": ["fd12:4567:789c::9", "10.96.0.9"]},
        {"clusterIP": "fd12:4567:789c::9"},
        {"ipFamilies": ["IPv6", "IPv4"]},
    ],
)
def test_the_order_of_cluster_addresses(spec: dict[str, Any]) -> None:
    base = {"ipFamilyPolicy": "PreferDualStack"}
    one = resource(SERVICE, "it", {"metadata": {"namespace": "cattle-system"}, "spec": {**base, **spec}})
    assert {item.policy.id[:5] for item in judge(stacks.givens([one])).violations} == {"DS024"}
    fine = {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd12:4567:789c::9"], "ipFamilies": ["IPv4", "IPv6"]}
    one["props"]["spec"] = {**base, **fine}
    assert judge(stacks.givens([one])).violations == ()
