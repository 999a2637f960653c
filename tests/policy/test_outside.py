"""The pack outside this tree, in an environment of its own, with its core in it; and its modules' names."""

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

from dualstack.engine.export import export_pack
from dualstack.engine.pack import SOURCE
from tests import PROJECT
from tests.cli.conftest import Run, run
from tests.policy import stacks
from tests.policy.conftest import served
from tests.policy.stacks import CASES
from tests.policy.test_process import whole

__all__ = ["run"]

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def exported(folder: Path) -> Path:
    """Export the pack as the command does."""
    target = folder / "policies"
    export_pack(target)
    return target


def test_it_installs_and_runs(tmp_path: Path) -> None:
    """As docs/policies.md says; ``pulumi install`` makes an environment of the requirements, too."""
    folder = exported(tmp_path)
    venv.create(folder / ".venv", symlinks=True)
    python = folder / ".venv/bin/python"
    # Without looking for dependencies, so that a package that is not pinned is missing below.
    install = [*PIP, "--python", str(python), "install", "--only-binary", ":all:", "--no-compile", "--no-deps"]
    done = subprocess.run(
        [*install, "--requirement", "requirements.txt"],
        cwd=folder,
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
    with served(python, folder, PYTHONPATH="") as pack:
        assert [diagnostic.message for diagnostic in whole(pack, stacks.good())] == []
    case = next(case for case in CASES if case.policy == "DS065")
    with served(python, folder, PYTHONPATH="") as pack:
        told = {diagnostic.policyName for diagnostic in whole(pack, stacks.broken(case))}
    assert told == {"DS065-ironic-own-address"}


def test_the_exported_pack_holds_all_and_names_no_tree(tmp_path: Path) -> None:
    folder = exported(tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "PulumiPolicy.yaml", "__main__.py", "dualstack", "dualstack_policies", "requirements.txt"
    }  # fmt: skip
    core = {path.relative_to(folder) for path in (folder / "dualstack").rglob("*.py")}
    assert core == {path.relative_to(PROJECT) for path in (PROJECT / "dualstack").rglob("*.py")}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    assert not any(str(PROJECT) in path.read_text("utf-8") for path in folder.rglob("*") if path.is_file())


def test_a_new_export_replaces_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = exported(tmp_path)
    (folder / ".venv").mkdir()
    (folder / "dualstack/gone.py").touch()
    assert exported(tmp_path) == folder
    assert ((folder / ".venv").is_dir(), (folder / "dualstack/gone.py").exists()) == (True, False)


@pytest.mark.parametrize("held", ["README.md", "PulumiPolicy.yaml", "dualstack_policies"])
def test_a_folder_with_something_else_stays_as_it_is(run: Run, tmp_path: Path, held: str) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / held).touch()
    ran = run("policies", "export", tmp_path / "policies")
    assert (ran.code, "the folder holds something else" in ran.err) == (2, True)
    assert [path.name for path in (tmp_path / "policies").iterdir()] == [held]


def test_the_command_says_what_comes_next(run: Run, tmp_path: Path) -> None:
    ran = run("policies", "export", tmp_path / "policies")
    assert (ran.code, f"cd {tmp_path / 'policies'} && pulumi install" in ran.out) == (0, True)
    assert f"pulumi preview --policy-pack {tmp_path / 'policies'}" in ran.out


def test_in_a_clone_the_pack_finds_the_core_beside_it(python: Path) -> None:
    with served(python, SOURCE, PYTHONPATH="") as pack:
        assert [diagnostic.message for diagnostic in whole(pack, stacks.good())] == []


def test_a_copy_without_its_core_says_what_to_do(python: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(SOURCE, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__", ".venv"))
    done = subprocess.run(
        [python, "-P", "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "`dualstack policies export DIR`" in done.stderr
    assert "Traceback" not in done.stderr


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
        "import dualstack_policies, dualstack.cli, dualstack.answer.docs\n"
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
