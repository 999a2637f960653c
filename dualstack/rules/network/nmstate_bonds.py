"""Rules about bonds and bridges: modes, options, and the interfaces that they hold."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dualstack.address.family import LABEL
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.origins import Path
from dualstack.rules.network.nmstate_schema import (
    FORM,
    Form,
    anything,
    listed,
    mapping,
    one_of,
    switch,
    text,
    unknown_keys,
)
from dualstack.rules.network.nmstate_tables import I32, TEXTS, U8, U16, U32, ipv6_address
from dualstack.rules.network.nmstate_view import BOND_KEYS, Link, is_list, switched, whole

BOND = Rule(
    "DS044-bond",
    "A bond must hold ethernet interfaces of its node, each in no other bond and without addresses of its own.",
    Severity.ERROR,
    "nm-configurator refuses the file, or the bond comes up without a link.",
    "nmstate rust/src/lib/ifaces/inter_ifaces_controller.rs; talos pkg/machinery/config (bond members carry no "
    "addresses)",
    firm=True,
)
RULES = (BOND,)

MODES = ("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb")
"""The bonding driver's modes, each at its number."""
OPTIONS: dict[str, Form] = {
    "ad_actor_sys_prio": U16,
    "ad_actor_system": text,
    "ad_select": one_of("stable", "bandwidth", "count", numbers=True),
    "ad_user_port_key": U16,
    "all_slaves_active": one_of("dropped", "delivered", numbers=True),
    "arp_all_targets": one_of("any", "all", numbers=True),
    "arp_interval": U32,
    "arp_ip_target": text,
    "arp_missed_max": U8,
    "arp_validate": one_of(
        "none", "active", "backup", "all", "filter", "filter_active", "filter_backup", numbers=True
    ),
    "balance-slb": switch,
    "balance_slb": switch,
    "downdelay": U32,
    "fail_over_mac": one_of("none", "active", "follow", numbers=True),
    "lacp_active": switch,
    "lacp_rate": one_of("slow", "fast", numbers=True),
    "lp_interval": U32,
    "miimon": U32,
    "min_links": U32,
    "ns_ip6_target": listed(ipv6_address, "fd00::1"),
    "num_grat_arp": U8,
    "num_unsol_na": U8,
    "packets_per_slave": U32,
    "primary": text,
    "primary_reselect": one_of("always", "better", "failure", numbers=True),
    "resend_igmp": U32,
    "tlb_dynamic_lb": switch,
    "updelay": U32,
    "use_carrier": switch,
    "xmit_hash_policy": one_of(
        "layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac", numbers=True
    ),
}  # fmt: skip
"""The bonding driver's options that nmstate 2.2.60 knows, with their values."""
_PORT = mapping({"name": text, "priority": I32, "queue-id": U16}, "name", open_=True)
_BOND: dict[str, Form] = {
    "mode": anything,
    "options": mapping({}, open_=True),
    "port": TEXTS,
    "ports": TEXTS,
    "ports-config": listed(_PORT, "{name: eth0}"),
}
_NO_ARP = ("802.3ad", "balance-tlb", "balance-alb")


def nearest(name: str, links: Iterable[Link]) -> str:
    """Propose an interface of the node that a name may mean, or that the named one be added."""
    known = [link.name for link in links if link.name and link.name != name]
    near = difflib.get_close_matches(name, known, 1, 0.5) or known[:1]
    # Words: nobody knows which of the two is meant.
    return f"write {near[0]}, or add {name} to the node's interfaces" if near else f"add {name} to the interfaces"


def _mode(body: Mapping[str, Any]) -> str:
    mode, place = body.get("mode"), whole(body.get("mode"))
    if place is not None and 0 <= place < len(MODES):
        return MODES[place]
    return "802.3ad" if mode == "lacp" else str(mode)


def _options(path: Path, options: Mapping[str, Any], mode: str) -> Findings:
    """Judge each option, and all together with the mode."""
    yield from unknown_keys(At(path, options), OPTIONS, BOND)
    for key, form in OPTIONS.items():
        if key in options:
            for finding in form(At((*path, key), options[key])):
                yield BOND.at(finding.path, finding.message, finding.fix)
    if mode != "802.3ad":
        for key in ("lacp_rate", "lacp_active"):
            if options.get(key) is not None:
                yield BOND.at((*path, key), f"{key} is for mode 802.3ad, the bond's is {mode}", remove())
    interval = whole(options.get("arp_interval"))
    if interval and mode in _NO_ARP:
        yield BOND.at((*path, "arp_interval"), f"mode {mode} does not take arp_interval", "write miimon: 100 instead")
    elif interval and whole(options.get("miimon")):
        yield BOND.at((*path, "arp_interval"), "arp_interval and miimon exclude each other", remove(", keep miimon"))
    if interval == 0:
        for key in ("arp_ip_target", "ns_ip6_target"):
            if options.get(key):
                yield BOND.at((*path, "arp_interval"), f"{key} is given and arp_interval is 0", write(1000))
    system = options.get("ad_actor_system")
    if isinstance(system, str) and system.upper().startswith("01:00:5E"):
        message = f"ad_actor_system {system} is a multicast address"
        yield BOND.at((*path, "ad_actor_system"), message, "write a MAC that does not begin with 01:00:5E")
    for key in ("balance_slb", "balance-slb"):
        policy = options.get("xmit_hash_policy")
        if switched(options.get(key)) and (mode != "balance-xor" or (policy != "vlan+srcmac" and whole(policy) != 5)):
            message = f"{key} is for mode balance-xor with xmit_hash_policy vlan+srcmac"
            yield BOND.at((*path, key), message, remove(", or set both"))


