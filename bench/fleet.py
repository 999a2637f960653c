"""A made-up fleet: many sites with layers, addresses of their own, both modes."""

from __future__ import annotations

import ipaddress
import shutil
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parent.parent
LAYER = {
    "release": "3.5",
    "image": {"packages": {"sccRegistrationCodeKey": "sccRegistrationCode"}},
    "charts": {"storage": {"login": {"username": "robot", "passwordKey": "appsToken"}}},
}


def site(number: int) -> dict[str, Any]:
    """Return the mapping of one site; odd ones are in hostname mode."""
    v4 = ipaddress.ip_network("172.20.0.0/14").network_address + 256 * (number % 1024)
    v6 = ipaddress.ip_network("fd77::/32").network_address + (number << 64)
    name = f"site{number:04d}.example.com"
    data: dict[str, Any] = {
        "schema": 1,
        "extends": ["fleet"],
        "mode": "hostname" if number % 2 else "address",
        "nodes": [
            {
                "name": f"mgmt-{number:04d}",
                "interfaces": [
                    {
                        "name": "eth0",
                        "mac": "34:8a:b1:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(3, "big")),
                        "ipv4": {"address": f"{v4 + 10}/24", "gateway": str(v4 + 1)},
                        "ipv6": {"address": f"{v6 + 16}/64", "gateway": "fe80::1"},
                    }
                ],
            }
        ],
        "dns": {"resolvers": [str(v4 + 53), str(v6 + 0x53)]},
        "rancher": {"hostname": "auto" if number % 2 else "dual"},
        "provisioning": {
            "bmcs": [
                {
                    "name": f"rack-{index}",
                    "address": f"redfish-virtualmedia://[{v6 + 4096 + index}]/redfish/v1/Systems/1",
                }
                for index in range(4)
            ]
        },
    }
    if number % 2:
        data["provisioning"]["hostname"] = f"ironic.{name}"
    return data


def write_fleet(folder: Path, count: int) -> list[str]:
    """Write a project with that many sites into a folder; returns their names."""
    (folder / "stacks" / "layers").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "Pulumi.yaml", folder / "Pulumi.yaml")
    (folder / "stacks/layers/fleet.yaml").write_text(yaml.safe_dump(LAYER, sort_keys=False))
    names = [f"site{number:04d}" for number in range(count)]
    for number, name in enumerate(names):
        document = {"config": {"dualstack:site": site(number)}}
        (folder / f"stacks/Pulumi.{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return names
