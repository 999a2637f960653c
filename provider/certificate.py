"""The fingerprint of the certificate that a TLS server shows; whose it is, is not judged."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

CHUNK: Final = 65536


async def fingerprint(read: Callable[[int], Awaitable[bytes]], write: Callable[[bytes], object]) -> str:
    """Shake hands over a stream, and give SHA-256 of the server's certificate in hexadecimal.

    Raises:
        OSError: the server does not speak TLS, or went away.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is only compared with what it was
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            write(outgoing.read())
            data = await read(CHUNK)
            if not data:
                raise ConnectionResetError("the server ended the connection") from None
            incoming.write(data)
            continue
        return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()


def direct(address: str, port: int, timeout: float) -> str | None:
    """Give the fingerprint of the certificate that is served at an address; None where none is."""

    async def work() -> str:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(address, port)
            try:
                return await fingerprint(reader.read, writer.write)
            finally:
                writer.close()

    try:
        return asyncio.run(work())
    except OSError:  # ssl.SSLError and TimeoutError are among them
        return None
