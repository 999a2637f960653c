"""One server asked once: TCP, TLS, HTTP, and its certificate."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Final

from dualstack.probe.connect import Probe, Status
from dualstack.probe.tls import Tls
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.model import Kind, Way
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


def ask(endpoint: Endpoint, way: Way) -> Seen:
    """Ask; bounded by twice the seconds of the way."""
    seen = Seen(Probe(Status.SILENT))

    async def talk(read: Read, write: Write) -> Probe:
        return await _talk(read, write, endpoint, way.seconds, seen)

    seen.probe = way.place.speak(*way.to(endpoint.address, endpoint.port), way.seconds, way.stop, talk)
    return seen


async def _talk(read: Read, write: Write, endpoint: Endpoint, seconds: float, seen: Seen) -> Probe:
    host = endpoint.name or endpoint.address
    request = (
        f"GET {endpoint.path} HTTP/1.1\r\nHost: {f'[{host}]' if ':' in host else host}:{endpoint.port}\r\n"
        "User-Agent: dualstack-verify\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    ).encode()
    # The API server's body says whether it is ready, the supervisor's is the CA; of others the first lines are enough.
    until = None if endpoint.kind in (Kind.API, Kind.SUPERVISOR) else b"\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            if not endpoint.tls:
                write(request)
                while len(seen.response) < _LARGEST and b"\r\n\r\n" not in seen.response:
                    if not (data := await read(_LARGEST)):
                        break
                    seen.response += data
                return Probe(Status.ANSWERED)
            tls = Tls(read, write, endpoint.name or None)
            try:
                seen.certificate = await tls.handshake()
            except (ssl.SSLError, ConnectionError) as error:
                return Probe(Status.NOT_TLS, getattr(error, "reason", "") or str(error))
            tls.send(request)
            seen.response = await tls.all(_LARGEST, until)
            return Probe(Status.ANSWERED)
    except TimeoutError:
        return Probe(Status.MUTE, f"nothing within {seconds:.0f} s")
    except OSError as error:  # ssl.SSLError is one
        return Probe(Status.SILENT, f"it ended the connection ({error.strerror or error})")
