"""A TLS server that answers as an API server does, or in another way, at addresses of the test's own."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_UNAUTHORIZED = json.dumps({"kind": "Status", "apiVersion": "v1", "reason": "Unauthorized", "code": 401}).encode()
CLOSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n" + _UNAUTHORIZED
NOT_READY = (
    b"HTTP/1.1 500 Internal Server Error\r\n\r\n[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"
)
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>It works!</html>"
HERE = ("127.0.0.1", "::1")
Answer = bytes | Callable[[bytes], bytes]


def certificate(addresses: Sequence[str] = HERE, *, days: int = 2, names: Sequence[str] = ("kubernetes",)) -> str:
    """Make a certificate of one's own, its key before it, in PEM; expired where ``days`` is negative."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kube-apiserver")])
    now = datetime.datetime.now(datetime.UTC)
    entries = [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([*entries, *map(x509.DNSName, names)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, *form)
    return (private + made.public_bytes(serialization.Encoding.PEM)).decode()


def context(pem: str) -> ssl.SSLContext:
    """Give what a server with this key and certificate wraps connections with."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        made.load_cert_chain(Path(file.name))
    return made


@contextmanager
def serving(
    addresses: Sequence[str],
    port: int,
    *,
    pem: str | None = None,
    answer: Answer = OK,
    tls: bool = True,
    heard: list[bytes] | None = None,
) -> Iterator[None]:
    """Serve as long as it lasts.

    Args:
        addresses: to listen at.
        port: at each.
        pem: key and certificate; one with these addresses where nothing is given.
        answer: to whatever is asked, or what makes it of the question; empty for none.
        tls: else the port is just open.
        heard: gets each question.
    """
    own = context(pem or certificate(addresses))
    listeners = []
    for address in addresses:
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(64)
        listeners.append(listener)
        threading.Thread(target=_serve, args=(listener, own if tls else None, answer, heard), daemon=True).start()
    try:
        yield
    finally:
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext | None, answer: Answer, heard: list[bytes] | None) -> None:
    while True:
        try:
            one = listener.accept()[0]
        except OSError:
            return
        threading.Thread(target=_answer, args=(one, context, answer, heard), daemon=True).start()


def _answer(one: socket.socket, context: ssl.SSLContext | None, answer: Answer, heard: list[bytes] | None) -> None:
    try:
        one.settimeout(10)
        with context.wrap_socket(one, server_side=True) if context else one as each:
            asked = each.recv(4096)
            if asked and heard is not None:
                heard.append(asked)
            said = answer if isinstance(answer, bytes) else answer(asked)
            if asked and said:
                each.sendall(said)
            else:
                each.recv(1)
    except OSError:
        pass


def main() -> None:
    """Serve at addresses, port 6443, until killed: ``python -m tests.lab.api PEM ADDRESS...``; no PEM for a new one."""
    file, *addresses = sys.argv[1:]
    with serving(addresses, 6443, pem=Path(file).read_text() if file else None):
        print("on", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
