"""One question to a Kubernetes API server: TLS, a certificate with the address in it, and what it says of itself.

A port that is open says little: kube-proxy, a load balancer or RKE2's supervisor hold one long before the API answers.
Who signed the certificate is not judged, since nobody knows the cluster's own authority before the cluster is there;
the address must be in it, as clients check it, and it must be valid now.

RKE2 switches anonymous requests off (k3s pkg/daemons/control/server.go, ``anonymous-auth``; rancher/rke2#7374), so that
``/readyz`` without a login gets 401 from an API server that runs and authenticates: that counts as its answer. Where
anonymous requests are on, ``/readyz`` itself decides.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from dualstack.address.family import Family, url_host
from dualstack.probe.connect import Probe, Status, connect
from dualstack.probe.tls import Tls, read_certificate

PATH: Final = "/readyz"
ASK_SECONDS: Final = 5.0
"""For TLS and the answer; a busy API server at its first start needs some."""
_LARGEST: Final = 1 << 16


def try_api(family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
    """Try once, as ``probe.connect``; the API must answer, not only the port."""

    def speak(sock: socket.socket) -> Probe:
        async def work() -> Probe:
            reader, writer = await asyncio.open_connection(sock=sock)
            try:
                return await ask(reader.read, writer.write, address, port)
            finally:
                writer.close()

        return asyncio.run(work())

    return connect(family, address, port, timeout, cancelled, speak)


async def ask(
    read: Callable[[int], Awaitable[bytes]], write: Callable[[bytes], object], address: str, port: int
) -> Probe:
    """Ask over an open stream."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            tls = Tls(read, write)
            try:
                certificate = await tls.handshake()
            except (ssl.SSLError, ConnectionError) as error:
                return Probe(Status.NOT_TLS, getattr(error, "reason", "") or str(error))
            wrong = judged(certificate, address)
            if wrong is not None:
                return wrong
            host = url_host(address)
            tls.send(f"GET {PATH} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            return answered(await tls.all(_LARGEST))
    except TimeoutError:
        return Probe(Status.MUTE, f"nothing within {ASK_SECONDS:.0f} s")
    except OSError as error:  # ssl.SSLError is one
        return Probe(Status.NOT_API, f"it ended the connection ({error.strerror or error})")


def judged(certificate: bytes, address: str) -> Probe | None:
    """Judge a certificate as a client does that knows the authority; None where it fits.

    Args:
        certificate: in DER.
        address: that was connected to.
    """
    try:
        shown = read_certificate(certificate)
    except ValueError as error:
        return Probe(Status.NOT_TLS, f"its certificate cannot be read: {error}")
    if not shown.valid:
        return Probe(Status.EXPIRED, shown.span)
    if not shown.holds(address):
        return Probe(Status.WRONG_NAME, f"it is for {shown.names}")
    return None


def answered(response: bytes) -> Probe:
    """Judge what came back over HTTP."""
    head, _, body = response.partition(b"\r\n\r\n")
    words = head.split(b"\r\n")[0].decode("ascii", "replace").split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
        return Probe(Status.NOT_API, "it speaks no HTTP")
    code, text = int(words[1]), body.decode("utf-8", "replace")
    # An API server sends this in chunks of HTTP, or as a whole.
    lines = [line.strip() for line in text.splitlines()]
    if code == 200 and "ok" in lines:
        return Probe(Status.ANSWERED)
    if code in (401, 403) and _is_status(text):
        return Probe(Status.ANSWERED, f"an API server that tells nothing without a login ({code})")
    if code >= 500 and any(line.startswith(("[-]", "[+]")) for line in lines):
        failing = [line.removeprefix("[-]").partition(" ")[0] for line in lines if line.startswith("[-]")]
        return Probe(Status.NOT_READY, ascii(", ".join(failing))[1:-1] or str(code))
    if code >= 500:
        return Probe(Status.NOT_READY, f"HTTP {code}")
    return Probe(Status.NOT_API, f"{PATH} gives HTTP {code}")


def _is_status(text: str) -> bool:
    start, end = text.find("{"), text.rfind("}")
    with suppress(ValueError):
        found = json.loads(text[start : end + 1])
        return isinstance(found, dict) and found.get("kind") == "Status"
    return False
