"""The site's own files in RKE2's config.yaml.d are judged as the keys of the site are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualstack.check.checked import Checked
from dualstack.check.named_files import with_files
from tests.sites import checked, mapping

FOLDER = "os-files/etc/rancher/rke2/config.yaml.d"


def look(project: Path, site: dict[str, Any] | None = None, **files: str) -> Checked:
    folder = project / "files" / FOLDER
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    data = site or mapping()
    data["image"] = {**data["image"], "files": "files"}
    return with_files(project, checked(data))


def told(result: Checked) -> dict[str, tuple[str, str]]:
    """Give message and fix of what is found in the folder, by rule."""
    at = ("image", "files")
    return {f.rule.id.split("-")[0]: (f.message, f.fix) for f in result.findings if f.path == at and f.file}


def test_a_key_is_judged_with_the_file_that_has_it(tmp_path: Path) -> None:
    found = told(look(tmp_path, own="bind-address: 192.168.100.10\ndebug: true\n"))
    name = f"files/{FOLDER}/own.yaml"
    assert found == {
        "DS184": (f"{name}: bind-address: RKE2 listens on 192.168.100.10 alone", f"in {name}: remove it"),
    }


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("cluster-cidr: 10.42.0.0/16\n", "DS023"),
        ("service-cidr: '10.96.0.0/12,fd12:4567:789c::/48'\n", "DS037"),
        ("cluster-cidr: 'fd12:4567:789b::/48,10.42.0.0/16'\n", "DS024"),
        ("disable: [rke2-coredns]\n", "DS288"),
        ("kubelet-arg+: [max-pods=500]\n", "DS039"),
        ("node-ip: 192.168.100.10\n", "DS028"),
        ("cluster_cidr: x\n", "DS134"),
    ],
)
def test_what_is_wrong_with_a_key(tmp_path: Path, text: str, rule: str) -> None:
    assert rule in told(look(tmp_path, own=text)), text


def test_the_later_file_wins(tmp_path: Path) -> None:
    assert told(look(tmp_path, a="bind-address: 192.168.100.10\n", b="bind-address: 0.0.0.0\n")) == {}


def test_what_the_site_has_wrong_itself_is_told_once(tmp_path: Path) -> None:
    data = mapping(cluster={"server": {"bind-address": "192.168.100.10"}})
    result = look(tmp_path, data, own="debug: true\n")
    assert told(result) == {}
    assert [finding.path for finding in result.findings if finding.rule.id.startswith("DS184")] == [
        ("cluster", "server", "bind-address")
    ]


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "just text\n"])
def test_a_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    found = told(look(tmp_path, own=text))
    assert set(found) == {"DS289"}
    assert f"{FOLDER}/own.yaml" in found["DS289"][1]


def test_sound_files_and_others_say_nothing(tmp_path: Path) -> None:
    result = look(tmp_path, own="tls-san+: [more.example.com]\ndebug: true\n", empty="# nothing\n")
    assert told(result) == {}
    (tmp_path / "files" / FOLDER / "x.conf").write_text("- a\n")
    assert told(with_files(tmp_path, checked(mapping(image={"files": "files"})))) == {}


def test_a_site_lowers_it(tmp_path: Path) -> None:
    rules = {"DS184": {"severity": "info", "because": "one family alone comes in"}}
    result = look(tmp_path, mapping(rules=rules), own="bind-address: 192.168.100.10\n")
    (finding,) = [one for one in result.findings if one.rule.id.startswith("DS184")]
    assert finding.severity == "info"
