"""The wait for a host, with real sockets on loopback, in a network namespace, and with a connector of our own."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from provider import host_ready
from provider.handler import CANCELLED, UNKNOWN, Cancelled, ResourceError
from provider.host_ready import ReadyHandler
from provider.probe import Family, Probe, Status, connect
from tests import PROJECT
from tests.provider.handlers import checked, refused, reports

LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}
PUBLIC = {"ipv4": "192.0.2.10", "ipv6": "2001:db8::10"}


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(host_ready, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(host_ready, "LONGEST_PAUSE", 0.1)
    yield
    CANCELLED.clear()


def free_port() -> int:
    """A port that is free on both families, below the range from which a connection to it could come."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with closing(socket.socket(socket.AF_INET)) as four, closing(socket.socket(socket.AF_INET6)) as six:
            try:
                four.bind(("127.0.0.1", port))
                six.bind(("::1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@contextmanager
def listening(family: str, port: int) -> Iterator[None]:
    kind = socket.AF_INET if family == "ipv4" else socket.AF_INET6
    with closing(socket.socket(kind, socket.SOCK_STREAM)) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK[family], port))
        sock.listen(64)
        yield


def inputs(port: Any = 6443, timeout: Any = 20, **more: Any) -> dict[str, Any]:
    return {**LOOPBACK, "port": port, "timeout": timeout, "readiness": "direct", **more}


def test_ready_when_both_answer() -> None:
    port = free_port()
    with listening("ipv4", port), listening("ipv6", port):
        id_, state = ReadyHandler().create(inputs(port), False, 0)

    assert id_ == "127.0.0.1 ::1"
    assert state["answered"] == LOOPBACK and state["notChecked"] == {}


