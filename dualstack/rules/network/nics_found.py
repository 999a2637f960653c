"""Rules about how a node's NICs are found and awaited at its start, and about names that say something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dualstack.address.family import LABEL
from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.rules.network.nmstate_view import Link, whole

BY_MAC = Rule(
    "DS170-nic-by-mac",
    "A NIC must be found by its MAC where others rest on its name.",
    Severity.WARNING,
    "nm-configurator puts the real NIC's name in by replacing text: a VLAN of a free name keeps a parent that does not "
    "exist, and eth10 becomes a part of eth1's new name.",
    "nm-configurator src/apply_conf.rs and issues 198, 201; run with 0.3.5",
)
WAITS = Rule(
    "DS171-wait-for-families",
    "wait-ip must wait for each family of the interfaces whose addresses RKE2 and Ironic take.",
    Severity.WARNING,
    "The node counts as online once one family is there, and RKE2 starts without the other.",
    "k3s pkg/util/net.go: read; NetworkManager 1.42.4 with and without wait-ip: run",
)
SAYS_OTHERWISE = Rule(
    "DS174-vlan-name",
    "A VLAN's name should say the id and the base that it has.",
    Severity.WARNING,
    "One of the two is a slip: with the wrong id or base the node hears nobody on the VLAN.",
    "Linux Documentation (vconfig's names, base.id); dualstack's own",
)
REPLACED = Rule(
    "DS176-nic-name-in-key-file",
    "A NIC's name must not be a part of words in NetworkManager's key file.",
    Severity.WARNING,
    "nm-configurator replaces the name everywhere in the file where the kernel calls the NIC otherwise, and "
    "NetworkManager cannot read it: the node has no network.",
    "nm-configurator src/apply_conf.rs; run with 0.3.5",
)
RULES = (BY_MAC, WAITS, SAYS_OTHERWISE, REPLACED)

_NUMBERED = re.compile(r"(.+)[.]([0-9]{1,4})|vlan[._-]?([1-9][0-9]{1,3})", re.IGNORECASE)
"""A base and an id, or an id; vlan1 may be the first, vlan10 is hardly the tenth."""
_WORDS = (
    "connection", "autoconnect-slaves", "id", "type", "802-3-ethernet", "uuid", "ipv4", "ipv6", "address0",
    "dhcp-timeout", "dhcp-client-id", "dhcp-duid", "dhcp-iaid", "dns-search", "dns-priority", "method", "manual",
    "auto", "disabled", "route0_options", "table", "addr-gen-mode", "may-fail", "ra-timeout", "mac-address", "mtu",
    "true", "false", "master", "slave-type", "bond", "lldp",
)  # fmt: skip
"""Words in the key file of a NIC, as nmstate writes it."""
_VLAN_WORDS = ("vlan", "flags", "parent", "interface-name")
"""Further ones in that of a VLAN which is called after the NIC, as eth0.120: there its name is replaced, too."""
_HEX = re.compile(r"[0-9a-f]{1,4}")


def found_nics(links: Sequence[Link]) -> Findings:
    """Judge whether each NIC is found whatever the kernel calls it."""
    for link in links:
        if link.kind != "ethernet" or not isinstance(link.body.get("mac-address"), str):
            continue
        others = [other for other in links if other is not link]
        yield from _replaced(link, others)
        if link.body.get("identifier") == "mac-address":
            continue
        if (resting := next(_mangled(link, others), None)) is None:
            continue
        message = f"{link.name} is found by its name, and {resting} does not follow where the kernel has another"
        if "identifier" in link.body:
            yield BY_MAC.at((*link.path, "identifier"), message, remove())
        else:
            mac = str(link.body["mac-address"]).lower()
            same = [other.name for other in others if str(other.body.get("mac-address")).lower() == mac]
            fix = f"remove the mac of {', '.join(same)}, which repeats this one" if same else "set identifier"
            yield BY_MAC.at((*link.path, "mac-address"), message, fix)


def _mangled(link: Link, others: Sequence[Link]) -> Iterator[str]:
    """Yield the names of interfaces that text replacement of a NIC's name breaks."""
    for other in others:
        if other.name.startswith(f"{link.name}."):
            continue
        bases = (body.get("base-iface") for body in other.body.values() if isinstance(body, Mapping))
        if link.name in bases or (link.name and link.name in other.name):
            yield other.name


def _replaced(link: Link, others: Sequence[Link]) -> Findings:
    called_after = any(other.name.startswith(f"{link.name}.") for other in others)
    words = (*_WORDS, *_VLAN_WORDS) if called_after else _WORDS
    word = next((word for word in words if link.name and link.name in word), None)
    if word is not None or _HEX.fullmatch(link.name):
        where = f"in {word!r}" if word is not None else "in addresses and UUIDs"
        message = f"the name {link.name!r} stands {where} of the key file, too"
        yield REPLACED.at((*link.path, "name"), message, "give the NIC another name here, such as eth0 or mgmt0")


def waits(link: Link) -> Findings:
    """Judge for which families the boot waits on an interface that is needed at its end."""
    given = link.body.get("wait-ip")
    if given not in ("any", "ipv4", "ipv6") or not any(ip.dynamic for ip in link.ips):
        return
    on = [ip.family for ip in link.ips if ip.enabled]
    late = " and ".join(LABEL[family] for family in on if family != given)
    if late:
        message = f"the boot does not wait for {late} of {link.name}"
        yield WAITS.at((*link.path, "wait-ip"), message, write("+".join(on)))


def vlan_names(links: Sequence[Link]) -> Findings:
    """Judge whether the names of VLANs say what these are."""
    names = {link.name for link in links}
    for link in links:
        found = _NUMBERED.fullmatch(link.name) if link.kind == "vlan" else None
        body = link.body.get("vlan")
        number = whole(body.get("id")) if isinstance(body, Mapping) else None
        if found is None or number is None or not 1 <= number <= 4094:
            continue
        said = int(found[2] or found[3])
        if said != number and 1 <= said <= 4094:
            name = f"{link.name[: -len(found[2] or found[3])]}{number}"
            message = f"{link.name} has the VLAN id {number}"
            yield SAYS_OTHERWISE.at(
                (*link.path, "vlan", "id"), message, write(said, f", or call it {name}", guess=True)
            )
        if found[1] in names and link.base in names and found[1] != link.base:
            message = f"{link.name} lies on {link.base}"
            fix = write(found[1], f", or call it {link.base}.{number}", guess=True)
            yield SAYS_OTHERWISE.at((*link.path, "vlan", "base-iface"), message, fix)
