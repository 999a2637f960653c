"""A certificate authority of the lab's own, as each cluster has one."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Authority:
    """One authority; ``pem`` is what it hands out of itself."""

    def __init__(self, name: str, *, days: int = 3000) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = _builder(self._name, self._name, self._key.public_key(), days).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.certificate = made.sign(self._key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def answer(self) -> bytes:
        """What a supervisor answers who is asked for it."""
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(self.pem), self.pem)

    def issue(self, addresses: Sequence[str], names: Sequence[str] = (), *, days: int = 300) -> str:
        """Issue a certificate, its key before it, in PEM; one that ended where ``days`` is negative."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        entries = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
        made = _builder(subject, self._name, key.public_key(), days).add_extension(
            x509.SubjectAlternativeName([*entries, *map(x509.DNSName, names)]), critical=False
        )
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, *form)
        shown = made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return (private + shown).decode()


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
