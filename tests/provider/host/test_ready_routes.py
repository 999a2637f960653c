"""A missing route is not a missing answer: with a connector of our own, and in a network namespace."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing

import pytest

from dualstack.address.family import LABEL, Family
from dualstack.probe.connect import Probe, Status, connect
from provider.frame.handler import ResourceError
from provider.host.ready import ReadyHandler
from tests import PROJECT
from tests.provider.handlers import reports
from tests.provider.host.waiting import NO_ROUTE, PUBLIC, SILENT, UP, inputs, scripted


@pytest.mark.parametrize("missing", ["ipv4", "ipv6"])
def test_a_runner_without_a_route_does_not_report_a_sick_host(missing: Family) -> None:
    handler = ReadyHandler(scripted(lambda family, _: NO_ROUTE if family == missing else UP), grace=0.3)
    with reports() as told:
        _, state = handler.create(inputs(**PUBLIC), False, 0)

    label = LABEL[missing]
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
from dualstack.probe.connect import connect
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
import json
from provider.host.ready import ReadyHandler
from tests.lab.api import serving
given = {"ipv4": "10.9.9.1", "ipv6": "fd00:100::10", "port": 6443, "timeout": 20, "readiness": "direct"}
with serving(["10.9.9.1"], 6443):
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
