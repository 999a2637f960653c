"""Objects with anything anywhere: a kind without a schema holds what somebody wrote, and verify goes on."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.verify.cluster.healthy import cluster
from tests.verify.cluster.sites import demo, seen

ODD: tuple[Any, ...] = (
    None,
    "",
    "odd",
    "::",
    "1.2.3.4/99",
    "[",
    7,
    -1,
    True,
    [],
    {},
    [None],
    ["odd"],
    {"odd": None},
    [[1]],
)
KEPT = {"apiVersion", "kind"}
SHARE = 0.2
"""Of the places; all of them take a minute."""


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path and path[-1] not in KEPT:
        yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, (*path, key))


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value


@pytest.mark.parametrize("name", ["demo-ha", "demo-hostname"])
def test_each_value_may_be_another(name: str) -> None:
    plan, _ = demo(name)
    whole = cluster(plan)
    chosen = random.Random(12)
    for number, one in enumerate(whole):
        for path in places(one):
            if chosen.random() > SHARE:
                continue
            objects = [*whole]
            objects[number] = copy.deepcopy(one)
            put(objects[number], path, chosen.choice(ODD))
            try:
                seen(objects, chosen.choice([name, None]))
            except Exception as error:
                error.add_note(f"{one['kind']} {path}")
                raise
