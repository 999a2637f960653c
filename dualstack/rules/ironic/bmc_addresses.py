"""Rules about BMCs: their addresses, how they boot, and that each machine is its own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace

from dualstack.address.bmc import (
    MACLESS,
    NETWORK_BOOT,
    OLD_ILO,
    SCHEMES,
    VIRTUAL_MEDIA,
    BmcAddress,
    bare_address,
    parse_bmc,
)
from dualstack.address.family import IPAddress, url_host
from dualstack.address.mac import trouble
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.origins import Path
from dualstack.rules.address.address_text import MAPPED
from dualstack.rules.base import Subject
from dualstack.rules.ironic.ironic_hosts import NO_EFFECT
from dualstack.rules.name.name_grammar import as_ip, name_problem
from dualstack.rules.site.site_form import mac_fix

LINK_LOCAL = Rule(
    "DS068-bmc-link-local",
    "A BMC must have an address that can be routed to.",
    Severity.WARNING,
    "A link-local address means another machine on every link, and the operator's pod has no link of its own to it.",
    "RFC 4291 section 2.5.6 (link-local scope); nobody upstream checks it",
)
ADDRESS = Rule(
    "DS076-bmc-address",
    "A BMC address must be one that the Baremetal Operator can parse.",
    Severity.ERROR,
    "The BareMetalHost is refused, and the machine is never registered.",
    "baremetal-operator pkg/hardwareutils/bmc/access.go",
)
BOOT = Rule(
    "DS077-bmc-network-boot",
    "A BMC must boot its machine from virtual media.",
    Severity.ERROR,
    "The protocol boots over PXE, which needs a provisioning network; this product has none.",
    "openshift/installer pkg/types/baremetal/validation (drivers that want a provisioning network); suse-edge/charts "
    "metal3 values.yaml (enable_pxe_boot false)",
)
IDENTITY = Rule(
    "DS078-bmc-identity",
    "Every machine must have a name, a BMC address and a boot MAC of its own.",
    Severity.ERROR,
    "Two machines are taken for one and the wrong one is erased and installed, or the operator refuses the machine.",
    "openshift/installer pkg/types/baremetal/validation; baremetal-operator 0.11.2, its webhook run: "
    "tests/truth/test_operator.py",
)

RULES = (LINK_LOCAL, ADDRESS, BOOT, IDENTITY)

_REDFISH = frozenset({"redfish", "idrac-redfish", "ilo5-redfish"})
_MEDIA_SCHEMES = {
    "idrac-redfish": "idrac-virtualmedia",
    "ilo4": "ilo4-virtualmedia",
    "ilo5": "ilo5-virtualmedia",
    "ilo5-redfish": "ilo5-virtualmedia",
}
"""Makers' own schemes for virtual media; Redfish's serves all others."""
_SYSTEM = {"idrac": "redfish/v1/Systems/System.Embedded.1"}
"""Where makers have a machine's first system, by the first word of the scheme; Redfish's usual place for all others."""
_EXAMPLE_FIX = "write an address such as redfish-virtualmedia://192.168.200.11/redfish/v1/Systems/1"


_LOOPBACK = ("localhost", "localhost.localdomain", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
"""Names of this machine itself, as /etc/hosts of distributions has them; RFC 6761 gives all below localhost to it."""

_TOLD = {
    "scheme": "{scheme!r} is no protocol that the operator knows",
    "transport": "{scheme} does not take +{transport}",
    "brackets": "the IPv6 address is not in brackets, or in brackets without a scheme",
    "host": "{host!r} is neither an address nor a DNS name",
    "nothing": "there is no host in it",
    "port": "{port!r} is no port",
    "slashes": "two slashes stand before a host; the operator takes what follows for a path, and knows no host",
    "path": "the operator cannot read what follows the host",
}


def _whole(parsed: BmcAddress, *, scheme: str = "", host: str = "", port: str | None = None) -> str:
    """Write an address in the form that every operator reads, with parts replaced."""
    scheme = scheme or parsed.url_scheme or "redfish-virtualmedia"
    host = host or parsed.host
    host = url_host(host)
    port = parsed.port if port is None else port
    tail = parsed.tail
    if not tail and scheme.partition("+")[0] in VIRTUAL_MEDIA:
        tail = _SYSTEM.get(scheme.partition("-")[0], "redfish/v1/Systems/1")
    return f"{scheme}://{host}{f':{port}' if port else ''}{f'/{tail}' if tail else ''}"


def _address_fix(parsed: BmcAddress) -> AnyFix:
    host_stands = bool(parsed.host) and not name_problem(parsed.host.lower())
    ip = as_ip(parsed.host)
    if ip is not None and _nobody(ip):
        return _EXAMPLE_FIX
    if parsed.problem == "transport":
        return write(_whole(parsed, scheme=parsed.scheme))
    if parsed.problem == "port":
        return "write a port from 1 to 65535, or none"
    if parsed.problem == "scheme":
        # A name with a port and no protocol: the operator reads the name as one.
        if parsed.host.isdecimal() and not name_problem(parsed.scheme):
            return write(_whole(parsed, scheme="redfish-virtualmedia", host=parsed.scheme))
        if parsed.scheme.replace("-", "") in ("virtualmedia", "vmedia", "redfishvirtualmedia"):
            return write(_whole(parsed, scheme="redfish-virtualmedia"))
        near = difflib.get_close_matches(parsed.scheme, sorted(SCHEMES), 1, 0.7) or ["redfish-virtualmedia"]
        return write(_whole(parsed, scheme=near[0])) if host_stands or ip else _EXAMPLE_FIX
    if parsed.problem == "brackets" and ip is not None and ip.version == 6:
        return write(_whole(parsed, host=str(ip), port=""))
    if parsed.problem == "host" and ip is not None and "%" not in parsed.host:
        return write(_whole(parsed, host=str(ip)))
    if parsed.problem == "slashes" and (host_stands or ip) and parsed.host != "redfish":
        return write(_whole(parsed))
    return _EXAMPLE_FIX


def bmc_address(bmc: At[str]) -> Findings:
    """Tell why the Baremetal Operator would not parse a BMC address, or find no BMC by it; warn of a link-local one."""
    parsed = parse_bmc(bmc.value)
    shown = bare_address(bmc.value)
    if bmc.value != bmc.value.strip():
        yield ADDRESS.at(bmc.path, f"{shown!r}: white space stands around it", write(shown.strip()))
    elif no_colon := _no_colon(shown):
        yield ADDRESS.at(bmc.path, f"{shown!r}: the colon behind the protocol is missing", write(no_colon))
    elif parsed.problem:
        told = _TOLD[parsed.problem].format(
            scheme=parsed.scheme, transport=parsed.transport, host=parsed.host, port=parsed.port
        )
        yield ADDRESS.at(bmc.path, f"{shown!r}: {told}", _address_fix(parsed))
    elif parsed.mapped and parsed.ip is not None:
        message = f"{parsed.host} is {parsed.ip.ip} written as an IPv6 address: the operator takes it for IPv4"
        yield MAPPED.at(bmc.path, message, write(_whole(parsed, host=str(parsed.ip.ip))))
    elif parsed.ip is not None and (
        parsed.ip.ip.is_loopback or parsed.ip.ip.is_unspecified or parsed.ip.ip.is_multicast
    ):
        yield ADDRESS.at(bmc.path, f"{parsed.ip} is no other machine's address", "write the address of the BMC")
    elif parsed.host.rstrip(".").lower() in _LOOPBACK or parsed.host.rstrip(".").lower().endswith(".localhost"):
        yield ADDRESS.at(bmc.path, f"{parsed.host} is no other machine's name", "write the address of the BMC")
    elif parsed.ip is not None and parsed.ip.ip.is_link_local:
        fix = "write the BMC's address of global or unique local scope"
        yield LINK_LOCAL.at(bmc.path, f"{parsed.ip} is link-local", fix)


def _nobody(ip: IPAddress) -> bool:
    return ip.is_loopback or ip.is_unspecified or ip.is_multicast


def _no_colon(text: str) -> str:
    """Return an address whose protocol lacks its colon with it; empty for others."""
    scheme, slashes, rest = text.partition("//")
    known = ":" not in scheme and scheme.partition("+")[0] in SCHEMES
    return f"{scheme}://{rest}" if slashes and known else ""


def bmc_boot(bmc: At[str], scheme: str) -> Findings:
    """Tell where a protocol boots over the network."""
    if scheme not in NETWORK_BOOT or _no_colon(bmc.value):
        return
    better = _MEDIA_SCHEMES.get(scheme, "redfish-virtualmedia")
    if bmc.path[-1:] == ("protocol",):
        yield BOOT.at(bmc.path, f"{scheme} boots over the network", write(better, ", if the BMC has it", guess=True))
        return
    parsed = parse_bmc(bmc.value)
    message = f"{scheme} boots over the network"
    if not parsed.scheme:
        message = f"no scheme means {scheme}, which boots over the network"
    # A Redfish BMC keeps port and path; those of other protocols mean nothing to it.
    kept = parsed if parsed.scheme in _REDFISH else replace(parsed, port="", tail="")
    whole = _whole(kept, scheme=better)
    yield BOOT.at(bmc.path, message, write(whole, ", if the BMC has virtual media under that path", guess=True))


def identity(text: str) -> str:
    """Return what an address means: host, port and path, so that two spellings of one BMC are equal."""
    parsed = parse_bmc(text)
    usual = "623" if parsed.scheme in ("", "ipmi") else "80" if parsed.transport == "http" else "443"
    return f"{parsed.ip.ip if parsed.ip else parsed.host.lower()} {parsed.port or usual} {parsed.tail.strip('/')}"


def _repeated(items: Iterable[tuple[At[str], str]], what: str, fix: AnyFix) -> Findings:
    first: dict[str, str] = {}
    for item, meaning in items:
        if meaning in first:
            yield IDENTITY.at(item.path, f"{what} {item.value!r} is also that of {first[meaning]}", fix)
        else:
            first[meaning] = _of(item.path)


def _of(path: Path) -> str:
    return next((f"bmcs[{step}]" for step in path if isinstance(step, int)), "another machine")


def unique_addresses(bmcs: Iterable[At[str]]) -> Findings:
    """Tell where two machines have one BMC, compared after parsing."""
    items = [(At(bmc.path, bare_address(bmc.value)), identity(bmc.value)) for bmc in bmcs]
    yield from _repeated(items, "the BMC", "write this machine's own BMC address")


def unique_names(names: Iterable[At[str]]) -> Findings:
    """Tell where two machines have one name."""
    yield from _repeated([(name, name.value.lower()) for name in names], "the name", "give this machine another name")


def boot_mac(mac: At[str]) -> Findings:
    """Tell why a MAC is none that one machine's NIC has: 48 bits, unicast, not all zeros."""
    wrong = trouble(mac.value)
    if wrong == "form":
        yield IDENTITY.at(mac.path, f"{mac.value!r} is no 48-bit MAC address", mac_fix(mac.value))
    elif wrong is not None:
        yield IDENTITY.at(mac.path, f"{mac.value} is no single NIC's address", "write the MAC of the boot NIC")


