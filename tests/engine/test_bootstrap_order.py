"""The order in which a CLI is looked for, each step told."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from dualstack.engine import built
from dualstack.engine.find import EngineMissing, find_engine
from dualstack.engine.model import How
from dualstack.engine.versions import ACCEPTED, OFFICIAL, Version
from tests.engine.conftest import Machine

FULL = "0.0.1 0.9.0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.10 1.2.0"


def version(text: str) -> Version:
    found = Version.parse(text)
    assert found is not None, text
    return found


def test_versions_sort_as_semver_says() -> None:
    texts = FULL.split()
    versions = [version(text) for text in texts]
    assert all(left < right for left, right in pairwise(versions))
    assert not any(right < left for left, right in pairwise(versions))
    assert [str(each) for each in versions] == texts


@pytest.mark.parametrize("text", ["", "3.246", "pulumi 3.246.0", "3.246.0\nwarning: old", "3.246.x"])
def test_what_is_no_version(text: str) -> None:
    assert Version.parse(text) is None


def test_build_metadata_does_not_count() -> None:
    assert version("v3.246.0+dirty\n") == version("3.246.0")


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("3.245.9", False),
        ("3.246.0-alpha.1", False),
        ("3.246.0", True),
        ("3.247.0-alpha.x1", True),
        ("3.999.0", True),
        ("4.0.0-beta.1", False),
        ("4.0.0", False),
    ],
)
def test_accepted_range(text: str, taken: bool) -> None:
    assert (ACCEPTED.refusal(version(text)) is None) is taken


def test_pinned_versions_are_accepted() -> None:
    assert ACCEPTED.refusal(version(OFFICIAL.version)) is None
    assert ACCEPTED.refusal(version(built.Recipe.read(built.TOOLS).version)) is None
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in OFFICIAL.sha256.values())


def test_path_comes_first(machine: Machine) -> None:
    machine.pulumi("v3.250.0")
    machine.go()
    engine = find_engine(True, machine.report)
    assert (engine.bin, engine.version, engine.how) == (machine.bin, "3.250.0", How.PATH)
    assert machine.lines == [f"using Pulumi 3.250.0, from PATH ({machine.bin}/pulumi)"]
    assert machine.builds == []


def test_newer_than_seen_is_taken_and_told(machine: Machine) -> None:
    machine.pulumi("v3.300.0")
    assert find_engine(False, machine.report).version == "3.300.0"
    assert "3.300.0 is newer than 3.260.0, the newest that was seen to work" in machine.told


def test_second_on_path_where_the_first_is_too_old(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = machine.folder / "old", machine.folder / "new"
    machine.pulumi("v3.100.0", old)
    machine.pulumi("v3.255.0", new)
    monkeypatch.setenv("PATH", f"{old}:{new}:relative:")
    assert find_engine(False, machine.report).bin == new
    assert f"PATH: {old}/pulumi: 3.100.0 is older than 3.246.0" in machine.told


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#!/bin/sh\necho v3.245.0\n", "3.245.0 is older than 3.246.0, the oldest that was seen to run this program"),
        ("#!/bin/sh\necho v4.0.0\n", "4.0.0 is of another major version than 3"),
        ("#!/bin/sh\necho nonsense\n", "`pulumi version` fails: nonsense"),
        ("#!/bin/sh\necho lost >&2; exit 3\n", "`pulumi version` fails: lost"),
        ("#!/nonexistent\n", "it does not run: No such file or directory"),
    ],
)
def test_unusable_on_path(machine: Machine, text: str, why: str) -> None:
    machine.script(machine.bin / "pulumi", text)
    with pytest.raises(EngineMissing) as missing:
        find_engine(False, machine.report)
    assert why in machine.told
    assert why in missing.value.message


def test_without_language_host_it_is_of_no_use(machine: Machine) -> None:
    machine.pulumi("v3.250.0", language_host=False)
    with pytest.raises(EngineMissing, match=r"3\.250\.0 comes without pulumi-language-python"):
        find_engine(False, machine.report)


def test_language_host_beside_the_real_program(machine: Machine) -> None:
    real = machine.pulumi("v3.250.0", machine.folder / "opt")
    (machine.bin / "pulumi").symlink_to(real)
    assert find_engine(False, machine.report).bin == machine.bin


def test_nothing_at_all(machine: Machine) -> None:
    with pytest.raises(EngineMissing) as missing:
        find_engine(False, machine.report)
    steps = [line.split(":")[0] for line in machine.lines if not line.startswith("downloading")]
    assert steps == ["PATH", "official Pulumi 3.259.0", "build from Go modules"]
    assert "PATH: no pulumi" in missing.value.message
    assert "http://127.0.0.1:1/sdk: cannot be reached (Connection refused)" in missing.value.message
    assert missing.value.fix is not None
    assert "install Pulumi 3.246.0 or newer" in missing.value.fix
    assert missing.value.fix.endswith("--engine built")


def test_unreachable_host_leads_to_the_build_only_if_asked(machine: Machine) -> None:
    machine.go()
    with pytest.raises(EngineMissing):
        find_engine(False, machine.report)
    assert machine.builds == []
    engine = find_engine(True, machine.report)
    assert (engine.version, engine.how) == ("3.246.0", How.BUILT)
    assert len(machine.builds) == 2


def test_closed_lab_does_not_wait_for_the_network_each_time(machine: Machine) -> None:
    machine.go()
    find_engine(True, machine.report)
    machine.lines.clear()
    # Nobody has to name it again, and one line says which it is.
    assert find_engine(False, machine.report).how is How.BUILT
    assert machine.lines == [line for line in machine.lines if line.startswith("using Pulumi 3.246.0, built from Go")]
    assert len(machine.lines) == 1
    assert len(machine.builds) == 2


def test_built_engine_on_path_is_not_taken_for_the_users(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go()
    engine = find_engine(True, machine.report)
    monkeypatch.setenv("PATH", f"{engine.bin}:{machine.bin}")
    assert find_engine(False, machine.report) == engine
    assert "from PATH" not in machine.told


def test_cache_of_another_recipe_is_not_taken(machine: Machine, tmp_path: Path) -> None:
    machine.go()
    first = built.build(machine.report)
    tools = tmp_path / "tools"
    subprocess.run(["/bin/cp", "-r", built.TOOLS, tools], check=True)
    with (tools / "pulumi/go.sum").open("a") as file:
        file.write("\n")
    assert built.cached(tools) is None
    assert built.build(machine.report, tools).bin != first.bin


def test_installation_without_the_repository_says_so(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built.build, "__defaults__", (machine.folder / "nowhere",))
    with pytest.raises(EngineMissing, match="only a clone of the repository can build"):
        find_engine(True, machine.report)
