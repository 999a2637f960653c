"""Our own program under the real engine with the pack: no site of the repository raises an alarm."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualstack.check.checked import check_site
from dualstack.engine.built import cached as cached_build
from dualstack.engine.pack import Pack, policy_pack
from dualstack.policies import config_of
from dualstack.stack.layers import resolve_stack
from dualstack.stack.project import list_sites
from tests import PROJECT
from tests.components.support import every_site
from tests.lab.standins.project import Deployment
from tests.policy.lab import VIOLATION

LOWERED = {"upstream-example": {("advisory", "DS090", "dualstack:image:Directory: management-image-directory")}}
"""What a site has said itself that it knows."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return Deployment(tmp_path_factory.mktemp("sites"))


@pytest.fixture(scope="module")
def pack(python: Path) -> Iterator[Pack]:
    engine = cached_build()
    assert engine is not None
    with policy_pack(engine, PROJECT, print) as made:
        yield made


def preview(lab: Deployment, pack: Pack, stack: str) -> set[tuple[str, str, str]]:
    """Preview a stack with the pack, as ``dualstack preview`` does; give what was told."""
    stack_file = lab.folder / "stacks" / f"Pulumi.{stack}.yaml"
    file = lab.folder / "policies.json"
    file.write_text(json.dumps(config_of(check_site(stack, resolve_stack(lab.folder, stack_file)))))
    path = f"{lab.environment['PATH']}{os.pathsep}{pack.programs}"
    options = ("--policy-pack", str(pack.folder), "--policy-pack-config", str(file))
    done = lab.pulumi("preview", "--color", "never", "-s", stack, *options, PATH=path)
    assert "dualstack@v" in done.stdout.partition("Policies:")[2], done.told
    return set(VIOLATION.findall(done.stdout))


@pytest.mark.parametrize("stack", list_sites(PROJECT))
def test_no_false_alarm(lab: Deployment, pack: Pack, stack: str) -> None:
    lab.init(stack)
    assert preview(lab, pack, stack) == LOWERED.get(stack, set())


@pytest.mark.parametrize("name", ["libvirt-pulumi", "production"])
def test_no_false_alarm_at_sites_with_what_no_stack_has(lab: Deployment, pack: Pack, name: str) -> None:
    lab.site(every_site()[name], name)
    lab.init(name)
    assert preview(lab, pack, name) == set()
