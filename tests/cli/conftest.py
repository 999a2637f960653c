"""Running the command in process, as its entry point does."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.cli import main
from tests import PROJECT
from tests.lab.ran import Ran
from tests.sites import mapping

Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``dualstack ARGUMENTS`` and give exit code and output."""

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["dualstack", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        code = stop.value.code
        return Ran(code if isinstance(code, int) else 0, out, err)

    return call


class Project:
    """A project of a test's own."""

    def __init__(self, folder: Path) -> None:
        """Make it with nothing but Pulumi.yaml."""
        self.folder = folder
        (folder / "stacks/layers").mkdir(parents=True)
        shutil.copy(PROJECT / "Pulumi.yaml", folder)

    def text(self, name: str, text: str) -> Path:
        """Write a stack file as text."""
        file = self.folder / f"stacks/Pulumi.{name}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    def site(self, name: str, data: dict[str, Any] | None = None, **config: Any) -> Path:
        """Write a stack file: a good site unless another mapping is given, and further config keys."""
        values = {"dualstack:site": mapping() if data is None else data}
        values |= {f"dualstack:{key}": value for key, value in config.items()}
        return self.text(name, yaml.safe_dump({"config": values}, sort_keys=False))

    def layer(self, name: str, text: str) -> None:
        """Write a layer as text."""
        (self.folder / f"stacks/layers/{name}.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project, which is the current folder."""
    made = Project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return made


class Terminal(io.StringIO):
    """A standard input that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def answering(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run ``new`` on a terminal on which these answers are typed."""

    def call(*arguments: str, answers: list[str]) -> Ran:
        monkeypatch.setattr("sys.stdin", Terminal("".join(f"{answer}\n" for answer in answers)))
        return run("new", *arguments)

    return call
