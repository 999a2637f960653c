"""``dualstack check``: exit codes, JSON, places, and what a newcomer reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dualstack.check.checked import Checked, check_site
from dualstack.stack.layers import Resolved
from tests.cli.conftest import Project, Run
from tests.sites import mapping, put


def test_a_good_site_is_fine(run: Run, project: Project) -> None:
    project.site("paris", rancherBootstrapPassword={"secure": "v1:x"}, appsToken={"secure": "v1:y"})

    ran = run("check", "paris", "--strict")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("✓ paris: ")


def test_json_has_the_documented_shape(run: Run, project: Project) -> None:
    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    project.site("paris", data)

    ran = run("check", "paris", "--format", "json")

    assert ran.code == 1
    assert set(ran.json) == {"version", "sites"}
    (site,) = ran.json["sites"]
    assert site["site"] == "paris"
    (overlap,) = [finding for finding in site["findings"] if finding["rule"].startswith("DS012-")]
    assert list(overlap) == [
        "rule", "severity", "path", "file", "line", "column", "message", "consequence", "fix", "patch", "source"
    ]  # fmt: skip
    assert overlap["severity"] == "error"


def test_places_are_where_the_value_was_written_also_in_a_layer(run: Run, project: Project) -> None:
    project.layer("fleet", "# a comment\ncluster:\n  services:\n    ipv4: 10.42.0.0/16\n")
    project.site("paris", mapping() | {"extends": ["fleet"]})

    findings = run("check", "paris", "--format", "json").json["sites"][0]["findings"]

    places = {
        (item["path"], item["file"], item["line"], item["column"]) for item in findings if "DS012" in item["rule"]
    }
    assert ("cluster.services.ipv4", "stacks/layers/fleet.yaml", 4, 11) in places


def test_an_unknown_key_names_the_nearest_and_points_at_the_key(run: Run, project: Project) -> None:
    project.text("x", "config:\n  dualstack:site:\n    mode: address\n    provisioning:\n      vmediaTSL: true\n")

    ran = run("check", "x", "--format", "json")

    assert ran.code == 1
    (unknown,) = [item for item in ran.json["sites"][0]["findings"] if item["rule"] == "DS001-unknown-key"]
    assert unknown["fix"] == "rename it to vmediaTls"
    assert (unknown["path"], unknown["line"], unknown["column"]) == ("provisioning.vmediaTSL", 5, 7)


def test_wrong_types_and_rules_are_told_at_once(run: Run, project: Project) -> None:
    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    put(data, "yes", "provisioning", "vmediaTls")
    data["unheardOf"] = 1
    project.site("paris", data)

    rules = {item["rule"] for item in run("check", "paris", "--format", "json").json["sites"][0]["findings"]}

    assert {"DS001-unknown-key", "DS002-wrong-type", "DS012-pod-service-overlap"} <= rules


def test_a_number_where_text_is_wanted_says_quote_it(run: Run, project: Project) -> None:
    project.site("paris", mapping() | {"release": 3.5})

    assert 'release: 3.5 is a number, a release is text; write "3.5"' in run("check", "paris").out


def test_the_first_line_names_the_field_and_the_fix(run: Run, project: Project) -> None:
    project.site("paris", put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4"))

    lines = run("check", "paris").out.splitlines()

    first = next(line for line in lines if line.startswith("error "))
    assert first.startswith("error cluster.")
    assert "; " in first


def test_all_sites_where_none_is_named(run: Run, project: Project) -> None:
    project.site("one")
    project.site("two")

    sites = run("check", "--format", "json").json["sites"]

    assert [site["site"] for site in sites] == ["one", "two"]


def test_a_missing_site_is_unreadable_input(run: Run, project: Project) -> None:
    project.site("paris")

    ran = run("check", "pari", "--format", "json")

    assert ran.code == 2
    assert ran.json["version"] == 1
    assert "paris" in ran.json["error"]["fix"]


def test_broken_yaml_has_line_and_column(run: Run, project: Project) -> None:
    project.text("x", "config:\n  dualstack:site:\n    mode: [address\n")

    ran = run("check", "x", "--format", "json")

    assert ran.code == 2
    assert ran.json["error"]["file"] == "stacks/Pulumi.x.yaml"
    assert ran.json["error"]["line"] >= 3
    assert ran.json["error"]["column"] >= 1


def test_one_unreadable_site_does_not_hide_the_others(run: Run, project: Project) -> None:
    project.text("a", "config: [\n")
    project.site("b")

    ran = run("check")

    assert ran.code == 2
    assert "b: " in ran.out
    assert "Pulumi.a.yaml" in ran.err


def test_json_has_the_other_sites_beside_one_that_cannot_be_read(run: Run, project: Project) -> None:
    project.text("a", "config: [\n")
    project.site("b")

    ran = run("check", "--format", "json")

    assert ran.code == 2
    assert [site["site"] for site in ran.json["sites"]] == ["b"]
    assert [error["file"] for error in ran.json["errors"]] == ["stacks/Pulumi.a.yaml"]
    assert ran.json["error"] == ran.json["errors"][0]


@pytest.mark.parametrize("arguments", [("check",), ("check", "--format", "json"), ("sites",)])
def test_a_fault_of_our_own_is_the_error_of_one_site(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    project.site("a")
    project.site("b")

    def fails(name: str, resolved: Resolved) -> Checked:
        if name == "a":
            raise ValueError("text with a secret in it")
        return check_site(name, resolved)

    monkeypatch.setattr("dualstack.check.sites.check_site", fails)
    ran = run(*arguments)

    told = ran.out + ran.err
    assert "dualstack itself failed here, with ValueError" in told
    assert "Traceback" not in told
    assert "secret in it" not in told
    assert "b" in ran.out
    assert ran.code == (0 if arguments == ("sites",) else 2)


def test_a_fault_of_our_own_is_a_line(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.site("a")

    def fails(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("dualstack.cli.show.show_site", fails)
    ran = run("show", "a", "--format", "json")

    assert ran.code == 2
    assert ran.json["error"]["message"].startswith("dualstack itself failed here, with KeyError")


HOSTS = (
    "a::b::1",
    "[",
    "]",
    "[::1",
    "[v1.x]",
    "x:99999999999999999999",
    "x:" + "1" * 5000,
    "\u2100.com",
    "a@[b",
    "%",
    "/",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", [("hostname",), ("externalHttpHost",)])
def test_what_is_no_host_is_a_finding_also_for_render(
    run: Run, project: Project, host: str, path: tuple[str, ...], tmp_path: Path
) -> None:
    project.site("a", put(mapping("hostname"), host, "provisioning", *path))

    ran = run("render", "a", "--force", "--out", tmp_path / "out")

    assert "Traceback" not in ran.out + ran.err
    assert "itself failed" not in ran.out + ran.err
    assert ran.code in (0, 1)
    assert run("check", "a").code == 1


def test_a_lowered_rule_shows_its_reason_and_a_firm_one_cannot_be_lowered(run: Run, project: Project) -> None:
    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    data["rancher"] = {"hostname": "auto"}
    data["rules"] = {
        "DS012-pod-service-overlap": {"severity": "info", "because": "I know"},
        "DS090-rancher-one-family": {"severity": "info", "because": "no IPv6-only machine"},
        "DS999-nothing": {"severity": "info", "because": "x"},
    }
    project.site("paris", data)

    findings = run("check", "paris", "--format", "json").json["sites"][0]["findings"]
    by_rule = {item["rule"]: item for item in findings}

    assert by_rule["DS012-pod-service-overlap"]["severity"] == "error"
    assert by_rule["DS008-firm-rule"]["path"] == "rules.DS012-pod-service-overlap"
    assert by_rule["DS007-unknown-rule"]["path"] == "rules.DS999-nothing"
    assert by_rule["DS090-rancher-one-family"]["severity"] == "info"
    assert by_rule["DS090-rancher-one-family"]["because"] == "no IPv6-only machine"


def test_a_secret_inside_the_site_is_found(run: Run, project: Project) -> None:
    put(data := mapping(), {"secure": "v1:abc"}, "charts", "rancher", "values", "bootstrapPassword")
    project.site("paris", data)

    ran = run("check", "paris")

    assert ran.code == 1
    assert "charts.rancher.values.bootstrapPassword" in ran.out
    assert "v1:abc" not in ran.out


def test_warnings_fail_with_strict_only(run: Run, project: Project) -> None:
    project.site("paris", mapping() | {"rancher": {"hostname": "auto"}})

    assert run("check", "paris").code == 0
    assert run("check", "paris", "--strict").code == 1


@pytest.mark.parametrize("empty", ["null", "", "~"])
def test_an_empty_value_over_a_layer_is_told_as_what_takes_it_away(run: Run, project: Project, empty: str) -> None:
    project.layer("base", "dns: {resolvers: [192.168.100.53, 'fd00:100::53']}\n")
    data = mapping(extends=["base"])
    del data["dns"]
    text = project.site("x", data).read_text()
    project.text("x", f"{text.rstrip()}\n    dns: {empty}\n")
    (found,) = [
        f for f in run("check", "x", "--format", "json").json["sites"][0]["findings"] if f["severity"] == "error"
    ]
    line = len(text.splitlines()) + 1
    assert found["message"] == f"line {line} removes what layer base gives: dns is empty there"
    assert (found["rule"], found["line"], found["fix"]) == (
        "DS003-missing-field",
        line,
        "remove that line, or give the field here",
    )


@pytest.mark.parametrize(("node", "interface"), [("node1", "eth0"), ("mgmt-1", "ens3")])
def test_a_layer_with_another_name_is_told_with_both_names(
    run: Run, project: Project, node: str, interface: str
) -> None:
    gateways = "ipv4: {gateway: 192.168.100.1}, ipv6: {gateway: 'fe80::1'}"
    project.layer("net", f"nodes: [{{name: {node}, interfaces: [{{name: {interface}, {gateways}}}]}}]\n")
    data = mapping(extends=["net"])
    for family in ("ipv4", "ipv6"):
        del data["nodes"][0]["interfaces"][0][family]["gateway"]
    project.site("x", data)
    (found,) = [
        f for f in run("check", "x", "--format", "json").json["sites"][0]["findings"] if f["severity"] == "error"
    ]
    assert found["rule"] == "DS210-layer-name"
    wanted, own = (node, "mgmt-1") if node != "mgmt-1" else (interface, "eth0")
    assert f"'{wanted}', the site has {own}" in found["message"]
    assert found["file"] == "stacks/layers/net.yaml"


def test_a_layer_may_bring_an_interface_of_its_own(run: Run, project: Project) -> None:
    project.layer("net", "nodes: [{name: mgmt-1, interfaces: [{name: eth1, mac: '34:8a:b1:4b:16:aa'}]}]\n")
    project.site("x", mapping(extends=["net"]))
    assert "DS210" not in run("check", "x").out


def test_what_a_fix_takes_on_a_living_site_is_said_where_it_is_much(run: Run, project: Project) -> None:
    project.site("paris", mapping(cluster={"pods": {"ipv4": "193.168.0.0/18"}, "tlsSan": ["https://api.example.com"]}))
    blocks = run("check", "paris", "--project", project.folder).out.split("\nwarning ")
    (pods,) = [block for block in blocks if block.startswith("cluster.pods.ipv4")]
    assert "  On a living site: rebuild: the management cluster" in pods
    assert pods.count("On a living site") == 1
