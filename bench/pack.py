"""`pulumi preview` of 500 resources with the policy pack, beside the same with a Python pack that does nothing."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.engine import EMPTY
from bench.fleet import PROJECT
from bench.measure import Command, interleaved
from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env
from dualstack.engine.model import PROGRAM
from dualstack.engine.pack import SOURCE, policy_pack

RESOURCES = 500
PROGRAM_TEXT = """
import pulumi

KINDS = ("kubernetes:core/v1:Service", "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap")
variables = [{"name": f"E{number}", "value": "v"} for number in range(8)]
containers = [{"name": f"c{number}", "image": "busybox", "env": variables} for number in range(3)]
spec = {
    "ipFamilyPolicy": "PreferDualStack",
    "selector": {"app": "a"},
    "ports": [{"port": 80}],
    "template": {"spec": {"containers": containers}},
}
for number in range(COUNT):
    labels = {f"l{each}": "v" for each in range(6)}
    metadata = {"name": f"r{number}", "namespace": "apps", "labels": labels}
    pulumi.ComponentResource(KINDS[number % 3], f"r{number}", {"metadata": metadata, "spec": spec})
"""
"""Of types that policies look at; components, so that no provider is needed."""
EMPTY_PACK = """
from pulumi_policy import PolicyPack, ResourceValidationPolicy

PolicyPack("dualstack", [ResourceValidationPolicy("nothing", "looks at nothing", lambda args, report: None)])
"""
"""The SDK refuses a pack without a policy."""


def pack_figures(runs: int) -> dict[str, float] | None:
    """Time the previews; None where no CLI was built."""
    engine = cached_build()
    if engine is None:
        return None
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as held:
        program, without = Path(name, "program"), Path(name, "without")
        program.mkdir()
        (program / "Pulumi.yaml").write_text(EMPTY)
        (program / "__main__.py").write_text(PROGRAM_TEXT.replace("COUNT", str(RESOURCES)))
        (program / ".venv").symlink_to(PROJECT / ".venv")
        (without / "policy/dualstack_policies").mkdir(parents=True)
        (without / "policy/__main__.py").write_text(EMPTY_PACK)
        for part in ("PulumiPolicy.yaml", "requirements.txt"):
            shutil.copy(SOURCE / part, without / "policy")
        packs = {
            "empty": held.enter_context(policy_pack(engine, without, print)),
            "ours": held.enter_context(policy_pack(engine, PROJECT, print)),
        }
        environment = child_environment(engine_env(engine, program))
        pulumi = [str(engine.bin / PROGRAM), "--non-interactive"]
        subprocess.run(
            [*pulumi, "stack", "init", "many"], cwd=program, env=environment, check=True, capture_output=True
        )
        commands = {"none": Command([*pulumi, "preview", "--stack", "many"], program, environment)}
        for label, pack in packs.items():
            words = [*pulumi, "preview", "--stack", "many", "--policy-pack", str(pack.folder)]
            commands[label] = Command(words, program, environment | {"PATH": f"{environment['PATH']}:{pack.programs}"})
        seconds = interleaved(commands, runs)
    return {
        "noPackSeconds": seconds["none"],
        "emptyPackSeconds": seconds["empty"],
        "packSeconds": seconds["ours"],
        "ratio": seconds["ours"] / seconds["empty"],
    }


def print_pack(figures: dict[str, float] | None) -> None:
    """Print them."""
    if figures is None:
        print("the policy pack: not measured, no CLI is built here: dualstack env --engine built")
        return
    print(f"pulumi preview of {RESOURCES} resources (median of 3)")
    print(f"  baseline: with an empty Python policy pack           {figures['emptyPackSeconds'] * 1000:7.0f} ms")
    print(f"  without any pack                                     {figures['noPackSeconds'] * 1000:7.0f} ms")
    print(f"  with dualstack's {'':<35} {figures['packSeconds'] * 1000:7.0f} ms  {figures['ratio']:.2f} x baseline")
