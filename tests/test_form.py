"""Form errors: only true ones, all at once, at the places in the file, and the rules run beside them."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from dualstack.answer.style import Style
from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.check.validated import validated
from dualstack.cli.text import findings_text
from dualstack.document.hiding import Veil
from dualstack.releases import RELEASES
from tests.sites import checked, mapping, put

ETH0: tuple[str | int, ...] = ("nodes", 0, "interfaces", 0)


def hidden(result: Checked) -> set[str]:
    """The texts that are hidden, each at its place."""
    veil = Veil()
    veiled(result, veil)
    return {text for _, text in veil.places}


def errors(data: dict[str, Any]) -> list[tuple[str, str]]:
    """Path and fix of each error."""
    from dualstack.document.origins import format_path

    return [(format_path(item.path), item.fix) for item in checked(data).findings if item.severity == "error"]


@pytest.mark.parametrize(
    ("value", "path", "fix"),
    [
        ("34:8a:b1:4b:16", (*ETH0, "mac"), 'write six pairs of hex digits, in quotes: "34:8a:b1:4b:16:e7"'),
        ("34-8A-B1-4B-16-E7", (*ETH0, "mac"), 'write "34:8a:b1:4b:16:e7"'),
        (348114416, (*ETH0, "mac"), 'write six pairs of hex digits, in quotes: "34:8a:b1:4b:16:e7"'),
        ("1", ("schema",), "write 1"),
        ("m", ("nodes",), "write its items as a list: a dash before each"),
        ("192.168.100.53,fd00:100::53", ("dns", "resolvers"), 'write [192.168.100.53, "fd00:100::53"]'),
        ("fd00:100::10", (*ETH0, "ipv6", "address"), "write fd00:100::10/64 or what fits"),
        ("no", (*ETH0, "ipv6", "enabled"), "write false"),
        ("amd64", ("image", "arch"), "write x86_64"),
        (3.5, ("release",), 'write "3.5"'),
        (3.1, ("release",), f"write one of {', '.join(map(json.dumps, RELEASES))}"),
        (5, ("provisioning", "persistence", "size"), "write 5Gi"),
        (1.34, ("kubernetesVersion",), "write the whole version in quotes, such as v1.34.4+rke2r1"),
        (0, ("rancher", "replicas"), "write 1 or more"),
        ("flannel", ("cluster", "cni"), "choose one of cilium, calico, canal, none"),
        ("192.168.100.53", ("dns", "resolvers"), "write [192.168.100.53]"),
    ],
)
def test_one_slip_is_one_error_with_a_fix_that_works(value: Any, path: tuple[str | int, ...], fix: str) -> None:
    from dualstack.document.origins import format_path

    assert errors(put(mapping(), value, *path)) == [(format_path(path), fix)]


@pytest.mark.parametrize(
    ("wrong", "right", "where"),
    [
        ("node", "nodes", ()),
        ("resolver", "resolvers", ("dns",)),
        ("addres", "address", (*ETH0, "ipv6")),
        ("vmedia_tls", "vmediaTls", ("provisioning",)),
        ("longhorn", "storage", ("charts",)),
    ],
)
def test_a_misspelt_key_is_told_once_with_the_right_one(wrong: str, right: str, where: tuple[str | int, ...]) -> None:
    data = mapping()
    place: Any = data
    for step in where:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    place[wrong] = place.pop(right, True)
    told = [fix for path, fix in errors(data) if path.endswith(wrong)]
    assert told == [f"rename it to {right}"]
    assert not [item for item in checked(data).findings if item.rule.id == "DS003-missing-field"]


def test_rules_run_beside_form_errors_in_lists() -> None:
    data = put(mapping(), "10.42.0.0/16", "cluster", "services", "ipv4")
    put(data, ["1.2.3.4.5", "192.168.100.53", "fd00:100::zz"], "dns", "resolvers")
    put(data, [{"name": "a", "adress": "x"}, {"name": "b", "address": "ipmi://10.0.0.1"}], "provisioning", "bmcs")

    paths = [path for path, _ in errors(data)]

    assert {"dns.resolvers[0]", "dns.resolvers[2]", "provisioning.bmcs[0].adress", "cluster.services.ipv4"} <= set(
        paths
    )
    # The second machine is judged, under the number that it has in the file.
    assert "provisioning.bmcs[1].address" in paths
    assert "nodes" not in paths


def test_a_value_that_was_taken_out_makes_no_echo() -> None:
    data = mapping()
    data["mode"] = "adress"
    assert errors(data) == [("mode", "write address")]


def test_secrets_in_the_wrong_place_name_the_right_one_and_show_nowhere() -> None:
    data = put(mapping(), "SuperSecretTok3n", "rancher", "bootstrapPassword")
    put(data, "An0therS3cret", "cluster", "server", "token")

    result = checked(data)

    fixes = dict(errors(data))
    assert "dualstack secret set test rancherBootstrapPassword" in fixes["rancher.bootstrapPassword"]
    shown = findings_text([result], Style(False))
    assert "SuperSecretTok3n" not in shown
    assert "An0therS3cret" not in shown
    assert hidden(result) == {"SuperSecretTok3n", "An0therS3cret"}


def test_several_wrong_interfaces_are_told_each() -> None:
    data = mapping()
    data["nodes"][0]["interfaces"].append({"name": "eth1", "mac": "x"})
    put(data, 12, *ETH0, "mac")

    assert [path for path, _ in errors(data)] == ["nodes[0].interfaces[0].mac", "nodes[0].interfaces[1].mac"]


def test_a_secret_beside_the_site_in_clear_is_told_and_shown_nowhere() -> None:
    from dualstack.check.checked import check_site
    from dualstack.stack.layers import resolve_mapping
    from tests import PROJECT

    config = {"rancherBootstrapPassword": "SuperSecretTok3n", "region": "europe"}
    result = check_site("paris", resolve_mapping(PROJECT, mapping(), secrets=("appsToken",), config=config))

    (finding,) = [item for item in result.findings if item.rule.id == "DS130-secret-not-encrypted"]
    assert "dualstack secret set paris rancherBootstrapPassword" in finding.fix
    assert result.failed
    assert hidden(result) == {"SuperSecretTok3n"}
    assert "SuperSecretTok3n" not in findings_text([result], Style(False))


def test_unknown_keys_cost_the_same_each() -> None:
    """Counted in calls: twice as many keys take no more than about twice as many."""

    def calls(count: int) -> int:
        data = mapping()
        data["image"] = {f"k{number:x}y": number for number in range(count)}
        seen = 0

        def count_one(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal seen
            seen += event == "call"

        sys.setprofile(count_one)
        try:
            validated(data)
        finally:
            sys.setprofile(None)
        return seen

    few, some, many = calls(10), calls(200), calls(400)
    assert many - few < 2.5 * (some - few)
