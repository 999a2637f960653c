"""check compares sites of one project with one another."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.check import fleet
from tests.cli.conftest import Project, Run
from tests.sites import mapping, put

ETH0 = ("nodes", 0, "interfaces", 0)


def own(number: int, **changes: Any) -> dict[str, Any]:
    data = put(mapping(**changes), f"34:8a:b1:4b:99:{number:02x}", *ETH0, "mac")
    put(data, f"192.168.100.{number}/24", *ETH0, "ipv4", "address")
    return put(data, f"fd00:100::{number:x}/64", *ETH0, "ipv6", "address")


def test_both_files_and_lines_are_named(run: Run, project: Project) -> None:
    project.site("a", own(10))
    text = project.site("b", put(own(11), "34-8A-B1-4B-99-0A", *ETH0, "mac")).read_text()
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "mac:" in line)
    project.site("c", own(12))

    ran = run("check", "a")
    assert ran.code == 1
    assert f"34:8a:b1:4b:99:0a is b's nodes[0].interfaces[0].mac (stacks/Pulumi.b.yaml:{line}), too" in ran.out
    assert f"stacks/Pulumi.a.yaml:{line}:" in ran.out
    assert run("check", "c").code == 0
    assert run("check").out.count("DS211-fleet-mac") == 2


def test_what_stands_in_a_layer_is_compared(run: Run, project: Project) -> None:
    project.layer("net", "nodes: [{name: mgmt-1, interfaces: [{name: eth0, ipv4: {address: 192.168.100.10/24}}]}]\n")
    project.site("a", own(10))
    data = own(11, extends=["net"])
    data["nodes"][0]["interfaces"][0]["ipv4"].pop("address")
    project.site("b", data)
    assert "DS212-fleet-address" in run("check", "a").out


def test_a_copy_of_a_file_is_one_finding(run: Run, project: Project) -> None:
    file = project.site("a", own(10))
    project.text("b", file.read_text())
    ran = run("check", "b", "--format", "json")
    (found,) = [item for item in ran.json["sites"][0]["findings"] if item["severity"] == "error"]
    assert (found["rule"], found["path"]) == ("DS215-fleet-copy", "")
    assert "of a (stacks/Pulumi.a.yaml:" in found["message"]


def test_beyond_the_limit_it_says_so(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "MOST_OTHERS", 2)
    for number in range(10, 15):
        project.site(f"s{number}", own(number))
    assert "compared with 2 of 4 other sites" in run("check", "s10").err
    assert "compared" not in run("check").err


def test_a_broken_or_foreign_file_stops_nothing(run: Run, project: Project) -> None:
    project.site("a", own(10))
    project.text("b", "config: [\n")
    project.text("c", "34:8a:b1:4b:99:0a: 1\n")
    assert run("check", "a").code == 0


def test_a_site_may_lower_it_and_realms_part(run: Run, project: Project) -> None:
    bmc = {"bmcs": [{"name": "a", "address": "redfish-virtualmedia://192.168.200.1/redfish/v1/Systems/1"}]}
    project.site("a", own(10, provisioning=bmc))
    reason = {"DS214-fleet-bmc": {"severity": "warning", "because": "handed over next week"}}
    project.site("b", own(11, provisioning=bmc, rules=reason))
    assert "Lowered from error by this site: handed over next week" in run("check", "b").out
    project.site("b", own(11, provisioning=bmc, realm="lab"))
    assert "DS21" not in run("check").out


def test_a_file_outside_the_project_is_no_site_of_it(run: Run, project: Project) -> None:
    file = project.site("a", own(10))
    draft = project.folder / "draft.yaml"
    draft.write_text(file.read_text())
    assert "DS21" not in run("check", draft, "--project", project.folder).out
    assert "DS21" not in run("check", file, "--project", project.folder).out
