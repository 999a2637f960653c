"""Connections of urllib3 that end in time, begin where a place leads to, and reach an API server and nobody else."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from urllib3.connection import HTTPConnection

from dualstack.probe.tls import read_certificate

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

EVERY_API_SERVER: Final = "kubernetes"
"""A name that RKE2, k3s and kubeadm write into each API server's certificate, and into no kubelet's."""
_AGAIN: Final = 0.1
_now = threading.local()


class Unnamed(Exception):
    """The certificate is of the right authority, and none of an API server; nothing was asked."""


class Limit:
    """Ends what its thread asks over urllib3 once the time is over; for ``with``.

    urllib3 and ``http.client`` begin their timeouts anew with each piece that comes, so that a server which lets its
    answer trickle would hold them for hours.

    Attributes:
        over: whether it ended anything.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self.over = False

    def __enter__(self) -> Self:
        _now.limit = self
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        _now.limit = None
        self._done.set()
        self._thread.join()

    def watch(self, connection: HTTPConnection) -> None:
        """Take a connection; one that the server will end forgets its socket while the answer is read."""
        self._connection, self._socket = connection, connection.sock

    def _watch(self) -> None:
        wait = max(self._seconds, 0.0)
        # Again and again: meanwhile TLS may put another socket in the first one's place.
        while not self._done.wait(wait):
            self.over, wait = True, _AGAIN
            for sock in {self._socket, self._connection.sock if self._connection is not None else None}:
                with suppress(OSError):
                    if sock is not None:
                        # Not TLS's own, which would change what the other thread reads with.
                        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """Stands before the classes of a pool.

    Attributes:
        path: of a UNIX socket that leads to the server; empty for none.
        names: the certificate must hold one of these; empty where urllib3 looks at it.
    """

    path = ""
    names: tuple[str, ...] = ()

    def connect(self) -> None:
        self._watched()
        super().connect()
        self._watched()
        if self.names and isinstance(self.sock, ssl.SSLSocket):
            self._named(self.sock.getpeercert(binary_form=True) or b"")

    def _named(self, certificate: bytes) -> None:
        try:
            shown = read_certificate(certificate)
        except ValueError as error:
            raise Unnamed(f"its certificate cannot be read ({error})") from None
        if not any(shown.holds(name) for name in self.names):
            raise Unnamed(f"its certificate is for {shown.names}, not for {' or '.join(self.names)}")

    def request(self, *given: object, **more: object) -> None:
        self._watched()
        super().request(*given, **more)  # type: ignore[arg-type]  # whatever the pool says

    def _watched(self) -> None:
        limit: Limit | None = getattr(_now, "limit", None)
        if limit is not None:
            limit.watch(self)

    def _new_conn(self) -> socket.socket:
        if not self.path:
            return super()._new_conn()
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(self.timeout)
            sock.connect(self.path)
        except BaseException:
            sock.close()
            raise
        return sock


def prepare(pool: HTTPConnectionPool, path: str = "", names: tuple[str, ...] = ()) -> HTTPConnectionPool:
    """Make a pool's connections such ones; see ``_Connection``."""
    pool.ConnectionCls = type("Connection", (_Connection, pool.ConnectionCls), {"path": path, "names": names})
    return pool


def api_names(host: str) -> tuple[str, ...]:
    """Give the names of which an API server's certificate holds one.

    Args:
        host: that the kubeconfig expects; one of loopback is in each kubelet's certificate, too, and left out.
    """
    try:
        own = ipaddress.ip_address(host).is_loopback
    except ValueError:
        own = host == "localhost"
    return (EVERY_API_SERVER,) if own else (EVERY_API_SERVER, host)
