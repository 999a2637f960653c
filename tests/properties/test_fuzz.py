"""No mapping makes a traceback: a right site with junk put anywhere into it is told, never raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualstack.answer.json_answer import check_json, plan_json
from dualstack.answer.style import Style
from dualstack.check.checked import Checked, check_site
from dualstack.cli.text import findings_text
from dualstack.eib import build_tree
from dualstack.errors import InputError
from tests.properties.strategies import sites
from tests.sites import resolved

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["::", "0.0.0.0/0", "fd00::/8", "10.0.0.0/33", "[::1]", "a..b", "-", "${X}", "\x1b[31m", "é" * 70]),
)
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


HOSTS = (
    "a::b::1", "[", "]", "[::1", "[v1.x]", "http://[", "//", "a@[b", "x:99999999999999999999", "x:" + "1" * 5000, "%zz",
    "fe80::1%eth0", "[fe80::1%eth0]", "::ffff:1.2.3.4", "1.2.3.4:80", "\u2100.com", "\u0661\u0662", "1\u00b2", "xn--",
    "\u3002", "redfish-virtualmedia://[a::b::1]/x", "redfish://[", "idrac-virtualmedia://%", "dns://[::", "\u2028",
    "\x00", "9" * 400,
    "${X}", "{{ x }}", "$(id)", "a b", "..", "/", "", "1.1.1.1/33", "::/129", "0.0.0.0/0",
)  # fmt: skip
"""Texts that are no host, URL, number or name, and have made one parser or another raise."""


def spots(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path in a tree, the root left out."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [found for key, item in items for found in [(*path, key), *spots(item, (*path, key))]]


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A right site with up to four values replaced, and a key added."""
    site: dict[str, Any] = draw(sites())
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(spots(site)))
        place: Any = site
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = draw(junk)
    if draw(st.booleans()):
        site[draw(st.text(max_size=8))] = draw(junk)
    return site


@st.composite
def with_odd_texts(draw: st.DrawFn) -> dict[str, Any]:
    """A right site with values of every field that is read as a host or URL, and some of its texts odd."""
    site: dict[str, Any] = draw(sites())
    odd = st.sampled_from(HOSTS)
    provisioning = site.setdefault("provisioning", {})
    provisioning |= {
        "hostname": draw(odd),
        "externalHttpHost": draw(odd),
        "bmcs": [{"name": "a", "address": draw(odd)}],
    }
    site["cluster"] |= {"tlsSan": [draw(odd)], "server": {"node-ip": draw(odd), "cluster-domain": draw(odd)}}
    site["image"] |= {"proxy": {"http": draw(odd), "noProxy": [draw(odd)]}, "registries": [], "images": [draw(odd)]}
    site["host"] = {"kubeconfig": {"server": draw(odd), "proxyUrl": draw(odd)}, "jump": {"host": draw(odd)}}
    values: dict[str, Any] = {
        "global": {"ironicIP": draw(odd), "externalHttpHost": draw(odd), "vmediaTLSPort": draw(odd)}
    }
    operator = {"baremetaloperator": {"externalHttpIPv6": draw(odd), "httpPort": draw(odd)}}
    env = {"ironicExtraEnv": {"IRONIC_EXTERNAL_IP": draw(odd), "IRONIC_EXTERNAL_CALLBACK_URL": draw(odd)}}
    values |= {"metal3-baremetal-operator": operator, "metal3-ironic": env}
    site["charts"] |= {"metal3": {"values": values}, "rancher": {"values": {"hostname": draw(odd), "proxy": draw(odd)}}}
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from([path for path in spots(site) if path[0] != "image"]))
        place: Any = site
        for step in path[:-1]:
            place = place[step]
        if isinstance(place[path[-1]], str):
            place[path[-1]] = draw(odd)
    return site


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(with_odd_texts())
def test_odd_texts_are_findings_and_can_be_rendered(data: dict[str, Any]) -> None:
    try:
        checked = told(data)
        if checked.plan is not None:
            build_tree(checked.plan, dict.fromkeys(checked.plan.secrets, "x"))
    except InputError:
        return


def told(data: dict[str, Any]) -> Checked:
    """Check, and tell in both ways."""
    checked = check_site("fuzz", resolved(data))
    json.dumps(check_json([checked]))
    json.dumps(plan_json(checked, None))
    findings_text([checked], Style(True))
    return checked


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_junk_in_a_site_is_a_finding(data: dict[str, Any]) -> None:
    try:
        checked = told(data)
    except InputError:  # `extends`, or nested too deep: unreadable, and told as such
        return
    for finding in checked.findings:
        assert finding.message
        assert finding.fix
        assert finding.consequence


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=12), junk, max_size=6))
def test_any_mapping_is_told(data: dict[str, Any]) -> None:
    try:
        checked = told(data)
    except InputError:
        return
    assert checked.failed


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;title\x07", "a\nb\nerror x: y", "\u202eevil"])
def test_text_from_a_file_cannot_drive_the_terminal(text: str) -> None:
    checked = told({"mode": text, text: 1, "nodes": [{"name": text, "interfaces": [{"mac": text}]}]})
    shown = findings_text([checked], Style(False))
    assert not any(char in shown for char in "\x1b\x07\u202e")
    assert "\nerror x: y" not in shown
