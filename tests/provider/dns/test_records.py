"""A and AAAA of one name at a real BIND: written, adopted, changed, removed."""

from __future__ import annotations

import threading

import pytest

from provider.frame.handler import ResourceError
from tests.lab.bind import OPEN, OTHER, REVERSE4, REVERSE6, SITE, Bind
from tests.provider.dns.conftest import POINTER, RECORDS, both, create, pair, update

WRITTEN = (("192.168.100.10",), ("fd00:100::10",), {600})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost"])
def test_both_families_are_written_over_both_transports(bind: Bind, name: str, address: str) -> None:
    state = create(pair(bind, name, server=bind.server(address=address)))

    assert both(bind, name) == WRITTEN
    assert state["owned"] == {"ipv4": ["192.168.100.10"], "ipv6": ["fd00:100::10"]}


def test_both_families_come_in_one_update(bind: Bind, name: str) -> None:
    before = bind.log().count("updating zone")
    create(pair(bind, name))

    lines = [line for line in bind.log().splitlines() if f"adding an RR at '{name}'" in line]
    assert [line.rsplit(" ", 2)[1] for line in lines] == ["A", "AAAA"]
    assert bind.log().count("updating zone") == before + 2  # BIND logs one line a record
    serial = bind.ask(SITE, "SOA")[0][0].split()[2]
    update(pair(bind, name), pair(bind, name, ttl=60, ipv4=["192.168.100.11"], ipv6=["fd00:100::11"]))
    assert int(bind.ask(SITE, "SOA")[0][0].split()[2]) == int(serial) + 1


def test_a_preview_touches_nothing(bind: Bind, name: str) -> None:
    given = pair(bind, name)
    assert RECORDS.create(given, preview=True, timeout=0)[0] == name
    assert RECORDS.update(name, given, given, given, preview=True, timeout=0)["ttl"] == 600

    assert both(bind, name) == ((), (), {None})


def test_equal_records_are_adopted(bind: Bind, name: str) -> None:
    create(pair(bind, name))
    serial = bind.ask(SITE, "SOA")
    create(pair(bind, name))

    assert bind.ask(SITE, "SOA") == serial


@pytest.mark.parametrize(
    ("four", "six", "told"),
    [
        (("192.0.2.1",), ("2001:db8::1",), "A 192.0.2.1 and AAAA 2001:db8::1 (TTL 300)"),
        (("192.168.100.10",), (), "A 192.168.100.10 and no AAAA (TTL 300)"),
        (("192.168.100.10",), ("fd00:100::10",), "A 192.168.100.10 and AAAA fd00:100::10 (TTL 300)"),
    ],
)
def test_foreign_records_are_refused(
    bind: Bind, name: str, four: tuple[str, ...], six: tuple[str, ...], told: str
) -> None:
    bind.edit(SITE, {(name, "A"): four, (name, "AAAA"): six})
    with pytest.raises(ResourceError) as caught:
        create(pair(bind, name))

    assert f"{name} has records that are not ours: {told}; planned is A 192.168.100.10" in str(caught.value)
    assert "set `adopt: true`" in str(caught.value)
    assert both(bind, name)[:2] == (four, six)


def test_foreign_records_are_adopted_where_that_is_wanted(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): ("192.0.2.1", "192.0.2.2"), (name, "TXT"): ('"kept"',)})
    create(pair(bind, name, adopt=True))

    assert both(bind, name) == WRITTEN
    assert bind.ask(name, "TXT")[0] == ('"kept"',)


@pytest.mark.parametrize("adopt", [False, True])
def test_an_alias_at_the_name_is_an_error(bind: Bind, name: str, adopt: bool) -> None:
    bind.edit(SITE, {(name, "CNAME"): ("elsewhere.example.",)})
    with pytest.raises(ResourceError, match=r"is an alias, CNAME elsewhere.example, .* remove the CNAME"):
        create(pair(bind, name, adopt=adopt))

    assert bind.ask(name, "CNAME")[0] == ("elsewhere.example.",)


def test_values_and_ttl_change_in_place(bind: Bind, name: str) -> None:
    old = create(pair(bind, name))
    new = pair(bind, name, ttl=60, ipv6=["fd00:100::20", "fd00:100::11"])
    diff = RECORDS.diff(name, {}, old, new)
    state = update(old, new)

    assert (diff.changes, diff.replaces, dict(diff.detailed)) == (True, (), {"ttl": "update", "ipv6": "update"})
    assert both(bind, name) == (("192.168.100.10",), ("fd00:100::11", "fd00:100::20"), {60})
    assert state["owned"]["ipv6"] == ["fd00:100::11", "fd00:100::20"]
    assert not RECORDS.diff(name, {}, state, new).changes


def test_another_name_or_zone_is_another_resource(bind: Bind, name: str) -> None:
    old = pair(bind, name)
    diff = RECORDS.diff(
        name, {}, old, {**old, "record": f"x.{OTHER}", "zone": OTHER, "server": bind.server("other-key")}
    )

    assert diff.replaces == ("record", "zone")
    moved = RECORDS.diff(name, {}, old, {**old, "server": {**old["server"], "port": 5353}})
    assert (moved.changes, moved.replaces, dict(moved.detailed)) == (True, (), {"server.port": "update"})


