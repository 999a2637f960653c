"""Which sites a change reaches, at either revision."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dualstack.diff.selection import select
from tests.diff.repository import Repository, site


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """Project folders: the base and now, alike so far."""
    repository = Repository(tmp_path / "head")
    repository.layer("europe", {"extends": ["fleet"]})
    repository.site("paris", site(1, extends=["europe"], manifests=["manifests/a.yaml"]))
    repository.site("oslo", site(2, image={"files": "files/oslo"}))
    repository.site("quito", site(3, extends=[]))
    repository.write("manifests/a.yaml", "a: 1")
    repository.write("files/oslo/etc/motd", "hello")
    repository.write("extra/module.py", "")
    shutil.copytree(repository.project, tmp_path / "base", ignore=shutil.ignore_patterns(".git"))
    return tmp_path / "base", repository.project


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("stacks/Pulumi.oslo.yaml", {"oslo"}),
        ("stacks/layers/europe.yaml", {"paris"}),
        ("stacks/layers/fleet.yaml", {"paris", "oslo"}),  # through another layer, too
        ("manifests/a.yaml", {"paris"}),
        ("files/oslo/etc/motd", {"oslo"}),
        ("files/oslo-other/etc/motd", set()),
        ("manifests/b.yaml", set()),
        ("README.md", set()),
        ("docs/conf.py", set()),
        ("tests/test_x.py", set()),
        (".github/workflows/x.yml", set()),
        ("Pulumi.yaml", {"paris", "oslo", "quito"}),
        ("requirements.txt", {"paris", "oslo", "quito"}),
        ("__main__.py", {"paris", "oslo", "quito"}),
        ("extra/template.j2", {"paris", "oslo", "quito"}),  # data of a package
        ("provider/frame/handler.py", {"paris", "oslo", "quito"}),
    ],
)
def test_reach(both: tuple[Path, Path], path: str, reached: set[str]) -> None:
    selection = select([path], *both)
    assert set(selection.touched) == reached
    assert set(selection.untouched) == {"paris", "oslo", "quito"} - reached
    assert all(paths == (path,) for paths in selection.touched.values())


def test_a_layer_that_is_no_longer_extended(both: tuple[Path, Path]) -> None:
    """What reached a site at the base reaches it, although nothing of it does now."""
    base, head = both
    (head / "stacks/layers/europe.yaml").write_text("{}")
    selection = select(["stacks/layers/europe.yaml", "stacks/layers/fleet.yaml"], base, head)
    assert selection.touched["paris"] == ("stacks/layers/europe.yaml", "stacks/layers/fleet.yaml")


def test_a_site_that_cannot_be_read_is_reached_by_any_layer(both: tuple[Path, Path]) -> None:
    base, head = both
    (head / "stacks/Pulumi.quito.yaml").write_text("config: [")
    assert "quito" in select(["stacks/layers/fleet.yaml"], base, head).touched
    assert "quito" not in select(["manifests/a.yaml"], base, head).touched


def test_new_gone_and_wanted(both: tuple[Path, Path]) -> None:
    base, head = both
    (head / "stacks/Pulumi.oslo.yaml").unlink()
    selection = select(["stacks/Pulumi.oslo.yaml", "stacks/layers/fleet.yaml"], base, head, ["oslo", "quito"])
    assert (selection.base, selection.head, selection.untouched) == (("oslo",), (), ("quito",))
    everything = select([], None, head)
    assert (everything.base, everything.head) == ((), ("paris", "quito"))


def test_links_are_followed_to_what_they_lead_to(both: tuple[Path, Path]) -> None:
    """In manifests, in the image's files, for stack files and layers; each link on the way counts, too."""
    base, head = both
    for project in both:
        (project / "shared/deep").mkdir(parents=True)
        (project / "shared/deep/file").write_text("x")
        (project / "shared/hop").symlink_to("deep/file")
        (project / "files/oslo/issue").symlink_to("../../shared/hop")
        (project / "manifests/a.yaml").unlink()
        (project / "manifests/a.yaml").symlink_to(project / "other/b.yaml")
        (project / "other").symlink_to("really")
        (project / "really").mkdir()
        (project / "really/b.yaml").write_text("b: 1")
        (project / "stacks/Pulumi.quito.yaml").rename(project / "really/quito.yaml")
        (project / "stacks/Pulumi.quito.yaml").symlink_to("../really/quito.yaml")
        (project / "files/oslo/loop").symlink_to("loop")
    for path, reached in {
        "shared/deep/file": {"oslo"},
        "shared/hop": {"oslo"},
        "files/oslo/issue": {"oslo"},
        "files": {"oslo", "paris", "quito"},  # at the root a program may read it, too
        "really/b.yaml": {"paris"},
        "really/quito.yaml": {"quito"},
    }.items():
        assert set(select([path], base, head).touched) == reached, path


@pytest.mark.parametrize("path", ["deploy/helper.py", "deploy/data.json", "lib/a/b/c.json", "hosts.csv", "build/x.py"])
def test_whatever_a_program_may_read_reaches_all(both: tuple[Path, Path], path: str) -> None:
    """Also beside the folder of the stack files, and far below."""
    for project in both:
        (project / "deploy").mkdir()
        (project / "stacks").rename(project / "deploy/stacks")
        text = (project / "Pulumi.yaml").read_text().replace("stackConfigDir: stacks", "stackConfigDir: deploy/stacks")
        (project / "Pulumi.yaml").write_text(text)
    selection = select([path], *both)
    assert set(selection.touched) == {"paris", "oslo", "quito"}
    assert selection.beside == (path,)
