"""Rules about one interface as nmstate has it: form, MTU, families, addresses.

The predicates take raw nmstate, which is free YAML: a site's own and a peer's alike. What nmstate 2.2.60 and
nm-configurator 0.3.5 do with each case was seen by running them.
"""

from __future__ import annotations

from dualstack.address.family import LABEL
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.rules.blame import shown
from dualstack.rules.network.nmstate_view import Ip, Link, whole

MTU = Rule(
    "DS046-mtu",
    "An MTU must be a whole number from 1280, IPv6's least, to 65535, and a VLAN's no larger than its base's.",
    Severity.ERROR,
    "nm-configurator refuses the file, or the kernel switches IPv6 off on the interface or refuses the MTU.",
    "RFC 8200 section 5; nmstate rust/src/lib/ifaces/base.rs",
    firm=True,
)
DISABLED = Rule(
    "DS048-family-disabled",
    "A family with an address, DHCP or autoconfiguration must be enabled.",
    Severity.ERROR,
    "nmstate drops address, DHCP and autoconfiguration without a word, the node has no address of the family, and RKE2 "
    "refuses to start with CIDRs of both.",
    "nmstate rust/src/lib/ip.rs; seen with nm-configurator 0.3.5",
    firm=True,
)
AUTOCONF = Rule(
    "DS049-autoconf",
    "Autoconfiguration must be IPv6's, and come with DHCPv6.",
    Severity.ERROR,
    "nmstate refuses the file, and the image is not built.",
    "nmstate rust/src/lib/ip.rs (Autoconf without DHCP is not supported yet)",
    firm=True,
)
TWO_SOURCES = Rule(
    "DS050-static-with-dhcp",
    "An interface should get the addresses of a family from one source.",
    Severity.WARNING,
    "The interface gets a second address, and RKE2 or Ironic may take another one than was meant.",
    "nmstate rust/src/lib/ip.rs (static addresses are kept beside dynamic ones)",
)
RULES = (MTU, DISABLED, AUTOCONF, TWO_SOURCES)

LEAST_MTU = {True: 1280, False: 68}
"""Least MTU with IPv6 (RFC 8200 section 5) and without (RFC 791)."""
FIRST_MTU = 1330
"""What a fix writes: IPv6's least, and the 50 bytes that the pods' overlay takes of it."""
MOST_MTU = 65535


def mtu(item: At[object], ipv6: bool) -> Findings:
    """Judge one MTU.

    Args:
        item: the value as it was read, of any type.
        ipv6: whether the interface has IPv6.
    """
    value, least, number = item.value, LEAST_MTU[ipv6], whole(item.value)
    if number is None:
        yield MTU.at(item.path, f"{shown(value)} is no whole number", "write 1500 or what the link has")
        return
    if number < least:
        why = "IPv6 needs 1280" if ipv6 else "IPv4 needs 68"
        yield MTU.at(item.path, f"the MTU is {number}, {why} at least", write(FIRST_MTU))
    elif number > MOST_MTU:
        yield MTU.at(item.path, f"the MTU is {number}, over {MOST_MTU}", write(9000, guess=True))
    elif isinstance(value, str):
        yield MTU.at(item.path, f"{shown(value)} in quotes is text", write(number))


def _family(ip: Ip, name: str) -> Findings:
    where = f"{name} has" if name else "there is"
    wanted = [
        what
        for what, given in (("an address", bool(ip.addresses)), ("dhcp", ip.dhcp), ("autoconf", ip.autoconf))
        if given
    ]
    if wanted and not ip.enabled:
        shown = "is false" if "enabled" in ip.body else "is absent, which means false,"
        message = f"{LABEL[ip.family]} enabled {shown} while {where} {', '.join(wanted)}"
        yield DISABLED.at((*ip.path, "enabled"), message, write(True, guess=True))
    if ip.family == "ipv4" and "autoconf" in ip.body:
        yield AUTOCONF.at((*ip.path, "autoconf"), "autoconf stands under ipv4; it is IPv6's only", remove())
    elif ip.enabled and ip.autoconf and not ip.dhcp:
        yield AUTOCONF.at((*ip.path, "dhcp"), "autoconf is true and dhcp is not", write(True))
    elif ip.family == "ipv6" and ip.enabled and ip.body.get("token") and not ip.autoconf:
        fix = "set autoconf and dhcp to true, or remove token"
        yield AUTOCONF.at((*ip.path, "token"), "a token is set and autoconf is not true", fix)
    if ip.dynamic and ip.addresses:
        message = f"{ip.addresses[0].value} is static, and dhcp is on, too"
        yield TWO_SOURCES.at((*ip.path, "dhcp"), message, "set dhcp to false, or remove the address")


def interface_families(link: Link) -> Findings:
    """Judge how an interface gets its addresses, family by family."""
    for ip in link.ips:
        yield from _family(ip, link.name)


def interface_settings(link: Link) -> Findings:
    """Judge MTU and families of one interface whose form is judged elsewhere."""
    if "mtu" in link.body:
        yield from mtu(At((*link.path, "mtu"), link.body["mtu"]), link.ipv6 is not None and link.ipv6.enabled)
    yield from interface_families(link)
