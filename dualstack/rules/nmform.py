"""The form of raw nmstate: keys, types, ranges, as nm-configurator 0.3.5 with nmstate 2.2.60 reads it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dualstack.addresses import BITS, FAMILIES, LABEL, Family
from dualstack.findings import At, Findings, Rule, Severity
from dualstack.rules.base import Check
from dualstack.rules.nmview import interface_items, is_list, parsed, parsed_network, whole

FORM = Rule(
    "DS059-nmstate-form",
    "Raw nmstate must have nmstate's own form.",
    Severity.ERROR,
    "nm-configurator reads the file strictly and refuses it, and the image is not built.",
    "nmstate 2.2.60 (deny_unknown_fields); nm-configurator src/generate_conf.rs",
    firm=True,
)
RULES = (FORM,)
CHECKS: tuple[Check, ...] = ()

TOP_KEYS = ("description", "hostname", "dns-resolver", "route-rules", "routes", "interfaces", "ovs-db", "ovn")
IP_KEYS = (
    "enabled", "dhcp", "autoconf", "dhcp-client-id", "dhcp-duid", "address", "auto-dns", "auto-gateway", "auto-routes",
    "auto-route-table-id", "auto-route-metric", "addr-gen-mode", "allow-extra-address", "token", "dhcp-send-hostname",
    "dhcp-custom-hostname", "forwarding", "prefix-route-metric",
)  # fmt: skip
ADDRESS_KEYS = (
    "ip", "prefix-length", "mptcp-flags", "valid-left", "valid-lft", "valid-life-time", "preferred-left",
    "preferred-lft", "preferred-life-time",
)  # fmt: skip
ROUTE_KEYS = (
    "state", "destination", "next-hop-interface", "next-hop-address", "metric", "table-id", "weight", "route-type",
    "cwnd", "source", "initcwnd", "initrwnd", "mtu", "quickack", "advmss", "lock-mtu", "vrf-name",
)  # fmt: skip
_SWITCH = re.compile("true|false|yes|no|on|off|y|n|1|0", re.IGNORECASE)


def unknown_keys(item: At[Mapping[str, Any]], known: Iterable[str]) -> Findings:
    """Judge the keys of one mapping."""
    for key in item.value:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1, 0.6)
            fix = f"write {near[0]}" if near else f"remove it; nmstate knows {', '.join(known)}"
            yield FORM.at((*item.path, str(key)), f"nmstate does not know the key {key!r} here", fix)


def _address_form(item: At[object], family: Family) -> Findings:
    body = item.value
    if not isinstance(body, Mapping):
        yield FORM.at(item.path, f"{body!r} is no mapping", "write it as {ip: ..., prefix-length: ...}")
        return
    yield from unknown_keys(At(item.path, body), ADDRESS_KEYS)
    ip, length = parsed(body.get("ip")), whole(body.get("prefix-length"))
    if ip is None:
        path = (*item.path, "ip") if "ip" in body else item.path
        yield FORM.at(path, f"{body.get('ip')!r} is no address", f"write a bare {LABEL[family]} address")
    elif ip.version != int(family[-1]):
        other: Family = "ipv6" if family == "ipv4" else "ipv4"
        message = f"{ip} is {LABEL[other]}, here stands {LABEL[family]}"
        yield FORM.at((*item.path, "ip"), message, f"move the address to the {other} section")
    if "prefix-length" not in body:
        length_fix = f"add prefix-length: {64 if family == 'ipv6' else 24}"
        yield FORM.at(item.path, "the address has no prefix-length", length_fix)
    elif length is None or length > BITS[family]:
        yield FORM.at(
            (*item.path, "prefix-length"),
            f"{body['prefix-length']!r} is no prefix length from 0 to {BITS[family]}",
            f"write {64 if family == 'ipv6' else 24}, or what the link has",
        )


def _ip_form(item: At[object], family: Family) -> Findings:
    body = item.value
    if not isinstance(body, Mapping):
        yield FORM.at(item.path, f"{body!r} is no mapping", "write {enabled: true, ...}")
        return
    yield from unknown_keys(At(item.path, body), IP_KEYS)
    for key in ("enabled", "dhcp", "autoconf"):
        value = body.get(key, False)
        if not isinstance(value, bool) and not (isinstance(value, str) and _SWITCH.fullmatch(value)):
            yield FORM.at((*item.path, key), f"{value!r} is neither true nor false", "write true or false")
    addresses = body.get("address")
    if addresses is not None and not is_list(addresses):
        fix = "write a list: [{ip: ..., prefix-length: ...}]"
        yield FORM.at((*item.path, "address"), f"{addresses!r} is no list", fix)
    for index, address in enumerate(addresses if is_list(addresses) else ()):
        yield from _address_form(At((*item.path, "address", index), address), family)


def interface_form(item: At[Mapping[str, Any]]) -> Findings:
    """Judge the form of one interface, as far as the rules read it."""
    body, path = item.value, item.path
    for key in ("name", "type", "mac-address"):
        if key in body and not isinstance(body[key], str):
            yield FORM.at((*path, key), f"{body[key]!r} is no text", f'quote it: "{body[key]}"')
    state = body.get("state", "up")
    if state != "up":
        fix = "remove the interface, or write up"
        yield FORM.at((*path, "state"), f"with state {state!r} the interface makes no connection file", fix)
    for family in FAMILIES:
        if family in body:
            yield from _ip_form(At((*path, family), body[family]), family)


def route_form(item: At[object]) -> Findings:
    """Judge the form of one route."""
    body = item.value
    if not isinstance(body, Mapping):
        yield FORM.at(item.path, f"{body!r} is no mapping", "write {destination: ..., next-hop-address: ...}")
        return
    yield from unknown_keys(At(item.path, body), ROUTE_KEYS)
    readers = (("destination", parsed_network, "prefix"), ("next-hop-address", parsed, "address"))
    for key, read, what in readers:
        if key in body and read(body[key]) is None:
            yield FORM.at((*item.path, key), f"{body[key]!r} is no {what}", f"write an IPv4 or IPv6 {what}")
    for key in ("metric", "table-id"):
        if key in body and whole(body[key]) is None and body[key] != -1:
            yield FORM.at((*item.path, key), f"{body[key]!r} is no whole number", "write a whole number")


def document_form(item: At[object]) -> Findings:
    """Judge the form of a whole document, interfaces and routes with it."""
    body, path = item.value, item.path
    if not isinstance(body, Mapping):
        yield FORM.at(path, f"{body!r} is no mapping", "write {interfaces: [...]}")
        return
    document = At(path, body)
    if "interfaces" in body:
        yield from unknown_keys(document, TOP_KEYS)
    yield from _list_form(At((*path, "interfaces"), body.get("interfaces", ())), "{name: eth0, type: ethernet}")
    for interface in interface_items(document):
        yield from interface_form(interface)
    routes, place = body.get("routes"), (*path, "routes")
    if isinstance(routes, Mapping):
        yield from unknown_keys(At(place, routes), ("config", "running"))
        routes, place = routes.get("config"), (*place, "config")
    elif routes is not None and "interfaces" in body:
        yield FORM.at(place, f"{routes!r} is no mapping", "write {config: [...]}")
    if is_list(routes):
        for index, route in enumerate(routes):
            yield from route_form(At((*place, index), route))


def _list_form(item: At[object], example: str) -> Findings:
    if not is_list(item.value):
        yield FORM.at(item.path, f"{item.value!r} is no list", f"write [{example}]")
        return
    for index, entry in enumerate(item.value):
        if not isinstance(entry, Mapping):
            yield FORM.at((*item.path, index), f"{entry!r} is no mapping", f"write {example}")
