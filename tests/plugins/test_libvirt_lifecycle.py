"""A whole site on a real libvirt host, from nothing to nothing, in both modes."""

from __future__ import annotations

from typing import Any

import pytest

from tests import sites
from tests.lab.libvirtd import GUEST, OUTSIDE, OUTSIDE6
from tests.plugins.libvirt import NAME, NET, VM, Lab

pytestmark = pytest.mark.plugins

GATEWAYS = ("192.168.100.1", "fd00:100::1")


def set_names(site: dict[str, Any], rancher: str) -> dict[str, Any]:
    site["dns"] = {"backend": "libvirt", "resolvers": list(GATEWAYS)}
    site["rancher"] = {"hostname": rancher}
    return site


def test_address_mode(lab: Lab) -> None:
    """Not a canonical text, and what others changed meanwhile."""
    site = lab.small(network={"ipv6": "FD00:0100:0::/64"})
    lab.first(site)
    server = lab.libvirtd
    assert (server.names("net"), server.names("vm")) == ([NAME], [NAME])
    assert [name[: len(NAME) + 6] for name in server.names("vol")] == [f"{NAME}-disk", f"{NAME}-image"]
    lab.expect_no_changes("--refresh")

    # A new start of the hypervisor starts them again.
    assert (server.starts_by_itself("net-info", NAME), server.starts_by_itself("dominfo", NAME)) == (True, True)

    # Out by both families behind the hypervisor's own address, in by none.
    server.attach_guest(NAME, "192.168.100.77", "fd00:100::77")
    assert server.reaches("outside", OUTSIDE, GUEST) == "203.0.113.1"
    assert server.reaches("outside", OUTSIDE6, GUEST) == "2001:db8:ffff::1"
    assert server.reaches(GUEST, "192.168.100.77", "outside") is None
    assert server.reaches(GUEST, "fd00:100::77", "outside") is None

    # Drift: a VM and a network that somebody stopped and took out of the automatic start.
    server.virsh("destroy", NAME)
    server.virsh("autostart", NAME, "--disable")
    server.virsh("net-autostart", NAME, "--disable")
    lab.pulumi("preview", "--refresh", "--expect-no-changes", code=1)
    assert sorted(lab.apply(site, "--refresh").steps) == [f"update {VM}", f"update {NET}"]
    assert server.virsh("domstate", NAME) == "running"
    assert (server.starts_by_itself("net-info", NAME), server.starts_by_itself("dominfo", NAME)) == (True, True)
    lab.destroy()


def test_hostname_mode_with_its_names(lab: Lab) -> None:
    """Names are rows of the network: they change in place under a running VM."""
    site = set_names(lab.small("hostname"), "rancher.paris.example.com")
    lab.first(site)
    server = lab.libvirtd
    before = server.virsh("domuuid", NAME), server.virsh("net-uuid", NAME)
    for gateway in GATEWAYS:
        for name in (sites.FQDN, "rancher.paris.example.com", "mgmt-1.paris.example.com"):
            assert server.dig(name, "A", gateway) == ["192.168.100.10"]
            assert server.dig(name, "AAAA", gateway) == ["fd00:100::10"]
        # Asked for nowhere else.
        assert server.dig("other.paris.example.com", "AAAA", gateway) == []

    assert lab.apply(set_names(site, "manager.paris.example.com")).steps == [f"update {NET}"]
    assert server.dig("manager.paris.example.com", "AAAA", GATEWAYS[0]) == ["fd00:100::10"]
    assert server.dig("rancher.paris.example.com", "A", GATEWAYS[0]) == []
    assert (server.virsh("domuuid", NAME), server.virsh("net-uuid", NAME)) == before
    assert server.virsh("domstate", NAME) == "running"
    lab.expect_no_changes("--refresh")

    lab.destroy()
