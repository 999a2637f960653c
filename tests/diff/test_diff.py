"""The command in a repository of its own: which sites, what is said of each, and the exit code."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dualstack.answer.style import Style
from dualstack.diff.document import report_json
from dualstack.diff.html import html
from dualstack.diff.markdown import comment
from dualstack.diff.report import make_report
from dualstack.diff.text import page as text_page
from dualstack.scratch import PREFIX
from tests.diff.repository import CANARY, FLEET, Repository, hostname, libvirt, site

OTHER_PODS = {"ipv4": "10.52.0.0/16", "ipv6": "fd12:4567:789b::/48"}


def branch(repository: Repository) -> None:
    """Make a branch that changes a layer, a CIDR, an FQDN, a chart version and a password."""
    repository.layer("europe", {"extends": ["fleet"], "image": {"time": {"timezone": "Europe/Paris"}}})
    repository.site("paris", libvirt(100, extends=["europe"]))
    repository.site("lyon", hostname(110, "lyon", extends=["europe"]))
    repository.site("nice", site(120, extends=["europe"]))
    for number, name in enumerate(("bergen", "oslo", "tromso")):
        repository.site(name, site(130 + number))
    repository.site("quito", {**site(140), **FLEET, "extends": []})
    repository.commit("base")
    repository.edit("stacks/layers/fleet.yaml", ntp)
    repository.edit("stacks/Pulumi.nice.yaml", lambda data: data.update(cluster={"pods": OTHER_PODS}))
    repository.edit(
        "stacks/Pulumi.lyon.yaml", lambda data: data["provisioning"].update(hostname="metal.lyon.example.com")
    )
    repository.edit("stacks/Pulumi.lyon.yaml", lambda data: data.update(charts={"rancher": {"version": "2.13.4"}}))
    repository.secret("paris", "rancherBootstrapPassword", "second")


def ntp(data: dict[str, Any]) -> None:
    data["image"]["time"]["ntpServers"].append("ntp2.example.com")


def version(data: dict[str, Any]) -> None:
    data["charts"] = {"rancher": {"version": "2.13.4"}}


def answer(repository: Repository, *arguments: str, code: int, base: str = "base") -> dict[str, Any]:
    ran = repository.diff("--format", "json", *arguments, base=base)
    assert ran.code == code, ran
    document: dict[str, Any] = json.loads(ran.out)
    return document


def sites(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["site"]: one for one in document["sites"]}


def operations(one: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["operation"] for step in one["resources"]}


def test_a_branch(repository: Repository, tmp_path: Path) -> None:
    branch(repository)
    page = tmp_path / "page.html"
    document = answer(repository, "--html", str(page), code=4)
    told = sites(document)
    # Worst first, then by name; the only one that the layer does not reach is not planned.
    assert list(told) == ["paris", "nice", "lyon", "bergen", "oslo", "tromso"]
    assert document["unchanged"] == ["quito"]
    assert told["oslo"]["reachedBy"] == ["stacks/layers/fleet.yaml"]
    assert told["nice"]["reachedBy"] == ["stacks/Pulumi.nice.yaml", "stacks/layers/fleet.yaml"]

    # The password is in the image, which the deployment builds: disk and VM are new ones.
    password = told["paris"]["secrets"]["rancherBootstrapPassword"]
    assert (password["what"], password["word"]) == ("changed, or encrypted again", "rebuild")
    assert operations(told["paris"])["management-host-disk"] == "replace"
    assert operations(told["paris"])["management-host-vm"] == "replace"
    assert told["paris"]["filesThatFollow"] == [
        *("definition.yaml", "kubernetes/helm/values/rancher.yaml", "os-files/etc/dualstack/site.json")
    ]
    assert told["paris"]["files"] == []

    nice = told["nice"]
    assert nice["word"] == "rebuild"
    edit = nice["edits"][0]
    assert (edit["path"], edit["place"]) == ("cluster.pods.ipv4", "stacks/Pulumi.nice.yaml:30")
    assert (edit["before"], edit["after"]) == ("10.42.0.0/16", "10.52.0.0/16")
    assert (edit["word"], "fixed at the cluster's first start" in edit["how"]) == ("rebuild", True)
    assert [one["word"] for one in nice["edits"]] == ["rebuild", "by hand"]

    lyon = operations(told["lyon"])
    assert lyon["management-dns-ironic.lyon.example.com"] == "delete"
    assert lyon["management-dns-metal.lyon.example.com"] == "create"
    assert lyon["management-charts-rancher"] == "update"
    values = {value["path"]: value.get("after") for value in told["lyon"]["values"]}
    assert values["charts[rancher].version"] == "2.13.4"
    assert (told["lyon"]["dns"][0]["name"], told["lyon"]["dns"][0]["type"]) == ("ironic.lyon.example.com", "A")

    # The same in every format, twice, and never a secret, not even encrypted.
    report = make_report(repository.project, "base", [], lambda _: None)
    assert html(report) == page.read_text()
    assert json.loads(json.dumps(report_json(report))) == document
    outs = [json.dumps(document), page.read_text(), comment(report, "x"), text_page(report, Style(False))]
    for out in outs:
        assert CANARY not in out
        assert not re.search(r"secret:[0-9a-f]{16}", out)
        assert "paris" in out
        assert "ntp2.example.com" in out


def test_nothing_changes(repository: Repository) -> None:
    repository.site("oslo", site(130))
    repository.commit("base")
    repository.write("README.md", "words")
    ran = repository.diff()
    assert (ran.code, ran.out.splitlines()[0]) == (0, "nothing changes")
    assert ran.out.splitlines()[-1] == "1 site unchanged: oslo."


def test_a_reached_site_may_stay_the_same(repository: Repository) -> None:
    repository.site("oslo", site(130))
    repository.commit("base")
    file = repository.project / "stacks/layers/fleet.yaml"
    file.write_text(f"# words\n{file.read_text()}")
    assert answer(repository, code=0)["unchanged"] == ["oslo"]


def test_others_are_not_planned(repository: Repository) -> None:
    """A site that cannot be read, in either revision, is nobody's business here."""
    repository.site("oslo", site(130, host={"production": True}, delivery="pulumi"))
    repository.write("stacks/Pulumi.broken.yaml", "config: {dualstack:site: {extends: [nowhere]}}")
    repository.commit("base")
    repository.edit("stacks/Pulumi.oslo.yaml", version)
    document = answer(repository, code=3)
    assert sites(document)["oslo"]["summary"] == "1 live; 1 updated"
    assert document["unchanged"] == ["broken"]


