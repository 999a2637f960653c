"""``dualstack:dns:RecordSet``: A and AAAA of one name, always both."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, ClassVar

from dualstack.tokens import RECORD_SET
from provider.dns.dns_handler import DnsHandler
from provider.dns.dns_inputs import Checks


class RecordSetHandler(DnsHandler):
    """Properties ``ipv4`` and ``ipv6`` hold the addresses; each has at least one."""

    token = RECORD_SET
    properties: ClassVar[Mapping[str, str]] = {"ipv4": "A", "ipv6": "AAAA"}

    def _check(self, checks: Checks) -> dict[str, Any]:
        return {"ipv4": checks.addresses("ipv4", 4), "ipv6": checks.addresses("ipv6", 6)}

    def _property(self, kind: str, texts: tuple[str, ...]) -> Any:
        return [str(item) for item in sorted(map(ipaddress.ip_address, texts), key=int)]
