"""Rules about DNS: zones and servers that hold the site's records, and the resolvers that the nodes ask."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dualstack.address.family import FAMILIES, LABEL, Family, IPAddress, family_of
from dualstack.address.parsing import AddressError, parse_address
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix, Set, remove, write
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.name.name_grammar import as_ip, host_of, name_problem, port_of

TWO_ZONES = Rule(
    "DS084-zone-repeated",
    "A zone must be given once.",
    Severity.ERROR,
    "Which server and key the records go to is left to chance.",
    "dualstack's own",
)
RECORD_ZONE = Rule(
    "DS085-record-zone",
    "With backend rfc2136 every record must have a zone with a server.",
    Severity.ERROR,
    "The record is written nowhere.",
    "RFC 2136 section 4",
    firm=True,
)
UNUSED_ZONE = Rule(
    "DS086-zone-unused",
    "A zone must hold one of the site's records, to be of use.",
    Severity.INFO,
    "Nothing happens with the zone.",
    "dualstack's own",
)
DNS_SETTING = Rule(
    "DS087-dns-setting",
    "TTL, port and server of DNS must be ones that DNS knows.",
    Severity.ERROR,
    "The update is refused, or goes to nobody.",
    "RFC 2181 section 8 (TTL)",
)
RESOLVER_LIMIT = Rule(
    "DS091-resolver-limit",
    "A node must have at most three resolvers, each of them once.",
    Severity.WARNING,
    "The C library and kubelet leave out everything after the third.",
    "resolv.conf(5) MAXNS; kubernetes pkg/apis/core/validation (MaxDNSNameservers)",
)
RESOLVER_FAMILIES = Rule(
    "DS092-resolver-families",
    "A node must have resolvers of both families.",
    Severity.WARNING,
    "When one family is down, names no longer resolve, and the other family is of no use.",
    "dualstack's own; kubespray roles/validate_inventory wants any name server",
)
RESOLVER_ADDRESS = Rule(
    "DS093-resolver-address",
    "A resolver must be an address that the node can ask.",
    Severity.ERROR,
    "The image build refuses the network file, or no name resolves.",
    "nmstate rust/src/lib/nm/dns.rs",
    firm=True,
)
PUBLIC_RESOLVER = Rule(
    "DS094-public-resolver",
    "Hostname mode must not ask public resolvers for a name of an internal network.",
    Severity.WARNING,
    "A public resolver says that the name does not exist, and that answer counts: now and then Ironic is not found.",
    "dualstack's own; the SUSE Telco Cloud guide's example lists two public resolvers beside an internal one",
)

RULES = (
    TWO_ZONES,
    RECORD_ZONE,
    UNUSED_ZONE,
    DNS_SETTING,
    RESOLVER_LIMIT,
    RESOLVER_FAMILIES,
    RESOLVER_ADDRESS,
    PUBLIC_RESOLVER,
)

MAX_RESOLVERS = 3
_MIXED = "nmstate refuses resolvers of one family on both sides of the other's, and the image is not built."
MAX_TTL = 2**31 - 1
PUBLIC_RESOLVERS = {
    "8.8.8.8": "Google", "8.8.4.4": "Google",
    "2001:4860:4860::8888": "Google", "2001:4860:4860::8844": "Google",
    "1.1.1.1": "Cloudflare", "1.0.0.1": "Cloudflare",
    "2606:4700:4700::1111": "Cloudflare", "2606:4700:4700::1001": "Cloudflare",
    "9.9.9.9": "Quad9", "149.112.112.112": "Quad9", "2620:fe::fe": "Quad9", "2620:fe::9": "Quad9",
    "208.67.222.222": "OpenDNS", "208.67.220.220": "OpenDNS",
    "2620:119:35::35": "OpenDNS", "2620:119:53::53": "OpenDNS",
}  # fmt: skip


def resolver_count(resolvers: Sequence[At[str]]) -> Findings:
    """Tell which resolvers are one too many, or there twice; they come in canonical text."""
    seen: set[str] = set()
    for place, resolver in enumerate(resolvers):
        text = resolver.value
        if text in seen:
            yield RESOLVER_LIMIT.at(resolver.path, f"{text} is there twice", remove(" here"))
        elif len(seen) >= MAX_RESOLVERS:
            message = f"{text} is resolver number {place + 1}, at most {MAX_RESOLVERS} are asked"
            yield RESOLVER_LIMIT.at(resolver.path, message, remove(" here"))
        seen.add(text)


def resolver_order(resolvers: Sequence[At[IPAddress]]) -> Findings:
    """Tell a resolver that stands after those of the other family, where its own began before them."""
    families = [family_of(resolver.value) for resolver in resolvers]
    for place, resolver in enumerate(resolvers):
        begun = families.index(families[place])
        if len(set(families[begun:place])) > 1:
            message = f"the {LABEL[families[place]]} resolver {resolver.value} stands after those of the other family"
            fix = f"move it up, right after {resolvers[begun].value}"
            yield RESOLVER_ADDRESS.at(resolver.path, message, fix, consequence=_MIXED)
            return


def resolver_address(resolver: At[IPAddress], families: Collection[Family]) -> Findings:
    """Tell why a node cannot ask a resolver.

    Args:
        resolver: the resolver.
        families: families that some interface of the node has.
    """
    ip, own = resolver.value, family_of(resolver.value)
    example = "192.168.100.53" if ip.version == 4 else "fd00:100::53"
    if ip.is_link_local:
        fix = f"write the resolver's routable address, such as {example}"
        yield RESOLVER_ADDRESS.at(resolver.path, f"{ip} is link-local and means nothing without an interface", fix)
    elif ip.is_loopback or ip.is_unspecified or ip.is_multicast:
        fix = f"write the address of a resolver, such as {example}"
        yield RESOLVER_ADDRESS.at(resolver.path, f"{ip} is no other machine", fix)
    elif own not in families:
        family = LABEL[own]
        message = f"{ip} is {family}, and no interface of the node has {family}"
        yield RESOLVER_ADDRESS.at(resolver.path, message, remove(f", or give an interface {family}"))


def resolver_families(path: Path, have: Collection[Family], automatic: bool) -> Findings:
    """Tell whether resolvers of a family are missing.

    Args:
        path: where the resolvers are listed, in the site or in nmstate.
        have: families of those listed.
        automatic: whether the network tells the node of others.
    """
    if len(have) == 1:
        lacking = next(family for family in FAMILIES if family not in have)
        fix = f"add the {LABEL[lacking]} address of a resolver to dns-resolver.config.server"
        yield RESOLVER_FAMILIES.at(path, f"no resolver is {LABEL[lacking]}", fix)
    elif not have and not automatic:
        message = "no resolver is given, and no interface gets one automatically"
        yield RESOLVER_FAMILIES.at(path, message, "add the addresses of your resolvers to dns-resolver.config.server")


def check_public_resolvers(subject: Subject) -> Findings:
    """Tell where a public resolver is asked for a name whose addresses are internal."""
    name = subject.site.provisioning.hostname
    if subject.site.mode != "hostname" or not name:
        return
    values = [as_ip(record.value) for record in subject.plan.dns if record.name == name]
    if not any(value is not None and value.is_private for value in values):
        return
    for index, resolver in enumerate(subject.site.dns.resolvers):
        owner = PUBLIC_RESOLVERS.get(str(resolver))
        if owner:
            message = f"{resolver} is {owner}'s, which cannot know {name}"
            fix = f"remove {resolver} and keep the resolvers that know {name}"
            yield PUBLIC_RESOLVER.at(("dns", "resolvers", index), message, fix)


def _bare(zone: str) -> str:
    return zone.rstrip(".").lower()


def check_zones(subject: Subject) -> Findings:
    """Judge the zones against the records of the plan."""
    dns, records = subject.site.dns, subject.plan.dns
    seen: dict[str, int] = {}
    for index, zone in enumerate(dns.zones):
        path: Path = ("dns", "zones", index)
        name = _bare(zone.name)
        if name in seen:
            yield TWO_ZONES.at((*path, "name"), f"{zone.name} is also dns.zones[{seen[name]}]", "remove one of the two")
        seen.setdefault(name, index)
        held = sorted({record.name for record in records if _bare(record.zone) == name})
        if records and not held:
            yield UNUSED_ZONE.at((*path, "name"), f"{zone.name} holds none of the site's records", "remove the zone")
        if dns.keeper.zones and held and zone.server is None:
            message = f"{zone.name} holds {', '.join(held)}, but no server takes its updates"
            yield RECORD_ZONE.at((*path, "server"), message, "set server to the address of the zone's primary server")
    if not dns.keeper.zones:
        return
    missing: dict[str, list[str]] = {}
    for record in records:
        if _bare(record.zone) not in seen:
            missing.setdefault(record.zone, []).append(f"{record.name} {record.type}")
    for zone_name, names in missing.items():
        message = f"no zone is given for {', '.join(dict.fromkeys(names))}"
        fix = f"add {{name: {zone_name}, server: ...}} to dns.zones, with the address of its primary server"
        if all(name.endswith(" PTR") for name in names):
            fix += ", or set dns.pointers to false"
        yield RECORD_ZONE.at(("dns", "zones"), message, fix)


def check_settings(subject: Subject) -> Findings:
    """Judge TTL, ports and servers."""
    dns = subject.site.dns
    if not 0 <= dns.ttl <= MAX_TTL:
        fix = "write seconds, such as 3600"
        yield DNS_SETTING.at(("dns", "ttl"), f"a TTL of {dns.ttl} is not between 0 and {MAX_TTL}", fix)
    yield from port_number(At[object](("dns", "check", "port"), dns.check.port), 53)
    if dns.check.timeout < 1:
        message = f"a wait of {dns.check.timeout} seconds asks nobody"
        yield DNS_SETTING.at(("dns", "check", "timeout"), message, "write seconds, such as 120")
    for index, zone in enumerate(dns.zones):
        path: Path = ("dns", "zones", index)
        yield from port_number(At[object]((*path, "port"), zone.port), 53)
        if zone.server is not None:
            yield from dns_server(At((*path, "server"), zone.server))


def port_number(port: At[object], usual: int) -> Findings:
    """Tell why a value is no port of TCP or UDP.

    Args:
        port: the value, of any type.
        usual: the port that the service has otherwise.
    """
    if not (isinstance(port.value, int) and not isinstance(port.value, bool) and 0 < port.value < 65536):
        fix = write(usual, ", or a port from 1 to 65535", guess=True)
        yield DNS_SETTING.at(port.path, f"{port.value!r} is no port", fix)


def dns_server(server: At[str]) -> Findings:
    """Tell why a server for updates is neither an address nor a name."""
    try:
        parse_address(server.value)
    except AddressError as error:
        host, port = host_of(server.value), port_of(server.value)
        problem = name_problem(server.value.rstrip(".").lower())
        literal = server.value.count(":") > 1 or as_ip(server.value) is not None
        if not literal and problem is None:
            return
        message, fix = (error.message, error.fix) if literal or problem is None else problem
        if host != server.value and (as_ip(host) is not None or name_problem(host.lower()) is None):
            if "://" in server.value:
                message = f"{server.value!r} is a URL, here stands an address or a name"
            beside = (Set(port, (*server.path[:-1], "port")),) if port is not None else ()
            fix = Fix((Set(host), *beside))
        yield DNS_SETTING.at(server.path, message, fix)


CHECKS = (check_public_resolvers, check_zones, check_settings)
