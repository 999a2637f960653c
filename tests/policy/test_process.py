"""The pack as the process that the engine asks, over gRPC: single resources, the whole stack, remediation, config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from dualstack.policies import all_policies, judge
from dualstack.policies.model import Level
from tests.policy import stacks
from tests.policy.stacks import CASES, Resource

Stub = analyzer_pb2_grpc.AnalyzerStub
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
LEVELS = {Level.ADVISORY: analyzer_pb2.ADVISORY, Level.MANDATORY: analyzer_pb2.MANDATORY}


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def struct(props: Any) -> Any:
    message = struct_pb2.Struct()
    json_format.ParseDict(props, message)
    return message


def asked(one: Resource, message: Any = analyzer_pb2.AnalyzeRequest, **more: Any) -> Any:
    said = one.get("deleteBeforeReplace")
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=bool(one.get("protect")),
        deleteBeforeReplace=bool(said),
        deleteBeforeReplaceDefined=said is not None,
    )
    props = struct(one["props"])
    return message(type=one["type"], name=one["name"], urn=stacks.urn(one), properties=props, options=options, **more)


def whole(pack: Stub, stack: Sequence[Resource]) -> list[Any]:
    """Ask as the engine does: each resource with its inputs, at the end all with their outputs."""
    found = [diagnostic for one in stack for diagnostic in pack.Analyze(asked(one)).diagnostics]
    outputs = [{**one, "props": {}} if one.get("component") else one for one in stack]
    resources = [asked(one, analyzer_pb2.AnalyzerResource) for one in outputs]
    return [*found, *pack.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources)).diagnostics]


def configure(pack: Stub, **policies: tuple[Any, dict[str, Any]]) -> None:
    names = {policy.id.partition("-")[0]: policy.id for policy in all_policies()}
    config = {
        names[number]: analyzer_pb2.PolicyConfig(enforcementLevel=level, properties=struct(settings))
        for number, (level, settings) in policies.items()
    }
    pack.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))


def test_what_it_is(pack: Stub) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == "dualstack"
    assert info.supportsConfig
    told = {policy.name: policy for policy in info.policies}
    assert sorted(told) == [policy.id for policy in all_policies()]
    for policy in all_policies():
        one = told[policy.id]
        assert one.description == policy.rule.title
        assert one.remediation_steps == policy.fix
        assert one.enforcementLevel == LEVELS[policy.level]
        assert set(json_format.MessageToDict(one.configSchema)["properties"]) == set(policy.settings)
        kind = analyzer_pb2.POLICY_TYPE_STACK if policy.whole else analyzer_pb2.POLICY_TYPE_RESOURCE
        assert one.policy_type == kind


def test_the_good_stack(pack: Stub) -> None:
    assert [diagnostic.message for diagnostic in whole(pack, stacks.good())] == []


# One of a kind: alone, with what came before, at the stack's end, by options. test_sdk.py has them all.
@pytest.mark.parametrize("policy", ["DS014", "DS030", "DS065", "DS163", "DS165", "DS166"])
def test_a_broken_stack(pack: Stub, policy: str) -> None:
    case = next(case for case in CASES if case.policy == policy)
    stack = stacks.broken(case)
    found = [one for one in whole(pack, stack) if one.policyName.startswith(f"{policy}-")]
    mine = [item for item in judge(stacks.givens(stack)).violations if item.policy.id.startswith(f"{policy}-")]
    assert {one.message for one in found} == {f"{item.policy.rule.title}\n{item} [{item.policy.id}]" for item in mine}
    assert {one.enforcementLevel for one in found} == {LEVELS[item.level] for item in mine}
    assert {one.urn for one in found} == {item.given.urn for item in mine}


def test_a_stack_policy_knows_what_components_were_given(pack: Stub) -> None:
    """It gets outputs, which a component has none of; here a component alone tells the hosts' addresses."""
    stack = [one for one in stacks.good() if one["type"] != stacks.DIRECTORY]
    assert whole(pack, stack) == []
    stacks.put(stacks.at(stack, "metal3"), "fd00:50::99", *stacks.V6)
    assert [(one.policyName, one.enforcementLevel) for one in whole(pack, stack)] == [
        ("DS065-ironic-own-address", analyzer_pb2.MANDATORY)
    ]


def test_an_unknown_value_is_advisory_and_hides_nothing(pack: Stub) -> None:
    stack = stacks.broken(next(case for case in CASES if case.policy == "DS065"))
    stacks.put(stacks.at(stack, "rancher"), UNKNOWN, "values")
    found = whole(pack, stack)
    own = [one for one in found if one.policyName == "DS065-ironic-own-address"]
    assert [(one.enforcementLevel, one.urn.rpartition("::")[2]) for one in own] == [(analyzer_pb2.MANDATORY, "metal3")]
    waiting = [one for one in found if one.policyName == "DS089-rancher-other-address"]
    assert [one.enforcementLevel for one in waiting] == [analyzer_pb2.ADVISORY]
    assert "rancher, values cannot be checked yet: its value is known only after the deployment" in waiting[0].message


