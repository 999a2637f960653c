"""TLS over any stream, and the certificate that a server shows there; whose it is, is not judged."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import ipaddress
import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

CHUNK: Final = 65536
_NAMES_SHOWN: Final = 8
_TIME: Final = "%Y-%m-%d %H:%M"


class Tls:
    """A TLS client over a stream of whatever kind; the certificate is taken as it is, and judged by who asks."""

    def __init__(
        self,
        read: Callable[[int], Awaitable[bytes]],
        write: Callable[[bytes], object],
        name: str | None = None,
        *,
        vouched: bool = False,
    ) -> None:
        """Begin; nothing is sent yet.

        Args:
            read: gives what came.
            write: sends.
            name: what the server is asked for (SNI); none for an address.
            vouched: whether its certificate must be for that name or address, from an authority that is known here:
                those of Python's requests, by which Redfish clients go, else the system's.
        """
        if vouched:
            context = ssl.create_default_context(cafile=_authorities())
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._read, self._write = read, write
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

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

    async def all(self, most: int, until: bytes | None = None) -> bytes:
        """Read until the server ends it or said ``until``, ``most`` bytes at the most."""
        found = b""
        while len(found) < most and (until is None or until not in found):
            try:
                data = self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                if not await self._more():
                    break
                continue
            except ssl.SSLError:  # the end
                break
            if not data:  # the end, said by a close_notify
                break
            found += data
        return found

    async def _more(self) -> bool:
        self._write(self._outgoing.read())
        data = await self._read(CHUNK)
        self._incoming.write(data)
        return bool(data)


def _authorities() -> str | None:
    """Give the file that requests would take; None for the system's."""
    if given := os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return given
    try:
        import certifi
    except ImportError:
        return None
    return certifi.where()


@dataclass(frozen=True)
class Shown:
    """What a certificate says; names in lower case."""

    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    begins: datetime.datetime
    ends: datetime.datetime

    @property
    def valid(self) -> bool:
        """Whether it is valid by the clock here."""
        return self.begins <= datetime.datetime.now(datetime.UTC) <= self.ends

    @property
    def span(self) -> str:
        """When it is valid, and what the clock says here."""
        now = datetime.datetime.now(datetime.UTC)
        return f"valid from {self.begins:{_TIME}} to {self.ends:{_TIME}} UTC; here it is {now:{_TIME}}"

    @property
    def names(self) -> str:
        """Its addresses and names in words."""
        shown = [*self.addresses, *self.hosts]
        more = f" and {len(shown) - _NAMES_SHOWN} more" if len(shown) > _NAMES_SHOWN else ""
        return (", ".join(ascii(name)[1:-1] for name in shown[:_NAMES_SHOWN]) or "no name") + more

    def holds(self, wanted: str) -> bool:
        """Tell whether it is for an address, or for a name; a wildcard stands for one label (RFC 9525, 6.3)."""
        try:
            return str(ipaddress.ip_address(wanted)) in self.addresses
        except ValueError:
            name = wanted.rstrip(".").lower()
            return name in self.hosts or f"*.{name.partition('.')[2]}" in self.hosts


def read_certificate(certificate: bytes) -> Shown:
    """Read a certificate in DER.

    Raises:
        ValueError: it is none.
    """
    from cryptography import x509

    found = x509.load_der_x509_certificate(certificate)
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = tuple(map(str, names.get_values_for_type(x509.IPAddress)))
        hosts = tuple(name.rstrip(".").lower() for name in names.get_values_for_type(x509.DNSName))
    except (x509.ExtensionNotFound, ValueError):
        addresses, hosts = (), ()
    return Shown(addresses, hosts, found.not_valid_before_utc, found.not_valid_after_utc)


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
