"""NetworkManager's key files for our network files: from nm-configurator where it is here, else those kept here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.plan.model import NodePlan
from tests.plan.plans import one_node, plan

KEPT = Path(__file__).parent / "kept"
"""What nm-configurator 0.3.5 makes; ``DUALSTACK_GOLDEN=write`` writes it again."""
OWN = "36:8a:b1:4b:16:e1"
"""A bond's own MAC."""
V4 = {"address": "192.168.100.10/24", "gateway": "192.168.100.1"}
V6 = {"address": "fd00:100::10/64", "gateway": "fe80::1"}
FROM4 = {"dhcp": True, "reservation": "192.168.100.10"}
FROM6 = {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}

LACP = {"miimon": "100", "lacp_rate": "fast", "xmit_hash_policy": "layer3+4"}


def mac(number: int) -> str:
    """Give the MAC of a NIC."""
    return f"34:8a:b1:4b:16:e{number}"


def eth0(**more: Any) -> dict[str, Any]:
    """Give the only NIC of a node."""
    return {"name": "eth0", "mac": mac(0), **more}


NODES: dict[str, list[dict[str, Any]]] = {
    "static": one_node(eth0(ipv4=V4, ipv6=V6)),
    "dynamic": one_node(eth0(ipv4=FROM4, ipv6=FROM6)),
    "static-ipv4": one_node(eth0(ipv4=V4, ipv6=FROM6)),
    "static-ipv6": one_node(eth0(ipv4=FROM4, ipv6=V6)),
    "names": one_node(
        {"name": "eth1", "mac": mac(1), "ipv4": V4, "ipv6": V6},
        {"name": "eth10", "mac": mac(2).upper(), "ipv4": {"address": "10.9.0.2/24"}},
        {"name": "storage", "vlan": {"id": 120, "base": "eth10"}, "ipv4": {"address": "10.120.0.2/24"}},
        {"name": "eth1.130", "vlan": {"id": 130, "base": "eth1"}, "ipv4": {"address": "10.130.0.2/24"}},
    ),
    "routes": one_node(
        eth0(ipv4=V4, ipv6=V6),
        {
            "name": "eth2",
            "mac": mac(2),
            "ipv4": {"address": "192.168.130.10/24"},
            "ipv6": {"address": "fd00:130::10/64"},
        },
        routes=[
            {"destination": "192.168.230.0/24", "gateway": "192.168.130.1", "interface": "eth2"},
            {"destination": "fd00:230::/64", "gateway": "fe80::1", "interface": "eth2", "metric": 300},
            {"destination": "fd00:240::/64", "gateway": "fd00:100::9"},
        ],
    ),
    "lacp": one_node(
        {"name": "eth1", "mac": mac(1)},
        {"name": "eth10", "mac": mac(2)},
        {"name": "bond0", "mtu": 9000, "bond": {"mode": "802.3ad", "ports": ["eth1", "eth10"], "options": LACP}},
        {"name": "bond0.120", "mtu": 1500, "vlan": {"id": 120, "base": "bond0"}, "ipv4": V4, "ipv6": V6},
    ),
    "bond": one_node(
        {"name": "eth1", "mac": mac(1)},
        {"name": "eth10", "mac": mac(2)},
        {"name": "bond0", "mac": OWN, "bond": {"ports": ["eth1", "eth10"], "options": {"miimon": "100"}}},
        {"name": "mgmt", "vlan": {"id": 120, "base": "bond0"}, "ipv4": FROM4, "ipv6": FROM6},
    ),
}


def node(case: str) -> NodePlan:
    """Give the plan of a case's node."""
    return plan(nodes=NODES[case]).initializer


def generated(case: str, folder: Path) -> dict[str, str] | None:
    """Give what nm-configurator makes of a case, text by path; None where it is not here."""
    return made_of(thaw(node(case).nmstate), folder)


def made_of(nmstate: Any, folder: Path) -> dict[str, str] | None:
    """Give what nm-configurator makes of one node's network file; None where it is not here."""
    nmc = shutil.which("nmc")
    if nmc is None:
        return None
    source, out = folder / "network", folder / "generated"
    source.mkdir()
    (source / "mgmt-1.yaml").write_text(dump(nmstate), encoding="utf-8")
    command = [nmc, "generate", "--config-dir", str(source), "--output-dir", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return read(out)


def read(folder: Path) -> dict[str, str]:
    """Give the files below a folder."""
    return {str(file.relative_to(folder)): file.read_text() for file in sorted(folder.rglob("*")) if file.is_file()}


def keep(case: str, files: dict[str, str]) -> None:
    """Write a case's key files for machines without nm-configurator."""
    for path, text in files.items():
        (KEPT / case / path).parent.mkdir(parents=True, exist_ok=True)
        (KEPT / case / path).write_text(text)


def keyfiles(case: str, folder: Path) -> dict[str, str]:
    """Give a case's key files and nm-configurator's map of the NICs.

    Args:
        case: of ``NODES``.
        folder: an empty one for the work.
    """
    made = generated(case, folder)
    return made if made is not None else read(KEPT / case)