def needed_mac(bmc: At[str], path: Path) -> Findings:
    """Tell where a machine has no boot MAC and its BMC's driver demands one.

    Args:
        bmc: the BMC's address.
        path: where the MAC is missing.
    """
    parsed = parse_bmc(bmc.value)
    scheme = parsed.scheme or "ipmi"
    if not parsed.problem and scheme not in MACLESS:
        message = f"there is none, and the operator refuses a machine at {scheme} without"
        yield IDENTITY.at(path, message, "write the MAC of the boot NIC")


def unique_macs(macs: Iterable[At[str]]) -> Findings:
    """Tell where two machines have one boot MAC."""
    yield from _repeated(
        [(mac, mac.value.lower()) for mac in macs], "the MAC", "write the MAC of this machine's boot NIC"
    )


def check_form(subject: Subject) -> Findings:
    """Judge every BMC of the site by itself."""
    own = {i.mac.lower(): node.name for node in subject.site.nodes for i in node.interfaces if i.mac is not None}
    machines = {identity(node.bmc.address): node.name for node in subject.site.nodes if node.bmc is not None}
    for index, bmc in enumerate(subject.site.provisioning.bmcs):
        path: Path = ("provisioning", "bmcs", index)
        address = At((*path, "address"), bmc.address)
        yield from bmc_address(address)
        if (node := machines.get(identity(bmc.address))) is not None:
            consequence = "Ironic inspects, wipes and installs a node of the cluster that it runs in."
            message = f"{bare_address(bmc.address)} is the BMC of the node {node}"
            yield IDENTITY.at(address.path, message, "write this machine's own BMC address", consequence=consequence)
        parsed = parse_bmc(bmc.address)
        if parsed.scheme and bmc.protocol and parsed.scheme != bmc.protocol:
            message = f"{bmc.protocol} is not used: the address itself says {parsed.scheme}"
            yield NO_EFFECT.at((*path, "protocol"), message, "remove the protocol")
        scheme = parsed.scheme or bmc.protocol or "ipmi"
        if scheme in OLD_ILO and scheme not in subject.plan.release.old_bmc_schemes:
            better = f"redfish-virtualmedia{parsed.url_scheme.removeprefix(scheme)}"
            message = f"the operator of release {subject.plan.release.name} knows {scheme} no more"
            yield ADDRESS.at(
                address.path, message, write(_whole(parsed, scheme=better), ", if the BMC has Redfish", guess=True)
            )
        elif not parsed.problem:
            told_apart = parsed.scheme == "" and bmc.protocol is not None
            yield from bmc_boot(At((*path, "protocol" if told_apart else "address"), bmc.address), scheme)
        if problem := name_problem(bmc.name):
            yield IDENTITY.at((*path, "name"), *problem)
        if bmc.boot_mac is not None:
            yield from boot_mac(At((*path, "bootMac"), bmc.boot_mac))
            if bmc.boot_mac.lower() in own:
                message = f"{bmc.boot_mac} is a NIC of the node {own[bmc.boot_mac.lower()]}"
                yield IDENTITY.at((*path, "bootMac"), message, "write the MAC of this machine's boot NIC")


def check_unique(subject: Subject) -> Findings:
    """Tell where two machines would be taken for one."""
    bmcs = list(enumerate(subject.site.provisioning.bmcs))
    yield from unique_names(At(("provisioning", "bmcs", i, "name"), bmc.name) for i, bmc in bmcs)
    yield from unique_addresses(
        At(("provisioning", "bmcs", i, "address"), bmc.address) for i, bmc in bmcs if not parse_bmc(bmc.address).problem
    )
    yield from unique_macs(
        At(("provisioning", "bmcs", i, "bootMac"), bmc.boot_mac) for i, bmc in bmcs if bmc.boot_mac is not None
    )


CHECKS = (check_form, check_unique)
