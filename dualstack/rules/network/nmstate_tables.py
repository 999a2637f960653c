"""What nmstate takes at the keys that every interface has, as nm-configurator 0.3.5 with nmstate 2.2.60 reads them.

What stands here was seen by running nm-configurator; the names and ranges are nmstate's, ``rust/src/lib``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from dualstack.findings import At, Findings
from dualstack.fixes import remove, write
from dualstack.rules.blame import shown
from dualstack.rules.network.nmstate_schema import (
    FORM,
    Form,
    anything,
    boolean,
    listed,
    mapping,
    number,
    one_of,
    switch,
    text,
)
from dualstack.rules.network.nmstate_view import parsed

U8, U16, U32, U64 = (number(0, 2**bits - 1) for bits in (8, 16, 32, 64))
I32, I64 = number(-(2**31), 2**31 - 1), number(-(2**63), 2**63 - 1)
TEXTS = listed(text)
_FLAGS = listed(one_of("signal", "subflow", "backup", "fullmesh"))


def token(item: At[object]) -> Findings:
    """Take the lower half of an IPv6 address."""
    ip = parsed(item.value)
    if item.value in (None, ""):
        return
    if not isinstance(ip, ipaddress.IPv6Address) or int(ip) >> 64:
        message = f"{shown(item.value)} is no IPv6 address that begins with 64 zero bits"
        yield FORM.at(item.path, message, "write the lower half of the address, such as ::10")


def identifier(item: At[object]) -> Findings:
    """Take how nm-configurator finds an interface."""
    if item.value == "pci-address":
        yield FORM.at(item.path, "nm-configurator finds no interface by its PCI address", write("mac-address"))
    else:
        yield from one_of("name", "mac-address")(item)


def refused(item: At[object]) -> Findings:
    """Take nothing: nm-configurator cannot do it."""
    if item.value is not None:
        yield FORM.at(item.path, "nm-configurator cannot write this into connection files", remove())


def features(item: At[object]) -> Findings:
    """Take a NIC's features by the names that ethtool has, each on or off."""
    yield from mapping({}, open_=True)(item)
    for name, value in item.value.items() if isinstance(item.value, Mapping) else ():
        yield from switch(At((*item.path, str(name)), value))


def ipv6_address(item: At[object]) -> Findings:
    """Take a bare IPv6 address."""
    if not isinstance(parsed(item.value), ipaddress.IPv6Address):
        yield FORM.at(item.path, f"{shown(item.value)} is no IPv6 address", "write an IPv6 address")


_IP: dict[str, Form] = {
    "enabled": switch,
    "dhcp": switch,
    "autoconf": switch,
    "dhcp-client-id": text,
    "dhcp-duid": text,
    "address": anything,
    "auto-dns": switch,
    "auto-gateway": switch,
    "auto-routes": switch,
    "auto-route-table-id": U32,
    "auto-route-metric": I64,
    "addr-gen-mode": text,
    "allow-extra-address": boolean,
    "token": text,
    "dhcp-send-hostname": boolean,
    "dhcp-custom-hostname": text,
}
IP_KEYS: dict[str, dict[str, Form]] = {
    "ipv4": {**_IP, "forwarding": boolean, "prefix-route-metric": I64},
    "ipv6": {**_IP, "token": token},
}
"""Keys of a family's section; addresses are judged one by one."""
ADDRESS_KEYS: dict[str, Form] = {
    "ip": anything,
    "prefix-length": anything,
    "mptcp-flags": _FLAGS,
    **dict.fromkeys(("valid-left", "valid-lft", "valid-life-time"), anything),
    **dict.fromkeys(("preferred-left", "preferred-lft", "preferred-life-time"), anything),
}

_ETHTOOL = mapping(
    {
        "pause": mapping({"rx": switch, "tx": switch, "autoneg": switch}),
        "feature": features,
        "coalesce": mapping(
            {
                "adaptive-rx": switch,
                "adaptive-tx": switch,
                "sample-interval": U32,
                "stats-block-usecs": U32,
                **dict.fromkeys(("pkt-rate-high", "pkt-rate-low"), U32),
                **{
                    f"{way}-{what}{part}": U32
                    for way in ("rx", "tx")
                    for what in ("frames", "usecs")
                    for part in ("", "-high", "-irq", "-low")
                },
            }
        ),
        "ring": mapping(
            dict.fromkeys(
                ("rx", "rx-max", "rx-jumbo", "rx-jumbo-max", "rx-mini", "rx-mini-max", "tx", "tx-max"),
                U32,
            )
        ),
        "fec": mapping({"auto": switch, "mode": one_of("off", "rs", "baser", "llrs")}),
    }
)
BASE: dict[str, Form] = {
    "name": anything,
    "type": anything,
    "state": anything,
    "mac-address": anything,
    "mtu": anything,
    "ipv4": anything,
    "ipv6": anything,
    "profile-name": text,
    "description": text,
    "driver": text,
    "identifier": identifier,
    "permanent-mac-address": text,
    "pci-address": anything,
    "min-mtu": number(0, 2**64 - 1, quoted=False),
    "max-mtu": number(0, 2**64 - 1, quoted=False),
    "wait-ip": one_of("any", "ipv4", "ipv6", "ipv4+ipv6"),
    "mptcp": mapping({"address-flags": _FLAGS}),
    "controller": text,
    "accept-all-mac-addresses": switch,
    "copy-mac-from": text,
    "ovs-db": mapping({}, open_=True),
    "802.1x": mapping({}, open_=True),
    "lldp": mapping({"enabled": switch, "neighbors": anything}, "enabled"),
    "ethtool": _ETHTOOL,
    "dispatch": refused,
    "alt-names": listed(mapping({"name": text, "state": one_of("absent")}, "name"), "{name: other-name}"),
}
"""Keys of every interface; those that other rules read are judged there."""
