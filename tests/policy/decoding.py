"""Runs in the pack's environment: the SDK's own servicer, with and without decoding once; prints what differs."""

from __future__ import annotations

import json
import sys
from typing import Any

from dualstack_policies import decoding, policies
from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime import proto
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy

SDK = decoding.SDK


def request(number: int, kind: str, props: dict[str, Any]) -> Any:
    """Make the engine's question about one resource."""
    properties = struct_pb2.Struct()
    json_format.ParseDict(props, properties)
    name = f"r{number}"
    return proto.AnalyzeRequest(type=kind, properties=properties, urn=f"urn:pulumi:s::p::{kind}::{name}", name=name)


def answers(questions: list[dict[str, Any]]) -> list[str]:
    """Ask a new servicer about each resource, then about the stack."""
    servicer = SDK._PolicyAnalyzerServicer("pack", "1", policies(), EnforcementLevel.ADVISORY, None)
    requests = [request(number, one["type"], one["props"]) for number, one in enumerate(questions)]
    found = [json_format.MessageToJson(servicer.Analyze(one, None)) for one in requests]
    stack = proto.AnalyzeStackRequest()
    for one in requests:
        stack.resources.add(type=one.type, properties=one.properties, urn=one.urn, name=one.name)
    return [*found, json_format.MessageToJson(servicer.AnalyzeStack(stack, None))]


def times(questions: list[dict[str, Any]]) -> float:
    """Count how often a resource is decoded while a policy of each kind looks at it."""
    count = 0
    real = json_format.MessageToDict

    def counted(*args: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        return real(*args, **named)

    holder: Any = SDK.json_format
    if isinstance(holder.MessageToDict, decoding.Remembered):
        holder.MessageToDict = decoding.Remembered(counted)
    else:
        SDK.json_format = type("Counted", (), {"MessageToDict": staticmethod(counted)})
    answers(questions)
    return count / len(questions)


def main() -> None:
    """Compare, and count."""
    questions = json.load(sys.stdin)
    once = decoding.decode_once
    decoding.TESTED = frozenset()  # type: ignore[misc]
    untouched = once() is False and SDK.json_format is json_format
    before, often = answers(questions), times(questions)
    SDK.json_format = json_format
    decoding.TESTED = frozenset({"1.21.0"})  # type: ignore[misc]
    taken = once()
    # Ids come again once their objects are gone: the same questions, many times.
    after = [answers(questions) for _ in range(3)]
    asked = sum(isinstance(one, ResourceValidationPolicy) for one in policies())
    print(
        json.dumps(
            {
                "untouched": untouched,
                "taken": taken,
                "same": all(one == before for one in after),
                "told": sum("diagnostics" in one for one in before),
                "often": often,
                "once": times(questions),
                "policies": asked,
            }
        )
    )


if __name__ == "__main__":
    main()