def test_what_somebody_changed_meanwhile_is_not_overwritten(bind: Bind, name: str) -> None:
    old = create(pair(bind, name))
    bind.edit(SITE, {(name, "AAAA"): ("2001:db8::bad",)})
    with pytest.raises(ResourceError) as caught:
        update(old, pair(bind, name, ipv4=["192.168.100.11"]))

    assert "we left A 192.168.100.10 and AAAA fd00:100::10, now it has A 192.168.100.10 and AAAA 2001:db8::bad" in str(
        caught.value
    )
    assert both(bind, name)[:2] == (("192.168.100.10",), ("2001:db8::bad",))

    _, _, seen = RECORDS.read(name, pair(bind, name), old)
    update(seen, pair(bind, name, ipv4=["192.168.100.11"]))
    assert both(bind, name) == (("192.168.100.11",), ("fd00:100::10",), {600})


def test_delete_removes_our_records_only(bind: Bind, name: str) -> None:
    state = create(pair(bind, name))
    bind.edit(SITE, {(name, "A"): ("192.168.100.10", "192.0.2.99"), (name, "TXT"): ('"kept"',)}, ttl=600)
    _, _, state = RECORDS.read(name, {}, state)
    assert state["ipv4"] == ["192.0.2.99", "192.168.100.10"]

    RECORDS.delete(name, state, 20)
    assert both(bind, name)[:2] == (("192.0.2.99",), ())
    assert bind.ask(name, "TXT")[0] == ('"kept"',)
    RECORDS.delete(name, state, 20)


def test_read_finds_what_drifted(bind: Bind, name: str) -> None:
    given = pair(bind, name)
    state = create(given)
    assert RECORDS.read(name, given, state) == (name, given, state)

    bind.edit(SITE, {(name, "AAAA"): ()})
    _, inputs, seen = RECORDS.read(name, given, state)
    assert (inputs["ipv6"], seen["ipv6"]) == ([], [])
    assert dict(RECORDS.diff(name, inputs, seen, given).detailed) == {"ipv6": "update"}
    update(seen, given)
    assert both(bind, name) == WRITTEN

    bind.edit(SITE, {(name, "A"): ("192.168.100.10",)}, ttl=5)
    _, _, seen = RECORDS.read(name, given, state)
    assert seen["ttl"] == 5

    bind.edit(SITE, {(name, "A"): (), (name, "AAAA"): ()})
    assert RECORDS.read(name, given, state) == (None, {}, {})


def test_pointers_of_both_families_have_their_own_zones_and_keys(bind: Bind) -> None:
    six = f"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{REVERSE6}"
    for record, zone, key in ((f"10.{REVERSE4}", REVERSE4, "site-key"), (six, REVERSE6, "other-key")):
        given = {"record": record, "zone": zone, "target": f"ironic.{SITE}", "ttl": 600, "server": bind.server(key)}
        checked, failures = POINTER.check(given)
        assert not failures
        id_, state = POINTER.create(checked, preview=False, timeout=20)
        assert bind.ask(record, "PTR") == ((f"ironic.{SITE}.",), 600)
        assert POINTER.read(id_, checked, state) == (id_, checked, state)

        state = POINTER.update(id_, state, checked, {**checked, "target": f"other.{SITE}"}, False, 20)
        assert bind.ask(record, "PTR")[0] == (f"other.{SITE}.",)
        bind.edit(zone, {(record, "PTR"): ("a.example.", "b.example.")})
        _, _, seen = POINTER.read(id_, checked, state)
        assert seen["target"] == "a.example, b.example"
        state = POINTER.update(id_, seen, checked, checked, False, 20)
        POINTER.delete(id_, state, 20)
        assert bind.ask(record, "PTR") == ((), None)


def test_two_sites_write_one_zone_at_once(bind: Bind) -> None:
    failures: list[Exception] = []

    def site(number: int) -> None:
        try:
            for turn in range(8):
                name = f"s{number}-{turn}.{OPEN}"
                given = pair(bind, name, zone=OPEN, server=bind.server(None))
                state = create(given)
                update(state, pair(bind, name, zone=OPEN, server=bind.server(None), ttl=60))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=site, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert not failures
    for number in range(2):
        for turn in range(8):
            assert both(bind, f"s{number}-{turn}.{OPEN}") == (("192.168.100.10",), ("fd00:100::10",), {60})


def test_of_two_sites_with_one_name_one_is_refused_and_the_name_is_whole(bind: Bind, name: str) -> None:
    results: list[str] = []
    barrier = threading.Barrier(2)

    def site(last: int) -> None:
        given = pair(bind, name, ipv4=[f"192.168.100.{last}"], ipv6=[f"fd00:100::{last}"])
        barrier.wait(10)
        try:
            create(given)
            results.append("written")
        except ResourceError as error:
            results.append(str(error))

    threads = [threading.Thread(target=site, args=(last,)) for last in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(item if item == "written" else "refused" for item in results) == ["refused", "written"]
    assert any("has records that are not ours" in item for item in results)
    four, six, _ = both(bind, name)
    assert four[0].rsplit(".")[-1] == six[0].rsplit(":")[-1]


def test_two_forward_zones_have_their_own_keys_and_transports(bind: Bind, name: str) -> None:
    other = name.replace(SITE, OTHER)
    for record, zone, server in (
        (name, SITE, bind.server("site-key", address="127.0.0.1")),
        (other, OTHER, bind.server("other-key", address="::1")),
    ):
        create(pair(bind, record, zone=zone, server=server))
        assert both(bind, record) == WRITTEN
