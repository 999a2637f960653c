"""Rules about BMCs: their addresses, how they boot, and over which family each machine is reached."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from dualstack.bmc import NETWORK_BOOT, SCHEMES, VIRTUAL_MEDIA, BmcAddress, bare_address, parse_bmc
from dualstack.findings import At, Findings, Rule, Severity
from dualstack.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.grammar import as_ip, name_problem
from dualstack.rules.metal3 import NO_EFFECT

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
    "Two machines are taken for one, or no machine is found: the wrong one is erased and installed.",
    "openshift/installer pkg/types/baremetal/validation",
)
FAMILY = Rule(
    "DS079-bmc-family",
    "It must be known which families a machine needs while it is provisioned.",
    Severity.INFO,
    "A machine without a way to that family never reports back.",
    "baremetal-operator pkg/provisioner/ironic/ironic.go (setExternalURL)",
)

RULES = (LINK_LOCAL, ADDRESS, BOOT, IDENTITY, FAMILY)

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_REDFISH = frozenset({"redfish", "idrac-redfish", "ilo5-redfish"})
_MEDIA_SCHEMES = {
    "idrac": "idrac-virtualmedia",
    "idrac-redfish": "idrac-virtualmedia",
    "ilo5": "ilo5-virtualmedia",
    "ilo5-redfish": "ilo5-virtualmedia",
}
"""Makers' own schemes for virtual media; Redfish's serves all others."""
_EXAMPLE = "redfish-virtualmedia://192.168.200.11/redfish/v1/Systems/1"


def _address_fix(text: str, parsed: BmcAddress) -> str:
    if parsed.problem == "scheme":
        near = difflib.get_close_matches(parsed.scheme, sorted(SCHEMES), 1, 0.7)
        scheme = near[0] if near else "redfish-virtualmedia"
        rest = text.split("://", 1)[-1]
        whole = rest if "/" in rest or scheme not in VIRTUAL_MEDIA else f"{rest}/redfish/v1/Systems/1"
        return f"write {scheme}://{whole}"
    if parsed.problem == "brackets":
        ip = as_ip(parsed.host)
        if ip is not None and ip.version == 6:
            prefix, _, rest = text.rpartition("://")
            path = re.split(r"[/?#]", rest, maxsplit=1)[1:]
            tail = "/" + path[0] if path else "/redfish/v1/Systems/1" if not prefix else ""
            return f"write {prefix or 'redfish-virtualmedia'}://[{ip}]{tail}"
    if parsed.problem == "port":
        return "write a port from 1 to 65535, or none"
    return f"write an address such as {_EXAMPLE}"


def bmc_address(bmc: At[str]) -> Findings:
    """Tell why the Baremetal Operator would not parse a BMC address, and warn of a link-local one."""
    parsed = parse_bmc(bmc.value)
    if parsed.problem:
        told = {
            "scheme": f"{parsed.scheme!r} is no protocol that the operator knows",
            "brackets": "the IPv6 address is not in brackets, or in brackets without a scheme",
            "host": f"{parsed.host!r} is neither an address nor a DNS name",
            "port": f"{parsed.port!r} is no port",
        }[parsed.problem]
        shown = bare_address(bmc.value)
        yield ADDRESS.at(bmc.path, f"{shown!r}: {told}", _address_fix(shown, parsed))
    elif parsed.ip is not None and parsed.ip.ip.is_link_local:
        fix = "write the BMC's address of global or unique local scope"
        yield LINK_LOCAL.at(bmc.path, f"{parsed.ip} is link-local", fix)


def bmc_boot(bmc: At[str], scheme: str) -> Findings:
    """Tell where a protocol boots over the network."""
    if scheme not in NETWORK_BOOT:
        return
    better = _MEDIA_SCHEMES.get(scheme, "redfish-virtualmedia")
    if bmc.path[-1:] == ("protocol",):
        yield BOOT.at(bmc.path, f"{scheme} boots over the network", f"write {better}, if the BMC has it")
        return
    parsed = parse_bmc(bmc.value)
    message = f"{scheme} boots over the network"
    if not parsed.scheme:
        message = f"no scheme means {scheme}, which boots over the network"
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    # A Redfish BMC keeps port and path; those of other protocols mean nothing to it.
    kept = parsed.scheme in _REDFISH
    port = f":{parsed.port}" if kept and parsed.port else ""
    system = "System.Embedded.1" if better.startswith("idrac") else "1"
    tail = (_tail(bmc.value) if kept else "") or f"redfish/v1/Systems/{system}"
    fix = f"write {better}://{host}{port}/{tail}, if the BMC has virtual media under that path"
    yield BOOT.at(bmc.path, message, fix)


def _tail(text: str) -> str:
    """Return the path of an address, without its first slash."""
    path = re.split(r"[/?#]", bare_address(text).split("://", 1)[-1], maxsplit=1)
    return path[1] if len(path) > 1 else ""


def _identity(text: str) -> str:
    """Return what an address means: host, port and path, so that two spellings of one BMC are equal."""
    parsed = parse_bmc(text)
    tail = _tail(text).strip("/")
    return f"{parsed.ip or parsed.host.lower()} {parsed.port} {tail}"


def _repeated(items: Iterable[tuple[At[str], str]], what: str, fix: str) -> Findings:
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
    items = [(At(bmc.path, bare_address(bmc.value)), _identity(bmc.value)) for bmc in bmcs]
    yield from _repeated(items, "the BMC", "write this machine's own BMC address")


def unique_names(names: Iterable[At[str]]) -> Findings:
    """Tell where two machines have one name."""
    yield from _repeated([(name, name.value.lower()) for name in names], "the name", "give this machine another name")


def boot_mac(mac: At[str]) -> Findings:
    """Tell why a MAC is none that one machine's NIC has: 48 bits, unicast, not all zeros."""
    if not _MAC.fullmatch(mac.value):
        fix = 'write six pairs of hex digits: "34:8a:b1:4b:16:e7"'
        yield IDENTITY.at(mac.path, f"{mac.value!r} is no 48-bit MAC address", fix)
    elif int(mac.value[:2], 16) & 1 or not int(mac.value.replace(":", ""), 16):
        yield IDENTITY.at(mac.path, f"{mac.value} is no single NIC's address", "write the MAC of the boot NIC")


