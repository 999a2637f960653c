"""Resolvers in nmstate: the form of ``dns-resolver``, and whether the node can ask each of them.

What nmstate 2.2.60 refuses was seen with nm-configurator 0.3.5; its own source is ``rust/src/lib/nm/dns.rs``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dualstack.address.family import FAMILIES, Family, IPAddress
from dualstack.document.findings import At, Findings
from dualstack.document.fixes import remove, write
from dualstack.rules.blame import shown
from dualstack.rules.name.zones import RESOLVER_ADDRESS, resolver_address, resolver_count, resolver_order
from dualstack.rules.network.nmstate_schema import FORM, anything, listed, mapping
from dualstack.rules.network.nmstate_view import Link, is_list, parsed

_FLAGS = (
    "debug", "edns0", "inet6", "ip6-bytestring", "ip6-dotint", "no-aaaa", "no-check-names", "no-ip6-dotint",
    "no-reload", "no-tld-query", "rotate", "single-request", "single-request-reopen", "trust-ad", "use-vc",
)  # fmt: skip
_VALUED = ("ndots", "timeout", "attempts")


class Server(NamedTuple):
    """A resolver as nmstate has it."""

    ip: IPAddress
    zone: str
    """Interface that a link-local address is on; empty where none is given."""


def _server(item: At[object]) -> Findings:
    if read_server(item.value) is None:
        fix = 'write a bare address, such as "192.168.100.53"'
        yield FORM.at(item.path, f"{shown(item.value)} is no address of a resolver", fix)


def _option(item: At[object]) -> Findings:
    name, colon, _ = str(item.value).partition(":")
    if (name in _VALUED and colon) or (name in _FLAGS and not colon):
        return
    near = difflib.get_close_matches(name, (*_FLAGS, *_VALUED), 1, 0.6)
    proposed = f"{near[0]}:1" if near and near[0] in _VALUED else near[0] if near else ""
    message = f"{shown(item.value)} is no option of a resolver that nmstate knows"
    yield FORM.at(item.path, message, write(proposed) if proposed else remove())


_CONFIG = mapping({"server": listed(_server, "192.168.100.53"), "search": listed(anything), "options": listed(_option)})
_RUNNING = mapping({"server": anything, "search": anything, "options": anything})
resolver_form = mapping({"config": _CONFIG, "running": _RUNNING})
"""Judge the form of ``dns-resolver``."""


def read_server(value: object) -> Server | None:
    """Read a resolver, with the interface that nmstate takes after ``%`` of IPv6; None where it is none."""
    if not isinstance(value, str):
        return None
    text, percent, zone = value.partition("%")
    ip = parsed(text)
    if ip is None or (percent and (not zone or ip.version == 4)):
        return None
    return Server(ip, zone)


def read_servers(document: At[Mapping[str, Any]]) -> list[At[Server]]:
    """Read every resolver of a document; never raises."""
    body = document.value.get("dns-resolver")
    config = body.get("config") if isinstance(body, Mapping) else None
    servers = config.get("server") if isinstance(config, Mapping) else None
    path = (*document.path, "dns-resolver", "config", "server")
    read = [((*path, i), read_server(item)) for i, item in enumerate(servers if is_list(servers) else ())]
    return [At(place, server) for place, server in read if server is not None]


def _text(server: Server) -> str:
    return f"{server.ip}%{server.zone}" if server.zone else str(server.ip)


def has_family(link: Link, family: Family) -> bool:
    """Tell whether resolvers of a family can be asked over an interface.

    A family that something asks for and that is off is told as such; its resolvers are no fault of their own.
    """
    ip = link.ip(family)
    return ip is not None and (bool(ip.addresses) or ip.dynamic or ip.wanted)


def nmstate_resolvers(document: At[Mapping[str, Any]], links: Sequence[Link]) -> Findings:
    """Judge form and addresses of the resolvers of one node.

    Args:
        document: the node's nmstate.
        links: its interfaces.
    """
    if document.value.get("dns-resolver") is not None:
        yield from resolver_form(At((*document.path, "dns-resolver"), document.value["dns-resolver"]))
    servers = read_servers(document)
    yield from resolver_count([At(item.path, _text(item.value)) for item in servers])
    yield from resolver_order([At(item.path, item.value.ip) for item in servers])
    families = {family for family in FAMILIES if any(has_family(link, family) for link in links)}
    local: list[Server] = []
    for item in servers:
        if not (item.value.zone and item.value.ip.is_link_local):
            yield from resolver_address(At(item.path, item.value.ip), families)
            continue
        local.append(item.value)
        yield from _link_local(item, links, local)


def _link_local(item: At[Server], links: Sequence[Link], local: Sequence[Server]) -> Findings:
    """Judge a link-local resolver on an interface: nmstate takes one of them, on an interface with IPv6."""
    text, zone = _text(item.value), item.value.zone
    link = next((link for link in links if link.name == zone), None)
    if link is None:
        known = next((link.name for link in links if has_family(link, "ipv6")), "eth0")
        fix = f"write {item.value.ip}%{known}, or the resolver's routable address"
        yield RESOLVER_ADDRESS.at(item.path, f"{text} is on {zone}, which is no interface of the node", fix)
    elif not has_family(link, "ipv6"):
        message = f"{text} is on {zone}, which has no IPv6"
        yield RESOLVER_ADDRESS.at(item.path, message, f"give {zone} IPv6, or write the resolver's routable address")
    elif len(local) > 1:
        message = f"{text} is link-local like {_text(local[0])}, and nmstate takes one such resolver"
        yield RESOLVER_ADDRESS.at(item.path, message, "write the resolver's routable address")
