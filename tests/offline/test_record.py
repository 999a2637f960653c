"""What is recorded, and in which order."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN_WORD
from dualstack.offline import Call, Question, record
from tests.offline.support import PROGRAMS, STACK, run, urn

REQUIRED = [
    "protect",
    "retainOnDelete",
    "deleteBeforeReplace",
    "replaceOnChanges",
    "ignoreChanges",
    "aliases",
    "deletedWith",
    "provider",
]
LEVEL2 = "test:index:Level2"
LEVEL0 = f"{LEVEL2}$test:index:Level1$test:index:Level0"


def test_urns_have_the_whole_chain_of_types_without_the_stack() -> None:
    recording = run("chain")
    assert [resource.urn for resource in recording.resources] == [
        urn("test:index:Thing::zebra"),
        urn(f"{LEVEL2}::top"),
        urn(f"{LEVEL2}$test:index:Thing::top-thing"),
        urn(f"{LEVEL2}$test:index:Level1::top-inner"),
        urn(f"{LEVEL2}$test:index:Level1$test:index:Thing::top-inner-thing"),
        urn(f"{LEVEL0}::top-inner-inner"),
        urn(f"{LEVEL0}$test:index:Thing::top-inner-inner-thing"),
        urn("test:index:Thing::slow"),
        urn("test:index:Thing::after"),
        urn("test:index:Hasty::hasty"),
        urn("test:index:Hasty$test:index:Thing::hasty-late"),
        urn("test:index:Thing::called-back"),
    ]
    by_urn = recording.by_urn()
    assert by_urn[urn(f"{LEVEL2}::top")].parent == STACK
    assert by_urn[urn(f"{LEVEL0}::top-inner-inner")].parent == urn(f"{LEVEL2}$test:index:Level1::top-inner")
    assert not by_urn[urn(f"{LEVEL2}::top")].custom


def test_each_resource_comes_after_all_that_it_needs() -> None:
    for program in ("chain", "options"):
        seen = {STACK}
        for resource in run(program).resources:
            options = resource.options
            needs = {resource.parent, *resource.depends_on, options["provider"], options["deletedWith"]} - {None}
            assert needs <= seen, f"{resource.urn} needs {needs - seen}"
            seen.add(resource.urn)


def test_dependencies_are_those_that_the_engine_is_told() -> None:
    slow = run("chain").one("test:index:Thing", "slow")
    # depends_on a component means the custom resources in it, at every depth
    assert slow.depends_on == (
        urn(f"{LEVEL0}$test:index:Thing::top-inner-inner-thing"),
        urn(f"{LEVEL2}$test:index:Level1$test:index:Thing::top-inner-thing"),
        urn(f"{LEVEL2}$test:index:Thing::top-thing"),
        urn("test:index:Thing::zebra"),
    )
    assert slow.property_dependencies == {"value": (urn("test:index:Thing::zebra"),)}
    assert slow.to_json()["propertyDependencies"] == {"value": [urn("test:index:Thing::zebra")]}


def test_events_tell_the_order_of_the_programs_own_calls() -> None:
    recording = run("chain")
    events = list(recording.events)
    top = events.index(("outputs", urn(f"{LEVEL2}::top")))
    inside = [urn_ for kind, urn_ in events[:top] if kind == "register" and f"{LEVEL2}$" in urn_]
    assert len(inside) == 5
    hasty = events.index(("outputs", urn("test:index:Hasty::hasty")))
    assert hasty < events.index(("register", urn("test:index:Hasty$test:index:Thing::hasty-late")))
    assert recording.one(f"{LEVEL2}").outputs == {"depth": 2}
    assert recording.one("test:index:Thing", "zebra").outputs is None
    assert STACK not in {urn_ for _, urn_ in events}


def test_options_of_every_kind() -> None:
    recording = run("options")
    for resource in recording.resources:
        assert [key for key in resource.options if key in REQUIRED] == REQUIRED
    network = recording.one("libvirt:index/network:Network")
    assert network.inputs == {
        "addresses": ["192.168.100.0/24", "fd00:100::/64"],
        "dhcp": {"enabled": False},
        "mode": "nat",
        "name": "dualstack",
    }
    assert network.options == {
        "protect": False,
        "retainOnDelete": False,
        "deleteBeforeReplace": True,
        "replaceOnChanges": ["addresses", "dns"],
        "ignoreChanges": ["autostart"],
        "aliases": ["urn:pulumi:s::p::libvirt:index/network:Network::old", {"name": "older", "noParent": True}],
        "deletedWith": None,
        "provider": None,
        "customTimeouts": {"create": "5m", "delete": "1m"},
        "version": "0.5.4",
    }
    volume = recording.one("libvirt:index/volume:Volume").options
    assert (volume["import"], volume["hideDiffs"]) == ("pool/disk", ["size"])
    host = recording.one("libvirt:index/domain:Domain").options
    assert host["protect"] is host["retainOnDelete"] is host["deleteBeforeReplaceDefined"] is True
    assert host["deleteBeforeReplace"] is False


def test_provider_and_what_the_engine_takes_over_from_the_parent() -> None:
    recording = run("options")
    cluster = urn("pulumi:providers:kubernetes::cluster")
    host = urn("libvirt:index/domain:Domain::host")
    charts = recording.one("test:index:Charts").options
    assert charts["providers"] == {"kubernetes": cluster}
    assert charts["provider"] is None
    release = recording.one("kubernetes:helm.sh/v3:Release")
    assert (release.options["provider"], release.options["deletedWith"]) == (cluster, host)
    assert release.options["protect"] is True
    assert release.inputs["values"] == {"ingress": {"enabled": True}, "ratio": 0.25, "replicas": 1}
    own = recording.one("kubernetes:core/v1:Namespace").options
    assert own["protect"] is False, "what the resource says itself wins"
    assert recording.one("kubernetes:core/v1:ConfigMap").options["provider"] == cluster
    assert recording.one("pulumi:providers:kubernetes").inputs == {
        "deleteUnreachable": "true",
        "kubeconfig": "[secret]",
    }


def test_document_form() -> None:
    document = run("options").one("libvirt:index/network:Network").to_json()
    assert list(document) == ["urn", "type", "name", "parent", "inputs", "dependsOn", "options"]
    assert json.loads(json.dumps(document)) == document
    document["inputs"]["addresses"].append("changed")
    document["options"]["aliases"].clear()
    again = run("options").one("libvirt:index/network:Network")
    assert again.to_json() != document
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(("preview", "id_"), [(True, UNKNOWN_WORD), (False, "first")])
def test_unknown_values(preview: bool, id_: str) -> None:
    recording = run("unknowns", preview=preview)
    assert recording.one("test:index:Maker", "second").inputs["given"] == {
        "given": {"list": [1, 2.5, None, True]},
        "id": id_,
        "made": UNKNOWN_WORD,
        "text": UNKNOWN_WORD,
    }
    assert recording.outputs["made"] == UNKNOWN_WORD
    assert recording.outputs["preview"] is preview
    assert recording.outputs["place"] == ["proj", "site", "organization"]


def test_resources_and_files_as_values() -> None:
    recording = run("unknowns")
    assert recording.one("test:index:Maker", "third").inputs["given"] == {
        "component": urn("test:index:Holder::holder"),
        "resource": urn("test:index:Maker::first"),
    }
    assert recording.one("test:index:Maker", "fourth").inputs["given"] == {
        "archive": {"archive": {"path": "./folder"}},
        "asset": {"asset": {"text": "text"}},
    }


def test_a_callback_answers_for_providers() -> None:
    asked: list[Question] = []

    def answer(question: Question) -> Mapping[str, Any] | None:
        asked.append(question)
        match question:
            case Question(kind="invoke", type="test:index:lookUp"):
                return {"found": [1, {"deep": "yes"}]}
            case Question(kind="resource", name="first"):
                return {"made": "here", "id": "own-id"}
        return None

    recording = run("unknowns", preview=False, outputs_for=answer)
    assert recording.outputs["made"] == "here"
    assert recording.one("test:index:Maker", "second").inputs["given"]["text"] == "ahere"
    assert recording.one("test:index:Maker", "second").inputs["given"]["id"] == "own-id"
    assert "canary-arg" not in repr(recording), "a function's arguments are not kept"
    assert recording.calls == (Call("invoke", "test:index:lookUp"), Call("read", "test:index:Maker", "read"))
    assert {question.kind for question in asked} == {"resource", "invoke", "read"}
    assert (
        Question("resource", "libvirt:index/network:Network", "net", {"addresses": ["192.168.100.0/24"]}, False)
        in asked
    )


def test_an_answer_may_be_unknown_or_secret() -> None:
    recording = run("unknowns", outputs_for=lambda question: {"made": "[secret]" if question.name == "first" else "x"})
    assert recording.outputs["made"] == "[secret]"
    known = run("unknowns", outputs_for=lambda _: {"made": UNKNOWN_WORD}, preview=True)
    assert known.outputs["made"] == UNKNOWN_WORD


def test_a_resource_that_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(LookupError, match=r"0 resources are a test:index:Nothing(.|\n)*test:index:Thing zebra"):
        run("chain").one("test:index:Nothing")
    with pytest.raises(LookupError, match="8 resources"):
        run("chain").one("test:index:Thing")


def test_the_same_in_another_process_whatever_the_hashes(tmp_path: Path) -> None:
    code = (
        "import dataclasses, json, sys; from tests.offline.support import run\n"
        "print([json.dumps(dataclasses.asdict(run(name, {'canary': 'x-12345'}))) for name in sys.argv[1:]])"
    )

    def output(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
        command = [sys.executable, "-c", code, "chain", "options", "secrets", "unknowns"]
        return subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path).stdout

    assert output("1") == output("2")


def test_inside_a_running_loop_it_says_what_to_do() -> None:
    async def inside() -> None:
        run("chain")

    async def beside() -> int:
        return len((await asyncio.to_thread(run, "chain")).resources)

    with pytest.raises(RuntimeError, match=r"cannot be called inside a running one.*asyncio\.to_thread"):
        asyncio.run(inside())
    assert asyncio.run(beside()) == 12


def test_no_such_program() -> None:
    with pytest.raises(FileNotFoundError, match=r"no such program: .*nothing\.py"):
        record(PROGRAMS / "nothing.py", project="proj", stack="site", config={})
