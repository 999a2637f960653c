"""Sites in a repository of their own, as docs/sites-repository.md says, deployed by command and by plain Pulumi."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests import PROJECT
from tests.engine.commands import ENGINE, PARTS, SITE, Clone

GUIDE = (PROJECT / "docs/sites-repository.md").read_text()


@pytest.fixture
def sites(tmp_path: Path) -> Clone:
    """Give a folder of sites around a copy of dualstack, with commands started in it."""
    clone = Clone(tmp_path / "sites")
    folder, program = clone.folder, clone.folder / "dualstack"
    kept = tmp_path / "dualstack"
    folder.rename(kept)
    folder.mkdir()
    kept.rename(program)
    (program / "stacks").rename(folder / "stacks")
    (program / ".venv").symlink_to(sys.prefix)
    for language, name, text in re.findall(r"```(\w+)\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL):
        assert {"yaml": ".yaml", "python": ".py"}[language] == Path(name).suffix
        (folder / name).write_text(text)
    clone.environment["PYTHONPATH"] = str(program)
    return clone


def test_deployed_where_the_sites_are(sites: Clone) -> None:
    made = sites.up()
    assert made.code == 0, made.told
    assert (sites.directory / "definition.yaml").is_file()
    assert sites.checkpoint.is_file()
    assert "unchanged" in sites.pulumi("preview", "--stack", SITE, "--expect-no-changes")
    gone = sites.run("destroy", SITE, *ENGINE, "--yes", "--forget")
    assert gone.code == 0, gone.told
    assert not sites.directory.exists()
    left = {path.name for path in (sites.folder / "dualstack").iterdir()}
    assert left <= {*PARTS, ".venv", "__pycache__"}


def test_without_a_program_it_is_told_what_to_add(sites: Clone) -> None:
    (sites.folder / "__main__.py").unlink()
    told = sites.run("up", SITE, *ENGINE, "--yes")
    assert told.code == 2
    assert "add the __main__.py of docs/sites-repository.md" in told.err


def test_another_program_folder_is_refused(sites: Clone) -> None:
    with (sites.folder / "Pulumi.yaml").open("a") as file:
        file.write("main: dualstack\n")
    told = sites.run("up", SITE, *ENGINE, "--yes")
    assert told.code == 2
    assert "Pulumi.yaml:11:" in told.err
    assert "remove main" in told.err
