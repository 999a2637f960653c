"""Finding the project, its sites, and the file that a name means."""

from __future__ import annotations

import pathlib

import pytest

from dualstack.errors import InputError
from dualstack.stack.project import find_project, layers_dir, list_layers, list_sites, nearest, site_file, stacks_dir


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "repo"
    (folder / "stacks/layers").mkdir(parents=True)
    (folder / "Pulumi.yaml").touch()
    for name in ("Pulumi.demo.yaml", "Pulumi.demo-hostname.yaml", "Pulumi..yaml", "notes.yaml"):
        (folder / "stacks" / name).touch()
    (folder / "stacks/Pulumi.folder.yaml").mkdir()
    (folder / "stacks/layers/fleet.yaml").touch()
    return folder


def test_the_project_is_found_from_below(project: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for start in (project, project / "stacks/layers", project / "Pulumi.yaml", project / "not/there/yet"):
        assert find_project(start) == project
    monkeypatch.chdir(project / "stacks")
    assert find_project(pathlib.Path()) == project


def test_no_project_is_an_error(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"no Pulumi\.yaml") as caught:
        find_project(tmp_path)
    assert "--project" in (caught.value.fix or "")


def test_sites_and_layers_are_listed_sorted(project: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert list_sites(project) == ["demo", "demo-hostname"]
    assert list_layers(project) == ["fleet"]
    assert list_sites(tmp_path) == []


def test_a_site_is_a_stack_name_or_a_path(project: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / "stacks/Pulumi.demo.yaml"
    assert site_file(project, "demo") == path
    assert site_file(project, str(path)) == path
    assert site_file(project, "Pulumi.demo.yaml") == path
    monkeypatch.chdir(project / "stacks")
    assert site_file(project, "Pulumi.demo.yaml") == pathlib.Path("Pulumi.demo.yaml")
    assert site_file(project, "./Pulumi.demo.yaml") == pathlib.Path("Pulumi.demo.yaml")


@pytest.mark.parametrize("site", ["demmo", "", "..", "x" * 5000, "a\0b", "\x1b[31m", "folder"])
def test_an_unknown_site_names_those_there_are(project: pathlib.Path, site: str) -> None:
    with pytest.raises(InputError) as caught:
        site_file(project, site)
    assert "`demo`" in (caught.value.fix or "")
    assert ("write `demo`" in (caught.value.fix or "")) == (site == "demmo")


@pytest.mark.parametrize("site", ["./demo", "other/Pulumi.demo.yaml", "nope.yaml", "stacks/", "a\0b.yaml", "x/" * 3000])
def test_a_path_that_leads_nowhere(project: pathlib.Path, site: str) -> None:
    with pytest.raises(InputError) as caught:
        site_file(project, site)
    assert "`demo`" in (caught.value.fix or "")


def test_no_sites_yet(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError) as caught:
        site_file(tmp_path, "demo")
    assert caught.value.file == "stacks/Pulumi.demo.yaml"
    assert "create" in (caught.value.fix or "")


def test_nearest() -> None:
    assert nearest("europ", ["fleet", "europe"]) == "europe"
    assert nearest("zzz", ["fleet", "europe"]) is None
    assert nearest("a" * 10**6, ["fleet"]) is None


@pytest.mark.parametrize(("given", "stacks"), [("sites", "sites"), ("./a/b/", "a/b"), (".", "."), ('""', "stacks")])
def test_the_folder_of_stack_files_is_as_the_project_says(tmp_path: pathlib.Path, given: str, stacks: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: x\nstackConfigDir: {given}\n")
    layers = tmp_path / stacks / "layers"
    layers.mkdir(parents=True)
    (layers / "fleet.yaml").touch()
    (tmp_path / stacks / "Pulumi.demo.yaml").touch()
    assert stacks_dir(tmp_path) == stacks
    assert tmp_path / layers_dir(tmp_path) == layers
    assert list_sites(tmp_path) == ["demo"]
    assert list_layers(tmp_path) == ["fleet"]
    assert site_file(tmp_path, "demo") == tmp_path / stacks / "Pulumi.demo.yaml"
    with pytest.raises(InputError) as caught:
        site_file(tmp_path, "nope")
    assert caught.value.file == str(pathlib.PurePath(stacks) / "Pulumi.nope.yaml")


def test_a_changed_project_file_is_read_again(project: pathlib.Path) -> None:
    assert stacks_dir(project) == "stacks"
    (project / "Pulumi.yaml").write_text("stackConfigDir: other\n")
    assert stacks_dir(project) == "other"


@pytest.mark.parametrize("given", ["5", "/etc", "[a]", "{a: b}"])
def test_a_wrong_folder_of_stack_files_has_a_place(tmp_path: pathlib.Path, given: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: x\nstackConfigDir: {given}\n")
    with pytest.raises(InputError, match="stackConfigDir") as caught:
        list_sites(tmp_path)
    assert (caught.value.file, caught.value.line, caught.value.column) == ("Pulumi.yaml", 2, 17)
    assert caught.value.fix
