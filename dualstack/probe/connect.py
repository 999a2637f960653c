"""One try to reach a TCP port, and what its failure says: a missing route here is not a missing answer there."""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections.abc import Callable
from enum import Enum
from typing import Final, NamedTuple

from dualstack.address.family import Family

_SOCKET: Final[dict[Family, int]] = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}

_SLICE = 0.2
"""Seconds between two looks at whether to give up."""
_NO_ROUTE: Final = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,  # a route of type `unreachable`
        errno.EADDRNOTAVAIL,  # no local address to start from
        errno.EAFNOSUPPORT,  # the kernel has no such family, as in many containers
        errno.EACCES,  # a route of type `prohibit`
        errno.EPERM,  # a local firewall rejects it
        errno.EINVAL,  # a route of type `blackhole`
    }
)


def no_route(error: BaseException) -> bool:
    """Tell whether a failure means that this machine has no way there at all."""
    return isinstance(error, OSError) and error.errno in _NO_ROUTE


class Status(Enum):
    """What a try told."""

    ANSWERED = "answers"
    REFUSED = "refuses the connection"
    SILENT = "does not answer"
    UNREACHABLE = "is reported unreachable on the way"
    NOT_TLS = "has an open port that does not speak TLS"
    MUTE = "takes the connection and says nothing"
    WRONG_NAME = "shows a certificate without this address"
    EXPIRED = "shows a certificate that is not valid now"
    DISTRUSTED = "shows a certificate that nobody here vouches for"
    NOT_PINNED = "shows another certificate than the one that is pinned"
    NOT_READY = "says that it is not ready"
    NOT_API = "answers, but not as a Kubernetes API server"
    NO_ROUTE = "has no route"
    NO_JUMP = "could not be tried"


class Probe(NamedTuple):
    """The outcome of one try."""

    status: Status
    detail: str = ""
    """The system's words for a failure."""


Connect = Callable[[Family, str, int, float, Callable[[], bool]], Probe]
"""What ``connect`` and ``api.try_api`` are."""


def connect(
    family: Family,
    address: str,
    port: int,
    timeout: float,
    cancelled: Callable[[], bool],
    speak: Callable[[socket.socket], Probe] | None = None,
) -> Probe:
    """Try once to open a TCP connection, and close it.

    What the system says at once comes from this machine's own routes and addresses; what it says later came over the
    network, from a router or from failed neighbour discovery, so the host may well be down.

    Args:
        family: of the address.
        address: without a zone.
        port: TCP port.
        timeout: seconds until it counts as silent.
        cancelled: looked at while waiting; true ends the try as silent.
        speak: what is said over the connection, and decides then.
    """
    try:
        with socket.socket(_SOCKET[family], socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            code = sock.connect_ex((address, port))
            if code in _NO_ROUTE:
                return Probe(Status.NO_ROUTE, os.strerror(code))
            if code == errno.EINPROGRESS:
                code = _wait(sock, timeout, cancelled)
            found = _judged(code)
            return speak(sock) if speak is not None and found.status is Status.ANSWERED else found
    except OSError as error:  # no socket of that family
        return Probe(Status.NO_ROUTE if no_route(error) else Status.SILENT, error.strerror or str(error))


def _wait(sock: socket.socket, timeout: float, cancelled: Callable[[], bool]) -> int:
    end = time.monotonic() + timeout
    poll = select.poll()  # unlike select(), for any number of open files
    poll.register(sock, select.POLLOUT)
    while not cancelled():
        left = end - time.monotonic()
        if left <= 0:
            break
        if poll.poll(min(left, _SLICE) * 1000):
            return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.ETIMEDOUT


def _judged(code: int) -> Probe:
    if code == 0:
        return Probe(Status.ANSWERED)
    if code == errno.ECONNREFUSED:
        return Probe(Status.REFUSED, os.strerror(code))
    if code in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES):
        return Probe(Status.UNREACHABLE, os.strerror(code))
    return Probe(Status.SILENT, os.strerror(code))
