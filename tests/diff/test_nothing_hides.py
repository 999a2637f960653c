"""Nothing in a change decides what its reviewer sees of it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dualstack.answer.style import Style
from dualstack.diff import git
from dualstack.diff.compare import Edit, FileChange, Records, SiteDiff, Told
from dualstack.diff.document import report_json
from dualstack.diff.escape import shortened
from dualstack.diff.groups import groups_of
from dualstack.diff.html import html
from dualstack.diff.kinds import kind_of
from dualstack.diff.markdown import comment
from dualstack.diff.operations import Step
from dualstack.diff.report import Report, make_report
from dualstack.diff.text import page
from dualstack.document.differ import Change
from dualstack.scratch import PREFIX
from dualstack.status.html import html as status_page
from dualstack.status.model import SiteStatus
from dualstack.verify.formats import as_junit, as_prometheus
from dualstack.verify.model import Kind, Result, Word
from tests.diff.repository import Repository, site

ALLOWED = ("-c", "protocol.file.allow=always")


def made(repository: Repository, base: str = "base") -> Report:
    return make_report(repository.project, base, [], lambda _: None)


def shown(report: Report) -> list[str]:
    """Every format."""
    return [html(report), comment(report, "x"), page(report, Style(False)), str(report_json(report))]


def changed(repository: Repository) -> list[str]:
    asked = git.Repository(repository.project)
    return asked.changed(asked.commit("base"), ".")


def base_files(repository: Repository) -> dict[str, bytes]:
    asked = git.Repository(repository.project)
    with asked.tree(asked.commit("base")) as (tree, _):
        return {str(file.relative_to(tree)): file.read_bytes() for file in tree.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    "attributes",
    [
        "*.yaml text working-tree-encoding=UTF-16LE-BOM",
        "*.yaml text eol=crlf",
        "*.yaml ident",
        "*.yaml filter=x",
        "stacks export-ignore",
        "*.yaml -diff binary",
        "* merge=ours linguist-generated",
    ],
)
def test_attributes_of_the_change(repository: Repository, attributes: str) -> None:
    repository.git("config", "filter.x.smudge", "tr a-z A-Z")
    repository.git("config", "filter.x.clean", "cat")
    repository.site("oslo", {**site(130), "extends": ["fleet"]})
    repository.write("stacks/layers/words.yaml", "# $Id$ and more\n{}\n")
    repository.commit("base")
    before = base_files(repository)
    repository.write(".gitattributes", f"{attributes}\n")
    repository.write("stacks/.gitattributes", f"{attributes}\n")
    assert base_files(repository) == before
    assert before["stacks/layers/words.yaml"] == b"# $Id$ and more\n{}\n"
    # What git cannot read by the new attributes counts as changed besides.
    assert {".gitattributes", "stacks/.gitattributes"} <= set(changed(repository))


def test_bytes_that_attributes_call_the_same(repository: Repository) -> None:
    repository.write("files/motd", "one\ntwo\n")
    repository.commit("base")
    repository.write(".gitattributes", "files/* text eol=crlf\n")
    (repository.project / "files/motd").write_bytes(b"one\r\ntwo\r\n")
    assert changed(repository) == [".gitattributes", "files/motd"]


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_flags_in_the_index(repository: Repository, flag: str) -> None:
    repository.write("files/motd", "one")
    repository.commit("base")
    repository.git("update-index", flag, "files/motd")
    repository.write("files/motd", "two")
    assert changed(repository) == ["files/motd"]


def test_objects_that_replace_others(repository: Repository) -> None:
    repository.write("files/motd", "one")
    repository.commit("base")
    repository.write("files/motd", "two")
    repository.commit("next")
    ids = [repository.git("rev-parse", f"{tag}:files/motd").strip() for tag in ("base", "next")]
    repository.git("replace", *ids)
    assert base_files(repository)["files/motd"] == b"one"
    assert changed(repository) == ["files/motd"]


def test_modes_and_links(repository: Repository) -> None:
    repository.write("files/run", "x")
    repository.write("files/other", "x")
    repository.commit("base")
    (repository.project / "files/run").chmod(0o755)
    (repository.project / "files/other").unlink()
    (repository.project / "files/other").symlink_to("run")
    repository.git("config", "core.fileMode", "false")
    assert changed(repository) == ["files/other", "files/run"]


def test_what_git_lfs_points_to_is_the_file_whose_digest_it_has(repository: Repository) -> None:
    content = os.urandom(5000)
    pointer = "version https://git-lfs.github.com/spec/v1\n"
    pointer += f"oid sha256:{hashlib.sha256(content).hexdigest()}\nsize {len(content)}\n"
    for name in ("same", "other"):
        repository.write(f"files/{name}", pointer)
    repository.commit("base")
    (repository.project / "files/same").write_bytes(content)
    (repository.project / "files/other").write_bytes(content[:-1] + b"!")
    assert base_files(repository)["files/same"] == content
    assert base_files(repository)["files/other"] == pointer.encode()
    assert "files/other" in changed(repository)


def with_submodule(tmp_path: Path) -> tuple[Repository, Repository]:
    """Sites with a submodule ``extra`` that holds a file; the second is the submodule's work tree."""
    source = Repository(tmp_path / "source")
    source.write("files/motd", "one")
    source.commit()
    repository = Repository(tmp_path / "repository")
    repository.site("oslo", site(130, image={"files": "extra/files"}))
    repository.git(*ALLOWED, "submodule", "--quiet", "add", str(source.root), "extra")
    repository.git("config", "-f", ".gitmodules", "submodule.extra.ignore", "all")
    repository.git("config", "submodule.extra.ignore", "all")
    repository.commit("base")
    copy = Repository.__new__(Repository)
    copy.root = copy.project = repository.project / "extra"
    return repository, copy


