"""What the recorder says and what the engine is told are the same, with stand-in providers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dualstack.offline import Question, Recording, record, run
from dualstack.offline.monitor import Monitor
from dualstack.offline.redact import plain
from dualstack.record import engine_config
from dualstack.stack.project import list_sites
from dualstack.tokens import HELLO
from tests import PROJECT
from tests.components.support import every_site, rendered_maps
from tests.lab.standins.project import STACK, Deployment
from tests.offline.grpclog import parse_grpc_log

Requests = dict[str, dict[str, Any]]

# Where the program stands on this machine is no part of what it wants.
PLACE = {"sourcePosition", "stackTrace"}
SETS = {"dependencies", "replaceWith"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment(tmp_path_factory.mktemp("recording"))


@pytest.fixture
def monitors(monkeypatch: pytest.MonkeyPatch) -> list[Monitor]:
    """The recorder's monitors, which have the requests as they came."""
    made: list[Monitor] = []

    class Kept(Monitor):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(run, "Monitor", Kept)
    return made


def recorded(lab: Deployment, stack: str, *, preview: bool = True, **more: Any) -> Recording:
    """Record as the command does, encrypted secrets not decrypted."""
    config, secrets = engine_config("dualstack", lab.folder / "stacks" / f"Pulumi.{stack}.yaml")
    program = lab.folder / "__main__.py"
    return record(
        program, project="dualstack", stack=stack, config=config, secret_keys=secrets, preview=preview, **more
    )


def requests(log: Path) -> Requests:
    """Give the engine's registration requests by URN."""
    found: Requests = {}
    for line in log.read_text().splitlines():
        entry = json.loads(line)
        if entry["method"].endswith("/RegisterResource") and (entry.get("response") or {}).get("urn"):
            found[entry["response"]["urn"]] = entry["request"]
    return found


def greeted(log: Path) -> bool:
    """Tell whether our provider was started by a call of its own, which it answered."""
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    return any((entry.get("request") or {}).get("tok") == HELLO and not entry.get("errors") for entry in entries)


def comparable(given: Requests) -> Requests:
    """Take away what is told apart without meaning anything: places, the order of sets, and secrets' values."""
    return {
        urn: {key: sorted(value) if key in SETS else plain(value) for key, value in request.items() if key not in PLACE}
        for urn, request in sorted(given.items())
    }


def document(recording: Recording) -> list[Any]:
    """Give a recording as data, in an order that both have."""
    resources = sorted(recording.resources, key=lambda resource: resource.urn)
    return [{**one.to_json(), "custom": one.custom, "outputs": one.outputs} for one in resources] + [recording.outputs]


def same(lab: Deployment, stack: str, monitors: list[Monitor]) -> Recording:
    """Compare a preview with the recording: each request, field by field, and what the log's parser makes of them."""
    with lab.logged("preview", "-s", stack) as log:
        told, parsed = requests(log), parse_grpc_log(log)
        assert greeted(log)
    recording = recorded(lab, stack)
    kept = {one.urn: dict(one.request) for one in monitors[-1].registrations}
    assert comparable(kept) == comparable(told)
    assert document(recording) == document(parsed)
    return recording


@pytest.mark.parametrize("stack", list_sites(PROJECT))
def test_every_stack(lab: Deployment, monitors: list[Monitor], stack: str) -> None:
    lab.init(stack)
    assert same(lab, stack, monitors).resources


@pytest.mark.parametrize("name", ["libvirt-pulumi", "production", "built"])
def test_sites_with_what_no_stack_has(lab: Deployment, monitors: list[Monitor], name: str) -> None:
    lab.site(every_site()[name], name)
    lab.init(name)
    options = [resource.options for resource in same(lab, name, monitors).resources]
    # What the recording holds, so that the comparison is one of something.
    assert any("replaceWith" in one for one in options) == (name != "production")
    assert any(one["protect"] for one in options) == (name == "production")


def test_a_site_behind_a_jump_host(lab: Deployment, monitors: list[Monitor]) -> None:
    lab.site(every_site()["ssh"], "ssh")
    lab.init("ssh")
    recording = same(lab, "ssh", monitors)
    assert "stdout" in recording.one("command:remote:Command").options["additionalSecretOutputs"]
    assert recording.of_type("dualstack:dns:Answers")


def test_an_update(lab: Deployment, monitors: list[Monitor]) -> None:
    site = every_site()["libvirt-pulumi"]
    site["host"]["readiness"] = "off"
    lab.site(site)
    lab.init()
    with lab.logged("up", "--yes", "--skip-preview", "-s", STACK) as log:
        told, parsed = requests(log), parse_grpc_log(log)
    # Ids are the providers' to tell.
    ids = {(one["type"], one["urn"].split("::", 3)[3]): one.get("id") for one in lab.state()["resources"]}

    def answer(question: Question) -> dict[str, Any]:
        if question.kind == "read":
            return {"data": rendered_maps(site)[question.name.removeprefix("management-charts-metal3-")]}
        return {"id": ids[question.type, question.name]}

    recording = recorded(lab, STACK, preview=False, outputs_for=answer)
    kept = {one.urn: dict(one.request) for one in monitors[-1].registrations}
    assert comparable(kept) == comparable(told)
    # The recorder knows no output properties; the engine's stand-ins and handlers do.
    ours, theirs = document(recording), document(parsed)
    for one, other in zip(ours[:-1], theirs[:-1], strict=True):
        if "[unknown]" in (one["outputs"] or {}).values():
            assert one.pop("outputs").keys() == other.pop("outputs").keys()
    assert ours == theirs
    lab.pulumi("destroy", "--yes", "--skip-preview", "-s", STACK)
    assert lab.resources() == {}
    assert not any(lab.control.world().values())
