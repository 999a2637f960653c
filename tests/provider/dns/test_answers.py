"""What resolvers say of names that others keep: real BINDs on loopback, asked as any machine asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.holes import UNKNOWN
from dualstack.probe import resolver as asking
from provider.dns import answers as dns_answers
from provider.dns.answers import AnswersHandler, warnings
from provider.frame.handler import CANCELLED, Cancelled, ResourceError
from tests.lab.bind import REVERSE4, REVERSE6, SITE, Bind, free_port
from tests.lab.proxy import Proxy
from tests.lab.resolver import Resolver
from tests.provider.handlers import checked, refused, reports

HANDLER = AnswersHandler()
FOUR, SIX = ("192.168.100.10",), ("fd00:100::10",)
BOTH = {"ipv4": list(FOUR), "ipv6": list(SIX)}


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(dns_answers, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(dns_answers, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(asking, "UDP_SECONDS", 0.3)
    monkeypatch.setattr(asking, "TCP_SECONDS", 0.5)
    yield
    CANCELLED.clear()


def given(bind: Bind | Resolver | Proxy, name: str, **changes: Any) -> dict[str, Any]:
    inputs = {
        "record": name,
        **BOTH,
        "ttl": 600,
        "pointers": [],
        "resolvers": ["127.0.0.1", "::1"],
        "port": bind.port,
        "timeout": 1,
        **changes,
    }
    return checked(HANDLER, inputs)


def create(inputs: dict[str, Any]) -> dict[str, Any]:
    return HANDLER.create(inputs, False, 0)[1]


def error(inputs: dict[str, Any]) -> str:
    with pytest.raises(ResourceError) as caught:
        create(inputs)
    return str(caught.value)


def test_right_answers_over_both_transports(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    with reports() as told:
        state = create(given(bind, name))

    assert state == {**given(bind, name), "planned": BOTH, "notAsked": {}}
    assert told == []


@pytest.mark.parametrize(
    ("four", "six", "said", "breaks", "fixes"),
    [
        (
            (),
            (),
            "the name does not exist (NXDOMAIN); it may say so for 300 s more",
            ["machines that have IPv4 alone do not find {name}", "machines that have IPv6 alone do not find {name}"],
            ["add: {name}. 600 IN A 192.168.100.10", "add: {name}. 600 IN AAAA fd00:100::10"],
        ),
        (
            FOUR,
            (),
            "A 192.168.100.10 and no AAAA; it may say so for 300 s more",
            ["machines that have IPv6 alone do not find {name}"],
            ["add: {name}. 600 IN AAAA fd00:100::10"],
        ),
        (
            FOUR,
            (*SIX, "2001:db8::9"),
            "A 192.168.100.10 and AAAA 2001:db8::9, fd00:100::10",
            ["over IPv6 some connections to {name} go to another machine"],
            ["remove: {name}. IN AAAA 2001:db8::9"],
        ),
        (
            ("192.0.2.7",),
            SIX,
            "A 192.0.2.7 and AAAA fd00:100::10",
            ["over IPv4 {name} leads to another machine"],
            ["add: {name}. 600 IN A 192.168.100.10", "remove: {name}. IN A 192.0.2.7"],
        ),
    ],
)
def test_wrong_answers_are_told_with_what_breaks_and_what_mends_it(
    bind: Bind, name: str, four: tuple[str, ...], six: tuple[str, ...], said: str, breaks: list[str], fixes: list[str]
) -> None:
    bind.edit(SITE, {(name, "A"): four, (name, "AAAA"): six})
    lines = error(given(bind, name)).splitlines()

    assert lines[0] == f"{name} is not answered as planned, A 192.168.100.10 and AAAA fd00:100::10"
    assert lines[1:3] == [f"  127.0.0.1: {said}", f"  ::1: {said}"]
    assert lines[3:-1] == [line.format(name=name) for line in [*breaks, *(f"  {fix}" for fix in fixes)]]


def test_an_alias_that_ends_right_is_told_and_one_that_does_not_is_an_error(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(f"x-{name}", "A"): FOUR, (f"x-{name}", "AAAA"): SIX, (name, "CNAME"): (f"x-{name}.",)})
    with reports() as told:
        create(given(bind, name))
    assert told == [
        (f"warning: {name} is an alias of x-{name}: whoever changes that name changes this one, too", False)
    ]

    bind.edit(SITE, {(f"x-{name}", "AAAA"): ("2001:db8::1",)})
    text = error(given(bind, name))
    assert f"AAAA 2001:db8::1, through its CNAME x-{name}" in text
    assert f"remove: x-{name}. IN AAAA 2001:db8::1" in text


def test_records_that_are_only_being_made_are_waited_for(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR})
    timer = threading.Timer(0.5, bind.edit, (SITE, {(name, "AAAA"): SIX}))
    timer.start()
    start = time.monotonic()
    with reports() as told:
        create(given(bind, name, timeout=30))
    timer.join()

    assert 0.4 < time.monotonic() - start < 10
    assert told and all(passing and "A 192.168.100.10 and no AAAA" in text for text, passing in told)


def test_a_wait_can_be_cancelled(bind: Bind, name: str) -> None:
    threading.Timer(0.3, CANCELLED.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled, match=f"the wait for {name} was cancelled: 127.0.0.1: the name does not exist"):
        create(given(bind, name, timeout=60))
    assert time.monotonic() - start < 5


def test_a_resolver_that_does_not_know_the_zone(bind: Bind) -> None:
    text = error(given(bind, "ironic.elsewhere.example"))
    assert "127.0.0.1: REFUSED for A: it does not answer us, or does not know the zone and asks nobody else" in text
    assert "name resolvers that this machine may ask in dns.check.resolvers; dns.backend: none leaves the check" in text


def test_a_resolver_that_nobody_runs() -> None:
    class Nobody:
        port = free_port()

    text = error(given(Nobody(), f"a.{SITE}"))  # type: ignore[arg-type]
    assert f"no answer over UDP, and over TCP port {Nobody.port}: Connection refused" in text
    assert "add:" not in text


def test_signatures_that_are_not_valid_are_told_from_servers_that_do_not_answer(
    bind: Bind, name: str, tmp_path: Path
) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    with Resolver(tmp_path, bind.port, anchor=SITE) as resolver:
        text = error(given(resolver, name))
        assert "SERVFAIL for A" in text
        assert "the zone's DNSSEC signatures are not valid; sign the zone anew, or mend the DS record" in text
    with Resolver(tmp_path, bind.port) as resolver:
        create(given(resolver, name))
    with Resolver(tmp_path, free_port()) as resolver:
        # It takes its time to find out.
        text = error(given(resolver, name, timeout=1))
        assert "no answer over UDP or TCP" in text or "it reaches none of the zone's servers" in text


def test_a_lame_delegation(bind: Bind, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The zone's server says that it does not hold it."""
    monkeypatch.setattr(asking, "UDP_SECONDS", 3.0)
    with Resolver(tmp_path, bind.port) as resolver:
        text = error(given(resolver, "a.elsewhere.example"))
    assert "SERVFAIL for A" in text
    assert "it reaches none of the zone's servers, or they do not hold the zone (lame delegation)" in text