@pytest.mark.parametrize(("first", "second"), [("ipv4", "ipv6"), ("ipv6", "ipv4")])
def test_the_missing_family_is_shown_until_it_comes(first: str, second: str) -> None:
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

    label = host_ready.LABELS
    assert state["answered"] == LOOPBACK and 0.5 < waited < 5
    passing = [text for text, passing in told if passing]
    assert passing and all(f"{label[first]} {LOOPBACK[first]} answers" in text for text in passing)
    assert all(f"{label[second]} {LOOPBACK[second]} refuses the connection (missing since " in text for text in passing)
    assert [text for text, passing in told if not passing] == [
        f"{label[first]} {LOOPBACK[first]} port {port} answers",
        f"{label[second]} {LOOPBACK[second]} port {port} answers after 0 s",
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


def scripted(script: Callable[[Family, float], Probe]) -> Any:
    start = time.monotonic()

    def try_(family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
        return script(family, time.monotonic() - start)

    return try_


NO_ROUTE = Probe(Status.NO_ROUTE, os.strerror(errno.ENETUNREACH))
UP, SILENT = Probe(Status.ANSWERED), Probe(Status.SILENT)


@pytest.mark.parametrize("missing", ["ipv4", "ipv6"])
def test_a_runner_without_a_route_does_not_report_a_sick_host(missing: str) -> None:
    handler = ReadyHandler(scripted(lambda family, _: NO_ROUTE if family == missing else UP), grace=0.3)
    with reports() as told:
        _, state = handler.create(inputs(**PUBLIC), False, 0)

    label = host_ready.LABELS[missing]
    why = f"no route to {PUBLIC[missing]} (Network is unreachable)"
    assert state["answered"] == {family: item for family, item in PUBLIC.items() if family != missing}
    assert state["notChecked"] == {missing: why}
    assert told[-1] == (f"warning: {label} not checked from here: {why}", False)


def test_a_route_that_comes_late_counts() -> None:
    """A new bridge has no usable IPv6 address until the machine on it is up."""

    def script(family: Family, now: float) -> Probe:
        return UP if family == "ipv4" or now > 0.4 else NO_ROUTE

    _, state = ReadyHandler(scripted(script), grace=5).create(inputs(**PUBLIC), False, 0)

    assert state["answered"] == PUBLIC


def test_the_end_of_the_time_is_no_reason_to_call_the_host_sick() -> None:
    handler = ReadyHandler(scripted(lambda family, _: UP if family == "ipv4" else NO_ROUTE), grace=60)

    assert handler.create(inputs(**PUBLIC), False, 0.3)[1]["answered"] == {"ipv4": PUBLIC["ipv4"]}


@pytest.mark.parametrize(("patience", "timeout"), [(0.2, 60.0), (60.0, 0.3)])
def test_without_any_route_nothing_is_said_about_the_host(patience: float, timeout: float) -> None:
    handler = ReadyHandler(scripted(lambda family, _: NO_ROUTE), no_route=patience)
    with pytest.raises(ResourceError, match="cannot be checked from here, which says nothing about the host") as caught:
        handler.create(inputs(**PUBLIC), False, timeout)
    assert "set host.readiness to off" in str(caught.value)


def test_no_route_does_not_excuse_a_silent_host() -> None:
    handler = ReadyHandler(scripted(lambda family, _: SILENT if family == "ipv4" else NO_ROUTE), grace=0)
    with pytest.raises(ResourceError, match="not ready over both families") as caught:
        handler.create(inputs(**PUBLIC), False, 0.3)
    assert "IPv4: the machine is off or still installing; 192.0.2.10 is not configured" in str(caught.value)
    assert "IPv6: this machine has no IPv6 address or no IPv6 route (`ip -6 route get 2001:db8::10`)" in str(
        caught.value
    )


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
    assert "ssh-jump is not there yet" in refused(handler, inputs(readiness="ssh-jump"))["readiness"]
    assert "no address is given" in refused(handler, {"port": 1, "timeout": 1})["ipv4"]
    assert refused(handler, {"port": 1, "timeout": 1, "readiness": "off"}) == {}
    assert checked(handler, inputs(ipv6="FD00::0:1"))["ipv6"] == "fd00::1"
    assert (
        checked(handler, {key: item for key, item in inputs().items() if key != "readiness"})["readiness"] == "direct"
    )


def test_silence_is_told_from_a_missing_route() -> None:
    """A listener whose queue is full drops connections, as a firewall does."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        port = sock.getsockname()[1]
        held = []
        for _ in range(4):
            other = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            other.setblocking(False)
            other.connect_ex(("127.0.0.1", port))
            held.append(other)
        try:
            assert connect("ipv4", "127.0.0.1", port, 0.3, lambda: False).status is Status.SILENT
        finally:
            for other in held:
                other.close()


PROGRAM = """
import json, sys
from provider.probe import connect
tries = [("ipv4", "192.0.2.1"), ("ipv6", "2001:db8::1"), ("ipv4", "10.9.9.2"), ("ipv6", "fd09::1"), ("ipv6", "fd08::1"),
         ("ipv6", "fd07::1")]
print(json.dumps([connect(*item, 6443, 0.5, lambda: False).status.name for item in tries]))
"""


def namespace(script: str) -> str:
    """Run a shell script in a network of its own, where lo is up and 10.9.9.0/24 is local."""
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        pytest.skip("needs root, unshare and ip")
    line = f"ip link set lo up && ip address add 10.9.9.1/24 dev lo && {script}"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", line], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no network namespace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_missing_route_in_a_network_of_its_own() -> None:
    routes = "; ".join(
        f"ip -6 route add {kind} {net}::/64"
        for kind, net in (("unreachable", "fd09"), ("blackhole", "fd08"), ("prohibit", "fd07"))
    )
    found = json.loads(namespace(f"{routes}; exec {sys.executable} -c '{PROGRAM}'"))

    assert found == ["NO_ROUTE", "NO_ROUTE", "REFUSED", "NO_ROUTE", "NO_ROUTE", "NO_ROUTE"]


WAIT = """
import json, socket
from provider.host_ready import ReadyHandler
sock = socket.create_server(("10.9.9.1", 6443))
given = {"ipv4": "10.9.9.1", "ipv6": "fd00:100::10", "port": 6443, "timeout": 20, "readiness": "direct"}
print(json.dumps(ReadyHandler(grace=1).create(given, False, 0)[1]))
"""


@pytest.mark.parametrize("kernel", ["", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 || exit 0;"])
def test_a_runner_with_ipv4_only(kernel: str) -> None:
    output = namespace(f"{kernel} exec {sys.executable} -c '{WAIT}'")
    if not output:
        pytest.skip("IPv6 cannot be switched off here")
    state = json.loads(output)

    assert state["answered"] == {"ipv4": "10.9.9.1"}
    assert state["notChecked"]["ipv6"].startswith("no route to fd00:100::10 (")
