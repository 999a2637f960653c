"""Names that a program gives records to: each must have both families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dualstack.address.family import RECORD_TYPE, family_of
from dualstack.address.parsing import AddressError, parse_address
from dualstack.document.findings import At
from dualstack.document.holes import Unreadable
from dualstack.document.origins import Path
from dualstack.policies.declare import policy
from dualstack.policies.model import Check, Given, NotYet, Told, View, instead, items, strangers, texts
from dualstack.rules.name import names as name_rules
from dualstack.rules.name.names import no_record
from dualstack.tokens import NETWORK, RECORD_SET

ENDPOINTS: Final = "kubernetes:externaldns.k8s.io/*"


def _both(name: At[str], have: set[str]) -> Told:
    for kind in RECORD_TYPE.values():
        if kind not in have:
            yield no_record(name, kind, f"give it an {kind} record, too")


def _record_set(given: Given, _view: View) -> Told:
    name = given.text("record")
    have: set[str] = set()
    unread: list[NotYet] = []
    for key, kind in RECORD_TYPE.items():
        try:
            found = items(given, key)
        except Unreadable as error:
            unread.append(NotYet(error.path, error.why))
            continue
        # An empty text is no record, an address of the other family not this one.
        unread += strangers([item for item in found if item.value is not None], str, "text")
        have |= {kind for item in texts(found) if _kind(item.value) == kind}
    yield from unread
    if not unread:
        yield from _both(At(("record",), str(name or given.name)), have)


def _kind(address: Any) -> str | None:
    try:
        return RECORD_TYPE[family_of(parse_address(str(address)).ip)]
    except AddressError:
        return None


def _hosts(given: Given, _view: View) -> Told:
    """Judge the rows of a virtual network's DNS server."""
    names: dict[str, tuple[Path, set[str]]] = {}
    rows = items(given, "dns", "hosts")
    unread = list(strangers(rows, Mapping, "a mapping"))
    for row in rows:
        if not isinstance(row.value, Mapping):
            continue
        name, ip = row.value.get("hostname"), row.value.get("ip")
        for key, value in (("hostname", name), ("ip", ip)):
            if value is not None and not isinstance(value, str):
                unread.append(NotYet((*row.path, key), instead(value, "text")))
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
    unread = list(strangers(rows, Mapping, "a mapping"))
    for row in rows:
        if not isinstance(row.value, Mapping):
            continue
        kind, name = row.value.get("recordType"), row.value.get("dnsName")
        for key, value in (("recordType", kind), ("dnsName", name)):
            if not isinstance(value, str):
                unread.append(NotYet((*row.path, key), instead(value, "text")))
        if kind in RECORD_TYPE.values() and isinstance(name, str):
            targets = row.value.get("targets")
            kinds = names.setdefault(name.lower().rstrip("."), (row.path, set()))[1]
            if not isinstance(targets, list | tuple):
                unread.append(NotYet((*row.path, "targets"), instead(targets, "a list")))
            elif any(_kind(target) == kind for target in targets):
                kinds.add(str(kind))
    yield from unread
    for name, (path, have) in names.items() if not unread else ():
        yield from _both(At((*path, "dnsName"), name), have)


CHECKS = (Check((RECORD_SET,), _record_set), Check((NETWORK,), _hosts), Check((ENDPOINTS,), _endpoints))


POLICIES: Final = (policy(name_rules.BOTH_RECORDS, "Give the name an A and an AAAA record.", *CHECKS),)
