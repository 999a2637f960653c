"""The networks and host addresses of a stack, wherever a program states them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dualstack.address.family import FAMILIES, IPAddress
from dualstack.address.parsing import AddressError, parse_address
from dualstack.document.findings import At, Finding
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.origins import Path
from dualstack.policies.directory import NETWORK as NETWORK_FILES
from dualstack.policies.directory import file_path, names, read_yaml
from dualstack.policies.model import Given, View, items
from dualstack.rules.address import address_text
from dualstack.rules.cidr.surroundings import Named, host
from dualstack.rules.network.nmstate_view import read_links, read_routes
from dualstack.tokens import DIRECTORY, DOMAIN, NETWORK, READY

MANAGEMENT_NETWORK: Final = "dualstack:index:ManagementNetwork"


def networks_of(given: Given) -> Iterator[Named]:
    """Give the networks and hosts that a resource puts beside the cluster.

    Raises:
        Unreadable: they cannot be looked at yet.
    """
    if given.type in (NETWORK, MANAGEMENT_NETWORK):
        for item in items(given, "addresses"):
            read = None if isinstance(item.value, Hole) else address_text.read_prefix(item)
            if read is not None and not isinstance(read, Finding):
                yield Named(item.path, read.network, "the network of libvirt")
    if given.type == DIRECTORY:
        for name in names(given, NETWORK_FILES):
            yield from _links(name, read_yaml(given, name))
    for path, ip in _addresses(given):
        yield host(path, ip, "a host")


def _links(name: str, nmstate: Mapping[str, Any] | None) -> Iterator[Named]:
    if nmstate is None:
        return
    for link in read_links(At((), nmstate)):
        for ip in link.ips:
            for address in ip.addresses if ip.enabled else ():
                yield Named(file_path(name), address.value.network, f"the network of {link.name}")
    for hop in read_routes(At((), nmstate)):
        if hop.gateway is not None and not hop.gateway.is_link_local:
            yield host(file_path(name), hop.gateway, "a gateway")


def _literal(value: Any) -> IPAddress | None:
    try:
        return parse_address(value).ip if isinstance(value, str) else None
    except AddressError:
        return None


def _addresses(given: Given) -> Iterator[tuple[Path, IPAddress]]:
    """Give the host addresses that a resource states; what cannot be looked at is left out."""
    for path, value in _texts(given):
        ip = _literal(value)
        if ip is not None:
            yield path, ip


def _texts(given: Given) -> Iterator[tuple[Path, Any]]:
    if given.type == READY:
        for family in FAMILIES:
            yield (family,), given.props.get(family)
    elif given.type == MANAGEMENT_NETWORK:
        for key in ("nodes", "virtual"):
            owners = given.props.get(key)
            for owner, families in owners.items() if isinstance(owners, Mapping) else ():
                for family, value in families.items() if isinstance(families, Mapping) else ():
                    yield (key, owner, family), value
    elif given.type == DOMAIN:
        for interface in items(given, "networkInterfaces"):
            listed = interface.value.get("addresses") if isinstance(interface.value, Mapping) else None
            for index, value in enumerate(listed if isinstance(listed, list | tuple) else ()):
                yield (*interface.path, "addresses", index), value


def host_addresses(others: Iterable[Given], view: View) -> set[IPAddress]:
    """Return every address that a host of the stack has, as far as its resources tell."""
    found = {ip for value in view.names("hosts") if (ip := _literal(value)) is not None}
    for other in others:
        try:
            found |= {ip for _, ip in _addresses(other)}
            if other.type == DIRECTORY:
                found |= set(_own(other))
        except Unreadable:
            continue
    return found


def _own(given: Given) -> Iterator[IPAddress]:
    for name in names(given, NETWORK_FILES):
        nmstate = read_yaml(given, name)
        for link in read_links(At((), nmstate)) if nmstate is not None else ():
            for ip in link.ips:
                yield from (address.value.ip for address in ip.addresses if ip.enabled)
