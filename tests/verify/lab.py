"""A site whose servers are on loopback: each planned address and port leads to a port of a server here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from dualstack.plan.model import Plan
from dualstack.verify.model import Kind, Result, Way, Word
from dualstack.verify.run import all_checks, parse_only, verify
from tests.lab import api
from tests.lab.bind import free_port
from tests.sites import FQDN, checked, mapping

V4, V6 = "192.168.100.10", "fd00:100::10"
LOOPBACK = {"ipv4": "127.0.0.1", "ipv6": "::1"}
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PORTS = (6443, 9345, 443, 6385, 6180)


def plan(**changes: Any) -> Plan:
    """Plan the hostname site."""
    found = checked(mapping("hostname", **changes)).plan
    assert found is not None
    return found


class Lab:
    """The servers of one site; a fault replaces what is served at a port."""

    def __init__(self) -> None:
        self.ports: dict[tuple[str, int], int] = {}

    def way(self, **more: Any) -> Way:
        """Lead the plan's places here; what is served nowhere is a closed port."""

        def to(address: str, port: int) -> tuple[str, int]:
            here = LOOPBACK["ipv6" if ":" in address else "ipv4"]
            return here, self.ports.get((address, port), 1)

        return Way(to, 2.0, **more)


@contextmanager
def serving(faults: Mapping[tuple[str, int], Mapping[str, Any]] | None = None) -> Iterator[Lab]:
    """Serve each port at both addresses; ``faults`` changes what ``api.serving`` is given, None leaves it dead."""
    lab = Lab()
    pem = api.certificate((V4, V6), names=(FQDN,), days=300)
    with ExitStack() as stack:
        for port in PORTS:
            for address in (V4, V6):
                how: dict[str, Any] = {"pem": pem, "answer": FINE, "tls": port != 6180}
                change = (faults or {}).get((address, port))
                if change is not None:
                    if change.get("dead"):
                        continue
                    how |= change
                lab.ports[address, port] = free_port()
                here = LOOPBACK["ipv6" if ":" in address else "ipv4"]
                stack.enter_context(api.serving((here,), lab.ports[address, port], **how))
        yield lab


def results(found: Plan, way: Way, *only: str) -> list[Result]:
    """Verify without progress."""
    kinds, families = parse_only(only)
    wanted = [check for check in all_checks(found) if check.kind in kinds]
    return verify(wanted, families, way, lambda done, total, failed: None)


def failed(found: list[Result]) -> set[tuple[Kind, str, str]]:
    """Give kind, place and question of what failed."""
    return {(one.kind, one.at, one.asked) for one in found if one.word is Word.FAILED}
