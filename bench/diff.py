"""`dualstack diff` over a fleet: a layer that 40 of 200 sites extend, and one site, beside all 200."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.fleet import write_fleet

FLEET, NORTH = 200, 40
COMMAND = str(Path(sys.executable).with_name("dualstack"))


def diff_figures(runs: int) -> dict[str, float]:
    """Return seconds of whole processes, the least disturbed of some runs, taken in turns.

    Args:
        runs: how often each is run.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = write_fleet(folder, FLEET)
        for site in sites[:NORTH]:
            _edit(folder / f"stacks/Pulumi.{site}.yaml", lambda data: data["extends"].append("north"))
        (folder / "stacks/layers/north.yaml").write_text("dns: {ttl: 3600}\n")
        _git(folder, "init", "--quiet")
        _git(folder, "add", "--all")
        _git(folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "base")
        changes: dict[str, Callable[[], None]] = {
            "layer": lambda: _append(folder / "stacks/layers/north.yaml", "image: {time: {timezone: Europe/Oslo}}\n"),
            "one": lambda: _edit(folder / f"stacks/Pulumi.{sites[-1]}.yaml", _other_resolver),
            "all": lambda: _append(folder / "stacks/layers/fleet.yaml", "dns: {ttl: 300}\n"),
        }
        times: dict[str, list[float]] = {"plan": [], **{change: [] for change in changes}}
        for _ in range(runs):
            times["plan"].append(_timed(folder, "plan", sites[0], "--format", "json"))
            for change, edit in changes.items():
                edit()
                times[change].append(_timed(folder, "diff", "--base", "HEAD", "--format", "markdown"))
                _git(folder, "checkout", "--quiet", "--", ".")
        return {change: min(seconds) for change, seconds in times.items()}


def print_diff(figures: dict[str, float]) -> None:
    """Print the figures and what they are to be compared with."""
    plan, layer, one, everything = (figures[key] for key in ("plan", "layer", "one", "all"))
    print(f"dualstack diff, a fleet of {FLEET} sites (whole process; the least of the runs)")
    print(f"  baseline: dualstack plan of one site                 {plan * 1000:7.0f} ms")
    print(f"  a layer that reaches {NORTH} sites                       {layer * 1000:7.0f} ms", end="  ")
    print(f"{layer / (2 * NORTH * plan):.2f} x planning each at both revisions on its own")
    print(f"  all {FLEET} sites                                        {everything * 1000:7.0f} ms")
    print(f"  1 of {FLEET} sites                                       {one * 1000:7.0f} ms", end="  ")
    print(f"{one / everything:.2f} x all")


def _timed(folder: Path, *arguments: str) -> float:
    started = time.perf_counter()
    done = subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    # 3: changes, 4: changes that take something away.
    if done.returncode not in (0, 3, 4):
        raise RuntimeError(done.stderr)
    return time.perf_counter() - started


def _other_resolver(data: dict[str, Any]) -> None:
    data["dns"]["resolvers"][0] = "172.20.0.99"


def _edit(file: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = yaml.safe_load(file.read_text())
    change(document["config"]["dualstack:site"])
    file.write_text(yaml.safe_dump(document, sort_keys=False))


def _append(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text)


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)
