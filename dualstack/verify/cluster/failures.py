"""Why an API server gave no answer that could be read, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from dualstack.probe.connect import no_route

_CLOCKS: Final = (
    "compare the clock here with the server's (date -u on both); where both are right, restart rke2-server, which "
    "renews what has ended"
)
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
_NAMES: Final = (
    "write a name or address that the certificate has into the kubeconfig's server, or one into tls-server-name; or "
    "add this one to tls-san of the servers"
)


class Failure(Exception):
    """No answer that could be read; the text says why.

    Attributes:
        route: False where this machine has no way to the server at all.
        stranger: True where the server's certificate comes from another authority.
        other: True where the authority is the right one, and the certificate is no API server's.
        status: of HTTP; 0 where none came.
        fix: what to do, where the failure itself says it; else empty.
    """

    def __init__(
        self,
        words: str,
        *,
        route: bool = True,
        stranger: bool = False,
        other: bool = False,
        status: int = 0,
        fix: str = "",
    ) -> None:
        super().__init__(words)
        self.fix = fix
        self.status = status
        self.route = route
        self.stranger = stranger
        self.other = other


class Absent(Exception):
    """There is no such kind or object."""


class Denied(Exception):
    """The login may not read it."""


class Unknown(Exception):
    """The server does not know the login (401)."""


def failure(error: Exception) -> Failure:
    """Say why there is no answer, out of what lies below urllib3's own words."""
    from urllib3.util.ssl_match_hostname import CertificateError

    below: BaseException | None = error
    seen: list[BaseException] = []
    while below is not None and below not in seen:
        seen.append(below)
        if isinstance(below, ssl.SSLCertVerificationError):
            # X509_V_ERR_*: no issuer, self-signed, or a chain that ends nowhere, and a signature that does not fit
            strange = below.verify_code in (2, 7, 18, 19, 20, 21)
            return Failure(below.verify_message, stranger=strange, fix=_CLOCKS if below.verify_code in (9, 10) else "")
        if isinstance(below, CertificateError):
            return Failure(ascii(str(below))[1:-1][:200], fix=_NAMES)
        if isinstance(below, socket.gaierror):
            return Failure(below.strerror or str(below), fix="see that the name resolves here: getent ahosts NAME")
        if isinstance(below, OSError) and below.errno:
            return Failure(below.strerror or str(below), route=not no_route(below))
        reason = getattr(below, "reason", None)
        below = reason if isinstance(reason, BaseException) else below.__cause__ or below.__context__
    words = " ".join(str(error).split())
    from urllib3.exceptions import TimeoutError as TimedOut

    return Failure("it does not answer in time" if isinstance(error, TimedOut) else ascii(words)[1:-1][:200])
