"""The policy pack for a run of the engine: an environment to run in, and the form in which the CLI takes it.

The policy SDK wants an older protobuf than the program's, so the pack has an environment of its own, in the user's
cache, made once for each list of its requirements. ``python -m dualstack.engine.pack`` makes it ahead of time.

A language host of the CLI's own starts a pack of ``runtime: python``. The host beside a built CLI is too old for that,
and runs the program's folder instead; a runtime that is no language makes the CLI start ``pulumi-analyzer-policy-NAME``
from PATH (sdk/go/common/resource/plugin/analyzer_plugin.go), which is two lines of shell.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dualstack.document.loader import load_file
from dualstack.document.yamlio import dump
from dualstack.engine.cache import cache_folder, locked, staged
from dualstack.engine.model import Engine, How, Report, StepError
from dualstack.engine.pip import pip_install
from dualstack.errors import InputError
from dualstack.scratch import scratch

RUNTIME: Final = "dspack"
"""Name of the pack's runtime where no language host can start it."""
CORE: Final = Path(__file__).resolve().parents[1]
SOURCE: Final = CORE.parent / "policy"
"""The pack beside this package, for projects that have none."""
PARTS: Final = ("__main__.py", "dualstack_policies")
_DONE: Final = "dualstack-policy.done"


@dataclass(frozen=True, slots=True)
class Pack:
    """The pack, as one run of the CLI takes it.

    Attributes:
        folder: for ``--policy-pack``.
        programs: for the end of PATH.
    """

    folder: Path
    programs: Path


@contextlib.contextmanager
def policy_pack(engine: Engine, project: Path, report: Report) -> Iterator[Pack]:
    """Give the project's policy pack for an engine, in a folder that is gone afterwards.

    Args:
        engine: the CLI.
        project: the project's folder; where it has no ``policy``, the pack beside this package is taken.
        report: takes a line for each step.

    Raises:
        InputError: there is no pack, or its environment cannot be made.
    """
    source = next((one for one in (project.absolute() / "policy", SOURCE) if (one / "__main__.py").is_file()), None)
    if source is None:
        fix = "keep the sites to deploy in a clone of dualstack"
        raise InputError("the policy pack is not there", file=str(project / "policy"), fix=fix)
    python = pack_python(source, report)
    with scratch("policy") as folder:
        for part in PARTS:
            (folder / part).symlink_to(source / part)
        (folder / "dualstack").symlink_to(CORE)
        programs = folder / "bin"
        programs.mkdir()
        described = load_file(source / "PulumiPolicy.yaml", "policy/PulumiPolicy.yaml").data
        (folder / "PulumiPolicy.yaml").write_text(dump(described | {"runtime": _runtime(engine, python)}))
        launcher = programs / f"pulumi-analyzer-policy-{RUNTIME}"
        line = f'exec {shlex.quote(str(python))} -P -u -m pulumi.policy "$1" {shlex.quote(str(folder))}'
        launcher.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        launcher.chmod(0o700)
        yield Pack(folder, programs)


def _runtime(engine: Engine, python: Path) -> Any:
    if engine.how is How.BUILT:
        return RUNTIME
    return {"name": "python", "options": {"toolchain": "pip", "virtualenv": str(python.parents[1])}}


def pack_python(source: Path, report: Report) -> Path:
    """Give the Python of the environment that a pack's requirements ask for; make it where it is not there yet.

    Raises:
        InputError: it cannot be made; says why, and the way out.
    """
    requirements = source / "requirements.txt"
    try:
        text = requirements.read_bytes()
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        # The interpreter counts, too: an environment breaks with the Python that it was made of.
        digest = hashlib.sha256(b"\0".join([text, os.fsencode(os.path.realpath(sys.executable))])).hexdigest()
        folder = cache_folder("policy") / f"py{version}-{digest[:12]}"
        python = folder / "bin" / "python"
        if (folder / _DONE).is_file() and python.exists():
            return python
        with locked(folder, report) as lock:
            if not ((folder / _DONE).is_file() and python.exists()):
                report(f"making the policy pack's environment in {folder} (once; a quarter of a minute)")
                with staged(folder) as stage:
                    venv.create(stage, symlinks=True, with_pip=False)
                    python_there = stage / "bin" / "python"
                    pip_install("its packages", lock, "--requirement", str(requirements), python=python_there)
                    (stage / _DONE).touch()
        return python
    except (StepError, OSError) as error:
        fix = "let pip reach a package index (PIP_INDEX_URL), then run this again; nothing was deployed"
        raise InputError(f"the policy pack has no environment: {error}", file=str(requirements), fix=fix) from None


def main() -> None:
    """Make the environment of the pack beside this package, and print its Python."""
    try:
        print(pack_python(SOURCE, lambda line: print(line, file=sys.stderr)))
    except InputError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
