"""TLS over any stream, and the certificate that a server shows there; whose it is, is not judged."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

CHUNK: Final = 65536


class Tls:
    """A TLS client over a stream of whatever kind; the certificate is taken as it is, and judged by who asks."""

    def __init__(self, read: Callable[[int], Awaitable[bytes]], write: Callable[[bytes], object]) -> None:
        """Begin; nothing is sent yet."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._read, self._write = read, write
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing)

    async def handshake(self) -> bytes:
        """Shake hands, and give the server's certificate in DER.

        Raises:
            OSError: the server does not speak TLS, or went away.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                if not await self._more():
                    raise ConnectionResetError("the server ended the connection") from None
                continue
            return self._tls.getpeercert(binary_form=True) or b""

    def send(self, data: bytes) -> None:
        """Send after the handshake."""
        self._tls.write(data)
        self._write(self._outgoing.read())

    async def all(self, most: int) -> bytes:
        """Read until the server ends it, ``most`` bytes at the most."""
        found = b""
        while len(found) < most:
            try:
                found += self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                if not await self._more():
                    break
            except ssl.SSLError:  # the end
                break
        return found

    async def _more(self) -> bool:
        self._write(self._outgoing.read())
        data = await self._read(CHUNK)
        self._incoming.write(data)
        return bool(data)


async def fingerprint(read: Callable[[int], Awaitable[bytes]], write: Callable[[bytes], object]) -> str:
    """Shake hands over a stream, and give SHA-256 of the server's certificate in hexadecimal.

    Raises:
        OSError: the server does not speak TLS, or went away.
    """
    return hashlib.sha256(await Tls(read, write).handshake()).hexdigest()


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
