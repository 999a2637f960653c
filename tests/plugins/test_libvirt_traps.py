"""Changes that libvirt's provider tells and does not make, and what it makes of a site; without mitigation and with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.libvirtd import GUEST, OUTSIDE6, Libvirtd
from tests.plugins.libvirt import NAME, NET, VM, Lab

pytestmark = pytest.mark.plugins

REFUSED = ((64, "fffe", ""), (56, "fffe", "prefix length must be at least 64"), (64, "1:0", "large"))
"""Prefix length, end of the range, and a word of the refusal."""
OTHER_MAC = "34:8a:b1:4b:16:aa"


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.lean()
    return lab


def dhcp(site: dict[str, Any], **network: Any) -> None:
    """Let the network give the addresses."""
    site["host"]["libvirt"]["network"] = {"ipv4": "192.168.100.0/24", "ipv6": "fd00:100::/64", **network}
    site["nodes"][0]["interfaces"][0] |= {
        "ipv4": {"dhcp": True, "reservation": "192.168.100.10"},
        "ipv6": {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"},
    }


def tap_bridge(server: Libvirtd) -> str | None:
    """Give the bridge that the running VM's port is on."""
    target = server.domain(NAME).find("devices/interface/target")
    assert target is not None
    words = server.run("ip", "-o", "link", "show", target.attrib["dev"]).split()
    return words[words.index("master") + 1] if "master" in words else None


def in_effect(server: Libvirtd) -> dict[str, bool]:
    """Tell which of the changes below libvirt really made."""
    network, mac = server.network(NAME), server.domain(NAME).find("devices/interface/mac")
    return {
        "mtu": network.find("mtu[@size='1400']") is not None,
        "dns.localOnly": network.find("domain[@localOnly='yes']") is not None,
        "dhcp": network.find("ip/dhcp") is not None,
        "mac": mac is not None and mac.attrib["address"] == OTHER_MAC,
    }


@pytest.mark.parametrize("mitigated", [True, False])
def test_changes_without_effect_and_a_network_replaced_under_a_vm(lab: Lab, mitigated: bool) -> None:
    server = lab.libvirtd
    if not mitigated:
        lab.without("replace_on_changes=NETWORK_REPLACED_BY,")
        lab.without("replace_on_changes=_replaced_by(len(macs)),")
        # Else a reservation, which is XSLT, replaces the network.
        lab.without("if xslt else None", "if False else None")
    site = lab.small(network={"domain": "lab.example"})
    lab.first(site)
    assert tap_bridge(server) == server.bridge(NAME)
    assert not any(in_effect(server).values())

    dhcp(site, domain="lab.example", mtu=1400)
    site["dns"] = {"backend": "libvirt", "resolvers": ["192.168.100.1", "fd00:100::1"]}
    site["nodes"][0]["interfaces"][0]["mac"] = OTHER_MAC
    steps = lab.apply(site).steps
    if mitigated:
        assert steps == [f"delete {NET}", f"create {NET}", f"delete {VM}", f"create {VM}"]
        assert all(in_effect(server).values())
    else:
        assert steps == [f"update {NET}", f"update {VM}"]
        assert not any(in_effect(server).values())

    # The provider itself replaces the network for this.
    site["host"]["libvirt"]["network"]["domain"] = "other.example"
    steps = lab.apply(site).steps
    assert steps[:2] == [f"delete {NET}", f"create {NET}"]
    assert steps[2:] == ([f"delete {VM}", f"create {VM}"] if mitigated else [f"update {VM}"])
    assert tap_bridge(server) == (server.bridge(NAME) if mitigated else None)


def test_dhcp_of_both_families(lab: Lab) -> None:
    """Ranges that libvirt takes, and addresses for the node alone outside of chance."""
    site = lab.small()
    dhcp(site)
    lab.first(site)
    network = lab.libvirtd.network(NAME)
    assert [item.attrib for item in network.iter("range")] == [
        {"start": "192.168.100.2", "end": "192.168.100.254"},
        {"start": "fd00:100::2", "end": "fd00:100::fffe"},
    ]
    assert [item.attrib for item in network.findall("ip/dhcp/host")] == [
        {"mac": "34:8a:b1:4b:16:e7", "name": "mgmt-1", "ip": "192.168.100.10"},
        {"name": "mgmt-1", "ip": "fd00:100::10"},
    ]
    assert "dnsmasq" in lab.libvirtd.run("ps", "-A", "-o", "comm=")
    lab.expect_no_changes("--refresh")

    # No shorter prefix: the site's check says so before libvirt does.
    dhcp(site, ipv6="fd00:100::/56")
    refused = lab.apply(site, code=1)
    assert refused.steps == []
    assert "DS160-libvirt-dhcp-range" in refused.told
    for prefix, last, error in REFUSED:
        told = lab.libvirtd.refusal(
            f"<network><name>other</name><ip family='ipv6' address='fd00:200::1' prefix='{prefix}'>"
            f"<dhcp><range start='fd00:200::2' end='fd00:200::{last}'/></dhcp></ip></network>"
        )
        assert error in told if error else told == ""


def test_without_canonical_text_and_with_addresses_of_leases_each_refresh_has_changes(lab: Lab) -> None:
    """And with the NAT of IPv4 alone, IPv6 goes out as it is and comes in from everywhere."""
    lab.without("addresses=list(settings.addresses),", "addresses=[item.upper() for item in settings.addresses],")
    lab.without("mac=mac)", 'mac=mac, addresses=["192.168.100.10"])')
    lab.without('nat6 = settings.mode == "nat"', 'nat6 = settings.mode == "other"')
    lab.without("autostart=True,")
    site = lab.small()
    lab.first(site)
    server = lab.libvirtd
    preview = lab.pulumi("preview", "--refresh", "--diff").stdout
    assert '[1]: "fd00:100::/64" => "FD00:100::/64"' in preview
    assert '+ [0]: "192.168.100.10"' in preview
    assert "+-2 to replace" in preview
    assert not server.starts_by_itself("net-info", NAME)

    server.attach_guest(NAME, "192.168.100.77", "fd00:100::77")
    assert server.reaches("outside", OUTSIDE6, GUEST) == "fd00:100::77"
    assert server.reaches(GUEST, "fd00:100::77", "outside") == "2001:db8:ffff::2"


def test_a_bridge_that_is_there(lab: Lab) -> None:
    server = lab.libvirtd
    server.run("ip", "link", "add", "br-lab", "up", "type", "bridge")
    try:
        site = lab.small(network={"mode": "bridge", "bridge": "br-lab"})
        lab.first(site)
        assert tap_bridge(server) == "br-lab"
        lab.expect_no_changes("--refresh")
        lab.destroy()
        assert "br-lab" in server.run("ip", "-o", "link", "show", "type", "bridge")
    finally:
        server.run("ip", "link", "delete", "br-lab")
