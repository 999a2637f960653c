"""Nodes and their networks.

Sources: nm-configurator 0.3 ``src/apply_conf.rs`` (keyfiles in ``/etc/NetworkManager/system-connections``, written
once, by combustion); docs.rke2.io ``reference/server_config.md`` and ``install/requirements.md``. That a node's
address stays for the cluster's life is etcd's: the member's peer URL holds it (read, not run). Commands of ``nmcli``
are read, not run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dualstack.day2.members import MEMBERS, REPLACED
from dualstack.day2.model import (
    ANEW,
    CLUSTER,
    FOLLOW_ANEW,
    SEVERAL,
    VIRTUAL,
    Asked,
    Entry,
    When,
    by_hand,
    entry,
    outage,
    rebuild,
)

_MODIFY: Final = "on {node} `nmcli connection modify {interface} "
_REAPPLY: Final = "`, then `nmcli device reapply {interface}`"
_ITS_NETWORK: Final = "{node}'s network for a moment; with one node the management cluster"


def _is_management(asked: Asked) -> bool:
    path = asked.path
    return len(path) > 3 and asked.setting.interface(path[1], path[3]) == asked.setting.management(path[1])


def _same_host(asked: Asked) -> bool:
    """Tell whether only the prefix length of an address changes."""
    sides = [str(side).partition("/")[0] for side in (asked.before, asked.after) if side]
    return len(sides) == 2 and sides[0] == sides[1]


def _bmc_side(asked: Asked) -> bool:
    wanted = asked.setting.source.get("provisioning")
    serving = wanted.get("interface") if isinstance(wanted, dict) else None
    path = asked.path
    return bool(serving) and len(path) > 3 and asked.setting.interface(path[1], path[3]) == serving


MANAGEMENT: Final = When("management interface", _is_management)
ONE_OF_SEVERAL: Final = When(
    "management interface, several nodes", lambda asked: _is_management(asked) and asked.setting.nodes > 1
)
SERVING: Final = When("interface of `provisioning.interface`", _bmc_side)
PREFIX: Final = When("the prefix length alone", _same_host)

_NODE_ADDRESS: Final = rebuild(
    f"the node's address is in etcd, in certificates and at every agent, and RKE2 has no way to change it; {ANEW}",
    CLUSTER,
    downstream=f"{FOLLOW_ANEW}; DNS records; BMCs that fetch from Ironic's address",
)
_NODE_AGAIN: Final = replace(
    REPLACED,
    how=f"the address is in etcd and in certificates, so the node joins anew with its new one: {REPLACED.how}",
    downstream="DNS records; kubeconfigs that name the node",
)
_IRONIC_ADDRESS: Final = outage(
    _MODIFY + "...` and `nmcli connection up {interface}`; then Ironic's addresses as `provisioning.interface`",
    "Ironic: inspections and deployments that run fail",
    downstream="BareMetalHosts whose media were made with the old address; certificate of virtual media",
)
_OTHER_ADDRESS: Final = outage(
    _MODIFY + "...` and `nmcli connection up {interface}`", "what is reached over {interface}"
)


def _addresses(path: str) -> Entry:
    return entry(
        path, (ONE_OF_SEVERAL, _NODE_AGAIN), (MANAGEMENT, _NODE_ADDRESS), (SERVING, _IRONIC_ADDRESS), _OTHER_ADDRESS
    )


def _family(name: str) -> tuple[Entry, ...]:
    at = f"nodes[].interfaces[].{name}"
    given = (
        entry(
            f"{at}.address",
            (PREFIX, by_hand(f"{_MODIFY}{name}.addresses ...{_REAPPLY}", away=_ITS_NETWORK)),
            (ONE_OF_SEVERAL, _NODE_AGAIN),
            (MANAGEMENT, _NODE_ADDRESS),
            (SERVING, _IRONIC_ADDRESS),
            _OTHER_ADDRESS,
        ),
        entry(f"{at}.gateway", by_hand(f"{_MODIFY}{name}.gateway ...{_REAPPLY}", away="ways out of its subnets")),
        entry(f"{at}.metric", by_hand(f"{_MODIFY}{name}.route-metric ...{_REAPPLY}", away="ways out for a moment")),
        *(_addresses(f"{at}.{key}") for key in ("enabled", "dhcp", "reservation")),
    )
    return given if name == "ipv4" else (*given, _addresses(f"{at}.autoconf"))


_SHARED_PREFIX: Final = by_hand(
    f"as a changed prefix length of {{node}}'s address: {_MODIFY}ipv4.addresses ...{_REAPPLY}"
)


def _port(path: str, how: str) -> Entry:
    return entry(path, outage(how, _ITS_NETWORK))


_ROUTE: Final = by_hand(
    "on {node} `nmcli connection modify {interface} +ipv4.routes ...` (`+ipv6.routes`), then "
    "`nmcli device reapply {interface}`",
    away="what the route leads to",
)

ENTRIES: Final[tuple[Entry, ...]] = (
    entry(
        "nodes[].name",
        *MEMBERS,
        (SEVERAL, replace(REPLACED, how=f"it is another node to the cluster: {REPLACED.how}")),
        rebuild(f"the name is the node's in Kubernetes and etcd; {ANEW}", CLUSTER, downstream=FOLLOW_ANEW),
    ),
    entry(
        "nodes[].role",
        replace(
            REPLACED,
            how=f"it joins anew in its new role, one node at a time: {REPLACED.how}",
            away=f"{REPLACED.away}; with two servers left etcd loses its majority with one more",
        ),
    ),
    entry("nodes[].labels", by_hand("`kubectl label node {node} ...`: a node registers with them once, when it joins")),
    entry("nodes[].taints", by_hand("`kubectl taint node {node} ...`: a node registers with them once, when it joins")),
    entry(
        "nodes[].interfaces[].name",
        by_hand(
            "on {node} `nmcli connection modify` of its profile (`connection.id`; of a bond or VLAN also "
            "`connection.interface-name`, then `nmcli connection up`)",
            away=_ITS_NETWORK,
        ),
    ),
    entry(
        "nodes[].interfaces[].mac",
        (
            VIRTUAL,
            outage(
                "`up` makes a new VM on the same disk; on {node} the profile in "
                "`/etc/NetworkManager/system-connections` names the old MAC until somebody changes it",
                "the cluster until the VM has started",
                up=True,
            ),
        ),
        (
            SEVERAL,
            replace(
                REPLACED,
                how=f"another machine joins as {{node}}: {REPLACED.how}. Where only a NIC is another, before the swap "
                "in its profile on {node}: `nmcli connection modify {interface} 802-3-ethernet.mac-address ...`",
            ),
        ),
        by_hand(
            "in the profile on {node}, before the NIC is swapped: "
            "`nmcli connection modify {interface} 802-3-ethernet.mac-address ...`",
            away=_ITS_NETWORK,
        ),
    ),
    entry(
        "nodes[].interfaces[].mtu",
        by_hand(
            "on {node} `nmcli connection modify {interface} 802-3-ethernet.mtu ...`, `nmcli connection up "
            "{interface}`, then `systemctl restart rke2-server`, so that the CNI sees it",
            away="connections stall while the two ends differ",
        ),
    ),
    *_family("ipv4"),
    *_family("ipv6"),
    _port("nodes[].interfaces[].bond.mode", _MODIFY + "bond.options mode=...` and `nmcli connection up {interface}`"),
    _port(
        "nodes[].interfaces[].bond.ports",
        "on {node} `nmcli connection modify PORT controller {interface}` for each "
        "port, then `nmcli connection up {interface}`",
    ),
    _port("nodes[].interfaces[].bond.options", _MODIFY + "bond.options ...` and `nmcli connection up {interface}`"),
    _port("nodes[].interfaces[].vlan.id", _MODIFY + "vlan.id ...` and `nmcli connection up {interface}`"),
    _port("nodes[].interfaces[].vlan.base", _MODIFY + "vlan.parent ...` and `nmcli connection up {interface}`"),
    *(entry(f"nodes[].routes[].{key}", _ROUTE) for key in ("destination", "gateway", "interface", "metric", "table")),
    entry("nodeDefaults.interfaces[].ipv4.prefixLength", _SHARED_PREFIX),
    entry("nodeDefaults.interfaces[].ipv6.prefixLength", _SHARED_PREFIX),
    entry(
        "nodes[].management",
        (SEVERAL, _NODE_AGAIN),
        rebuild(f"other addresses become the node's own in the cluster; {ANEW}", CLUSTER, downstream=FOLLOW_ANEW),
    ),
    entry(
        "nodes[].nmstate",
        outage(
            "on {node} `nmcli connection modify` of what changed, then `nmcli connection up`; read the keys: "
            "an address "
            "of the management interface is a rebuild",
            _ITS_NETWORK,
        ),
    ),
)
