"""A project with stack files and layers to write into."""

from __future__ import annotations

import pathlib

import pytest

from tests.layers.support import Write


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "Pulumi.yaml").write_text("name: dualstack\n")
    (tmp_path / "stacks/layers").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(project: pathlib.Path) -> Write:
    def writes(site: str, rest: str = "", **layers: str) -> pathlib.Path:
        for name, text in layers.items():
            (project / f"stacks/layers/{name}.yaml").write_text(text)
        path = project / "stacks/Pulumi.demo.yaml"
        indented = "".join(f"    {line}\n" for line in site.splitlines())
        path.write_text(f"config:\n  dualstack:site:\n{indented}{rest}")
        return path

    return writes
