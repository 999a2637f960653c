"""The pack outside this tree, in an environment of its own, with the core from a wheel; and its modules' names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from dualstack.engine.pack import SOURCE
from tests import PROJECT
from tests.policy import stacks
from tests.policy.conftest import served
from tests.policy.stacks import CASES
from tests.policy.test_process import whole

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def wheel(folder: Path) -> Path:
    """Build the core from a copy, since setuptools writes beside what it builds."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, source)
    shutil.copytree(PROJECT / "dualstack", source / "dualstack", ignore=shutil.ignore_patterns("__pycache__"))
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return next(folder.glob("dualstack-*.whl"))


def test_it_installs_and_runs(tmp_path: Path) -> None:
    """As docs/policies.md says."""
    folder = tmp_path / "policies"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    venv.create(folder / ".venv", symlinks=True)
    python = folder / ".venv/bin/python"
    core = wheel(tmp_path)
    # Without looking for dependencies, so that a package that is not pinned is missing below.
    install = [*PIP, "--python", str(python), "install", "--only-binary", ":all:", "--no-compile", "--no-deps"]
    done = subprocess.run(
        [*install, "--requirement", str(folder / "requirements.txt"), str(core)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if "No matching distribution found for" in done.stderr and "Connection" in done.stderr:
        pytest.skip(f"pip reaches no package index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    checked = subprocess.run([*PIP, "--python", str(python), "check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    where = [str(python), "-P", "-c", "import dualstack.policies; print(dualstack.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env={"PATH": os.defpath}, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).is_relative_to(folder)
    with served(python, folder, PYTHONPATH="") as pack:
        assert [diagnostic.message for diagnostic in whole(pack, stacks.good())] == []
    case = next(case for case in CASES if case.policy == "DS065")
    with served(python, folder, PYTHONPATH="") as pack:
        told = {diagnostic.policyName for diagnostic in whole(pack, stacks.broken(case))}
    assert told == {"DS065-ironic-own-address"}


def pinned(file: Path) -> dict[str, str]:
    """Read a requirements file."""
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    found = dict(line.split("==") for line in lines if "==" in line)
    return {name.lower().replace("_", "-"): version for name, version in found.items()}


def test_requirements_are_pinned_as_the_programs_are() -> None:
    pack, program = pinned(SOURCE / "requirements.txt"), pinned(PROJECT / "requirements.txt")
    differ = {name for name in pack.keys() & program.keys() if pack[name] != program[name]}
    assert differ == {"protobuf", "googleapis-common-protos"}, "only what the policy SDK asks for"
    assert re.match(r"5\.", pack["protobuf"])


def test_a_pack_for_any_engine() -> None:
    described = yaml.safe_load((SOURCE / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert described["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    assert re.fullmatch(r"\d+\.\d+\.\d+", described["version"])


def test_the_packs_own_file_makes_the_pack_and_nothing_else() -> None:
    """Its constructor never returns, so nothing in this file can be imported by a test."""
    text = (SOURCE / "__main__.py").read_text(encoding="utf-8")
    code = [
        line for line in text.partition('"""\n')[2].splitlines() if line and not line.startswith(("from ", "import "))
    ]
    assert code == ['PolicyPack("dualstack", policies())']


def test_no_module_of_the_pack_is_named_like_one_that_is_imported(python: Path) -> None:
    """The pack's folder comes first where Python looks, so such a module would take the other one's place."""
    own = {path.stem for path in SOURCE.glob("*.py")} | {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert own == {"__main__", "dualstack_policies"}
    code = (
        "import json, sys\n"
        "import dualstack_policies, dualstack.cli, dualstack.docs\n"
        "from importlib.metadata import packages_distributions\n"
        "modules = {name: module for name, module in sys.modules.items() if '.' not in name}\n"
        "places = {name: getattr(module, '__file__', None) for name, module in modules.items()}\n"
        "json.dump([places, sorted(packages_distributions()), sorted(sys.stdlib_module_names)], sys.stdout)\n"
    )
    environment = {"PATH": os.defpath, "PYTHONPATH": f"{SOURCE}:{PROJECT}"}
    done = subprocess.run(
        [python, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    places, installed, standard = json.loads(done.stdout)
    assert len(places) > 100
    from_pack = {name for name, place in places.items() if place and Path(place).is_relative_to(SOURCE)}
    assert from_pack == {"dualstack_policies"}
    assert not own - {"__main__"} & {*installed, *standard, "dualstack", "components", "provider", "policy"}
