"""What holds for every right site: both families, no overlap, canonical text, nothing unfilled, twice the same."""

from __future__ import annotations

import copy
import ipaddress
import json
import re
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings

from dualstack.address.ranges import in_same_family
from dualstack.answer.json_answer import plan_json
from dualstack.eib import build_tree
from tests.properties.strategies import sites
from tests.sites import checked

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
_ADDRESS = re.compile(
    r"(?<![\w:.-])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*)(?:/[0-9]+)?(?![\w.:-])"
)


def texts(value: Any) -> list[str]:
    """Every text in a tree of plain data."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


@few
@given(sites())
def test_a_right_site_has_neither_error_nor_warning(data: dict[str, Any]) -> None:
    assert [f"{item.rule.id} {item.message}" for item in checked(data).findings if item.severity != "info"] == []


@few
@given(sites())
def test_both_families_are_everywhere_and_ipv4_is_first(data: dict[str, Any]) -> None:
    plan = checked(data).plan
    assert plan is not None
    for key in ("cluster-cidr", "service-cidr"):
        versions = [ipaddress.ip_network(part).version for part in plan.server[key].split(",")]
        assert versions == [4, 6]
    assert plan.initializer.ipv4 is not None
    assert plan.initializer.ipv6 is not None
    names = {record.name for record in plan.dns if record.type != "PTR"}
    for name in names:
        assert {record.type for record in plan.dns if record.name == name} == {"A", "AAAA"}
    assert plan.ironic is not None
    if data["mode"] == "address":
        assert (plan.ironic.ironic_ip, plan.ironic.external_url_v6 != "") == (str(plan.initializer.ipv4), True)
    else:
        assert (plan.ironic.hostname, plan.ironic.ironic_ip) == (plan.ironic.external_http_host, "")


@few
@given(sites())
def test_networks_do_not_overlap(data: dict[str, Any]) -> None:
    plan = checked(data).plan
    assert plan is not None
    for one, other in combinations(plan.networks, 2):
        assert not in_same_family(one.prefix, other.prefix), (one, other)


@few
@given(sites())
def test_text_is_canonical_and_nothing_is_unfilled(data: dict[str, Any]) -> None:
    document = plan_json(checked(data), None)
    for text in texts({key: document[key] for key in ("values", "dns", "bmcs")}):
        assert "${" not in text
        assert "://:" not in text
        assert "None" not in text
        for found in _ADDRESS.findall(text):
            # A MAC looks like an IPv6 address to a pattern, not to the library.
            if re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", found) or found == "::":
                continue
            assert str(ipaddress.ip_interface(found)).removesuffix("/32").removesuffix("/128") == found.removesuffix(
                "/32"
            ).removesuffix("/128"), text


@few
@given(sites())
def test_the_same_site_gives_the_same_bytes(data: dict[str, Any]) -> None:
    once, again = checked(data), checked(copy.deepcopy(data))
    assert json.dumps(plan_json(once, None)) == json.dumps(plan_json(again, None))
    assert once.plan is not None
    assert again.plan is not None
    assert build_tree(once.plan) == build_tree(again.plan)
