"""Plans for tests: straight from a mapping, without rules."""

from __future__ import annotations

from typing import Any

from dualstack.document.frozen import thaw
from dualstack.plan import Plan, make_plan
from dualstack.releases import RELEASES as CATALOGUE
from dualstack.site import Site
from tests.sites import SECRETS, mapping

RELEASES = tuple(CATALOGUE)
"""Without a patch, oldest first."""
MODES = ("address", "hostname")
FQDN = "ironic.paris.example.com"


def plan(mode: str = "address", /, secrets: tuple[str, ...] = SECRETS, **changes: Any) -> Plan:
    """Make the plan of the good site of a mode with changes."""
    return make_plan("test", Site.model_validate(mapping(mode, **changes)), frozenset(secrets))


def one_node(*interfaces: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Return the ``nodes`` of a site with one node."""
    return [{"name": "mgmt-1", "interfaces": list(interfaces), **more}]


def values(made: Plan, name: str) -> dict[str, Any]:
    """Return the merged values of a Helm release as plain data, secrets hidden."""
    found: dict[str, Any] = thaw(made.values(name))
    return found


AUTO: dict[str, Any] = {
    "nodes": [
        {
            "name": "mgmt-1",
            "management": "bond0.120",
            "interfaces": [
                {"name": "eth0", "mac": "34:8a:b1:4b:16:f0"},
                {"name": "eth1", "mac": "34:8a:b1:4b:16:f1"},
                {
                    "name": "bond0",
                    "mtu": 9000,
                    "bond": {"mode": "802.3ad", "ports": ["eth0", "eth1"], "options": {"miimon": "100"}},
                },
                {
                    "name": "bond0.120",
                    "mtu": 1500,
                    "vlan": {"base": "bond0", "id": 120},
                    "ipv4": {"dhcp": True, "reservation": "192.168.120.10"},
                    "ipv6": {"dhcp": True, "autoconf": True, "reservation": "fd00:120::10"},
                },
            ],
            "routes": [{"destination": "fd00:230::/64", "gateway": "fe80::9", "metric": 50, "table": 254}],
        }
    ],
    "dns": {"resolvers": ["192.168.120.53", "fd00:120::53"], "search": ["lyon.example.com"]},
}
"""Bond, VLAN and autoconfiguration with both reservations."""
