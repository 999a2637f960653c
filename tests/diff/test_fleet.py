"""A change that makes two sites share something says so, also where the other site is as it was."""

from __future__ import annotations

from typing import Any

from dualstack.diff.markdown import comment
from dualstack.diff.report import ERRORS, make_report
from tests.diff.repository import Repository, site

MAC = "34:8a:b1:4b:16:78"
"""That of nice."""


def first(data: dict[str, Any]) -> dict[str, Any]:
    nic: dict[str, Any] = data["nodes"][0]["interfaces"][0]
    return nic


def three(repository: Repository) -> None:
    for number, name in ((120, "nice"), (121, "oslo"), (122, "quito")):
        repository.site(name, site(number))
    repository.commit("base")


def test_a_clash_with_a_site_that_is_as_it_was_is_told(repository: Repository) -> None:
    three(repository)
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: first(data).update(mac=MAC.upper()))
    made = make_report(repository.project, "base", [], lambda _: None)
    (oslo,) = made.sites
    (new,) = [one for one in oslo.findings.new if one["rule"].startswith("DS21")]
    assert (new["rule"], new["severity"]) == ("DS211-fleet-mac", "error")
    assert "nice's nodes[0].interfaces[0].mac (stacks/Pulumi.nice.yaml:" in new["message"]
    assert new["file"] == "stacks/Pulumi.oslo.yaml"
    assert new["line"]
    assert made.exit_code == ERRORS
    out = comment(made, "x")
    assert "DS211-fleet-mac" in out
    assert "nice" in out


def test_a_clash_of_before_is_no_news(repository: Repository) -> None:
    three(repository)
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: first(data).update(mac=MAC))
    repository.commit("second")
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data.update(realm="oslo"))
    made = make_report(repository.project, "HEAD", [], lambda _: None)
    (oslo,) = made.sites
    told = [[one["rule"] for one in some if one["rule"].startswith("DS21")] for some in (
        oslo.findings.new, oslo.findings.remaining)]  # fmt: skip
    assert told == [[], ["DS211-fleet-mac"]]


def test_a_lowered_clash_is_lowered_and_sites_without_one_are_silent(repository: Repository) -> None:
    three(repository)
    rules = {"DS212-fleet-address": {"severity": "warning", "because": "handed over next week"}}
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: first(data)["ipv4"].update(address="192.168.120.10/24"))
    repository.edit("stacks/Pulumi.oslo.yaml", lambda data: data.update(rules=rules))
    repository.edit("stacks/Pulumi.quito.yaml", lambda data: data.update(realm="quito"))
    sites = {one.name: one for one in make_report(repository.project, "base", [], lambda _: None).sites}
    (new,) = [one for one in sites["oslo"].findings.new if one["rule"].startswith("DS21")]
    assert (new["rule"], new["severity"], new["because"]) == ("DS212-fleet-address", "warning", "handed over next week")
    assert not [one for one in sites["quito"].findings.new if one["rule"].startswith("DS21")]
