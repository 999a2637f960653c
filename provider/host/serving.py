"""An image served over HTTP to one BMC, from the machine that deploys, for as long as it is needed.

An image holds secrets, and many BMCs fetch over plain HTTP alone. So its path begins with a random text that only the
BMC is told, nobody but the BMC is answered at all, and neither state nor messages hold that text.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import ipaddress
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from dualstack.address.family import url_host
from dualstack.probe.served_url import RANDOM_BYTES
from provider.frame.handler import ResourceError

_RANGE: Final = re.compile(r"bytes=(?:([0-9]+)-([0-9]*)|-([0-9]+))")
"""One range (RFC 9110, 14.1.2); several at once are answered with the whole, as is allowed."""
_NEIGHBOURS: Final = 64
"""Prefix length of the IPv6 addresses that may be one BMC's: beside the one that is known it may have others from
router advertisements, and choose among them (RFC 6724, section 5)."""


def digest(path: Path) -> str:
    """Return SHA-256 of a file in hex.

    Raises:
        ResourceError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ResourceError(f"the image {path} cannot be read: {error.strerror}; build it first") from None


@dataclass(frozen=True)
class _Offer:
    """One image under one path, for the addresses of one BMC."""

    image: Path
    path: bytes
    clients: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    def is_for(self, client: str) -> bool:
        """Tell whether it is offered to an address."""
        address = ipaddress.ip_address(client.partition("%")[0])
        return any(address in network for network in self.clients)


@contextmanager
def served(image: Path, path: str, bmc: str, port: int, refused: Callable[[str], None]) -> Iterator[str]:
    """Serve one file to a BMC, and give its URL.

    It listens on the address from which this machine reaches the BMC, so on the BMC's family and nowhere else.

    Args:
        image: the file.
        path: end of the URL's path, beginning with a slash; every other path is not found.
        bmc: URL of the BMC.
        port: TCP port, any free one where 0; several images share one that is given.
        refused: is told each other address that asked, once.

    Raises:
        ResourceError: there is no way to the BMC, or the port is taken.
    """
    own, clients = _ends(bmc)
    path = f"/{secrets.token_urlsafe(RANDOM_BYTES)}{path}"
    offer = _Offer(image, path.encode(), clients)
    server = _Server.joined(own, port, offer, refused)
    try:
        host = url_host(own)
        yield f"http://{host}:{server.server_address[1]}{path}"
    finally:
        server.leave(offer)


def _ends(bmc: str) -> tuple[str, tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]]:
    """Give this machine's address towards a BMC, and where the BMC's requests come from."""
    parts = urlsplit(bmc)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM)
        family, _, _, _, place = found[0]
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)  # sends nothing; the kernel chooses the address
            own = str(ipaddress.ip_address(probe.getsockname()[0].partition("%")[0]))
    except OSError as error:
        raise ResourceError(f"there is no way from here to the BMC {parts.hostname}: {error.strerror}") from None
    length = _NEIGHBOURS if family == socket.AF_INET6 else 32
    addresses = [str(one[4][0]).partition("%")[0] for one in found if one[0] == family]
    return own, tuple(ipaddress.ip_network(f"{address}/{length}", strict=False) for address in addresses)


class _Server(ThreadingHTTPServer):
    """What is offered at one address and port of this machine."""

    daemon_threads = True
    _running: Final[dict[tuple[str, int], _Server]] = {}
    _coming_and_going: Final = threading.Lock()

    def __init__(self, own: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in own else socket.AF_INET
        # Not the lock of the class: that one is held while the thread ends which answers.
        self._lock = threading.Lock()
        self._offers: dict[_Offer, Callable[[str], None]] = {}
        self._refused: set[str] = set()
        self._place = own, port
        super().__init__((own, port), _Handler)

    @classmethod
    def joined(cls, own: str, port: int, offer: _Offer, refused: Callable[[str], None]) -> _Server:
        """Offer an image at a place, beside others that are offered there."""
        with cls._coming_and_going:
            server = cls._running.get((own, port)) if port else None
            if server is None:
                try:
                    server = cls(own, port)
                except OSError as error:
                    words = f"the image cannot be served on {own} port {port}: {error.strerror}"
                    raise ResourceError(words) from None
                serve = functools.partial(server.serve_forever, poll_interval=0.2)
                threading.Thread(target=serve, daemon=True).start()
                if port:
                    cls._running[own, port] = server
            with server._lock:
                server._offers[offer] = refused
            return server

    def leave(self, offer: _Offer) -> None:
        """Offer it no longer; whoever leaves last ends the server."""
        with self._coming_and_going:
            with self._lock:
                del self._offers[offer]
                if self._offers:
                    return
            self._running.pop(self._place, None)
            self.shutdown()
            self.server_close()

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Tell whether anything is offered to whoever connects; the others are answered nothing."""
        client = str(client_address[0])
        with self._lock:
            if any(offer.is_for(client) for offer in self._offers):
                return True
            told = list(self._offers.values()) if client not in self._refused else []
            self._refused.add(client)
        for refused in told:
            refused(client)
        return False

    def image(self, path: str, client: str) -> Path | None:
        """Find what is offered to an address under a path; the time that it takes tells nothing of other paths."""
        asked, found = path.encode(errors="replace"), None
        with self._lock:
            for offer in self._offers:
                if hmac.compare_digest(offer.path, asked) and offer.is_for(client):
                    found = offer.image
        return found

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that break off: standard error is the engine's."""


class _Handler(BaseHTTPRequestHandler):
    """Gives the file, whole or in part; to methods other than GET and HEAD nothing."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        """Answer without the file."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with the file."""
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: standard error is the engine's."""

    def _answer(self, *, body: bool) -> None:
        image = self.server.image(urlsplit(self.path).path, str(self.client_address[0]))
        if image is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with image.open("rb") as stream:
            size = image.stat().st_size
            wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
            first, last = _bounds(wanted, size)
            if wanted and (first >= size or last < first):
                self.send_error(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(last - first + 1))
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.end_headers()
            if body:
                stream.seek(first)
                self._copy(stream, last - first + 1)

    def _copy(self, stream: BinaryIO, count: int) -> None:
        left = count
        while left > 0:
            block = stream.read(min(left, 1 << 20))
            if not block:
                return
            self.wfile.write(block)
            left -= len(block)


def _bounds(wanted: re.Match[str] | None, size: int) -> tuple[int, int]:
    """Return the first and the last byte that are wanted."""
    if wanted is None:
        return 0, size - 1
    if wanted[3]:
        return (max(size - int(wanted[3]), 0), size - 1) if int(wanted[3]) else (size, size - 1)
    return int(wanted[1]), min(int(wanted[2]), size - 1) if wanted[2] else size - 1
