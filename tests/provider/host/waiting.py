"""What the tests of the wait share."""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from typing import Any

from dualstack.address.family import Family
from dualstack.probe.connect import Probe, Status
from tests.lab.api import serving

LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}
PUBLIC = {"ipv4": "192.0.2.10", "ipv6": "2001:db8::10"}


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


def listening(family: str, port: int) -> AbstractContextManager[None]:
    """Let an API server answer in one family."""
    return serving([LOOPBACK[family]], port)


def inputs(port: Any = 6443, timeout: Any = 20, **more: Any) -> dict[str, Any]:
    return {**LOOPBACK, "port": port, "timeout": timeout, "readiness": "direct", **more}


def scripted(script: Callable[[Family, float], Probe]) -> Any:
    start = time.monotonic()

    def try_(family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
        return script(family, time.monotonic() - start)

    return try_


NO_ROUTE = Probe(Status.NO_ROUTE, os.strerror(errno.ENETUNREACH))
UP, SILENT = Probe(Status.ANSWERED), Probe(Status.SILENT)