def unique_macs(macs: Iterable[At[str]]) -> Findings:
    """Tell where two machines have one boot MAC."""
    yield from _repeated(
        [(mac, mac.value.lower()) for mac in macs], "the MAC", "write the MAC of this machine's boot NIC"
    )


def check_form(subject: Subject) -> Findings:
    """Judge every BMC of the site by itself."""
    own = {i.mac.lower(): node.name for node in subject.site.nodes for i in node.interfaces if i.mac is not None}
    for index, bmc in enumerate(subject.site.provisioning.bmcs):
        path: Path = ("provisioning", "bmcs", index)
        address = At((*path, "address"), bmc.address)
        yield from bmc_address(address)
        parsed = parse_bmc(bmc.address)
        if parsed.scheme and bmc.protocol and parsed.scheme != bmc.protocol:
            message = f"{bmc.protocol} is not used: the address itself says {parsed.scheme}"
            yield NO_EFFECT.at((*path, "protocol"), message, "remove the protocol")
        scheme = parsed.scheme or bmc.protocol or "ipmi"
        if not parsed.problem:
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


def check_families(subject: Subject) -> Findings:
    """Say for each machine which family it needs beside the one of its BMC."""
    ironic = subject.plan.ironic
    if ironic is None:
        return
    for index, bmc in enumerate(subject.plan.bmcs):
        path: Path = ("provisioning", "bmcs", index, "address")
        if bmc.family == "ipv6" and bmc.callback_family == "ipv4" and bmc.scheme in VIRTUAL_MEDIA:
            message = (
                f"{bmc.name} fetches its media at {bmc.media_url}, but once booted it calls {bmc.callback_url}: "
                "the BMC's family decides the media alone"
            )
            fix = (
                f"give {bmc.name} a way to {ironic.ironic_ip or ironic.provisioning_ip} over IPv4, or use hostname mode"
            )
            yield FAMILY.at(path, message, fix)
        elif bmc.family == "resolver" and bmc.media_family == "resolver" and not ironic.hostname:
            message = f"{bmc.name} is known by a name: the first DNS answer in the operator's pod decides its family"
            yield FAMILY.at(path, message, "write the BMC's address in place of its name, or leave it to the resolver")


CHECKS = (check_form, check_unique, check_families)