def test_long_answers_and_lost_datagrams_come_over_tcp(bind: Bind, name: str) -> None:
    many = [f"fd00:100::{number:x}" for number in range(1, 90)]
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): tuple(many)})
    create(given(bind, name, ipv6=many))

    with Proxy(bind.port, drop_updates=0) as proxy:  # takes TCP alone
        create(given(proxy, name, ipv6=many, resolvers=["127.0.0.1"]))


def test_a_resolver_without_a_route_is_left_out_where_another_one_answers(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    # Without a zone the kernel has no way to a link-local address.
    with reports() as told:
        state = create(given(bind, name, resolvers=["fe80::1", "127.0.0.1"]))
    assert list(state["notAsked"]) == ["fe80::1"]
    assert told == [(f"warning: fe80::1 was not asked for {name}: {state['notAsked']['fe80::1']}", False)]
    assert "no route from here" in told[0][0]

    text = error(given(bind, name, resolvers=["fe80::1"]))
    assert "whether the name has its records cannot be told" in text


def test_one_wrong_resolver_is_enough(bind: Bind, name: str, tmp_path: Path) -> None:
    """Nodes ask whichever they like."""
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    with Resolver(tmp_path, bind.port, anchor=SITE) as wrong:
        replies = dns_answers.ask_all(given(bind, name)) + dns_answers.ask_all(given(wrong, name))
    assert dns_answers.trouble(given(bind, name), replies[:2]) is None
    assert "SERVFAIL" in str(dns_answers.trouble(given(bind, name), replies))


def test_pointers_are_warnings(bind: Bind, name: str) -> None:
    four, six = f"77.{REVERSE4}", f"7.7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{REVERSE6}"
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    bind.edit(REVERSE4, {(four, "PTR"): (f"{name}.",)})
    bind.edit(REVERSE6, {(six, "PTR"): ("old.example.",)})
    with reports() as told:
        create(given(bind, name, pointers=[four, six]))

    assert told == [
        (
            f"warning: 127.0.0.1: {six}: PTR old.example; planned is {name}; logs show no name; "
            f"add: {six}. 600 IN PTR {name}.",
            False,
        )
    ]


def test_a_family_that_the_site_does_not_state_is_not_judged(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): ("2001:db8::5",)})
    create(given(bind, name, ipv6=[]))
    bind.edit(SITE, {(name, "AAAA"): ()})
    with reports() as told:
        create(given(bind, name, ipv6=[]))
    assert [text for text, _ in told] == [
        f"warning: {name} has no AAAA record; the site states no IPv6 address, so none is expected, and IPv6 alone "
        "does not find it"
    ]


