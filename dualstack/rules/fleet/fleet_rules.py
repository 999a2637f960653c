"""Rules about several sites of one project: what two of them cannot both have.

They read merged mappings, not checked sites: a site whose file is broken elsewhere still has its addresses, and most
of a large fleet needs no validation for this. One pass over all sites puts what they claim into a table.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from dualstack.address.bmc import bare_address
from dualstack.address.family import FAMILIES
from dualstack.address.sslip import under_sslip
from dualstack.document.findings import Finding, Rule, Severity
from dualstack.document.origins import Origin, Path, format_path
from dualstack.rules.ironic.bmc_addresses import identity

MAC = Rule(
    "DS211-fleet-mac",
    "A MAC must belong to one machine of the project.",
    Severity.ERROR,
    "Two machines answer for one MAC, or one machine is built as two sites in turn.",
    "IEEE 802-2014, section 8.2: an address identifies one interface",
)
ADDRESS = Rule(
    "DS212-fleet-address",
    "An address must belong to one machine of the project, private ones of each realm by itself.",
    Severity.ERROR,
    "Both machines answer for the address, and whoever asks reaches now one and now the other.",
    "RFC 5227 (conflicting IPv4 addresses); RFC 4862, section 5.4 (duplicate IPv6 addresses)",
)
NAME = Rule(
    "DS213-fleet-name",
    "A host name must belong to one site of the project.",
    Severity.ERROR,
    "The records of one site replace the other's, and its machines and clusters are led to the wrong site.",
    "RFC 2136 (an update replaces the RRset)",
)
BMC = Rule(
    "DS214-fleet-bmc",
    "A BMC must belong to one machine of the project.",
    Severity.ERROR,
    "Two clusters switch one machine on and off, and wipe it in turn.",
    "metal3-io/baremetal-operator docs/api.md (spec.bmc): one host of one cluster owns the machine",
)
COPY = Rule(
    "DS215-fleet-copy",
    "A site must not have every address, MAC and name of another one.",
    Severity.ERROR,
    "The two are one site under two names: deploying one takes the machines of the other.",
    "dualstack's own",
)
RULES = (MAC, ADDRESS, NAME, BMC, COPY)
"""Told over several sites, see ``fleet_findings``."""

_MOST_NAMED: Final = 3
"""Other sites that a message names."""


class Claim(NamedTuple):
    """Something that a site has for itself alone."""

    rule: Rule
    key: str
    """What is compared; a private address has its realm before it."""
    shown: str
    path: Path


@dataclass(frozen=True, slots=True)
class Member:
    """A site of a fleet."""

    name: str
    data: Mapping[str, Any]
    """Its merged mapping, as it was written."""
    origins: Mapping[Path, Origin]


def claims(data: Mapping[str, Any]) -> Iterator[Claim]:
    """Give what a site claims; what has another form than it should is left to that form's own rule."""
    realm = data.get("realm")
    realm = realm if isinstance(realm, str) else ""
    for path, interface in _each(data, "nodes", "interfaces"):
        yield from _mac((*path, "mac"), interface.get("mac"))
        for family in FAMILIES:
            section: Any = interface.get(family)
            for field in ("address", "reservation") if isinstance(section, Mapping) else ():
                yield from _address((*path, family, field), section.get(field), realm)
    for place in (("cluster", "api"), ("cluster", "ingress"), ("provisioning", "vip")):
        pair: Any = _at(data, *place)
        for family in FAMILIES if isinstance(pair, Mapping) else ():
            yield from _address((*place, family), pair.get(family), realm)
    for place in (("provisioning", "hostname"), ("rancher", "hostname"), ("cluster", "apiHost")):
        name = _at(data, *place)
        if isinstance(name, str) and "." in name and not under_sslip(name.lower()):
            yield Claim(NAME, name.lower().rstrip("."), name, place)
    for path, bmc in _each(data, "provisioning", "bmcs"):
        yield from _mac((*path, "bootMac"), bmc.get("bootMac"))
        yield from _bmc((*path, "address"), bmc.get("address"), realm)
    nodes = data.get("nodes")
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        yield from _bmc(("nodes", index, "bmc", "address"), _at(node, "bmc", "address"), realm)


