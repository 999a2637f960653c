"""One BIND for the tests of this folder; each test takes names of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from provider.dns.pointer import PointerHandler
from provider.dns.recordset import RecordSetHandler
from tests.lab.bind import SITE, Bind

RECORDS, POINTER = RecordSetHandler(), PointerHandler()
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with Bind(tmp_path_factory.mktemp("bind")) as server:
        yield server


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"ironic-{next(_numbers)}.{SITE}"


def pair(bind: Bind, name: str, **changes: Any) -> dict[str, Any]:
    """Checked inputs of a RecordSet."""
    inputs = {
        "record": name,
        "zone": SITE,
        "ipv4": ["192.168.100.10"],
        "ipv6": ["fd00:100::10"],
        "ttl": 600,
        "server": bind.server(),
        **changes,
    }
    checked, failures = RECORDS.check(inputs)
    assert not failures
    return checked


def create(inputs: dict[str, Any]) -> dict[str, Any]:
    return RECORDS.create(inputs, preview=False, timeout=20)[1]


def update(state: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    return RECORDS.update(inputs["record"], state, {}, inputs, preview=False, timeout=20)


def both(bind: Bind, name: str) -> tuple[tuple[str, ...], tuple[str, ...], set[int | None]]:
    """What anybody who asks gets: A, AAAA, and their TTLs."""
    four, six = bind.ask(name, "A"), bind.ask(name, "AAAA")
    return four[0], six[0], {four[1], six[1]}
