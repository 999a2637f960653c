"""dualstack's policies as objects of the Pulumi policy SDK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError

from dualstack.document.holes import Unreadable
from dualstack.document.origins import Path
from dualstack.policies import all_policies
from dualstack.policies.model import Given, NotYet, View, sentence
from dualstack.policies.model import Policy as Ours
from dualstack_policies.decoding import decode_once
from dualstack_policies.memory import Memory
from dualstack_policies.values import given

TAGS = ["dual-stack", "ipv6"]
_SEVERITIES = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "info": Severity.LOW}


class NotCheckable(UnknownValueError):
    """Tells the engine what a policy could not look at.

    The SDK makes an advisory diagnostic of it, after all that was found; a violation would stop a preview that only
    waits for a value.
    """

    def __init__(self, found: Sequence[tuple[Given, NotYet]]) -> None:
        """Take the properties."""
        super().__init__(UNKNOWN_STRING_VALUE, [])
        self.message = "; ".join(f"{resource.name}, {item}" for resource, item in found)


def policies(memory: Memory | None = None) -> list[Policy]:
    """Return every policy.

    Args:
        memory: what the engine has shown so far; one for all policies of a pack.
    """
    decode_once()
    shared = memory or Memory()
    return [_stack(policy, shared) if policy.whole else _resource(policy, shared) for policy in all_policies()]


def _common(policy: Ours) -> dict[str, Any]:
    return {
        "name": policy.id,
        "description": policy.rule.title,
        "display_name": policy.id,
        "enforcement_level": EnforcementLevel(policy.level.value),
        "config_schema": PolicyConfigSchema(properties={key: dict(one) for key, one in policy.settings.items()}),
        "severity": _SEVERITIES[policy.rule.severity.value],
        "remediation_steps": policy.fix,
        "tags": TAGS,
    }


def _resource(policy: Ours, memory: Memory) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        looks = policy.looks_at(args.resource_type)
        # Every policy is asked of every resource; most of them must not cost more than this.
        if not looks and memory.get(args.urn) is not None:
            return
        resource = given(args)
        memory.note(resource)
        if looks:
            _judge(policy, [resource], View(args.get_config(), memory.before(resource.urn)), report)

    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        if policy.remedy is None or not policy.looks_at(args.resource_type):
            return None
        resource = given(args)
        view = View(args.get_config())
        if not policy.applies(resource, view):
            return None
        try:
            edits = policy.remedy(resource, view)
        except Unreadable:
            return None  # the validation tells it; an error here would end the preview
        for path, value in edits.items():
            _write(args.props, path, value)
        return args.props if edits else None

    remedy: Callable[[ResourceValidationArgs], Any] | None = remediate if policy.remedy is not None else None
    return ResourceValidationPolicy(validate=validate, remediate=remedy, **_common(policy))


def _stack(policy: Ours, memory: Memory) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [memory.get(one.urn) or given(one) for one in args.resources]
        _judge(policy, resources, View(args.get_config(), resources, whole=True), report)

    return StackValidationPolicy(validate=validate, **_common(policy))


def _judge(policy: Ours, resources: Sequence[Given], view: View, report: ReportViolation) -> None:
    """Report what is wrong in each resource, then what cannot be checked yet.

    Raises:
        NotCheckable: for the latter; one resource never hides another.
    """
    not_yet: list[tuple[Given, NotYet]] = []
    for resource in resources:
        if not policy.applies(resource, view):
            continue
        findings, unread = policy.tell(resource, view)
        for finding in findings:
            report(f"{sentence(resource, finding)} [{policy.id}]", resource.urn)
        not_yet += [(resource, item) for item in unread]
    if not_yet:
        raise NotCheckable(not_yet)


def _write(props: Any, path: Path, value: Any) -> None:
    """Write into the SDK's own proxies, which keep secret what was."""
    for step in path[:-1]:
        props = props[step]
    props[path[-1]] = value