def test_a_refresh_finds_drift_and_its_end(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    inputs = given(bind, name)
    state = create(inputs)
    assert HANDLER.read(name, inputs, state) == (name, inputs, state)

    bind.edit(SITE, {(name, "AAAA"): ()})
    for _ in range(2):  # the second refresh starts from what the first one saw
        _, seen_inputs, seen = HANDLER.read(name, inputs, state)
        assert (seen_inputs["ipv6"], seen["ipv6"], seen["planned"]) == ([], [], BOTH)
        inputs, state = seen_inputs, seen
    wanted = given(bind, name)
    assert dict(HANDLER.diff(name, inputs, state, wanted).detailed) == {"ipv6": "update"}
    with pytest.raises(ResourceError, match="is not answered as planned"):
        HANDLER.update(name, state, inputs, wanted, False, 0)

    bind.edit(SITE, {(name, "AAAA"): SIX})
    _, _, state = HANDLER.read(name, inputs, state)
    assert not HANDLER.diff(name, inputs, state, wanted).changes


def test_an_outage_at_a_refresh_changes_nothing(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    state = {**create(given(bind, name)), "port": free_port()}
    with reports() as told:
        assert HANDLER.read(name, given(bind, name), state)[2] == state
    assert "could not be looked up" in told[0][0]


def test_nobody_is_asked_at_preview_or_for_nothing(bind: Bind, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bind.edit(SITE, {(name, "A"): FOUR, (name, "AAAA"): SIX})
    old = given(bind, name)
    state = create(old)
    monkeypatch.setattr(dns_answers, "ask_all", None)

    assert HANDLER.create(old, True, 0)[1]["notAsked"] is UNKNOWN
    assert HANDLER.update(name, state, old, given(bind, name, timeout=9, ttl=9), False, 0)["timeout"] == 9
    assert HANDLER.update(name, state, old, given(bind, name, ipv6=["::5"]), True, 0)["notAsked"] is UNKNOWN
    HANDLER.delete(name, state, 0)
    with pytest.raises(TypeError):
        HANDLER.update(name, state, old, given(bind, name, ipv6=["::5"]), False, 0)
    with pytest.raises(ResourceError, match="cannot be imported"):
        HANDLER.read(name, {}, {})


def test_a_preview_that_may_go_online_warns(bind: Bind, name: str) -> None:
    bind.edit(SITE, {(name, "A"): FOUR})
    (text,) = warnings(given(bind, name, timeout=60))
    assert f"add: {name}. 600 IN AAAA fd00:100::10" in text

    bind.edit(SITE, {(name, "AAAA"): SIX})
    assert warnings(given(bind, name)) == []


def test_each_property_is_judged() -> None:
    wrong = {"record": "a b", "ipv4": ["::1"], "ipv6": "x", "ttl": -1, "pointers": [3], "resolvers": [], "port": 0}
    assert set(refused(HANDLER, {**wrong, "timeout": 0, "x": 1})) == {
        "record", "ipv4[0]", "ipv6", "ttl", "pointers[0]", "resolvers", "port", "timeout", "x",
    }  # fmt: skip