def test_only_the_named_sites(repository: Repository) -> None:
    for number, name in enumerate(("bergen", "oslo")):
        repository.site(name, site(130 + number, delivery="pulumi"))
    repository.commit("base")
    for name in ("bergen", "oslo"):
        repository.edit(f"stacks/Pulumi.{name}.yaml", version)
    assert list(sites(answer(repository, "oslo", code=3))) == ["oslo"]
    assert list(sites(answer(repository, "stacks/Pulumi.oslo.yaml", code=3))) == ["oslo"]
    ran = repository.diff("osl")
    assert (ran.code, "`osl`" in ran.err) == (2, True)


def test_findings(repository: Repository) -> None:
    repository.site("oslo", site(130))
    services = {"ipv4": "10.42.0.0/20", "ipv6": "fd12:4567:789c::/112"}
    overlapping = {"pods": FLEET["cluster"]["pods"], "services": services}
    repository.site("bergen", {**site(131), "cluster": overlapping})
    repository.commit("base")
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data.update(cluster=overlapping))
    repository.edit("stacks/Pulumi.bergen.yaml", lambda data: data.pop("cluster"))
    document = answer(repository, code=1)
    told = sites(document)
    new, mended = told["oslo"]["findings"]["new"], told["bergen"]["findings"]["mended"]
    assert {finding["severity"] for finding in new} == {"error"}
    assert [finding["rule"] for finding in new] == [finding["rule"] for finding in mended]
    # The program stops at errors, so nobody knows what the engine would do.
    assert told["oslo"]["resources"] is None
    # What was wrong before is no error of this change.
    assert answer(repository, "bergen", code=4)["word"] == "rebuild"

    # An error that the base has as well is still one.
    repository.commit("second")
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data.update(dns={**data["dns"], "ttl": 600}))
    remaining = sites(answer(repository, base="second", code=1))["oslo"]["findings"]
    assert (remaining["new"], len(remaining["remaining"]) > 0) == ([], True)


def test_new_and_removed(repository: Repository) -> None:
    repository.site("oslo", site(130))
    repository.commit("base")
    repository.site("bergen", site(131))
    document = answer(repository, code=3)
    assert sites(document)["bergen"]["status"] == "new"
    assert set(operations(sites(document)["bergen"]).values()) == {"create"}
    (repository.project / "stacks/Pulumi.oslo.yaml").unlink()
    removed = sites(answer(repository, code=4))["oslo"]
    assert (removed["status"], removed["word"]) == ("removed", "by hand")
    assert "nothing destroys what is deployed" in removed["happens"][0]["text"]
    assert removed["findings"] == {"new": [], "mended": [], "remaining": []}


def test_unreadable_now(repository: Repository) -> None:
    """What can be compared is, and the exit code says that something could not be."""
    for number, name in enumerate(("bergen", "oslo")):
        repository.site(name, site(130 + number, delivery="pulumi"))
    repository.commit("base")
    repository.edit("stacks/Pulumi.oslo.yaml", version)
    repository.write("stacks/Pulumi.bergen.yaml", "config: [")
    told = sites(answer(repository, code=2))
    assert told["bergen"]["status"] == "unreadable"
    assert told["bergen"]["error"]["file"] == "stacks/Pulumi.bergen.yaml"
    assert told["oslo"]["status"] == "changed"


def test_unreadable_before(repository: Repository) -> None:
    repository.write("stacks/Pulumi.oslo.yaml", "config: [")
    repository.commit("base")
    repository.site("oslo", site(130))
    told = sites(answer(repository, code=3))["oslo"]
    assert told["status"] == "new"
    assert told["note"].startswith("it could not be read at the base")


