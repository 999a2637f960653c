"""The form of raw nmstate: keys, types, ranges, as nm-configurator 0.3.5 with nmstate 2.2.60 reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualstack.address.family import BITS, FAMILIES, LABEL, VERSION, Family, other
from dualstack.document.findings import At, Findings
from dualstack.document.fixes import remove, write
from dualstack.rules.blame import shown
from dualstack.rules.network.nmstate_schema import FORM, Form, listed, mapping, quote, unknown_keys
from dualstack.rules.network.nmstate_tables import ADDRESS_KEYS, BASE, IP_KEYS, KINDS, ROUTE, RULE, SECTIONS, TOP
from dualstack.rules.network.nmstate_view import interface_items, is_list, parsed, parsed_network, read_link, whole


def _each(item: At[Mapping[str, Any]], forms: Mapping[str, Form]) -> Findings:
    """Judge keys and values of one mapping."""
    yield from unknown_keys(item, forms)
    for key, form in forms.items():
        if key in item.value:
            yield from form(At((*item.path, key), item.value[key]))


def _address_form(item: At[object], family: Family) -> Findings:
    body = item.value
    if not isinstance(body, Mapping):
        yield FORM.at(item.path, f"{shown(body)} is no mapping", "write it as {ip: ..., prefix-length: ...}")
        return
    yield from _each(At(item.path, body), ADDRESS_KEYS)
    ip, length = parsed(body.get("ip")), whole(body.get("prefix-length"))
    if ip is None:
        path = (*item.path, "ip") if "ip" in body else item.path
        yield FORM.at(path, f"{shown(body.get('ip'))} is no address", f"write a bare {LABEL[family]} address")
    elif ip.version != VERSION[family]:
        message = f"{ip} is {LABEL[other(family)]}, here stands {LABEL[family]}"
        yield FORM.at((*item.path, "ip"), message, f"move the address to the {other(family)} section")
    if "prefix-length" not in body:
        length_fix = f"add prefix-length: {64 if family == 'ipv6' else 24}"
        yield FORM.at(item.path, "the address has no prefix-length", length_fix)
    elif length is None or length > BITS[family]:
        yield FORM.at(
            (*item.path, "prefix-length"),
            f"{shown(body['prefix-length'])} is no prefix length from 0 to {BITS[family]}",
            write(64 if family == "ipv6" else 24, ", or what the link has", guess=True),
        )


def _ip_form(item: At[object], family: Family) -> Findings:
    body = item.value
    if not isinstance(body, Mapping):
        yield FORM.at(item.path, f"{shown(body)} is no mapping", "write {enabled: true, ...}")
        return
    yield from _each(At(item.path, body), IP_KEYS[family])
    addresses = body.get("address")
    if addresses is not None and not is_list(addresses):
        fix = "write a list: [{ip: ..., prefix-length: ...}]"
        yield FORM.at((*item.path, "address"), f"{shown(addresses)} is no list", fix)
    for index, address in enumerate(addresses if is_list(addresses) else ()):
        yield from _address_form(At((*item.path, "address", index), address), family)


def interface_form(item: At[Mapping[str, Any]], alone: bool = False) -> Findings:
    """Judge the form of one interface.

    Args:
        item: the interface.
        alone: whether it is the whole document, with routes and resolvers of its own beside.
    """
    body, path = item.value, item.path
    kind = read_link(item).kind
    sections = KINDS.get(kind, SECTIONS)
    yield from _each(item, {**(TOP if alone else {}), **BASE, **sections})
    for key in ("name", "type", "mac-address"):
        if key in body and not isinstance(body[key], str):
            yield FORM.at((*path, key), f"{shown(body[key])} is no text", quote(body[key]))
    if kind != body.get("type", kind) and kind in KINDS:
        yield FORM.at((*path, "type"), f"nmstate does not know the type {shown(body['type'])}", write(kind))
    if body.get("name") in (None, "") and ("name" in body or "type" in body):
        yield FORM.at((*path, "name"), "the interface has no name", "add name: eth0, or what it is to be called")
    if kind == "vrf" and body.get("vrf") is None:
        yield FORM.at((*path, "vrf"), "the VRF has no routing table", "add vrf: {port: [...], route-table-id: 100}")
    state = body.get("state", "up")
    if state != "up":
        fix = "remove the interface, or write up"
        yield FORM.at((*path, "state"), f"with state {shown(state)} the interface makes no connection file", fix)
    for family in FAMILIES:
        if family in body:
            yield from _ip_form(At((*path, family), body[family]), family)


def route_form(item: At[object]) -> Findings:
    """Judge the form of one route."""
    yield from ROUTE(item)
    body = item.value
    if not isinstance(body, Mapping):
        return
    if body.get("destination") == "":
        yield FORM.at((*item.path, "destination"), "the destination is empty", "write an IPv4 or IPv6 prefix")
    network = parsed_network(body.get("destination"))
    if network is not None and network.version == 6 and body.get("weight") is not None:
        yield FORM.at((*item.path, "weight"), "nmstate knows no weight for IPv6 routes", remove())


def rule_form(item: At[object]) -> Findings:
    """Judge the form of one routing rule."""
    yield from RULE(item)
    body = item.value
    if not isinstance(body, Mapping):
        return
    given = {key: network.version for key in ("ip-from", "ip-to") if (network := parsed_network(body.get(key)))}
    family = body.get("family")
    if body.get("state") != "absent" and not any(body.get(key) for key in ("ip-from", "ip-to", "family")):
        message = "the rule has neither ip-from nor ip-to nor family"
        yield FORM.at(item.path, message, "add family: ipv4 or family: ipv6, or ip-from")
    elif len({*given.values(), *([int(family[-1])] if family in FAMILIES else [])}) > 1:
        message = "the rule's parts are of both families"
        yield FORM.at(item.path, message, "make a rule for each family")
    for key in ("fwmark", "fwmask"):
        value = body.get(key)
        if key in body and whole(value) is None and not _hexadecimal(value):
            yield FORM.at((*item.path, key), f"{shown(value)} is no whole number", "write a number such as 0x1")
    if body.get("fwmask") is not None and body.get("fwmark") is None:
        yield FORM.at((*item.path, "fwmark"), "fwmask is given without fwmark", "add fwmark, or remove fwmask")


def _hexadecimal(value: object) -> bool:
    return (
        isinstance(value, str) and value[:2].lower() == "0x" and all(c in "0123456789abcdef" for c in value[2:].lower())
    )


def document_form(item: At[object]) -> Findings:
    """Judge the form of a whole document, interfaces and routes with it."""
    body, path = item.value, item.path
    if not isinstance(body, Mapping):
        yield FORM.at(path, f"{shown(body)} is no mapping", "write {interfaces: [...]}")
        return
    document = At(path, body)
    if "interfaces" in body:
        yield from _each(document, TOP)
    yield from _list_form(At((*path, "interfaces"), body.get("interfaces", ())), "{name: eth0, type: ethernet}")
    for interface in interface_items(document):
        yield from interface_form(interface, interface.path == path)
    routes, place = body.get("routes"), (*path, "routes")
    if isinstance(routes, Mapping):
        yield from unknown_keys(At(place, routes), ("config", "running"))
        routes, place = routes.get("config"), (*place, "config")
    elif "routes" in body and "interfaces" in body:
        yield FORM.at(place, f"{shown(routes)} is no mapping", "write {config: [...]}")
    if is_list(routes):
        for index, route in enumerate(routes):
            yield from route_form(At((*place, index), route))
    elif routes is not None and place[-1] == "config":
        yield FORM.at(place, f"{shown(routes)} is no list", "write a list of routes")
    if "route-rules" in body:
        yield from _rules(At((*path, "route-rules"), body["route-rules"]))


def _rules(item: At[object]) -> Findings:
    if not isinstance(item.value, Mapping):
        yield FORM.at(item.path, f"{shown(item.value)} is no mapping", "write {config: [...]}")
        return
    yield from mapping({"config": listed(rule_form, "{ip-from: ..., route-table: ...}")})(item)


def _list_form(item: At[object], example: str) -> Findings:
    if not is_list(item.value):
        yield FORM.at(item.path, f"{shown(item.value)} is no list", f"write [{example}]")
        return
    for index, entry in enumerate(item.value):
        if not isinstance(entry, Mapping):
            yield FORM.at((*item.path, index), f"{shown(entry)} is no mapping", f"write {example}")
