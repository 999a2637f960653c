"""Our own strict reading of the network files; it needs no tool and always runs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from tests.judges.nmstate_schema import problems
from tests.judges.shapes import SHAPES
from tests.plan.plans import MODES, plan


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_plan_writes(mode: str, shape: str) -> None:
    written = dump(thaw(plan(mode, **SHAPES[shape]).initializer.nmstate))
    assert problems(yaml.safe_load(written)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("interfaces", 0, "ipv6", "enable"), True),
        (("interfaces", 0, "ipv6", "enabled"), "true"),
        (("interfaces", 0, "ipv4", "address"), []),
        (("interfaces", 0, "mtu"), "1500"),
        (("interfaces", 0, "bond"), {}),
        (("interfaces", 0, "identifier"), "name"),
        (("interfaces", 0, "wait-ip"), "any"),
        (("interfaces", 0, "mac-address"), 45015),
        (("routes", "config", 0, "next-hop-interface"), "eth9"),
        (("dns-resolver", "config", "servers"), []),
        (("hostname",), "x"),
    ],
)
def test_it_sees_what_is_wrong(path: tuple[Any, ...], value: Any) -> None:
    document: Any = thaw(plan(**SHAPES["static"]).initializer.nmstate)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert problems(document)
