"""The policies as objects of the SDK, over its unknown-checking proxies: they say what the functions say.

Hand-made arguments that are plain mappings hid a defect of the SDK's users (pulumi-policy issue 445).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN
from dualstack.policies import judge
from tests import PROJECT
from tests.policy import stacks
from tests.policy.stacks import CASES, Case, Resource

WRONG: tuple[Any, ...] = (5, True, None, "text", [], [5], {}, {"a": [1]})


def described(stack: Sequence[Resource]) -> list[dict[str, Any]]:
    defaults = {"protect": False, "deleteBeforeReplace": None, "component": False}
    return [{**defaults, **one, "urn": stacks.urn(one)} for one in stack]


def questions() -> list[tuple[str, list[Resource]]]:
    found = [("good", stacks.good())]
    found += [(f"{case.policy} broken", stacks.broken(case)) for case in CASES]
    values = [case for case in CASES if case.unknown_at is not None]
    found += [(f"{case.policy} unknown", stacks.with_value(case, "[unknown]")) for case in values]
    found += [(f"{case.policy} {value!r}", stacks.with_value(case, value)) for case in values for value in WRONG]
    return found


@pytest.fixture(scope="module")
def answers(python: Path) -> dict[str, dict[str, Any]]:
    asked = questions()
    done = subprocess.run(
        [python, "-P", "-W", "error", str(Path(__file__).with_name("harness.py"))],
        input=json.dumps([{"resources": described(stack)} for _, stack in asked]),
        env={"PATH": os.defpath, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'policy'}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip((name for name, _ in asked), json.loads(done.stdout), strict=True))


def holes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: holes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [holes(item) for item in value]
    return UNKNOWN if value == "[unknown]" else value


@pytest.mark.parametrize(("name", "stack"), questions(), ids=lambda item: item if isinstance(item, str) else "")
def test_it_says_what_the_functions_say(answers: dict[str, dict[str, Any]], name: str, stack: list[Resource]) -> None:
    verdict = judge(stacks.givens([{**one, "props": holes(one["props"])} for one in stack]))
    answer = answers[name]
    wanted = {(item.policy.id, item.given.urn, f"{item} [{item.policy.id}]") for item in verdict.violations}
    assert {tuple(item) for item in answer["reported"]} == wanted
    told = {(policy, item.given.name) for item in verdict.unchecked for policy in item.policies}
    assert {policy for policy, _ in answer["unchecked"]} == {policy for policy, _ in told}
    for policy, resource in told:
        assert any(resource in message for other, message in answer["unchecked"] if other == policy)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.policy)
def test_what_breaks_a_policy_is_reported_with_its_resource(answers: dict[str, dict[str, Any]], case: Case) -> None:
    reported = answers[f"{case.policy} broken"]["reported"]
    mine = [(urn, message) for policy, urn, message in reported if policy.startswith(f"{case.policy}-")]
    assert any(urn.endswith(f"::{case.place or case.name}") for urn, _ in mine)
    assert all(f" [{case.policy}-" in message for _, message in mine)
    assert answers["good"]["reported"] == []
