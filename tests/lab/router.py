"""The router beside a node of ``tests.lab.hostnet``: one network namespace further, at the other ends of its NICs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Interface

ROUTER4, ROUTER6, LINK_LOCAL = "192.168.100.1", "fd00:100::1", "fe80::1"
RADVD = """interface lan {{
    AdvSendAdvert on;
    MinRtrAdvInterval 3;
    MaxRtrAdvInterval 4;
    AdvDefaultLifetime {lifetime};
    AdvManagedFlag {managed};
    AdvOtherConfigFlag {managed};
    prefix {prefix} {{ AdvOnLink on; AdvAutonomous {autonomous}; }};
}};
"""


@dataclass(frozen=True, slots=True)
class Router:
    """Where a node's NICs lead.

    Attributes:
        addresses: of the router, with prefix lengths.
        vlan: what tags the network that has them; None for no tag.
        lacp: the node's NICs, as the kernel calls them, whose other ends are one 802.3ad bond; a bridge joins the rest.
        others: addresses on the bridge, where ``lacp`` leaves it NICs.
        mtu: of all links.
    """

    addresses: tuple[str, ...] = (f"{ROUTER4}/24", f"{ROUTER6}/64", f"{LINK_LOCAL}/64")
    vlan: int | None = None
    lacp: tuple[str, ...] = ()
    others: tuple[str, ...] = field(default=())
    mtu: int = 1500

    @property
    def prefix(self) -> str:
        """The network of its first IPv6 address that is no link-local one."""
        found = [IPv6Interface(item).network for item in self.addresses if ":" in item and not item.startswith("fe80")]
        return str(found[0])

    def script(self, nics: Mapping[str, str]) -> Iterator[str]:
        """Give lines of shell that make it and the node's NICs: MACs by the names that the kernel gives."""
        yield "ip netns add router"
        yield from self._at("ip link set lo up", "ip link add bridge type bridge", "ip link set bridge up")
        if self.lacp:
            yield from self._at("ip link add trunk type bond mode 802.3ad miimon 100 lacp_rate fast")
        for number, (name, mac) in enumerate(nics.items(), 1):
            port = f"port{number}"
            pair = f"mtu {self.mtu} type veth peer name {port} mtu {self.mtu} netns router"
            yield f"ip link add {name} address {mac} {pair}"
            master = "trunk" if name in self.lacp else "bridge"
            yield from self._at(f"ip link set {port} master {master}", f"ip link set {port} up")
        below = "trunk" if self.lacp else "bridge"
        yield from self._at(f"ip link set {below} up")
        if self.vlan is None:
            yield from self._at(f"ip link set {below} down", f"ip link set {below} name lan")
        else:
            yield from self._at(f"ip link add link {below} name lan type vlan id {self.vlan}")
        yield from self._at(*(f"ip addr add {address} dev lan{_nodad(address)}" for address in self.addresses))
        yield from self._at("ip link set lan up", "sysctl -qw net.ipv6.conf.all.forwarding=1")
        yield from self._at(*(f"ip addr add {address} dev bridge{_nodad(address)}" for address in self.others))

    @staticmethod
    def _at(*commands: str) -> Iterator[str]:
        return (f"ip netns exec router {command}" for command in commands)

    def radvd(self, *, lifetime: int, managed: bool, autonomous: bool) -> str:
        """Give radvd's configuration; lifetime of the default route in seconds."""
        words = {True: "on", False: "off"}
        return RADVD.format(lifetime=lifetime, managed=words[managed], autonomous=words[autonomous], prefix=self.prefix)


def _nodad(address: str) -> str:
    return " nodad" if ":" in address else ""
