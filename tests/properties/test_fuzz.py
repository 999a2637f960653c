"""No mapping makes a traceback: a right site with junk put anywhere into it is told, never raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualstack.check import Checked, check_site
from dualstack.cli.text import findings_text
from dualstack.document import check_json, plan_json
from dualstack.errors import InputError
from dualstack.style import Style
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