def test_a_submodule_that_its_settings_ignore(tmp_path: Path) -> None:
    """It is seen, what it changes at a site is told, and the commits are named."""
    repository, copy = with_submodule(tmp_path)
    copy.write("files/motd", "two")
    assert changed(repository) == ["extra", "extra/files/motd"]
    copy.commit()
    repository.git("add", "--force", "extra")
    repository.git("commit", "--quiet", "-m", "moved", "--", "extra")
    assert changed(repository) == ["extra", "extra/files/motd"]
    report = made(repository)
    assert [(one.path, one.what) for one in report.beside] == [("extra", "a submodule")]
    lines = report.beside[0].lines or ()
    assert [line[:1] for line in lines if not line.startswith("@@")] == ["-", "+"]
    [oslo] = report.changed
    assert oslo.reached_by == ("extra", "extra/files/motd")
    [file] = oslo.files
    assert (file.path, file.lines) == ("motd", ("@@ -1 +1 @@", "-one", "+two"))


def test_a_submodule_whose_base_is_not_here(tmp_path: Path) -> None:
    """It stops nothing, and is told."""
    repository, copy = with_submodule(tmp_path)
    lost = copy.git("rev-parse", "HEAD").strip()
    missing = "0123456789" * 4
    repository.git("update-index", "--cacheinfo", f"160000,{missing},extra")
    repository.git("commit", "--quiet", "-m", "a commit that is nowhere")
    repository.git("tag", "--force", "base")
    repository.git("update-index", "--cacheinfo", f"160000,{lost},extra")
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data["rancher"].update(hostname="auto"))
    report = made(repository)
    assert "submodule `extra` is at 0123456789, which is not here" in report.notes[-1]
    assert [one.path for one in report.beside] == ["extra"]
    assert [one.name for one in report.changed] == ["oslo"]


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("Pulumi.yaml", "the project's settings"),
        ("requirements.txt", "packages"),
        ("policy/PulumiPolicy.yaml", "the policies"),
        ("policy/levels.json", "the policies"),
        ("provider/pulumi-resource-dualstack", "the provider"),
        ("components/templates/x.j2", "the program"),
        (".github/workflows/deploy.yml", "how CI runs"),
        (".gitlab-ci.yml", "how CI runs"),
        ("ci/install.sh", "how CI runs"),
        (".gitattributes", "git's settings"),
        ("tools/x", "another file"),
        ("Makefile", "another file"),
        ("helper.py", "the program"),
        ("stacks/helper.py", "the program"),
        ("stacks/levels.json", "another file"),
        ("anything/else.json", "another file"),
    ],
)
def test_what_runs_beside_secrets(repository: Repository, path: str, what: str) -> None:
    """Whatever is no site's part is told, though no value changes."""
    repository.commit("base")
    file = repository.project / path
    repository.write(path, f"{file.read_text() if file.exists() else ''}# --index-url https://evil.example/simple\n")
    report = made(repository)
    assert [(one.path, one.what) for one in report.beside] == [(path, what)]
    assert report.exit_code == 3
    for text in shown(report):
        assert path in text
        assert "Runs beside secrets" in text or "besideSecrets" in text
    assert "evil.example" in html(report)