def test_a_secret_is_judged_and_never_shown(pack: Stub) -> None:
    stack = stacks.good()
    stacks.put(stacks.at(stack, "rancher"), secret("admin-2024"), "values", "bootstrapPassword")
    found = whole(pack, stack)
    assert [one.policyName for one in found] == ["DS161-bootstrap-password"]
    assert "admin-2024" not in str(found)
    other = stacks.good()
    stacks.put(stacks.at(other, "rancher"), secret(stacks.PASSWORD), "values", "bootstrapPassword")
    assert whole(pack, other) == []


def test_secrets_are_judged_as_any_value(pack: Stub) -> None:
    cases = [case for case in CASES if case.unknown_at is not None]
    for case in cases:
        one = stacks.at(stacks.broken(case), case.name)
        plain = {found.policyName for found in pack.Analyze(asked(one)).diagnostics}
        stacks.put(one, secret(case.value), *case.path)
        assert {found.policyName for found in pack.Analyze(asked(one)).diagnostics} == plain, case.policy


def test_config(pack: Stub) -> None:
    configure(pack, DS165=(analyzer_pb2.ADVISORY, {}), DS161=(analyzer_pb2.MANDATORY, {"minimumLength": 40}))
    stack = stacks.broken(next(case for case in CASES if case.policy == "DS165"))
    found = {one.policyName.partition("-")[0]: one.enforcementLevel for one in whole(pack, stack)}
    assert found == {"DS165": analyzer_pb2.ADVISORY, "DS161": analyzer_pb2.MANDATORY}


def remediated(pack: Stub, one: Resource) -> dict[str, Any]:
    answer = pack.Remediate(asked(one))
    changed: dict[str, Any] = {}
    for remediation in answer.remediations:
        assert remediation.diagnostic == ""
        changed = json_format.MessageToDict(remediation.properties)
    return changed


def test_remediation_only_where_it_is_asked_for(pack: Stub) -> None:
    one = stacks.at(stacks.broken(next(case for case in CASES if case.policy == "DS014")), "net")
    assert remediated(pack, one) == {}


def test_remediation_of_prefixes(pack: Stub) -> None:
    level: tuple[Any, dict[str, Any]] = (analyzer_pb2.REMEDIATE, {})
    configure(pack, DS014=level, DS015=level)
    one = stacks.at(stacks.good(), "net")
    one["props"]["addresses"] = ["192.168.50.1/24", "FD00:50::/64", UNKNOWN, "nonsense"]
    one["props"]["domain"] = secret("example.com")
    changed = remediated(pack, one)
    assert changed["addresses"] == ["192.168.50.0/24", "fd00:50::/64", UNKNOWN, "nonsense"]
    assert changed["domain"] == secret("example.com")
    assert {key: value for key, value in changed.items() if key not in ("addresses", "domain")} == {
        key: value for key, value in one["props"].items() if key not in ("addresses", "domain")
    }
    assert remediated(pack, stacks.at(stacks.good(), "net")) == {}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, {"ipFamilyPolicy": "PreferDualStack"}),
        ({"ipFamilyPolicy": "SingleStack"}, {"ipFamilyPolicy": "PreferDualStack"}),
        ({"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv6"]}, {"ipFamilyPolicy": "PreferDualStack"}),
        ({"ipFamilyPolicy": "SingleStack", "ipFamilies": [UNKNOWN]}, {"ipFamilyPolicy": "PreferDualStack"}),
        ({"ipFamilyPolicy": "RequireDualStack"}, None),
    ],
)
def test_remediation_of_services(pack: Stub, spec: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    configure(pack, DS164=(analyzer_pb2.REMEDIATE, {}))
    one = stacks.at(stacks.good(), "rancher-service")
    one["props"]["spec"] = {"selector": {"app": "rancher"}, **spec}
    changed = remediated(pack, one)
    assert changed == ({} if wanted is None else {**one["props"], "spec": {**one["props"]["spec"], **wanted}})
    if wanted is not None:
        assert [
            d for d in pack.Analyze(asked({**one, "props": changed})).diagnostics if d.policyName[:5] == "DS164"
        ] == []


@pytest.mark.parametrize(("name", "property_"), [("net", "addresses"), ("rancher-service", "spec")])
def test_remediation_leaves_what_is_unknown(pack: Stub, name: str, property_: str) -> None:
    """An error here would end the whole preview."""
    level: tuple[Any, dict[str, Any]] = (analyzer_pb2.REMEDIATE, {})
    configure(pack, DS014=level, DS015=level, DS164=level)
    one = stacks.at(stacks.good(), name)
    one["props"][property_] = UNKNOWN
    assert remediated(pack, one) == {}