def _each(data: Mapping[str, Any], first: str, second: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Give the mappings in a list below a mapping, or below each mapping of a list."""
    top: Any = data.get(first)
    outer: list[tuple[Path, Any]] = [((first,), top)]
    if isinstance(top, list):
        outer = [((first, place), item) for place, item in enumerate(top)]
    for path, holder in outer:
        inner: Any = holder.get(second) if isinstance(holder, Mapping) else None
        for place, item in enumerate(inner if isinstance(inner, list) else ()):
            if isinstance(item, Mapping):
                yield (*path, second, place), item


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _mac(path: Path, value: Any) -> Iterator[Claim]:
    digits = "".join(char for char in value.lower() if char not in ":-.") if isinstance(value, str) else ""
    if len(digits) == 12:
        yield Claim(MAC, digits, str(value), path)


def _bmc(path: Path, value: Any, realm: str) -> Iterator[Claim]:
    machine = identity(value) if isinstance(value, str) else ""
    if host := machine.partition(" ")[0]:
        yield Claim(BMC, f"{_realm(host, realm)}{machine}", bare_address(value), path)


def _address(path: Path, value: Any, realm: str) -> Iterator[Claim]:
    text = value.partition("/")[0].strip() if isinstance(value, str) else ""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return
    if not (ip.is_link_local or ip.is_unspecified or ip.is_loopback):
        yield Claim(ADDRESS, f"{_realm(str(ip), realm)}{ip}", str(ip), path)


def _realm(host: str, realm: str) -> str:
    try:
        private = not ipaddress.ip_address(host).is_global
    except ValueError:
        return ""
    return f"{realm} " if private else ""


def fleet_findings(fleet: Sequence[Member], about: Iterable[str] | None = None) -> dict[str, list[Finding]]:
    """Tell what several sites have.

    Args:
        fleet: the sites, those to compare with among them.
        about: names of the sites that findings are wanted of; all by default.

    Returns:
        Findings by site, only for sites that have any, unordered.
    """
    owners: dict[tuple[str, str], list[tuple[int, Claim]]] = defaultdict(list)
    all_claims: list[set[tuple[str, str]]] = []
    for index, member in enumerate(fleet):
        own = {(claim.rule.id, claim.key): claim for claim in claims(member.data)}
        all_claims.append(set(own))
        for key, claim in own.items():
            owners[key].append((index, claim))
    wanted = None if about is None else set(about)
    found: dict[str, list[Finding]] = defaultdict(list)
    shared = [group for group in owners.values() if len(group) > 1]
    copies = _copies(shared, all_claims)
    for index, twins in copies.items():
        if wanted is None or fleet[index].name in wanted:
            found[fleet[index].name].append(_copy(fleet, twins))
    for group in shared:
        for index, claim in group:
            others = [one for one in group if one[0] != index and one[0] not in copies.get(index, ())]
            if others and (wanted is None or fleet[index].name in wanted):
                found[fleet[index].name].append(_finding(fleet, claim, others))
    return dict(found)


def _copies(
    shared: Sequence[Sequence[tuple[int, Claim]]], all_claims: Sequence[set[tuple[str, str]]]
) -> dict[int, list[int]]:
    """Return for each site those that have all that it has, two things at least, or of which it has all."""
    # A value that very many have, as one in a layer, would make every pair of them: what they share is told by itself.
    pairs: Counter[tuple[int, int]] = Counter()
    for group in shared:
        indexes = [index for index, _ in group[:50]]
        pairs.update((one, other) for one in indexes for other in indexes if one != other)
    copies: dict[int, list[int]] = defaultdict(list)
    for (one, other), count in sorted(pairs.items()):
        if count > 1 and count >= min(len(all_claims[one]), len(all_claims[other])):
            copies[one].append(other)
    return copies


def _place(member: Member, path: Path) -> str:
    origin = next((found for n in range(len(path), -1, -1) if (found := member.origins.get(path[:n]))), None)
    return f" ({origin.file}:{origin.line})" if origin is not None else ""


def _finding(fleet: Sequence[Member], claim: Claim, others: Sequence[tuple[int, Claim]]) -> Finding:
    named = [
        f"{fleet[index].name}'s {format_path(other.path)}{_place(fleet[index], other.path)}"
        for index, other in others[:_MOST_NAMED]
    ]
    more = f", and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    fix = "write what is this site's own"
    if claim.rule in (ADDRESS, BMC) and claim.key.startswith(" "):
        fix += ", or give isolated sites a realm each"
    return claim.rule.at(claim.path, f"{claim.shown} is {', '.join(named)}{more}, too", fix)


def _copy(fleet: Sequence[Member], others: Sequence[int]) -> Finding:
    named = ", ".join(f"{fleet[index].name}{_place(fleet[index], ())}" for index in others[:_MOST_NAMED])
    more = f" and of {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    message = f"this site has the MACs, addresses and names of {named}{more}"
    return COPY.at((), message, "write this site's own MACs, addresses and names, or remove one of the files")
