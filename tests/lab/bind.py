"""A real BIND on loopback, both families, with zones and keys of its own."""

from __future__ import annotations

import base64
import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update
import dns.zone

from tests.lab.tools import needed

SITE, OTHER, CLOSED, OPEN = "paris.example", "lyon.example", "closed.example", "open.example"
REVERSE4 = "100.168.192.in-addr.arpa"
REVERSE6 = "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa"
KEYS = {"site-key": "hmac-sha512", "other-key": "hmac-sha256"}
ADMIN = "admin-key"
GRANTS = {SITE: ("site-key",), OTHER: ("other-key",), REVERSE4: ("site-key",), REVERSE6: ("other-key",)}
"""Which keys may update which zone; closed.example is for none, open.example for every unsigned sender."""
START_TIMEOUT = 20.0


class Bind:
    """One server, for ``with``; ``start`` again after ``stop`` keeps port and zones."""

    program = "named"

    def __init__(self, folder: Path) -> None:
        self.binary = needed(self.program)
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.port = 0
        self.secrets = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in (*KEYS, ADMIN)}
        self._process: subprocess.Popen[bytes] | None = None
        for zone in (SITE, OTHER, CLOSED, OPEN, REVERSE4, REVERSE6):
            (folder / f"{zone}.zone").write_text(
                "$TTL 300\n@ IN SOA ns.invalid. root.invalid. 1 3600 600 86400 300\n@ IN NS ns.invalid.\n"
            )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start on a free port; another one where somebody was quicker."""
        for _ in range(5):
            self.port = self.port or free_port()
            (self.folder / "named.conf").write_text(self._config())
            log = (self.folder / "named.log").open("ab")
            with log:
                self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
            if self._answers():
                return
            self.stop()
            self.port = 0
        raise AssertionError((self.folder / "named.log").read_text())

    def stop(self) -> None:
        """Stop; what was updated is kept."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None

    def server(self, signer: str | None = "site-key", address: str = "127.0.0.1", **changes: Any) -> dict[str, Any]:
        """Give the inputs of ``server`` for a key."""
        server: dict[str, Any] = {"address": address, "port": self.port}
        if signer is not None:
            server["key"] = {"name": signer, "algorithm": KEYS[signer], "secret": self.secrets[signer]}
        return {**server, **changes}

    def ask(self, name: str, kind: str) -> tuple[tuple[str, ...], int | None]:
        """Ask as anybody would: sorted values, and the TTL."""
        answer = dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=self.port, timeout=5)
        for rrset in answer.answer:
            return tuple(sorted(item.to_text() for item in rrset)), rrset.ttl
        return (), None

    def content(self, zone: str) -> set[str]:
        """Give all records of a zone as text; without the SOA, whose serial counts the changes."""
        found = dns.zone.Zone(f"{zone}.", relativize=False)
        dns.query.inbound_xfr("127.0.0.1", found, port=self.port, lifetime=5)
        return {
            f"{name} {ttl} {rdata.rdtype.name} {rdata.to_text()}"
            for name, ttl, rdata in found.iterate_rdatas()
            if rdata.rdtype != dns.rdatatype.SOA
        }

    def edit(self, zone: str, changes: Mapping[tuple[str, str], tuple[str, ...]], ttl: int = 300) -> None:
        """Change records by hand: name and type to the values that are to be, none for none."""
        update = dns.update.UpdateMessage(zone, keyring=self._admin())
        for (name, kind), values in changes.items():
            update.delete(dns.name.from_text(name), kind)
            if values:
                update.add(dns.name.from_text(name), ttl, kind, *values)
        answer = dns.query.tcp(update, "127.0.0.1", port=self.port, timeout=5)
        assert answer.rcode() == dns.rcode.NOERROR, dns.rcode.to_text(answer.rcode())

    def log(self) -> str:
        """Give what the server logged."""
        return (self.folder / "named.log").read_text()

    def _admin(self) -> dns.tsig.Key:
        return dns.tsig.Key(ADMIN, self.secrets[ADMIN], "hmac-sha256")

    def _answers(self) -> bool:
        """Tell whether it is our server that listens in both families: only that one knows our key."""
        end = time.monotonic() + START_TIMEOUT
        waiting = {"127.0.0.1", "::1"}
        while time.monotonic() < end and self._process is not None and self._process.poll() is None:
            for address in sorted(waiting):
                query = dns.message.make_query(SITE, "SOA")
                query.use_tsig(self._admin())
                with contextlib.suppress(OSError, EOFError, dns.exception.DNSException):
                    if dns.query.tcp(query, address, port=self.port, timeout=1).had_tsig:
                        waiting.discard(address)
            if not waiting:
                return True
            time.sleep(0.05)
        return False

    def _command(self) -> list[str | Path]:
        return [self.binary, "-f", "-n", "1", "-c", self.folder / "named.conf"]

    def _config(self) -> str:
        algorithms = {**KEYS, ADMIN: "hmac-sha256"}
        keys = [
            f'key "{name}" {{ algorithm {algorithms[name]}; secret "{secret}"; }};'
            for name, secret in self.secrets.items()
        ]
        zones = []
        for zone in (SITE, OTHER, CLOSED, OPEN, REVERSE4, REVERSE6):
            granted = (*GRANTS.get(zone, ()), *((ADMIN,) if zone != CLOSED else ()))
            policy = "update-policy { " + " ".join(f"grant {key} zonesub ANY;" for key in granted) + " };"
            policy = {CLOSED: "allow-update { none; };", OPEN: "allow-update { localhost; };"}.get(zone, policy)
            zones.append(f'zone "{zone}" {{ type primary; file "{zone}.zone"; {policy} }};')
        options = (
            f'options {{ directory "{self.folder}"; listen-on port {self.port} {{ 127.0.0.1; }}; '
            f"listen-on-v6 port {self.port} {{ ::1; }}; pid-file none; lock-file none; session-keyfile none; "
            f'managed-keys-directory "{self.folder}"; recursion no; dnssec-validation no; notify no; '
            "tcp-clients 100; max-journal-size 1m; allow-transfer { localhost; }; };"
        )
        logging = "logging { channel all { stderr; severity info; }; category default { all; }; };"
        return "\n".join([*keys, options, "controls { };", logging, *zones]) + "\n"


def free_port() -> int:
    """Find a port that is free in both families."""
    while True:
        with socket.socket(socket.AF_INET) as four, socket.socket(socket.AF_INET6) as six:
            four.bind(("127.0.0.1", 0))
            port: int = four.getsockname()[1]
            with contextlib.suppress(OSError):
                six.bind(("::1", port))
                return port
