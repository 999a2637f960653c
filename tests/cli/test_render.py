"""``dualstack render``: whose directory, what was changed by hand, secrets from files, and what is still missing."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Project, Run
from tests.sites import mapping

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: default}\n"
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


def test_edits_are_not_overwritten_without_a_word(run: Run, project: Project, tmp_path: Path) -> None:
    site, out = project.site("paris"), tmp_path / "out"
    run("render", "paris", "--out", out)
    (out / "definition.yaml").write_text("mine\n")

    ran = run("render", "paris", "--out", out)

    assert (ran.code, "edited since dualstack wrote them: `definition.yaml`" in ran.err) == (2, True)
    assert (out / "definition.yaml").read_text() == "mine\n"
    lines = run("render", "paris", "--out", out, "--overwrite").out.splitlines()
    assert lines[0] == "warning changed by hand since the last render, and overwritten: `definition.yaml`"
    assert "changed by hand" not in run("render", "paris", "--out", out).out

    # An edit that says what the site says by now loses nothing.
    site.write_text(site.read_text().replace("mgmt-1", "mgmt-2"))
    run("render", "paris", "--out", tmp_path / "other")
    (out / "definition.yaml").write_text((tmp_path / "other/definition.yaml").read_text())
    (out / "network/mgmt-1.yaml").unlink()
    assert run("render", "paris", "--out", out).code == 0


def test_files_of_others_are_named_and_none_is_a_host(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris")
    out = tmp_path / "out"
    run("render", "paris", "--out", out)
    (out / "rpms").mkdir()
    (out / "rpms/mine.rpm").touch()

    assert "not written by dualstack: `rpms/mine.rpm`" in run("render", "paris", "--out", out).out
    for name in ("mine.yaml", "configure-network.sh", "README"):
        (out / "network" / name).touch()
        ran = run("render", "paris", "--out", out)
        assert (
            ran.code,
            f"for a host of its own, and configure-network.sh in place of them all: `network/{name}`" in ran.err,
        ) == (2, True)
        (out / "network" / name).unlink()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("kubernetes/config/server.yaml", "dualstack writes these files itself: `kubernetes/config/server.yaml`"),
        ("definition.yaml", "dualstack writes these files itself"),
        ("custom/scripts/70-dualstack-register.sh", "dualstack writes these files itself"),
        (".dualstack.json", "dualstack writes these files itself"),
        ("network/mine.yaml", "for a host of its own"),
        ("network/configure-network.sh", "for a host of its own"),
        ("network", "is a file, and the folder of"),
        ("kubernetes/config/server.yaml/x", "is a file, and the folder of"),
        ("kubernetes/manifests/pool.yaml", "dualstack writes these files itself"),
    ],
)
def test_check_tells_what_render_refuses(run: Run, project: Project, tmp_path: Path, path: str, words: str) -> None:
    project.site("paris", mapping(image={"files": "files"}) | {"manifests": ["pool.yaml"]}, **SECRETS)
    (project.folder / "pool.yaml").write_text(MANIFEST)
    (project.folder / "files" / path).parent.mkdir(parents=True)
    (project.folder / "files" / path).touch()

    ran = run("check", "paris", "--format", "json")

    told = {item["rule"]: item for item in ran.json["sites"][0]["findings"]}
    finding = told["DS138-place-taken"]
    assert (ran.code, finding["path"], words in finding["message"]) == (1, "image.files", True)
    assert finding["line"] > 1
    assert run("render", "paris", "--out", tmp_path / "out").code == 1
    (project.folder / "files" / path).unlink()
    assert run("check", "paris").code == 0


def test_manifests_of_one_name_are_told_each(run: Run, project: Project) -> None:
    project.site("paris", mapping() | {"manifests": ["a/x.yaml", "b/x.yaml", "c/x.yaml", "missing.yaml"]})
    for folder in "abc":
        (project.folder / folder).mkdir()
        (project.folder / folder / "x.yaml").write_text(MANIFEST)

    findings = run("check", "paris", "--format", "json").json["sites"][0]["findings"]

    told = [(item["rule"][:5], item["path"]) for item in findings if item["severity"] == "error"]
    assert told == [("DS138", "manifests[1]"), ("DS138", "manifests[2]"), ("DS131", "manifests[3]")]


def test_several_sites_are_rendered_each_into_its_folder(run: Run, project: Project, tmp_path: Path) -> None:
    for name in ("lyon", "paris"):
        project.site(name)
    project.site("broken", mapping() | {"release": "9.9"})
    project.text("network", "config:\n  other:key: value\n")
    out = tmp_path / "out"

    assert run("render", "lyon", "paris", "--out", out).code == 0
    assert {path.name for path in out.iterdir()} - {".dualstack.lock"} == {"lyon", "paris"}
    ran = run("render", "--all", "--out", tmp_path / "all")
    assert (ran.code, "broken is not rendered" in ran.err, "network" in ran.err) == (1, True, True)
    assert (tmp_path / "all/lyon/definition.yaml").read_bytes() == (out / "lyon/definition.yaml").read_bytes()
    (out / "lyon/definition.yaml").write_text("mine\n")
    ran = run("render", "--all", "--out", out, "--format", "json")
    told = {site["site"]: site for site in ran.json["sites"]}
    assert ran.code == 2 and "edited since" in told["lyon"]["error"]["message"]
    assert told["broken"]["findings"] and told["paris"]["directory"] == str(out / "paris")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "no site is named"),
        (("paris", "--all"), "named beside --all"),
        (("paris", "stacks/Pulumi.paris.yaml"), "`paris` is named twice"),
    ],
)
def test_which_sites_to_render_is_clear(
    run: Run, project: Project, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    project.site("paris")
    ran = run("render", *words, "--out", tmp_path / "out")
    assert (ran.code, told in ran.err, (tmp_path / "out").exists()) == (2, True, False)


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
        "render again with --secret sccRegistrationCode=@FILE, or, after dualstack"
    )
    assert "dualstack secret set paris sccRegistrationCode" in missing["sccRegistrationCode"]
