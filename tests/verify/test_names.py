"""A real BIND holds the site's records, right and wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest

from dualstack.verify.model import Way, Word
from tests.lab.bind import REVERSE4, REVERSE6, SITE, Bind
from tests.verify.lab import LOOPBACK, V4, V6, failed, plan, results

FQDN = f"ironic.{SITE}"
POINTER4, POINTER6 = (ipaddress.ip_address(one).reverse_pointer for one in (V4, V6))


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    with Bind(tmp_path_factory.mktemp("bind")) as running:
        yield running


@pytest.fixture
def way(bind: Bind) -> Way:
    """Both resolvers of the site are this server, which holds what is planned."""
    bind.edit(SITE, {(FQDN, "A"): (V4,), (FQDN, "AAAA"): (V6,)})
    bind.edit(REVERSE4, {(POINTER4, "PTR"): (f"{FQDN}.",)})
    bind.edit(REVERSE6, {(POINTER6, "PTR"): (f"{FQDN}.",)})
    return Way(lambda address, port: (LOOPBACK["ipv6" if ":" in address else "ipv4"], bind.port))


def test_right_records_are_silent(way: Way) -> None:
    found = results(plan(provisioning={"hostname": FQDN}), way, "dns")

    assert [one.word for one in found] == [Word.OK] * 6
    assert {one.family for one in found} == {"ipv4", "ipv6"}


@pytest.mark.parametrize(
    ("zone", "name", "kind", "values", "words"),
    [
        (SITE, FQDN, "A", ("192.168.100.99",), "remove A 192.168.100.99"),
        (SITE, FQDN, "A", (V4, "192.168.100.99"), "remove A 192.168.100.99"),
        (SITE, FQDN, "AAAA", (), f"add AAAA {V6}"),
        (REVERSE6, POINTER6, "PTR", ("other.example.",), "remove PTR other.example"),
        (REVERSE4, POINTER4, "PTR", (), f"add PTR {FQDN}"),
    ],
)
def test_a_wrong_record_is_found_at_each_resolver(
    bind: Bind, way: Way, zone: str, name: str, kind: str, values: tuple[str, ...], words: str
) -> None:
    bind.edit(zone, {(name, kind): values})

    found = results(plan(provisioning={"hostname": FQDN}), way, "dns")

    assert {(at, asked.rpartition(" ")[2]) for _, at, asked in failed(found)} == {
        ("192.168.100.53", name),
        ("fd00:100::53", name),
    }
    assert all(words in one.fix for one in found if one.word is Word.FAILED)


def test_a_dead_resolver_is_found(way: Way) -> None:
    dead = Way(lambda address, port: ("::1", 1) if ":" in address else way.to(address, port))

    found = results(plan(provisioning={"hostname": FQDN}), dead, "dns")

    assert {at for _, at, _ in failed(found)} == {"fd00:100::53"}
