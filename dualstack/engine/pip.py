"""pip, for what our own caches hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dualstack.engine.model import StepError


def pip_install(what: str, lock: int, *arguments: str, python: Path | None = None) -> None:
    """Install wheels that are pinned one by one, without their dependencies and without building any.

    Args:
        what: what is installed, for the error.
        lock: descriptor of a lock that pip keeps with it, so that a pip which outlives us is not joined by a second.
        arguments: further ones of ``pip install``.
        python: interpreter of the environment to install into; this one's where None.

    Raises:
        StepError: pip fails; with its last word.
    """
    command = [sys.executable, "-m", "pip", *(("--python", str(python)) if python else ()), "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"]
    answer = subprocess.run(
        [*command, *arguments],
        # Settings that would put things elsewhere than we say.
        env={**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        pass_fds=(lock,),
        check=False,
    )
    if answer.returncode != 0:
        said = [line for line in answer.stderr.splitlines() if line.strip()]
        raise StepError(f"pip cannot install {what}: {said[-1] if said else f'exit code {answer.returncode}'}")
