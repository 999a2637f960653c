"""An image served over HTTP to one BMC, from the machine that deploys, for as long as it is needed."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from provider.handler import ResourceError

_RANGE: Final = re.compile(r"bytes=([0-9]+)-([0-9]*)")
"""The one form that BMCs send (RFC 9110, 14.2)."""


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


@contextmanager
def served(image: Path, path: str, bmc: str, port: int) -> Iterator[str]:
    """Serve one file, and give its URL.

    It listens on the address from which this machine reaches the BMC, so on the BMC's family and nowhere else.

    Args:
        image: the file.
        path: of the URL, beginning with a slash; every other one is not found.
        bmc: URL of the BMC.
        port: TCP port, any free one where 0.

    Raises:
        ResourceError: there is no way to the BMC, or the port is taken.
    """
    own = _own_address(bmc)
    handler = functools.partial(_Handler, image, path)
    server_type = type("Server", (_Server,), {"address_family": socket.AF_INET6 if ":" in own else socket.AF_INET})
    try:
        server = server_type((own, port), handler)
    except OSError as error:
        raise ResourceError(f"the image cannot be served on {own} port {port}: {error.strerror}") from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        host = f"[{own}]" if ":" in own else own
        yield f"http://{host}:{server.server_address[1]}{path}"
    finally:
        server.shutdown()
        server.server_close()


def _own_address(bmc: str) -> str:
    parts = urlsplit(bmc)
    try:
        kind, _, _, _, place = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_DGRAM)[0]
        with socket.socket(kind, socket.SOCK_DGRAM) as probe:
            probe.connect(place)  # sends nothing; the kernel chooses the address
            return str(ipaddress.ip_address(probe.getsockname()[0].partition("%")[0]))
    except OSError as error:
        raise ResourceError(f"there is no way from here to the BMC {parts.hostname}: {error.strerror}") from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    """Gives the file, whole or from some byte on."""

    protocol_version = "HTTP/1.1"

    def __init__(self, image: Path, path: str, *args: object) -> None:
        self._image, self._path = image, path
        super().__init__(*args)  # type: ignore[arg-type]

    def do_HEAD(self) -> None:
        """Answer without the file."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with the file."""
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: standard error is the engine's."""

    def _answer(self, *, body: bool) -> None:
        if urlsplit(self.path).path != self._path:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        with self._image.open("rb") as stream:
            size = self._image.stat().st_size
            wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
            first = int(wanted[1]) if wanted else 0
            last = min(int(wanted[2]), size - 1) if wanted and wanted[2] else size - 1
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

    def _copy(self, stream: object, count: int) -> None:
        left = count
        while left > 0:
            block = stream.read(min(left, 1 << 20))  # type: ignore[attr-defined]
            if not block:
                return
            self.wfile.write(block)
            left -= len(block)
