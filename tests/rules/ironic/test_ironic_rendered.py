"""The ConfigMaps that the metal3 chart rendered."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import Finding
from dualstack.document.frozen import freeze
from dualstack.plan import Plan
from dualstack.rules.ironic.ironic_rendered import expected, known_chart, rendered
from tests.plan.plans import MODES, plan

EXTRA = "metal3-ironic"


def maps(made: Plan) -> dict[str, dict[str, str]]:
    assert made.ironic is not None
    wanted = expected(made.ironic, made.values("metal3"))
    return {name: {key: text for key, text in keys.items() if text is not None} for name, keys in wanted.items()}


def judged(made: Plan, found: dict[str, dict[str, str]]) -> list[Finding]:
    assert made.ironic is not None
    return list(rendered(found, made.ironic, freeze(made.values("metal3")), "metal3-system"))


@pytest.mark.parametrize("mode", MODES)
def test_what_the_plan_says_passes(mode: str) -> None:
    made = plan(mode)
    found = maps(made)
    # Keys beside those that the plan knows of are the chart's own.
    found["ironic"] |= {"HTTP_PORT": "6180", "AUTH_STRATEGY": "http_basic", "IRONIC_KERNEL_PARAMS": "console=ttyS0"}
    found["baremetal-operator-ironic"]["CACHEURL"] = "http://192.168.100.10:6180/images"

    assert judged(made, found) == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("IRONIC_EXTERNAL_HTTP_URL", "http://:6180", "has no host"),
        ("IRONIC_EXTERNAL_HTTP_URL", "https:///", "has no host"),
        ("IRONIC_EXTERNAL_HTTP_URL", "http://fd00:100::10:6180", "without brackets"),
        ("IRONIC_EXTERNAL_HTTP_URL", "http://[192.168.100.10]:6180", "no IPv6 address"),
        ("IRONIC_EXTERNAL_HTTP_URL", "http://192.168.100.11:6180", "the plan 'http://192.168.100.10:6180'"),
        ("IRONIC_EXTERNAL_CALLBACK_URL", "https://:6385", "has no host"),
        ("LISTEN_ALL_INTERFACES", "false", "the plan 'true'"),
        ("IRONIC_IP", "", "the plan '192.168.100.10'"),
        ("IRONIC_URL_HOSTNAME", "ironic.example.com", "the plan does not have it"),
    ],
)
def test_one_wrong_key(key: str, value: str, words: str) -> None:
    made = plan("address")
    found = maps(made)
    found["ironic"][key] = value
    (finding,) = judged(made, found)

    assert finding.path == ("metal3-system", "ironic", key)
    assert words in finding.message
    assert finding.fix and finding.consequence


@pytest.mark.parametrize("mode", MODES)
def test_every_key_that_is_wanted_is_missed(mode: str) -> None:
    made = plan(mode)
    for name, data in maps(made).items():
        for key in data:
            found = maps(made)
            del found[name][key]
            assert [finding.path[1:] for finding in judged(made, found)] == [(name, key)]


def test_the_other_mode_is_told() -> None:
    address, hostname = plan("address"), plan("hostname")
    keys = {finding.path[-1] for finding in judged(address, maps(hostname))}

    assert keys == {
        "IRONIC_EXTERNAL_HTTP_URL",
        "IRONIC_IP",
        "IRONIC_URL_HOSTNAME",
        "IRONIC_ENDPOINT",
        "IRONIC_EXTERNAL_URL_V6",
    }


def test_nothing_there_at_all() -> None:
    assert len(judged(plan("address"), {})) == 5


def test_the_fix_puts_a_changed_key_back() -> None:
    made = plan("address")
    found = maps(made)
    found["ironic"]["IRONIC_IP"] = "192.168.100.99"
    (finding,) = judged(made, found)

    command = (
        'kubectl -n metal3-system patch configmap ironic --type merge -p \'{"data":{"IRONIC_IP":"192.168.100.10"}}\''
    )
    assert command in finding.fix


def test_the_sites_own_environment_is_taken_as_it_is() -> None:
    own: dict[str, Any] = {"IRONIC_EXTERNAL_HTTP_URL": "http://images.example.com:6180", "OTHER": "x"}
    made = plan("address", charts={"metal3": {"values": {EXTRA: {"ironicExtraEnv": own}}}})
    found = maps(made)

    assert found["ironic"]["IRONIC_EXTERNAL_HTTP_URL"] == own["IRONIC_EXTERNAL_HTTP_URL"]
    assert judged(made, found) == []
    found["ironic"]["IRONIC_EXTERNAL_HTTP_URL"] = "http://192.168.100.10:6180"
    assert len(judged(made, found)) == 1


def test_charts_whose_objects_are_known() -> None:
    known = ("0.12.7", "305.0.23+up0.13.1", "304.0.19+up0.12.9")
    unknown = ("0.11.7", "306.0.26+up0.15.0", "latest")

    assert [known_chart(version) for version in (*known, *unknown)] == [True] * 3 + [False] * 3
