"""Names that a program gives records to: each must have both families."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dualstack.addresses import AddressError, parse_address
from dualstack.findings import At
from dualstack.origins import Path
from dualstack.policies.model import Check, Given, Hole, NotYet, Told, View, holes, items
from dualstack.rules.names import no_record
from dualstack.tokens import NETWORK, RECORD_SET

ENDPOINTS: Final = "kubernetes:externaldns.k8s.io/*"
_KINDS: Final = (("ipv4", "A"), ("ipv6", "AAAA"))


def _both(name: At[str], have: set[str]) -> Told:
    for _, kind in _KINDS:
        if kind not in have:
            yield no_record(name, kind, f"give it an {kind} record, too")


def _record_set(given: Given, _view: View) -> Told:
    name = given.get("record")
    have = {kind for key, kind in _KINDS if _some(given.get(key))}
    yield from _both(At(("record",), str(name or given.name)), have)


def _some(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) > 0


def _kind(address: Any) -> str | None:
    try:
        return "A" if parse_address(str(address)).ip.version == 4 else "AAAA"
    except AddressError:
        return None


def _hosts(given: Given, _view: View) -> Told:
    """Judge the rows of a virtual network's DNS server."""
    names: dict[str, tuple[Path, set[str]]] = {}
    rows = items(given, "dns", "hosts")
    unread = list(holes(rows))
    for row in rows:
        if not isinstance(row.value, Mapping):
            continue
        name, ip = row.value.get("hostname"), row.value.get("ip")
        for key, value in (("hostname", name), ("ip", ip)):
            if isinstance(value, Hole):
                unread.append(NotYet((*row.path, key), value.why))
        if isinstance(name, str):
            names.setdefault(name.lower().rstrip("."), (row.path, set()))[1].add(_kind(ip) or "")
    yield from unread
    # A row that nobody can read yet may be the record that a name lacks.
    for name, (path, have) in names.items() if not unread else ():
        yield from _both(At((*path, "hostname"), name), have)


def _endpoints(given: Given, _view: View) -> Told:
    """Judge the records that external-dns is to write."""
    names: dict[str, tuple[Path, set[str]]] = {}
    rows = items(given, "spec", "endpoints")
    yield from holes(rows)
    for row in rows:
        if isinstance(row.value, Mapping) and row.value.get("recordType") in ("A", "AAAA"):
            name = str(row.value.get("dnsName")).lower().rstrip(".")
            kinds = names.setdefault(name, (row.path, set()))[1]
            kinds.add(str(row.value["recordType"]))
    for name, (path, have) in names.items() if not any(isinstance(row.value, Hole) for row in rows) else ():
        yield from _both(At((*path, "dnsName"), name), have)


CHECKS = (Check((RECORD_SET,), _record_set), Check((NETWORK,), _hosts), Check((ENDPOINTS,), _endpoints))