def _form(link: Link, key: str) -> Findings:
    """Judge the form of a bond's own section."""
    path, body = (*link.path, key), link.body[key]
    yield from mapping(_BOND)(At(path, body))
    if not isinstance(body, Mapping):
        return
    if "mode" not in body:
        yield BOND.at((*path, "mode"), f"{link.name} has no mode", "add mode: active-backup, or what the switch has")
    elif _mode(body) not in MODES:
        yield from one_of(*MODES, rule=BOND)(At((*path, "mode"), str(body["mode"])))
    if isinstance(options := body.get("options"), Mapping):
        yield from _options((*path, "options"), options, _mode(body))
    ports, configs = {port.value for port in link.ports}, body.get("ports-config")
    if is_list(configs) and "ports-config" not in link.ports_key:
        named = {item.get("name") for item in configs if isinstance(item, Mapping)}
        if ports and ports != named:
            message = "ports-config names other ports than port does"
            yield BOND.at((*path, "ports-config"), message, f"name {', '.join(sorted(ports))} in both")


def bond(link: Link, links: Sequence[Link], taken: dict[str, str]) -> Findings:
    """Judge a bond.

    Args:
        link: the bond.
        links: the node's interfaces.
        taken: bond or bridge of each port seen so far; the bond's own are added.
    """
    by_name = {other.name: other for other in links}
    key = next((key for key in BOND_KEYS if key in link.body), BOND_KEYS[0])
    if key in link.body:
        yield from _form(link, key)
    if not link.ports:
        fix = "name at least one ethernet interface of the node"
        yield BOND.at((*link.path, key, "port"), f"{link.name} has no ports", fix)
    for port in link.ports:
        other = by_name.get(port.value)
        if other is None or other is link:
            ethernet = [item for item in links if item.kind == "ethernet"]
            what = "the bond itself" if other is link else "no interface of the node"
            yield BOND.at(port.path, f"{port.value} is {what}", nearest(port.value, ethernet))
        elif other.kind and other.kind != "ethernet":
            message = f"{port.value} is a {other.kind}, a bond's ports are ethernet"
            yield BOND.at(port.path, message, "name the ethernet interface below it")
        elif port.value in taken:
            yield BOND.at(port.path, f"{port.value} is in {taken[port.value]} already", remove(" from one of them"))
        else:
            yield from _port(other, link.name, BOND)
        taken.setdefault(port.value, link.name)


def _port(port: Link, controller: str, rule: Rule) -> Findings:
    for ip in port.ips:
        if ip.enabled:
            message = f"{port.name} has {LABEL[ip.family]} of its own and is a port of {controller}"
            yield rule.at(ip.path, message, f"move {ip.family} from {port.name} to {controller}")


def ports_of(link: Link, links: Sequence[Link], taken: dict[str, str]) -> Findings:
    """Judge the ports of a bridge or VRF; arguments as of ``bond``."""
    by_name = {other.name: other for other in links}
    own: set[str] = set()
    for port in link.ports:
        other = by_name.get(port.value)
        if other is None or other is link:
            yield FORM.at(port.path, f"{port.value} is no other interface of the node", nearest(port.value, links))
        elif port.value in own:
            yield FORM.at(port.path, f"{port.value} is there twice", remove(" here"))
        elif port.value in taken:
            yield FORM.at(port.path, f"{port.value} is in {taken[port.value]} already", remove(" from one of them"))
        elif link.kind == "linux-bridge":
            yield from _port(other, link.name, FORM)
        own.add(port.value)
        taken.setdefault(port.value, link.name)


def controllers(links: Sequence[Link]) -> Findings:
    """Judge the controllers that interfaces name, against the ports that the controllers name."""
    by_name = {link.name: link for link in links}
    for link in links:
        name = link.body.get("controller")
        if not isinstance(name, str):
            continue
        path = (*link.path, "controller")
        holder = next((other.name for other in links if any(port.value == link.name for port in other.ports)), "")
        controller = by_name.get(name)
        if name and controller is None:
            yield FORM.at(path, f"{name} is no interface of the node", nearest(name, links))
        elif name != holder and (holder or (controller is not None and controller.ports_key)):
            fix = write(holder) if holder else f"add {link.name} to the ports of {name}"
            yield FORM.at(path, f"{link.name} is {f'a port of {holder}' if holder else f'no port of {name}'}", fix)
