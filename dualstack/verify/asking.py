"""One server asked once: TCP, TLS, HTTP, and its certificate."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import ssl
import time
from dataclasses import dataclass
from typing import Final

from dualstack.probe.connect import Probe, Status
from dualstack.probe.tls import Tls
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.model import Way
from dualstack.verify.places import Read, Write

_LARGEST: Final = 1 << 16


@dataclass
class Seen:
    """What a server showed.

    Attributes:
        probe: of the connection, and of TLS where it speaks that.
        certificate: in DER; empty where none was shown.
        response: what came back over HTTP, as far as it was read.
    """

    probe: Probe
    certificate: bytes = b""
    response: bytes = b""


def body(response: bytes) -> bytes:
    """Give the body of an answer over HTTP, its chunks put together; empty where it is none."""
    with http.client.HTTPResponse(_Read(response)) as answer:  # type: ignore[arg-type]  # it reads of it alone
        try:
            answer.begin()
            return answer.read()
        except http.client.IncompleteRead as error:
            return error.partial
        except (http.client.HTTPException, ValueError, OSError):
            return b""


class _Read:
    """Stands for the socket of an answer that was read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        """Give what was read."""
        return io.BytesIO(self._data)


def ask(endpoint: Endpoint, way: Way) -> Seen:
    """Ask; bounded by twice the seconds of the way, and by its end."""
    seen = Seen(Probe(Status.SILENT))
    seconds = min(way.seconds, way.end - time.monotonic())
    if seconds <= 0:
        return Seen(Probe(Status.MUTE, "its answers before took too long"))

    async def talk(read: Read, write: Write) -> Probe:
        return await _talk(read, write, endpoint, seconds, seen)

    seen.probe = way.place.speak(*way.to(endpoint.address, endpoint.port), seconds, way.stop, talk)
    return seen


async def _talk(read: Read, write: Write, endpoint: Endpoint, seconds: float, seen: Seen) -> Probe:
    host = endpoint.name or endpoint.address
    login = f"Authorization: {endpoint.login}\r\n" if endpoint.login else ""
    request = (
        f"GET {endpoint.path} HTTP/1.1\r\nHost: {f'[{host}]' if ':' in host else host}:{endpoint.port}\r\n"
        f"User-Agent: dualstack-verify\r\nAccept: */*\r\n{login}Connection: close\r\n\r\n"
    ).encode()
    until = None if endpoint.whole else b"\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            if not endpoint.tls:
                write(request)
                while len(seen.response) < _LARGEST and (until is None or until not in seen.response):
                    if not (data := await read(_LARGEST)):
                        break
                    seen.response += data
                return Probe(Status.ANSWERED)
            # A login goes to nobody who might be somebody else.
            vouched = endpoint.vouched or bool(endpoint.login and not endpoint.pin)
            tls = Tls(read, write, endpoint.name or None, vouched=vouched)
            try:
                seen.certificate = await tls.handshake()
            except ssl.SSLCertVerificationError as error:
                return Probe(Status.DISTRUSTED, error.verify_message)
            except (ssl.SSLError, ConnectionError) as error:
                return Probe(Status.NOT_TLS, getattr(error, "reason", "") or str(error))
            if endpoint.pin and hashlib.sha256(seen.certificate).hexdigest() != endpoint.pin:
                return Probe(Status.NOT_PINNED)
            tls.send(request)
            seen.response = await tls.all(_LARGEST, until)
            return Probe(Status.ANSWERED)
    except TimeoutError:
        return Probe(Status.MUTE, f"nothing within {seconds:.0f} s")
    except OSError as error:  # ssl.SSLError is one
        return Probe(Status.SILENT, f"it ended the connection ({error.strerror or error})")
