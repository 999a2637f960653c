"""``dualstack:dns:Pointer``: the PTR record of one address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dualstack.tokens import POINTER
from provider.dns.dns_handler import DnsHandler
from provider.dns.dns_inputs import Checks


class PointerHandler(DnsHandler):
    """Property ``target`` holds the name that the address has."""

    token = POINTER
    properties: ClassVar[Mapping[str, str]] = {"target": "PTR"}

    def _check(self, checks: Checks) -> dict[str, Any]:
        return {"target": checks.name("target", "the name that the address has")}

    def _property(self, kind: str, texts: tuple[str, ...]) -> Any:
        return ", ".join(texts)