@pytest.mark.parametrize("path", ["README.md", "docs/x.py", "tests/test_x.py", "stacks/layers/unused.yaml"])
def test_what_does_not_run(repository: Repository, path: str) -> None:
    repository.commit("base")
    repository.write(path, "{}")
    assert made(repository).exit_code == 0


def test_reports_of_its_own_are_nobodys_change_until_somebody_commits_them(repository: Repository) -> None:
    repository.commit("base")
    results = [Result(Kind.API, "192.0.2.1:6443", "TLS", Word.OK, "well")]
    reports = {
        "status.html": status_page([SiteStatus("paris")], datetime.now(UTC)),
        "diff.html": html(made(repository)),
        "verify.xml": as_junit("paris", results),
        "paris.prom": as_prometheus("paris", results),
    }
    for name, text in reports.items():
        repository.write(name, text)
    assert made(repository).exit_code == 0

    # Neither another kind of file nor a link looks like one, nor does a report that is committed.
    repository.write("helper.py", reports["status.html"])
    (repository.project / "link.html").symlink_to("status.html")
    repository.git("add", "diff.html")
    assert sorted(one.path for one in made(repository).beside) == ["diff.html", "helper.py", "link.html"]


def test_a_login_in_what_runs_is_not_shown(repository: Repository) -> None:
    repository.write("requirements.txt", "--index-url https://robot:hunter2@index.example/simple\n")
    repository.commit("base")
    repository.write("requirements.txt", "--index-url https://robot:hunter3@other.example/simple\n")
    text = html(made(repository))
    assert "hunter" not in text
    assert "@other.example/simple" in text


def step(name: str, **more: Any) -> Step:
    urn = f"urn:pulumi:{name}::dualstack::x:y:Z::a"
    return Step(urn, "x:y:Z", "a", True, "update", kind_of("x:y:Z", {}), "a", **more)


def finding(**more: Any) -> dict[str, Any]:
    told = {"rule": "DS001-x", "severity": "warning", "path": "a", "message": "m", "fix": "f", "line": 3, "column": 1}
    return {**told, "file": "stacks/Pulumi.paris.yaml", **more}


def paris(**more: Any) -> SiteDiff:
    return replace(
        SiteDiff(
            "paris",
            "changed",
            ("stacks/Pulumi.paris.yaml",),
            edits=(Edit(Change(("a",), "update", 1, 2), "stacks/Pulumi.paris.yaml:3"),),
            steps=(step("paris", changes=(Change(("b",), "update", 1, 2),)),),
            values=(Change(("v",), "update", 1, 2),),
            dns=(Records("a", "A", (("10.0.0.1", 60),), (("10.0.0.2", 60),)),),
            files=(FileChange("definition.yaml", "update", ("-a", "+b"), None, False),),
            findings=Told((finding(),), (), ()),
            violations=Told(),
        ),
        **more,
    )


def told_of(told: Told) -> tuple[Any, ...]:
    return told.new, told.mended, told.remaining


def in_file_of(name: str, one: Any) -> dict[str, Any]:
    return {**one, "file": f"stacks/Pulumi.{name}.yaml", "line": 9}


