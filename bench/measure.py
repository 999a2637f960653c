"""Timers: whole processes, and calls inside one process; always the median."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

BASELINE = """
import sys, yaml
from pydantic import BaseModel
class Model(BaseModel):
    config: dict[str, object]
with open(sys.argv[1]) as file:
    Model.model_validate(yaml.load(file, Loader=yaml.CSafeLoader))
"""
"""The floor of `dualstack check`: a Python that defines one pydantic model and loads the same YAML."""


class Command(NamedTuple):
    """A process: its words, where it runs, and its variables (this process' own where None)."""

    words: list[str]
    folder: Path
    environment: dict[str, str] | None = None


def interleaved(commands: dict[str, Command], runs: int) -> dict[str, float]:
    """Return median seconds of each command, run in turns so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            quiet = subprocess.DEVNULL
            subprocess.run(
                command.words, cwd=command.folder, env=command.environment, check=True, stdout=quiet, stderr=quiet
            )
            if turn:  # the first turn fills the caches of the file system
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def best(call: Callable[[], object], repeats: int = 3) -> float:
    """Return the seconds of a call: the least disturbed of a few."""
    seconds: list[float] = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def python(*arguments: str) -> list[str]:
    """Return a command line of this interpreter."""
    return [sys.executable, *arguments]
