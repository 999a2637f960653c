"""The contract between revisions, and what stands for a secret in it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from dualstack.diff.snapshot import VERSION, Types, marker
from tests import PROJECT
from tests.diff.repository import CANARY, Repository, libvirt, site

# What a later dualstack relies on. A key that goes, or means something else, is another VERSION.
SITE_KEYS = {
    "bmcs", "capacity", "charts", "dns", "exports", "files", "findings", "host", "kubernetesVersion", "layers", "mode",
    "network", "origins", "rancherHostname", "release", "resources", "schema", "secrets", "site", "source", "stack",
    "values", "version", "violations",
}  # fmt: skip
RESOURCE_KEYS = {"urn", "type", "name", "parent", "inputs", "dependsOn", "options", "custom"}
OPTION_KEYS = {
    "protect", "retainOnDelete", "deleteBeforeReplace", "replaceOnChanges", "ignoreChanges", "aliases", "deletedWith",
    "provider",
}  # fmt: skip


def snapshot(repository: Repository, *names: str, key: str = "00", **more: Any) -> list[dict[str, Any]]:
    request = {"version": VERSION, "project": str(repository.project), "sites": names, "key": key, **more}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dualstack.diff.snapshot"],
        cwd=repository.project,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_contract(repository: Repository) -> None:
    repository.site("paris", libvirt(100))
    overlapping = {"services": {"ipv4": "10.42.0.0/20", "ipv6": "fd12:4567:789c::/112"}}
    repository.site("broken", {**site(1), "cluster": overlapping})
    repository.write("stacks/Pulumi.unreadable.yaml", "config: [")
    head, paris, broken, unreadable, end = snapshot(
        repository, "paris", "broken", "unreadable", future={"unknown": "keys are passed over"}
    )
    assert head["snapshot"] == VERSION == 1
    assert paris.keys() >= SITE_KEYS
    assert paris["resources"] and paris["files"]
    assert all(resource.keys() >= RESOURCE_KEYS for resource in paris["resources"])
    assert all(resource["options"].keys() >= OPTION_KEYS for resource in paris["resources"])
    assert all(file.keys() == {"mode", "text", "sha256"} for file in paris["files"].values())
    assert (broken["resources"], {finding["severity"] for finding in broken["findings"]} >= {"error"}) == (None, True)
    assert unreadable["error"].keys() == {"message", "file", "line", "column", "fix"}
    assert end["types"]["dualstack:image:Build"] == {
        "baseImage": "update", "builder": "update", "digest": "update", "directory": "update", "secrets": "none"
    }  # fmt: skip


def test_what_stands_for_a_secret(repository: Repository) -> None:
    """One run can tell that a secret changed; two runs cannot be compared, and nothing leads back to it."""
    repository.site("paris", libvirt(100))
    texts = [json.dumps(snapshot(repository, "paris", key=key)) for key in ("00", "00", "01")]
    assert texts[0] == texts[1] != texts[2]
    assert "[secret:" in texts[0]
    assert CANARY not in "".join(texts)
    one, other = marker(b"a"), marker(b"b")
    assert one("x") == one("x") != other("x")
    assert one({"a": "[unknown]"}) == "[secret:unknown]"


def test_a_text_that_looks_like_a_secret_is_hidden(repository: Repository) -> None:
    data = site(1)
    data["charts"] = {"rancher": {"values": {"password": "in-clear-0f1e2d"}}}
    repository.site("oslo", data)
    assert "in-clear-0f1e2d" not in json.dumps(snapshot(repository, "oslo"))


def test_types_that_no_provider_serves() -> None:
    types = Types()
    types.learn([{"type": "dualstack:no:Such", "custom": True, "inputs": {"a": 1}}])
    types.learn(None)
    assert types.known == {}


def test_an_unexpected_exception_is_its_sites_own(repository: Repository) -> None:
    """With a place in the program, and without its message, which may hold a secret."""
    program = """
import dualstack.diff.snapshot as snapshot
planned = snapshot.site_document
def site_document(project, name, *rest):
    if name == "oslo":
        raise ZeroDivisionError("hunter2")
    return planned(project, name, *rest)
snapshot.site_document = site_document
snapshot.main()
"""
    for name in ("oslo", "paris"):
        repository.site(name, site(1))
    request = {"version": VERSION, "project": str(repository.project), "sites": ["oslo", "paris"], "key": "00"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=repository.project,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    _, oslo, paris, _ = (json.loads(line) for line in done.stdout.splitlines())
    assert oslo["error"]["file"] == "Pulumi.oslo.yaml"
    assert "with ZeroDivisionError in snapshot.py, line" in oslo["error"]["message"]
    assert "hunter2" not in done.stdout
    assert paris["resources"]