OTHERS: dict[str, dict[str, Any]] = {
    "the same": {},
    "edit": {"edits": (Edit(Change(("a",), "update", 1, 3), "stacks/Pulumi.paris.yaml:3"),)},
    "layer": {"edits": (Edit(Change(("a",), "update", 1, 2), "stacks/layers/x.yaml:3"),)},
    "step": {"steps": (step("paris", changes=(Change(("b",), "update", 1, 3),)),)},
    "value": {"values": (Change(("v",), "update", 1, 3),)},
    "record": {"dns": (Records("a", "A", (("10.0.0.1", 60),), (("10.0.0.66", 60),)),)},
    "file": {"files": (FileChange("definition.yaml", "update", ("-a", "+evil"), None, False),)},
    "name of a file": {"files": (FileChange("evil.yaml", "update", ("-a", "+b"), None, False),)},
    "finding": {"findings": Told((finding(message="other"),), (), ())},
    "remaining error": {"findings": Told((finding(),), (), (finding(severity="error"),))},
    "violation": {"violations": Told((finding(),), (), ())},
    "network": {"network": (None, {"pods": 1})},
    "secret": {"secrets": (("token", "removed"),)},
    "reached": {"reached_by": ("stacks/Pulumi.paris.yaml", "helper.py")},
    "note": {"note": "not compared"},
}


@pytest.mark.parametrize("what", OTHERS)
def test_sites_are_told_together_only_where_all_is_the_same(what: str) -> None:
    other = paris(**OTHERS[what])
    own = replace(
        other,
        name="oslo",
        reached_by=tuple(path.replace("paris", "oslo") for path in other.reached_by),
        edits=tuple(replace(e, place=(e.place or "").replace("paris.yaml:3", "oslo.yaml:9")) for e in other.edits),
        steps=tuple(replace(one, urn=one.urn.replace(":paris:", ":oslo:")) for one in other.steps or ()),
        findings=Told(*(tuple(in_file_of("oslo", one) for one in some) for some in told_of(other.findings))),
    )
    assert len(groups_of([paris(), own])) == (1 if what == "the same" else 2)


def test_an_own_name_in_a_value_is_a_value() -> None:
    """Whoever chooses a site's name does not choose what is told of it."""
    one, other = (
        replace(paris(), name=name, values=(Change(("v",), "update", "a", f"{name}.example"),))
        for name in ("paris", "evil")
    )
    assert len(groups_of([one, other])) == 2


def test_long_values_are_cut_around_their_difference() -> None:
    same = "x" * 1000
    before, after = shortened(f"{same}old{same}", f"{same}evil{same}", 100)
    assert ("old" in before, "evil" in after) == (True, True)
    assert max(len(before), len(after)) <= 101
    assert shortened("a", "b", 1) == ("a", "b")
    edits = (Edit(Change(("a",), "update", f"{same}old{same}", f"{same}evil{same}"), None),)
    commit = git.Commit("main", "0123456789abcdef", 0)
    report = Report(commit, "", False, (), (paris(edits=edits, findings=Told(), violations=None),), ())
    for text in shown(report):
        assert "evil" in text


def test_one_site_does_not_stop_the_others(repository: Repository) -> None:
    """Line ends of Unicode in a text, a name that is no text, and an exception that nobody expected."""
    for name in ("oslo", "paris"):
        repository.site(name, site(130))
    repository.commit("base")
    because = "so\u2028and\u2029so\u0085"
    repository.edit(
        "stacks/Pulumi.oslo.yaml", lambda data: data.update(rules={"DS102": {"level": "info", "because": because}})
    )
    repository.edit("stacks/Pulumi.paris.yaml", lambda data: data["rancher"].update(hostname="auto"))
    odd = os.fsencode(repository.project / "stacks") + b"/Pulumi.\xff.yaml"
    Path(os.fsdecode(odd)).write_text("config: [")
    report = made(repository)
    status = {one.name: one.status for one in report.changed}
    assert status == {"oslo": "changed", "paris": "changed", "\udcff": "unreadable"}
    for text in shown(report):
        text.encode("ascii", "backslashreplace")
        assert "paris" in text
    for text in shown(report)[:3]:
        assert not {"\u2028", "\u2029", "\u0085"} & set(text)


