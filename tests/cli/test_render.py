"""``dualstack render``: whose directory, what was changed by hand, secrets from files, and what is still missing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Project, Run
from tests.sites import mapping

SECRETS = {"rancherBootstrapPassword": {"secure": "v1:one"}, "appsToken": {"secure": "v1:two"}}


def test_the_directory_of_another_site_is_refused(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    project.site("rome")
    assert run("render", "paris", "--out", tmp_path / "out").code == 0
    before = (tmp_path / "out/definition.yaml").read_bytes()

    ran = run("render", "rome", "--out", tmp_path / "out", "--force")

    assert (ran.code, "the site `paris`" in ran.err, "choose another directory" in ran.err) == (2, True, True)
    assert (tmp_path / "out/definition.yaml").read_bytes() == before
    assert run("render", "paris", "--out", tmp_path / "out").code == 0


def test_a_damaged_marker_is_refused_and_nothing_stays_behind(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    out = tmp_path / "build/out"
    run("render", "paris", "--out", out)
    marker = json.loads((out / ".dualstack.json").read_text())
    marker["files"]["../victim"] = "0"
    (out / ".dualstack.json").write_text(json.dumps(marker))
    (out.parent / "victim").touch()

    ran = run("render", "paris", "--out", out)

    assert (ran.code, "damaged" in ran.err) == (2, True)
    assert {path.name for path in out.parent.iterdir()} - {".dualstack.lock"} == {"out", "victim"}


def test_what_was_changed_by_hand_is_told_first(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    run("render", "paris", "--out", tmp_path / "out")
    (tmp_path / "out/definition.yaml").write_text("mine\n")

    lines = run("render", "paris", "--out", tmp_path / "out").out.splitlines()

    assert lines[0] == "warning changed by hand since the last render, and overwritten: definition.yaml"
    assert "changed by hand" not in run("render", "paris", "--out", tmp_path / "out").out


def test_a_file_in_the_way_is_named_as_one(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    (tmp_path / "file").touch()

    ran = run("render", "paris", "--out", tmp_path / "file/sub")

    assert (ran.code, f"{tmp_path / 'file'} is a file" in ran.err) == (2, True)


def test_the_summary_says_what_is_missing_and_quotes_the_path(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", **SECRETS)
    out = tmp_path / "a b; c"

    text = run("render", "paris", "--out", out).out

    assert "Still missing for the build:" in text
    assert "the base image: put SL-Micro." in text
    assert "the secret appsToken: render again" in text
    (command,) = [line for line in text.splitlines() if "podman run" in line]
    assert f"{out}:/eib" in shlex.split(command)

    token = tmp_path / "token"
    token.write_text("x\n")
    image = next(line.split()[4] for line in text.splitlines() if "the base image" in line)
    (out / "base-images").mkdir()
    (out / "base-images" / image).touch()
    given = [part for key in ("appsToken", "sccRegistrationCode") for part in ("--secret", f"{key}=@{token}")]
    text = run("render", "paris", "--out", out, *given).out
    assert "Still missing" not in text
    assert "Ready to build the iso image there:" in text


def test_a_left_out_secret_is_a_warning_where_the_build_stops(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", **SECRETS)

    findings = run("render", "paris", "--out", tmp_path / "out", "--format", "json").json["findings"]

    told = {item["message"].split()[2]: item["severity"] for item in findings if item["rule"].startswith("DS120-")}
    assert told == {"appsToken": "warning", "sccRegistrationCode": "warning", "rancherBootstrapPassword": "info"}
    rules = {"DS120-secret-left-out": {"severity": "info", "because": "the registry of the lab needs no login"}}
    project.site("paris", mapping() | {"rules": rules}, **SECRETS)
    findings = run("render", "paris", "--out", tmp_path / "out", "--format", "json").json["findings"]
    assert {item["severity"] for item in findings if item["rule"].startswith("DS120-")} == {"info"}
    assert not [item for item in findings if item["rule"].startswith("DS007-")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"one\ntwo\n", "has several lines"),
        (b"one\n\n", "has several lines"),
        (b"\xff\xfe", "is no UTF-8 text"),
        (b"x" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_secret_is_one_line(run: Run, project: Project, tmp_path: Path, content: bytes, words: str) -> None:
    project.site("paris", **SECRETS)
    (tmp_path / "file").write_bytes(content)

    ran = run("render", "paris", "--out", tmp_path / "out", "--secret", f"appsToken=@{tmp_path / 'file'}")

    assert (ran.code, words in ran.err, "Error" in ran.err) == (2, True, False)
    assert not (tmp_path / "out").exists()


def test_secrets_that_cannot_be_read_are_told_in_words(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", **SECRETS)
    (tmp_path / "file").write_text("x\n")

    def secret(*options: str) -> str:
        ran = run(
            "render", "paris", "--out", tmp_path / "out", *(part for one in options for part in ("--secret", one))
        )
        assert ran.code == 2
        return ran.err

    assert "cannot be read: no such file" in secret(f"appsToken=@{tmp_path / 'none'}")
    assert "cannot be read: is a directory" in secret(f"appsToken=@{tmp_path}")
    good = f"=@{tmp_path / 'file'}"
    assert "appsToken is given twice" in secret(f"appsToken{good}", f"dualstack:appsToken{good}")


def test_files_that_the_site_names_and_the_project_lacks(run: Run, project: Project, tmp_path: Path) -> None:
    data = mapping(image={"files": "nope"}) | {"manifests": ["https://example.com/a.yaml", "missing.yaml"]}
    project.site("paris", data, **SECRETS)

    ran = run("check", "paris", "--format", "json")

    assert ran.code == 1
    told = {item["path"]: item for item in ran.json["sites"][0]["findings"] if item["rule"] == "DS131-missing-file"}
    assert set(told) == {"manifests[1]", "image.files"}
    assert told["manifests[1]"]["file"] == "stacks/Pulumi.paris.yaml"
    assert told["manifests[1]"]["line"] > 1
    assert str(project.folder / "missing.yaml") in told["manifests[1]"]["fix"]
    assert run("plan", "paris").code == 1
    (project.folder / "missing.yaml").write_text("kind: ConfigMap\n")
    (project.folder / "nope").mkdir()
    assert "DS131" not in run("check", "paris").out


def test_the_way_to_a_secret_is_one_that_works(run: Run, project: Project, tmp_path: Path) -> None:
    # The CLI has no secret that the stack lacks: --with-secrets alone would lead back to the same words.
    project.site("paris", appsToken=SECRETS["appsToken"])

    text = run("render", "paris", "--out", tmp_path / "out").out

    missing = dict(
        line.strip().removeprefix("the secret ").split(": ", 1) for line in text.splitlines() if "  the secret" in line
    )
    assert missing["appsToken"] == "render again with --with-secrets, or with --secret appsToken=@FILE"
    assert missing["sccRegistrationCode"].startswith(
        "render again with --secret sccRegistrationCode=@FILE, or, after pulumi"
    )
    assert "pulumi config set --secret dualstack:sccRegistrationCode --stack paris" in missing["sccRegistrationCode"]
