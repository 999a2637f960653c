"""Which backend is chosen, and what is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from dualstack.deploy.backend import choose_backend
from dualstack.deploy.choice import BackendChoice
from dualstack.errors import InputError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "a project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: dualstack\nruntime: python\n")
    for name in ("PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return folder


def login(home: Path, url: str) -> None:
    (home / ".pulumi").mkdir(exist_ok=True)
    (home / ".pulumi/credentials.json").write_text(json.dumps({"current": url}))


def test_embedded_where_there_is_no_other(project: Path) -> None:
    backend = choose_backend(project, None)
    assert (backend.embedded, backend.files) == (True, project / ".dualstack/state")
    assert backend.variables == {}
    with pytest.raises(InputError, match="no Pulumi backend of yours"):
        choose_backend(project, BackendChoice.OWN)


def test_order_of_the_cli(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "x")
    assert choose_backend(project, None).url == "https://api.pulumi.com"
    login(tmp_path, "s3://bucket")
    assert choose_backend(project, None).url == "s3://bucket"
    (project / "Pulumi.yaml").write_text("name: dualstack\nruntime: python\nbackend: {url: gs://bucket}\n")
    assert choose_backend(project, None).url == "gs://bucket"
    monkeypatch.setenv("PULUMI_BACKEND_URL", "azblob://container")
    backend = choose_backend(project, None)
    assert (backend.embedded, backend.url, backend.files) == (False, "azblob://container", None)
    assert "PULUMI_BACKEND_URL is set" in str(backend)
    assert choose_backend(project, BackendChoice.EMBEDDED).embedded


@pytest.mark.parametrize("text", ["", "[]", "{", '{"current": ""}', '{"current": null}'])
def test_login_that_chose_nothing(project: Path, tmp_path: Path, text: str) -> None:
    login(tmp_path, "")
    (tmp_path / ".pulumi/credentials.json").write_text(text)
    assert choose_backend(project, None).embedded


def test_files_relative_to_where_the_user_stands(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://./state")
    backend = choose_backend(project, None)
    assert backend.files == tmp_path / "state"
    assert backend.variables == {"PULUMI_BACKEND_URL": f"file://{tmp_path}/state"}
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file://~")
    assert choose_backend(project, None).files == tmp_path


def test_address_of_the_embedded_one_is_the_embedded_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(project / ".dualstack/state").replace(" ", "%20")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{state}")
    assert choose_backend(project, None).embedded


def test_the_same_folder_by_another_way(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(project)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/link/.dualstack/state")
    assert choose_backend(project, None).embedded


def test_a_shell_of_another_project_is_refused(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after ``dualstack env`` in one clone and ``cd`` to another."""
    other = tmp_path / "other clone/.dualstack/state"
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{quote(str(other))}")
    with pytest.raises(InputError, match=f"another project's state, {other}") as refused:
        choose_backend(project, None)
    assert "dualstack env --backend embedded" in str(refused.value)
    assert choose_backend(project, BackendChoice.EMBEDDED).files == project / ".dualstack/state"
    assert choose_backend(project, BackendChoice.OWN).files == other


def test_stack_file(project: Path) -> None:
    backend = choose_backend(project, None)
    assert backend.stack_file("dualstack", "paris") is None
    file = project / ".dualstack/state/.pulumi/stacks/dualstack/paris.json.gz"
    file.parent.mkdir(parents=True)
    file.touch()
    assert backend.stack_file("dualstack", "paris") == file