def test_a_secret_blanks_its_own_place_alone(repository: Repository) -> None:
    """Else whoever writes `password: 192.` blanks every address, and an SSH key's text every such key."""
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIevilevil evil@example.com"
    data = site(130)
    repository.site("oslo", data)
    repository.commit("base")
    values = {"password": "192.168.", "apiToken": key, "passphrase": "evil"}
    users = [{"username": "root", "sshKeys": [key]}]
    repository.edit(
        "stacks/Pulumi.oslo.yaml",
        lambda data: data.update(charts={"rancher": {"values": values}}, image={"users": users}),
    )
    [oslo] = (report := made(repository)).changed
    assert oslo.edits
    for text in (html(report), str(report_json(report))):
        assert "AAAAIevilevil evil@example.com" in text
    edits = {str(edit.change.path[-1]): edit.change.after for edit in oslo.edits}
    assert {edits[name] for name in values} == {"[secret]"}
    [definition] = [file for file in oslo.files if file.path == "definition.yaml"]
    assert any(key in line for line in definition.lines or ())


def test_a_secret_in_clear_is_nowhere_and_its_change_is_told(repository: Repository) -> None:
    """Rotated: neither the old nor the new one, in values, rendered files, resources and files of the user's."""

    def given(text: str) -> dict[str, Any]:
        values = {
            "apiToken": text,
            "extraEnv": [{"name": "DB_PASSWORD", "value": text}],
            "url": f"https://robot:{text}@db.example/x",
            "tls": f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n",
        }
        return site(
            130,
            delivery="pulumi",
            charts={"rancher": {"values": values}},
            image={"proxy": {"https": f"http://robot:{text}@proxy.example:3128"}, "files": "files"},
        )

    for text in ("canary1canary", "canary2canary"):
        repository.site("oslo", given(text))
        repository.write("files/etc/app.yaml", f"user: app\npassword: {text}\n")
        if "1" in text:
            repository.commit("base")
    report = made(repository)
    [oslo] = report.changed
    assert oslo.status == "changed", oslo
    for shown_text in shown(report):
        assert "canary" not in shown_text
    assert any(file.path == "etc/app.yaml" and file.secret for file in oslo.files)
    paths = {".".join(map(str, edit.change.path)) for edit in oslo.edits if edit.change.secret}
    assert {"charts.rancher.values.apiToken", "charts.rancher.values.url", "image.proxy.https"} <= paths
    assert any(step.type.endswith("Release") and step.op == "update" for step in oslo.steps or ())


def test_a_stack_file_beside_its_site(repository: Repository) -> None:
    """Who encrypts the secrets, environments and config of others: no value of the site, and used when it deploys."""
    repository.site("oslo", site(130))
    repository.commit("base")
    file = repository.project / "stacks/Pulumi.oslo.yaml"
    more = "  aws:region: evil-1\n  aws:secretKey: hunter2\n  dualstack:odd: {a: 1}\n"
    text = file.read_text().replace("config:\n", f"config:\n{more}", 1)
    text += "secretsprovider: awskms://evil\nenvironment: [evil-env]\nencryptionsalt: v1:abc:v1:def\n"
    file.write_text(text)
    report = made(repository)
    [oslo] = report.changed
    edits = {".".join(map(str, edit.change.path)): edit.change.after for edit in oslo.edits}
    assert edits == {
        "stackFile.secretsprovider": "awskms://evil",
        "stackFile.environment": ["evil-env"],
        "stackFile.encryptionsalt": "[secret]",
        "stackFile.config.aws:region": "evil-1",
        "stackFile.config.aws:secretKey": "[secret]",
        "stackFile.config.dualstack:odd.a": 1,
    }
    assert report.exit_code == 3
    for text in shown(report):
        assert "awskms://evil" in text
        assert "hunter2" not in text


def test_a_run_that_was_killed_before_its_lock(repository: Repository, temporary: Path) -> None:
    """Its folder goes once nobody can be making it any more."""
    repository.commit("base")
    old, young = temporary / f"{PREFIX}old", temporary / f"{PREFIX}young"
    for folder in (old, young):
        folder.mkdir()
    os.utime(old, (0, 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        base_files(repository)
    assert [folder.name for folder in temporary.iterdir()] == [young.name]
