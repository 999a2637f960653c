"""What holds for every component and every resource, whatever the site."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

import components
from dualstack.offline import ProgramError, Recording, record
from provider import resources
from tests import PROJECT
from tests.components.support import CANARY, STACK, every_site, run, under

COMPONENTS = {
    "ManagementAccess": "dualstack:index:ManagementAccess",
    "ManagementCharts": "dualstack:index:ManagementCharts",
    "ManagementCluster": "dualstack:index:ManagementCluster",
    "ManagementDns": "dualstack:index:ManagementDns",
    "ManagementHost": "dualstack:index:ManagementHost",
    "ManagementImage": "dualstack:index:ManagementImage",
    "ManagementNetwork": "dualstack:index:ManagementNetwork",
}
RESOURCES = {
    "Answers": "dualstack:dns:Answers",
    "Build": "dualstack:image:Build",
    "Directory": "dualstack:image:Directory",
    "Installation": "dualstack:host:Installation",
    "Pointer": "dualstack:dns:Pointer",
    "Ready": "dualstack:host:Ready",
    "RecordSet": "dualstack:dns:RecordSet",
}
CLUSTER = {"charts.py", "helmcharts.py", "readback.py", "services.py"}
SITES = every_site()
CASES = [(name, preview) for name in SITES for preview in (True, False)]


@pytest.fixture(scope="module")
def recordings() -> dict[tuple[str, bool], Recording]:
    return {(name, preview): run(SITES[name], preview=preview) for name, preview in CASES}


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{'preview' if case[1] else 'up'}")
def recording(request: pytest.FixtureRequest, recordings: dict[tuple[str, bool], Recording]) -> Recording:
    return recordings[request.param]


def classes(base: type) -> Iterator[type[Any]]:
    for info in pkgutil.iter_modules(components.__path__):
        module = importlib.import_module(f"components.{info.name}")
        for _, item in inspect.getmembers(module, inspect.isclass):
            if issubclass(item, base) and item.__module__ == module.__name__:
                yield item


def test_type_tokens_are_pinned() -> None:
    assert {item.__name__: item.TYPE for item in classes(pulumi.ComponentResource)} == COMPONENTS


def test_type_tokens_of_our_own_resources_are_pinned() -> None:
    found: dict[str, type[Any]] = dict(inspect.getmembers(resources, inspect.isclass))
    ours = {name: item for name, item in found.items() if issubclass(item, pulumi.CustomResource)}

    assert {name: vars(item)["TYPE"] for name, item in ours.items()} == RESOURCES


def test_the_sites_here_make_every_type(recordings: dict[tuple[str, bool], Recording]) -> None:
    made = {resource.type for one in recordings.values() for resource in one.resources}

    assert made >= {*COMPONENTS.values(), *RESOURCES.values()}


def test_children_are_named_after_their_parent(recording: Recording) -> None:
    by_urn = recording.by_urn()
    for resource in recording.resources:
        if resource.parent != STACK:
            assert resource.name.startswith(by_urn[resource.parent].name + "-"), resource.urn


def test_only_these_components_are_on_top(recording: Recording) -> None:
    top = {resource.type for resource in under(recording, STACK)}

    assert top <= {COMPONENTS["ManagementCluster"], COMPONENTS["ManagementCharts"]}


def test_components_keep_their_inputs_in_state(recording: Recording) -> None:
    for resource in recording.resources:
        if not resource.custom:
            assert resource.inputs, resource.urn


def test_outputs_are_registered_once_and_last(recording: Recording) -> None:
    events = list(recording.events)
    for component in recording.resources:
        if component.custom:
            continue
        assert events.count(("outputs", component.urn)) == 1
        end = events.index(("outputs", component.urn))
        made = [events.index(("register", child.urn)) for child in under(recording, component.urn)]
        done = [events.index(("outputs", c.urn)) for c in under(recording, component.urn) if not c.custom]
        assert all(index < end for index in made + done), component.urn


def test_a_provider_is_made_for_this_program_and_named_after_its_component(recording: Recording) -> None:
    parents = recording.by_urn()
    for resource in recording.resources:
        if resource.type.startswith("pulumi:providers:"):
            package = resource.type.rpartition(":")[2]
            assert resource.name == f"{parents[resource.parent].name}-{package}"


OWN = """
import pulumi, pulumi_kubernetes, pulumi_libvirt
from components.charts import ManagementCharts
from components.cluster import ManagementCluster
from components.config import stack_args

args = stack_args()
providers = [pulumi_libvirt.Provider("mine", uri="test:///default"), pulumi_kubernetes.Provider("mine", kubeconfig="x")]
options = pulumi.ResourceOptions(providers=providers)
cluster = ManagementCluster("one", args, options)
ManagementCharts("one-charts", {**args, "host": cluster.host}, options)
"""


def test_a_caller_replaces_every_provider(tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text(OWN)
    config = {"dualstack:site": json.dumps(SITES["libvirt-pulumi"])}
    recording = record(program, project="other", stack="test", config=config)

    providers = [resource for resource in recording.resources if resource.type.startswith("pulumi:providers:")]
    assert [resource.name for resource in providers] == ["mine", "mine"]
    used = {
        one.options["provider"] for one in recording.resources if one.type.split(":")[0] in ("libvirt", "kubernetes")
    }
    assert used == {resource.urn for resource in providers}


def test_without_kubeconfig_and_provider_nothing_is_released(tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text(OWN.replace('pulumi_kubernetes.Provider("mine", kubeconfig="x")', ""))
    config = {"dualstack:site": json.dumps(SITES["libvirt-pulumi"])}

    with pytest.raises(ProgramError, match="test has no kubeconfig; pass that of its ManagementCluster"):
        record(program, project="other", stack="test", config=config)


@pytest.mark.parametrize(
    ("package", "modules"),
    [("pulumi_libvirt", {"libvirt.py"}), ("pulumi_kubernetes", CLUSTER), ("pulumi_command", {"access.py"})],
)
def test_few_modules_import_a_providers_sdk(package: str, modules: set[str]) -> None:
    importers = {
        path.name
        for path in [PROJECT / "__main__.py", *(PROJECT / "components").rglob("*.py")]
        if f"import {package}" in path.read_text() or f"from {package}" in path.read_text()
    }
    assert importers == modules


def test_every_resource_of_a_provider_has_ours(recording: Recording) -> None:
    for resource in recording.resources:
        package = resource.type.split(":")[0]
        if package in ("libvirt", "kubernetes"):
            component = {"libvirt": "management", "kubernetes": "management-charts"}[package]
            assert resource.options["provider"].endswith(f"pulumi:providers:{package}::{component}-{package}")


def test_the_program_is_short() -> None:
    assert len((PROJECT / "__main__.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("name", SITES)
def test_no_secret_stands_in_clear(name: str, preview: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without its own knowledge of the texts, the recorder hides only what the program marked as secret.
    monkeypatch.setattr("dualstack.offline.run.secret_texts", lambda _values: set())
    recording = run(SITES[name], preview=preview)

    assert CANARY not in repr([resource.to_json() for resource in recording.resources])
    assert CANARY not in repr([resource.outputs for resource in recording.resources])
    assert CANARY not in repr(recording.outputs) + repr(recording.log)


def test_a_plan_does_not_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: run(SITES[name]).resources for name in ("libvirt-pulumi", "rfc2136")}
    for key in ("KUBECONFIG", "LIBVIRT_DEFAULT_URI", "PULUMI_K8S_DELETE_UNREACHABLE"):
        monkeypatch.setenv(key, "true")

    assert {name: run(SITES[name]).resources for name in before} == before
