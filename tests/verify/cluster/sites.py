"""Plans of the demo sites, and the checks of a cluster over objects at hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from dualstack.check.sites import load_site
from dualstack.plan.model import Plan
from dualstack.verify.cluster.checks import PARTS, look
from dualstack.verify.cluster.live import from_objects
from dualstack.verify.cluster.view import View
from dualstack.verify.model import Result, Word
from tests import PROJECT
from tests.verify.cluster.healthy import NOW

DEMOS = ("demo", "demo-hostname", "demo-ha", "demo-metal", "demo-existing", "bond-vlan", "upstream-example")


@cache
def demo(name: str) -> tuple[Plan, frozenset[str]]:
    """Plan a demo site, with the rules that its check only notes."""
    checked = load_site(PROJECT, name)
    assert checked.plan is not None
    accepted = frozenset(one.rule.id for one in checked.findings if one.severity != "error")
    return checked.plan, accepted


def seen(
    objects: list[dict[str, Any]],
    name: str | None = None,
    denied: Collection[str] = (),
    absent: Collection[str] = (),
) -> list[Result]:
    """Check a cluster that consists of objects, against a demo site's plan or by itself."""
    plan, accepted = demo(name) if name is not None else (None, frozenset())
    view = View(from_objects(objects, denied, absent), plan, accepted, NOW)
    return [result for part in PARTS for result in look(part, view)]


def wrong(results: list[Result]) -> list[Result]:
    """Give what is not fine."""
    return [one for one in results if one.word is not Word.OK]


def told(results: list[Result]) -> Mapping[tuple[str, str], str]:
    """Give what failed: kind and object, with what was seen."""
    return {(one.kind.value, one.at): one.seen for one in results if one.word is Word.FAILED}