def test_another_schema(repository: Repository) -> None:
    repository.site("oslo", {**site(130), "schema": 2})
    repository.commit("base")
    repository.site("oslo", site(130))
    told = sites(answer(repository, code=3))["oslo"]
    assert (told["status"], told["note"]) == ("new", "the base's site has another schema (2, now 1)")


@pytest.mark.parametrize("inside", [".", "deep/er"])
def test_a_base_without_dualstack(tmp_path: Path, inside: str) -> None:
    repository = Repository(tmp_path / "repository", inside)
    repository.git("rm", "--quiet", "--cached", "-r", "--ignore-unmatch", ".")
    (repository.root / "README.md").write_text("words")
    repository.git("add", "README.md")
    repository.git("commit", "--quiet", "-m", "before")
    repository.git("tag", "base")
    repository.site("oslo", site(130))
    document = answer(repository, code=3)
    assert document["notes"] == ["the base has no dualstack sites here: everything is new"]
    assert sites(document)["oslo"]["status"] == "new"


def test_unusable_bases(repository: Repository, tmp_path: Path) -> None:
    repository.site("oslo", site(130))
    ran = repository.diff(base="HEAD")
    assert (ran.code, "there is no commit `HEAD`" in ran.err) == (2, True)
    repository.commit("base")
    for base in ("nowhere", "--output=x", "HEAD:stacks", ""):
        ran = repository.diff(f"--base={base}")
        assert (ran.code, "there is no commit" in ran.err) == (2, True), ran
    assert not (repository.project / "x").exists()
    (tmp_path / "plain").mkdir()
    outside = tmp_path / "plain"
    (outside / "Pulumi.yaml").write_text("name: dualstack\n")
    ran = repository.diff("--project", str(outside))
    assert (ran.code, "in no git repository" in ran.err) == (2, True)


def test_a_branch_that_lacks_commits(repository: Repository) -> None:
    repository.site("oslo", site(130))
    repository.commit("base")
    repository.edit("stacks/layers/fleet.yaml", ntp)
    repository.commit("main-goes-on")
    repository.git("reset", "--quiet", "--hard", "base")
    notes = answer(repository, base="main-goes-on", code=3)["notes"]
    assert notes[0].startswith("main-goes-on has 1 commit that this branch lacks")


def state(repository: Repository) -> tuple[Any, ...]:
    """Give everything but the bytes of the index, in which git notes times."""
    found = sorted(path for path in repository.root.rglob("*") if path.is_file() and path.name != "index")
    git = [repository.git(*words) for words in (("ls-files", "--stage"), ("worktree", "list"), ("diff", "--cached"))]
    return {str(path): path.read_bytes() for path in found}, git


def test_nothing_of_the_repository_is_touched(repository: Repository, temporary: Path) -> None:
    hooks = repository.root / ".git/hooks"
    repository.site("oslo", site(130))
    repository.commit("base")
    repository.edit("stacks/layers/fleet.yaml", ntp)
    repository.git("add", "--all")
    repository.edit("stacks/Pulumi.oslo.yaml", version)
    hooks.mkdir(exist_ok=True)
    for hook in (hooks / "post-checkout", hooks / "post-index-change"):
        hook.write_text(f"#!/bin/sh\ntouch {repository.root}/hooked\n")
        hook.chmod(0o755)
    before = state(repository)
    assert repository.diff().code == 3
    assert state(repository) == before
    assert list(temporary.iterdir()) == []


def test_killed(repository: Repository, temporary: Path) -> None:
    """Whatever a killed run leaves, it is no work tree of the repository, and the next run removes it."""
    repository.site("oslo", site(130))
    repository.commit("base")
    repository.edit("stacks/layers/fleet.yaml", ntp)
    before = state(repository)
    command = [sys.executable, "-c", "from dualstack.cli import main; main()", "diff", "--base", "base"]
    process = subprocess.Popen(command, cwd=repository.project, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 30
    while not list(temporary.glob("*/in/Pulumi.yaml")):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    # Its children hold the pipes until they are done.
    process.communicate(timeout=60)
    assert list(temporary.glob(f"{PREFIX}base-*"))
    assert state(repository) == before
    assert repository.diff().code == 3
    assert list(temporary.iterdir()) == []


def test_a_page_that_cannot_be_written_leaves_nothing_behind(repository: Repository, tmp_path: Path) -> None:
    # Beside the target, in the work tree, it would count as a change of the next comparison.
    repository.commit("base")
    (tmp_path / "page.html").mkdir()
    ran = repository.diff("--html", str(tmp_path / "page.html"))
    assert (ran.code, "page.html: it cannot be written: Is a directory" in ran.err) == (2, True)
    assert [file.name for file in tmp_path.iterdir() if "page" in file.name] == ["page.html"]
    (tmp_path / "file").touch()
    ran = repository.diff("--html", str(tmp_path / "file/page.html"))
    assert (ran.code, "file/page.html: it cannot be written: " in ran.err) == (2, True)
