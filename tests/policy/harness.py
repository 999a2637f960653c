"""Runs in the pack's environment: policies of the SDK over properties in its own proxies, as the engine gives them.

Reads questions from standard input, a JSON list of ``{"resources": [...], "config": {...}}``, and answers each with
what was reported.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from dualstack_policies import policies
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy

UNKNOWN = "[unknown]"


def wire(value: Any) -> Any:
    """Write unknown values as the engine does, and numbers as floats."""
    if isinstance(value, dict):
        return {key: wire(item) for key, item in value.items()}
    if isinstance(value, list):
        return [wire(item) for item in value]
    if value == UNKNOWN:
        return UNKNOWN_STRING_VALUE
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """Run every policy over a stack."""
    reported: list[tuple[str, str, str]] = []
    unchecked: list[tuple[str, str]] = []
    pack = policies()
    config = question.get("config", {})

    def ask(policy: Any, args: Any) -> None:
        try:
            policy.validate(args, lambda message, urn=None: reported.append((policy.name, urn, message)))
        except UnknownValueError as error:
            unchecked.append((policy.name, error.message))

    resources: list[PolicyResource] = []
    for one in question["resources"]:
        timeouts = PolicyCustomTimeouts(0, 0, 0)
        opts = PolicyResourceOptions(one["protect"], [], one["deleteBeforeReplace"], [], timeouts, [])
        props = unknown_checking_proxy(wire(one["props"]))
        for policy in pack:
            if isinstance(policy, ResourceValidationPolicy):
                given = (one["type"], props, one["urn"], one["name"], opts, None, config.get(policy.name))
                ask(policy, ResourceValidationArgs(*given))
        # A stack policy gets outputs, and of a component only what it registered.
        outputs = unknown_checking_proxy({} if one["component"] else wire(one["props"]))
        resources.append(PolicyResource(one["type"], outputs, one["urn"], one["name"], opts, None, None, [], {}))
    for policy in pack:
        if not isinstance(policy, ResourceValidationPolicy):
            ask(policy, StackValidationArgs(resources, config.get(policy.name)))
    return {"reported": reported, "unchecked": unchecked}


if __name__ == "__main__":
    json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)
