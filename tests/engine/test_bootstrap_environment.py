"""The environment of an engine, and the lines that ``dualstack env`` prints for a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from dualstack.cli.env import Shell, shell_lines, show_env
from dualstack.deploy.choice import BackendChoice
from dualstack.engine.environment import child_environment, engine_env, unwanted
from dualstack.engine.model import Engine, How
from dualstack.errors import InputError
from tests.engine.conftest import Machine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose path needs quoting everywhere."""
    folder = tmp_path / "a b's 50% #1 $x?"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    return folder


@pytest.fixture
def engine(machine: Machine) -> Engine:
    """A CLI in a folder of its own, not on PATH."""
    return Engine(machine.pulumi("v3.246.0", machine.folder / "opt").parent, "3.246.0", How.BUILT)


def test_embedded_backend(engine: Engine, project: Path) -> None:
    variables = engine_env(engine, project)
    folder = project / ".dualstack"
    assert variables["PULUMI_BACKEND_URL"].startswith("file:///")
    assert not set(" '#?$") & set(variables["PULUMI_BACKEND_URL"])
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(folder / "passphrase")
    assert variables["PULUMI_HOME"] == str(folder / "home")
    assert variables["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert variables["PIP_DISABLE_PIP_VERSION_CHECK"] == "1"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert (folder / "state").is_dir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "passphrase").stat().st_mode & 0o777 == 0o600
    assert len((folder / "passphrase").read_text().strip()) >= 32
    assert sorted(path.name for path in folder.iterdir()) == ["home", "passphrase", "state"]
    assert engine_env(engine, project) == variables


def test_relative_project(engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert engine_env(engine, Path()) == engine_env(engine, project)


def test_own_backend_stays(engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "mine")
    variables = engine_env(engine, project, embedded=False, acquire_plugins=True)
    assert set(variables) <= {"PATH", "PULUMI_SKIP_UPDATE_CHECK", "PIP_DISABLE_PIP_VERSION_CHECK", "VIRTUAL_ENV"}
    assert child_environment(variables)["PULUMI_CONFIG_PASSPHRASE"] == "mine"
    assert not (project / ".dualstack").exists()


def test_two_clones_do_not_meet(engine: Engine, tmp_path: Path) -> None:
    clones = [tmp_path / name for name in ("one", "two")]
    for clone in clones:
        clone.mkdir()
    one, two = (engine_env(engine, clone) for clone in clones)
    for name in ("PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        assert one[name] != two[name]
    assert (clones[0] / ".dualstack/passphrase").read_text() != (clones[1] / ".dualstack/passphrase").read_text()


def test_plugins_are_fetched_by_official_engines(engine: Engine, project: Path) -> None:
    official = Engine(engine.bin, engine.version, How.OFFICIAL)
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in engine_env(official, project)
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" in engine_env(official, project, acquire_plugins=False)


def test_virtual_environment_comes_first(engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert engine_env(engine, project)["PATH"] == f"{sys.prefix}/bin:{engine.bin}:/usr/bin:/bin"
    python = project / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    variables = engine_env(engine, project)
    assert variables["PATH"] == f"{python.parent}:{engine.bin}:/usr/bin:/bin"
    # Once more in a shell that has it already.
    monkeypatch.setenv("PATH", variables["PATH"])
    assert engine_env(engine, project)["PATH"] == variables["PATH"]


def test_folder_of_the_users_cli_is_not_moved(machine: Machine, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = machine.folder / "mine"
    mine.mkdir()
    machine.pulumi("v3.250.0")
    monkeypatch.setenv("PATH", f"{mine}:{machine.bin}")
    path = engine_env(Engine(machine.bin, "3.250.0", How.PATH), project)["PATH"].split(":")
    assert path[1:] == [str(mine), str(machine.bin)]
    machine.pulumi("v3.1.0", mine)
    assert engine_env(Engine(machine.bin, "3.250.0", How.PATH), project)["PATH"].split(":")[1] == str(machine.bin)


def test_cli_in_the_virtual_environment_does_not_win(machine: Machine, engine: Engine, project: Path) -> None:
    machine.pulumi("v3.1.0", project / ".venv/bin")
    (project / ".venv/bin/python").symlink_to(sys.executable)
    path = engine_env(engine, project)["PATH"]
    assert shutil.which("pulumi", path=path) == str(engine.program)


def test_twenty_runs_at_once_share_one_passphrase(engine: Engine, project: Path) -> None:
    seen: list[str] = []

    def read() -> None:
        seen.append(Path(engine_env(engine, project)["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text())

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 20
    assert len(set(seen)) == 1


def test_open_passphrase_is_closed(engine: Engine, project: Path) -> None:
    file = Path(engine_env(engine, project)["PULUMI_CONFIG_PASSPHRASE_FILE"])
    file.chmod(0o644)
    engine_env(engine, project)
    assert file.stat().st_mode & 0o777 == 0o600


def test_lost_passphrase_is_not_replaced(engine: Engine, project: Path) -> None:
    file = Path(engine_env(engine, project)["PULUMI_CONFIG_PASSPHRASE_FILE"])
    stack = project / ".dualstack/state/.pulumi/stacks/dualstack/demo.json"
    stack.parent.mkdir(parents=True)
    stack.write_text("{}")
    file.unlink()
    with pytest.raises(InputError, match="the file is gone; put the file back, or give up that state: remove"):
        engine_env(engine, project)
    file.touch()
    with pytest.raises(InputError, match="the passphrase file is empty"):
        engine_env(engine, project)


def test_folder_that_cannot_be_written(engine: Engine, project: Path) -> None:
    (project / ".dualstack").touch()
    with pytest.raises(InputError, match="the embedded backend cannot be written"):
        engine_env(engine, project)


def test_users_passphrase_does_not_reach_the_embedded_backend(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    variables = engine_env(engine, project)
    child = child_environment(variables)
    assert unwanted(variables) == ("PYTHONHOME", "PULUMI_CONFIG_PASSPHRASE")
    assert not set(unwanted(variables)) & set(child)
    assert child.items() >= variables.items()


NASTY = {"PATH": "/a b:/it's", "X": "$(touch /tmp/x) `id` \"q\" \\ 'q'\nline ; # ~ * \u00e4", "EMPTY": ""}


@pytest.mark.parametrize("quotes", ['"', ""])
@pytest.mark.parametrize("shell", [each for each in ("sh", "bash", "dash", "zsh", "ksh") if shutil.which(each)])
def test_shell_reads_back_what_was_meant(shell: str, quotes: str, tmp_path: Path) -> None:
    variables = dict(NASTY)
    if not quotes:
        # An eval without quotes joins the lines by blanks; line breaks and stars in values do not survive that.
        variables["X"] = "$(touch /tmp/x) ; # ~"
    lines = tmp_path / "lines"
    lines.write_text(shell_lines(variables, ["GONE"], Shell.SH))
    script = f'eval {quotes}$(/bin/cat "$0"){quotes}; exec "$1" -c "$2"'
    show = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(b'='.join(i) for i in os.environb.items()))"
    program = shutil.which(shell)
    assert program is not None
    answer = subprocess.run(
        [program, "-c", script, str(lines), sys.executable, show],
        env={"PATH": os.environ["PATH"], "GONE": "still here"},
        capture_output=True,
        check=True,
    )
    found = dict(item.split(b"=", 1) for item in answer.stdout.split(b"\0"))
    assert {name: found[name.encode()].decode() for name in variables} == variables
    assert b"GONE" not in found


def test_fish_quoting() -> None:
    lines = shell_lines({"PATH": "/a b:/it's", "X": "back\\slash $x"}, ["GONE"], Shell.FISH)
    assert lines.splitlines() == [
        "set -e GONE;",
        r"set -gx PATH '/a b' '/it\'s';",
        r"set -gx X 'back\\slash $x';",
    ]


def test_command_prints_lines_and_tells_the_engine_apart(
    machine: Machine, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.pulumi("v3.250.0")
    show_env(project)
    out, err = capsys.readouterr()
    assert err == (
        f"engine: using Pulumi 3.250.0, from PATH ({machine.bin}/pulumi)\n"
        "backend: embedded, in .dualstack/state (none of your own is configured)\n"
    )
    assert all(line.startswith(("export ", "unset ")) and line.endswith(";") for line in out.splitlines())
    assert "export PULUMI_BACKEND_URL=file:///" in out


def test_command_keeps_a_backend_of_the_users_own(
    machine: Machine, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What ``up`` takes plain ``pulumi`` takes afterwards, too: else a stack made there is in this clone alone."""
    machine.pulumi("v3.250.0")
    own = f"file://{machine.folder}/states"
    monkeypatch.setenv("PULUMI_BACKEND_URL", own)
    show_env(project)
    out, err = capsys.readouterr()
    assert f"export PULUMI_BACKEND_URL={own};" in out
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in out
    assert "backend: your own (PULUMI_BACKEND_URL is set)" in err
    assert not (project / ".dualstack").exists()
    show_env(project, wanted=BackendChoice.EMBEDDED)
    assert f"{quote(str(project))}/.dualstack/state;" in capsys.readouterr().out


def test_command_without_an_engine_prints_nothing_to_evaluate(
    machine: Machine, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="no Pulumi CLI"):
        show_env(project)
    assert capsys.readouterr().out == ""
    assert not (project / ".dualstack").exists()
