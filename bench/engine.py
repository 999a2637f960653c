"""`pulumi preview` of the demo site beside an empty Python program: same CLI, same environment, same run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.fleet import PROJECT
from bench.measure import Command, interleaved
from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env
from dualstack.engine.model import PROGRAM

SITE = "demo-existing"
PARTS = ("dualstack", "components", "provider", "stacks", "Pulumi.yaml", "__main__.py")
EMPTY = "name: empty\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"


def previews(runs: int) -> dict[str, float] | None:
    """Time both previews, each of a stack that has nothing yet; None where no CLI was built."""
    engine = cached_build()
    if engine is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        empty, ours = Path(name, "empty"), Path(name, "ours")
        empty.mkdir()
        (empty / "Pulumi.yaml").write_text(EMPTY)
        (empty / "__main__.py").touch()
        ours.mkdir()
        for part in PARTS:
            copy = shutil.copytree if (PROJECT / part).is_dir() else shutil.copy
            copy(PROJECT / part, ours / part)
        commands: dict[str, Command] = {}
        for label, folder in (("empty", empty), ("ours", ours)):
            (folder / ".venv").symlink_to(PROJECT / ".venv")
            environment = child_environment(engine_env(engine, folder)) | {"PYTHONPATH": str(folder)}
            pulumi = [str(engine.bin / PROGRAM), "--non-interactive"]
            subprocess.run(
                [*pulumi, "stack", "init", SITE], cwd=folder, env=environment, check=True, capture_output=True
            )
            commands[label] = Command([*pulumi, "preview", "--stack", SITE], folder, environment)
        seconds = interleaved(commands, runs)
    return {
        "emptySeconds": seconds["empty"],
        "previewSeconds": seconds["ours"],
        "ratio": seconds["ours"] / seconds["empty"],
    }
