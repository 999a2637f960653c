"""The same resources at a real Knot DNS, whose answers differ from BIND's in places."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from provider.frame.handler import ResourceError
from tests.lab.bind import CLOSED, OTHER, REVERSE4, REVERSE6, SITE
from tests.lab.knot import Knot
from tests.provider.dns.conftest import POINTER, RECORDS, both, create, pair, update

WRITTEN = (("192.168.100.10",), ("fd00:100::10",), {600})


@pytest.fixture(scope="module")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knot]:
    with Knot(tmp_path_factory.mktemp("knot")) as server:
        yield server


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_from_nothing_to_nothing(knot: Knot, name: str, address: str) -> None:
    server = knot.server(address=address)
    old = create(pair(knot, name, server=server))
    assert both(knot, name) == WRITTEN
    create(pair(knot, name, server=server))  # adopted

    new = pair(knot, name, server=server, ttl=60, ipv4=["192.168.100.11"], ipv6=["fd00:100::11"])
    state = update(old, new)
    assert both(knot, name) == (("192.168.100.11",), ("fd00:100::11",), {60})
    assert RECORDS.read(name, new, state) == (name, new, state)

    knot.edit(SITE, {(name, "AAAA"): ("2001:db8::9",)})
    with pytest.raises(ResourceError, match="was changed by somebody else"):
        update(state, pair(knot, name, server=server))
    _, _, seen = RECORDS.read(name, new, state)
    state = update(seen, new)
    knot.edit(SITE, {(name, "TXT"): ('"kept"',)})
    RECORDS.delete(name, state, 20)
    assert both(knot, name)[:2] == ((), ()) and knot.ask(name, "TXT")[0] == ('"kept"',)


def test_foreign_records_and_aliases(knot: Knot, name: str) -> None:
    knot.edit(SITE, {(name, "A"): ("192.0.2.1",)})
    with pytest.raises(ResourceError, match=r"has records that are not ours: A 192\.0\.2\.1 and no AAAA"):
        create(pair(knot, name))
    create(pair(knot, name, adopt=True))
    assert both(knot, name) == WRITTEN

    knot.edit(SITE, {(name, "A"): (), (name, "AAAA"): (), (name, "CNAME"): ("elsewhere.example.",)})
    with pytest.raises(ResourceError, match="is an alias, CNAME elsewhere"):
        create(pair(knot, name))


def test_zones_with_keys_of_their_own(knot: Knot) -> None:
    other = f"a.{OTHER}"
    create(pair(knot, other, zone=OTHER, server=knot.server("other-key")))
    assert both(knot, other) == WRITTEN
    for zone, key in ((REVERSE4, "site-key"), (REVERSE6, "other-key")):
        record = f"10.{REVERSE4}" if zone == REVERSE4 else f"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{REVERSE6}"
        given = {"record": record, "zone": zone, "target": other, "ttl": 600, "server": knot.server(key)}
        checked, failures = POINTER.check(given)
        assert not failures
        POINTER.create(checked, False, 20)
        assert knot.ask(record, "PTR") == ((f"{other}.",), 600)


WRONG = base64.b64encode(b"wrong" * 8).decode()


@pytest.mark.parametrize(
    ("zone", "key", "told"),
    [
        (SITE, {"name": "site-key", "algorithm": "hmac-sha512", "secret": WRONG}, r"different secrets .* \(BADSIG\)"),
        (
            SITE,
            {"name": "nobody", "algorithm": "hmac-sha256", "secret": WRONG},
            r"does not know key nobody .* \(BADKEY\)",
        ),
        (SITE, "other-key", r"\(BADKEY\); .* Knot DNS says so, too, of a key that no acl of the zone lets update"),
        (SITE, None, r"NOTAUTH; .* no acl of the zone .* lets no key do this"),
        (CLOSED, "site-key", r"\(BADKEY\); "),
        ("elsewhere.example", "site-key", "gave an answer that is none .*; does it hold elsewhere.example"),
    ],
)
def test_what_is_not_allowed(knot: Knot, zone: str, key: Any, told: str) -> None:
    server = knot.server(key=key) if isinstance(key, dict) else knot.server(key)
    with pytest.raises(ResourceError, match=told) as caught:
        create(pair(knot, f"denied.{zone}", zone=zone, server=server))
    assert WRONG not in str(caught.value)
