"""Each policy as a function: what keeps it, what breaks it, what cannot be looked at, and values of a wrong type."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.policies import Verdict, all_policies, judge
from dualstack.policies.model import Level
from dualstack.rules import all_rules
from tests.policy import several_nodes, stacks
from tests.policy.stacks import CASES, Case

CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.policy)
# A resource option is never unknown, and the engine keeps its type.
VALUE = pytest.mark.parametrize(
    "case", [case for case in CASES if case.unknown_at is not None], ids=lambda case: case.policy
)


def number(policy: str) -> str:
    return policy.partition("-")[0]


def violations(verdict: Verdict) -> set[tuple[str, str]]:
    return {(number(item.policy.id), item.given.name) for item in verdict.violations}


def unchecked(verdict: Verdict) -> set[tuple[str, str]]:
    return {(number(policy), item.given.name) for item in verdict.unchecked for policy in item.policies}


def place(case: Case) -> str:
    return case.place or case.name


def test_every_policy_has_its_case() -> None:
    assert {case.policy for case in CASES} == {number(policy.id) for policy in all_policies()}


def test_a_policy_is_a_rule() -> None:
    for policy in all_policies():
        assert all_rules()[policy.id] is policy.rule
        assert policy.fix.endswith(".")
        assert policy.level is (Level.MANDATORY if policy.rule.severity == "error" else Level.ADVISORY)
        assert "exempt" in policy.settings


@pytest.mark.parametrize("stack", [stacks.good(), several_nodes.good()], ids=["one node", "several nodes"])
def test_the_good_stack_keeps_all(stack: list[stacks.Resource]) -> None:
    verdict = judge(stacks.givens(stack))
    assert [str(item) for item in verdict.violations] == []
    assert [(item.given.name, item.path, item.why) for item in verdict.unchecked] == []
    assert verdict.policies == len({case.policy for case in CASES})


@CASE
def test_broken(case: Case) -> None:
    verdict = judge(stacks.givens(stacks.broken(case)))
    found = [item for item in verdict.violations if number(item.policy.id) == case.policy]
    assert {item.given.name for item in found} >= {place(case)}
    for item in found:
        assert item.finding.rule is all_rules()[item.policy.id]
        assert item.given.name in str(item)
        assert item.finding.fix in str(item)
        assert item.finding.consequence in str(item)
    others = {name for name, _ in violations(verdict) if all_rules()[_full(name)].severity == "error"}
    assert others - {case.policy} == set(case.also)


def _full(name: str) -> str:
    return next(policy.id for policy in all_policies() if number(policy.id) == name)


@VALUE
@pytest.mark.parametrize("hole", ["unknown", "secret"])
def test_what_cannot_be_looked_at_is_told_and_breaks_nothing(case: Case, hole: str) -> None:
    verdict = judge(stacks.givens(stacks.with_value(case, stacks.HOLES[hole])))
    assert unchecked(verdict) & {(case.policy, case.name), (case.policy, place(case))}
    assert violations(verdict) == set()


@VALUE
@pytest.mark.parametrize("value", [5, -1.5, True, None, "", "text", [], [[5]], {}, {"a": {"b": [1]}}], ids=repr)
def test_a_wrong_type_never_breaks_a_policy_itself(case: Case, value: Any) -> None:
    verdict = judge(stacks.givens(stacks.with_value(case, value)))
    if value in case.wrong:
        assert case.name in {name for _, name in violations(verdict) | unchecked(verdict)}


def test_another_resource_is_judged_although_one_is_unknown() -> None:
    stack = stacks.broken(next(case for case in CASES if case.policy == "DS065"))
    other = stacks.resource(stacks.RELEASE, "later", {**stacks.at(stack, "metal3")["props"], "name": "later"})
    stacks.put(stack[11], stacks.HOLES["unknown"], "values")
    verdict = judge(stacks.givens([*stack, other]))
    assert ("DS065", "metal3") in unchecked(verdict)


@CASE
def test_exempt(case: Case) -> None:
    policy = _full(case.policy)
    exempt = {policy: {"exempt": [f"{place(case)[:-1]}*"]}}
    verdict = judge(stacks.givens(stacks.broken(case)), exempt)
    assert (case.policy, place(case)) not in violations(verdict)


@CASE
def test_levels(case: Case) -> None:
    given = stacks.givens(stacks.broken(case))
    policy = _full(case.policy)
    for level in (Level.MANDATORY, Level.ADVISORY):
        verdict = judge(given, {policy: {"enforcementLevel": level.value}})
        assert {item.level for item in verdict.violations if item.policy.id == policy} == {level}
    off = judge(given, {policy: {"enforcementLevel": "disabled"}})
    assert policy not in {item.policy.id for item in off.violations}
    assert off.policies == len({case.policy for case in CASES}) - 1


PASSWORD = ("rancher", "values", "bootstrapPassword")
HOSTNAME = ("rancher", "values", "hostname")
VERSION = ("metal3", "version")
BLOCK = ("edge", "spec", "clusterNetwork", "services", "cidrBlocks", 0)
PRODUCTION = ("host", "production")


@pytest.mark.parametrize(
    ("policy", "config", "place", "value", "kept"),
    [
        ("DS161", {"minimumLength": 8}, PASSWORD, "qz7Vb2mK", True),
        ("DS161", {"minimumLength": 30}, PASSWORD, stacks.PASSWORD, False),
        ("DS161", {"known": [stacks.PASSWORD.lower()]}, PASSWORD, stacks.PASSWORD, False),
        ("DS162", {"versions": {"metal3": "305.0.99+up0.13.1"}}, VERSION, "305.0.99+up0.13.1", True),
        ("DS162", {"release": "3.6"}, VERSION, "306.0.26+up0.15.0", True),
        ("DS162", {"release": "3.4"}, VERSION, "305.0.23+up0.13.1", False),
        ("DS065", {"hosts": ["fd00:50::99"]}, ("metal3", *stacks.V6), "fd00:50::99", True),
        ("DS089", {"hosts": ["192.168.50.99"]}, HOSTNAME, "rancher-192-168-50-99.fd00-50--10.sslip.io", True),
        ("DS038", {"minimum": 32}, BLOCK, "10.112.0.0/26", True),
        ("DS037", {"kubernetesVersion": "v1.33.6+rke2r1"}, ("management", "services", "ipv6"), "fd12::/80", False),
        ("DS037", {"kubernetesVersion": "v1.34.7+rke2r1"}, ("management", "services", "ipv6"), "fd12::/64", False),
        ("DS037", {"kubernetesVersion": "v1.34.8+rke2r1"}, ("management", "services", "ipv6"), "fd12::/64", True),
        ("DS037", {}, ("management", "services", "ipv6"), "fd12::/64", True),
        ("DS166", {"production": False}, PRODUCTION, True, True),
        ("DS166", {"stacks": ["de*"]}, PRODUCTION, None, False),
    ],
)
def test_settings(policy: str, config: dict[str, Any], place: tuple[Any, ...], value: Any, kept: bool) -> None:
    stack = stacks.good()
    name, *path = place
    stacks.put(stacks.at(stack, name), value, *path)
    verdict = judge(stacks.givens(stack), {_full(policy): config})
    told = {item for item in violations(verdict) if item in {(policy, name), (policy, "vm")}}
    assert (not told) == kept


def test_secrets_are_never_shown() -> None:
    stack = stacks.good()
    secret = "letmein-letmein"
    stacks.put(stacks.at(stack, "rancher"), secret, "values", "bootstrapPassword")
    verdict = judge(stacks.givens(stack))
    assert ("DS161", "rancher") in violations(verdict)
    assert secret not in str([item.to_json() for item in verdict.violations])
