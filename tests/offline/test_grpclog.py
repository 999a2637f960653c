"""The engine's own log, read as a recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.offline.grpclog import parse_grpc_log
from tests.offline.support import STACK, urn

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "canary"}
TOP = urn("test:index:Top::top")
LEAF = urn("test:index:Top$test:index:Leaf::leaf")


def call(method: str, request: dict[str, Any], response: dict[str, Any]) -> list[dict[str, Any]]:
    """Both entries that the engine writes for one call."""
    entry = {"method": f"/pulumirpc.ResourceMonitor/{method}", "request": request}
    return [{**entry, "progress": "request_started"}, {**entry, "response": response, "progress": "response_completed"}]


def write(path: Path, *calls: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entries in calls for entry in entries))
    return path


def test_calls_become_resources(tmp_path: Path) -> None:
    log = write(
        tmp_path / "log.json",
        call("SupportsFeature", {"id": "secrets"}, {"hasSupport": True}),
        call("RegisterResource", {"type": "pulumi:pulumi:Stack", "name": "proj-site", "object": {}}, {"urn": STACK}),
        call(
            "RegisterResource",
            {"type": "test:index:Top", "name": "top", "parent": STACK, "object": {"n": 1.0}, "retainOnDelete": True},
            {"urn": TOP},
        ),
        call(
            "RegisterResource",
            {
                "type": "test:index:Leaf",
                "name": "leaf",
                "parent": TOP,
                "custom": True,
                "object": {"deep": [SECRET], "later": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
                "dependencies": ["b", "a"],
                "provider": "urn:pulumi:site::proj::pulumi:providers:test::default::04da6b54",
                "deleteBeforeReplace": True,
                "deleteBeforeReplaceDefined": True,
            },
            {"urn": LEAF, "id": "x"},
        ),
        call("RegisterResourceOutputs", {"urn": TOP, "outputs": {"a": SECRET}}, {}),
        call("RegisterResourceOutputs", {"urn": STACK, "outputs": {"x": [SECRET]}}, {}),
    )
    recording = parse_grpc_log(log)
    top, leaf = recording.resources
    assert (top.urn, top.inputs, top.outputs, top.custom) == (TOP, {"n": 1}, {"a": "[secret]"}, False)
    assert leaf.to_json() == {
        "urn": LEAF,
        "type": "test:index:Leaf",
        "name": "leaf",
        "parent": TOP,
        "inputs": {"deep": ["[secret]"], "later": "[unknown]"},
        "dependsOn": ["a", "b"],
        "options": {
            "protect": False,
            "retainOnDelete": True,
            "deleteBeforeReplace": True,
            "replaceOnChanges": [],
            "ignoreChanges": [],
            "aliases": [],
            "deletedWith": None,
            "provider": urn("pulumi:providers:test::default"),
        },
    }
    assert recording.outputs == {"x": ["[secret]"]}
    assert "canary" not in repr(recording)


def test_broken_logs(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text("{}\n{")
    with pytest.raises(ValueError, match=r"log.json:2: not a line of JSON"):
        parse_grpc_log(path)
    path.write_text("{}\n")
    with pytest.raises(ValueError, match="0 stacks were registered"):
        parse_grpc_log(path)
