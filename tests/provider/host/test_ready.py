"""The wait for a host, with real sockets on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from dualstack.address.family import LABEL, Family
from dualstack.document.holes import UNKNOWN
from dualstack.probe.connect import Probe
from provider.frame.handler import CANCELLED, Cancelled, ResourceError
from provider.host import ready as host_ready
from provider.host.ready import ReadyHandler
from tests.provider.handlers import checked, refused, reports
from tests.provider.host.waiting import LOOPBACK, PUBLIC, SILENT, UP, free_port, inputs, listening, scripted


def test_ready_when_both_answer() -> None:
    port = free_port()
    with listening("ipv4", port), listening("ipv6", port):
        id_, state = ReadyHandler().create(inputs(port), False, 0)

    assert id_ == "127.0.0.1 ::1"
    assert state["answered"] == LOOPBACK and state["notChecked"] == {}


@pytest.mark.parametrize(("first", "second"), [("ipv4", "ipv6"), ("ipv6", "ipv4")])
def test_the_missing_family_is_shown_until_it_comes(first: Family, second: Family) -> None:
    port, end = free_port(), threading.Event()

    def later() -> None:
        time.sleep(0.6)
        with listening(second, port):
            end.wait(10)

    thread = threading.Thread(target=later)
    with listening(first, port), reports() as told:
        thread.start()
        start = time.monotonic()
        _, state = ReadyHandler().create(inputs(port), False, 0)
        waited = time.monotonic() - start
    end.set()
    thread.join()

    assert state["answered"] == LOOPBACK and 0.5 < waited < 5
    passing = [text for text, passing in told if passing]
    assert passing and all(f"{LABEL[first]} {LOOPBACK[first]} answers" in text for text in passing)
    assert all(f"{LABEL[second]} {LOOPBACK[second]} refuses the connection (missing since " in text for text in passing)
    assert [text for text, passing in told if not passing] == [
        f"{LABEL[first]} {LOOPBACK[first]} port {port} answers",
        f"{LABEL[second]} {LOOPBACK[second]} port {port} answers after 0 s",
    ]


def test_both_must_answer_at_the_same_time() -> None:
    """A family that answered once and is gone again is waited for."""
    port, end = free_port(), threading.Event()

    def scene() -> None:
        with listening("ipv4", port):
            time.sleep(0.4)
        with listening("ipv6", port):
            time.sleep(0.4)
            with listening("ipv4", port):
                end.wait(10)

    thread = threading.Thread(target=scene)
    thread.start()
    with reports() as told:
        start = time.monotonic()
        ReadyHandler().create(inputs(port), False, 0)
        waited = time.monotonic() - start
    end.set()
    thread.join()

    assert waited > 0.7
    assert f"IPv4 127.0.0.1 port {port} no longer answers: it refuses the connection" in [text for text, _ in told]


def test_a_time_out_names_family_and_causes() -> None:
    port = free_port()
    with listening("ipv4", port), pytest.raises(ResourceError) as caught:
        ReadyHandler().create(inputs(port), False, 0.5)

    text = str(caught.value)
    assert "not ready over both families within 0 s" in text
    assert "IPv4 127.0.0.1 answers; IPv6 ::1 refuses the connection (missing since " in text
    assert "IPv6: the machine is up, but nothing listens on that port over IPv6" in text
    assert "journalctl -u rke2-server" in text
    assert "\nIPv4:" not in text


def test_a_family_that_the_site_does_not_state_is_told() -> None:
    port = free_port()
    given = checked(ReadyHandler(), {key: item for key, item in inputs(port).items() if key != "ipv6"})
    with listening("ipv4", port):
        _, state = ReadyHandler().create(given, False, 0)

    assert state["notChecked"] == {"ipv6": "the site states no address"}


@pytest.mark.parametrize("during", ["try", "pause"])
def test_a_wait_can_be_cancelled(during: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
        while during == "try" and not cancelled():
            time.sleep(0.01)
        return SILENT

    monkeypatch.setattr(host_ready, "FIRST_PAUSE", 30.0)
    monkeypatch.setattr(host_ready, "LONGEST_PAUSE", 30.0)
    threading.Timer(0.3, CANCELLED.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled, match=r"the wait for the host was cancelled: port 6443: IPv4 192\.0\.2\.10"):
        ReadyHandler(hang).create(inputs(**PUBLIC), False, 0)
    assert time.monotonic() - start < 3


def test_off_waits_for_nothing() -> None:
    with reports() as told:
        _, state = ReadyHandler(scripted(lambda *_: SILENT)).create(inputs(readiness="off"), False, 0)

    assert state["answered"] == {}
    assert told == [("host.readiness is off: nobody checked that the host answers", False)]


def test_a_preview_waits_for_nothing() -> None:
    state = ReadyHandler(scripted(lambda *_: SILENT)).create(inputs(host=UNKNOWN), True, 0)[1]

    assert state["answered"] is UNKNOWN


def test_what_is_waited_for_anew() -> None:
    tried: list[str] = []

    def script(family: Family, _: float) -> Probe:
        tried.append(family)
        return UP

    handler = ReadyHandler(scripted(script))
    old = {**inputs(host="vm-1"), "answered": LOOPBACK, "notChecked": {}}
    for change, again in (
        ({}, False),
        ({"timeout": 99}, False),
        ({"readiness": "off"}, False),
        ({"host": "vm-2"}, True),
        ({"ipv6": "::2"}, True),
        ({"port": 9345}, True),
    ):
        tried.clear()
        new = {**inputs(host="vm-1"), **change}
        diff = handler.diff("x", old, old, new)
        assert (diff.changes, diff.replaces) == (bool(change), ())
        state = handler.update("x", old, old, new, False, 0)
        assert bool(tried) is again
        assert {key: state[key] for key in new} == new and "answered" in state
    assert handler.update("x", {**old, "readiness": "off"}, {}, inputs(host="vm-1"), False, 0) and tried


def test_a_refresh_and_a_destroy_need_no_host() -> None:
    handler = ReadyHandler(scripted(lambda *_: SILENT))
    state = {**inputs(), "answered": LOOPBACK}

    assert handler.read("x", inputs(), state) == ("x", inputs(), state)
    handler.delete("x", state, 0)
    with pytest.raises(ResourceError, match="cannot be imported"):
        handler.read("x", {}, {})


def test_each_property_is_judged() -> None:
    handler = ReadyHandler()
    given = {"ipv4": "::1", "ipv6": "fe80::1/64", "port": 70000, "timeout": "5", "readiness": "maybe", "x": 1}
    assert set(refused(handler, given)) == set(given)
    assert "is missing: host, port, user" in refused(handler, inputs(readiness="ssh-jump"))["jump"]
    assert "no address is given" in refused(handler, {"port": 1, "timeout": 1})["ipv4"]
    assert refused(handler, {"port": 1, "timeout": 1, "readiness": "off"}) == {}
    assert checked(handler, inputs(ipv6="FD00::0:1"))["ipv6"] == "fd00::1"
    assert (
        checked(handler, {key: item for key, item in inputs().items() if key != "readiness"})["readiness"] == "direct"
    )
