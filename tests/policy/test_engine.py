"""The real engine with the pack: each policy stops the stack that breaks it, and stops none that keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dualstack.engine.built import cached as cached_build
from dualstack.engine.export import export_pack
from dualstack.engine.pack import Pack, policy_pack
from dualstack.policies import all_policies
from dualstack.policies.model import Level
from tests import PROJECT
from tests.policy import several_nodes, stacks
from tests.policy.lab import Lab, provider
from tests.policy.stacks import CASES, Case


def test_the_exported_pack_stands_alone(tmp_path: Path, python: Path) -> None:
    """Plain Pulumi with the folder alone: its core is in it, and nothing leads to this tree."""
    engine = cached_build()
    if engine is None:
        pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
    folder, programs, project = tmp_path / "policies", tmp_path / "bin", tmp_path / "lab"
    export_pack(folder)
    for made in (programs, project):
        made.mkdir()
    # The host of a built CLI is too old to start packs in Python; this is what a newer one runs.
    described = folder / "PulumiPolicy.yaml"
    described.write_text(
        f"{described.read_text('utf-8').partition('runtime:')[0]}runtime: standalone\n", encoding="utf-8"
    )
    launcher = programs / "pulumi-analyzer-policy-standalone"
    launcher.write_text(f'#!/bin/sh\nunset PYTHONPATH\nexec {python} -P -u -m pulumi.policy "$1" {folder}\n', "utf-8")
    launcher.chmod(0o700)
    with provider() as port:
        lab = Lab(project, engine, Pack(folder, programs), port)
        assert lab.ask(stacks.good()).violations == set()
        case = next(case for case in CASES if case.policy == "DS012")
        assert lab.ask(stacks.broken(case)).stopped_by() == {"DS012"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, python: Path) -> Iterator[Lab]:
    engine = cached_build()
    if engine is None:
        pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
    with provider() as port, policy_pack(engine, PROJECT, print) as pack:
        yield Lab(tmp_path_factory.mktemp("policies"), engine, pack, port)


def raised(case: Case) -> dict[str, dict[str, str]]:
    """Make an advisory policy mandatory, so that it can stop something."""
    policy = next(policy for policy in all_policies() if policy.id.startswith(f"{case.policy}-"))
    return {} if policy.level is Level.MANDATORY else {policy.id: {"enforcementLevel": "mandatory"}}


@pytest.mark.parametrize("stack", [stacks.good(), several_nodes.good()], ids=["one node", "several nodes"])
def test_a_program_of_somebody_elses_that_keeps_all(lab: Lab, stack: list[stacks.Resource]) -> None:
    said = lab.ask(stack)
    assert said.code == 0, said.text
    assert said.violations == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.policy)
def test_stopped(lab: Lab, case: Case) -> None:
    said = lab.ask(stacks.broken(case), raised(case))
    assert said.code != 0, said.text
    assert said.stopped_by() == {case.policy, *case.also}, said.text


def test_without_the_pack_nothing_stops_them(lab: Lab) -> None:
    """Else the tests above would show the provider's doing, not the pack's."""
    for case in CASES[::16]:
        said = lab.ask(stacks.broken(case), pack=False)
        assert said.code == 0, said.text


def test_what_is_not_known_yet_is_told_and_stops_nothing(lab: Lab) -> None:
    stack = stacks.good()
    stacks.put(stacks.at(stack, "net"), "[unknown]", "addresses")
    said = lab.ask(stack)
    assert said.code == 0, said.text
    assert "net, addresses cannot be checked yet: its value is known only after the deployment" in said.text
    assert {level for level, _, _ in said.violations} == {"advisory"}


def test_a_known_password_is_not_shown(lab: Lab) -> None:
    stack = stacks.good()
    stacks.put(stacks.at(stack, "rancher"), "letmein-letmein", "values", "bootstrapPassword")
    said = lab.ask(stack)
    assert said.stopped_by() == {"DS161"}
    assert "letmein-letmein" not in said.text


def test_an_update_is_stopped_before_the_later_of_two_is_made(lab: Lab) -> None:
    """A stack policy would come when everything is made."""
    case = next(case for case in CASES if case.policy == "DS163")
    try:
        said = lab.ask(stacks.broken(case), command=("up", "--yes", "--skip-preview"))
        assert said.code != 0
        assert said.stopped_by() == {"DS163"}
        state = lab.run("stack", "--show-urns").stdout
        assert ("::image" in state) + ("::rancher\n" in state) == 1, state
    finally:
        lab.run("destroy", "--yes", "--skip-preview")


def test_remediation(lab: Lab) -> None:
    stack = stacks.broken(next(case for case in CASES if case.policy == "DS014"))
    said = lab.ask(stack, {"DS014-host-bits": {"enforcementLevel": "remediate"}}, command=("preview", "--diff"))
    assert said.code == 0, said.text
    assert "192.168.50.0/24" in said.text
