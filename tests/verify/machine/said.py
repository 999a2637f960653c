"""What a healthy machine says, made from the plan; faults change a part of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dualstack.eib import plan_stamp
from dualstack.plan.model import NodePlan, Plan
from dualstack.verify.machine import keeping, network, stamps
from dualstack.verify.machine.reading import STAMP, Reading
from dualstack.verify.model import Kind, Result, Word
from tests.lab import api
from tests.several import TOKEN, several
from tests.sites import checked

Fault = Callable[[dict[str, Any]], object]
NOW = 1_790_000_000.0


def site(*, count: int = 3, **changes: Any) -> Plan:
    """Plan a site of several nodes."""
    found = checked(several("address", count, **changes), TOKEN).plan
    assert found is not None
    return found


def healthy(plan: Plan, node: NodePlan) -> dict[str, Any]:
    """Give what a node says that is as planned; ``addresses`` and routes as data."""
    v4, v6 = str(node.ipv4), str(node.ipv6)
    mac = node.nmstate["interfaces"][0]["mac-address"]
    return {
        "clock": f"{NOW + 0.4}",
        "host": node.name,
        "stamp": plan_stamp(plan),
        "addresses": [
            {"ifname": "lo", "address": "00:00:00:00:00:00", "addr_info": [_address("127.0.0.1", 8, scope="host")]},
            {
                # The profile goes by the MAC, so that the kernel's own name may be another one.
                "ifname": "enp1s0",
                "address": mac,
                "addr_info": [_address(v4, 24), _address(v6, 64), _address("fe80::1234", 64, scope="link")],
            },
        ],
        "ipv4": [
            {"dst": "default", "gateway": "192.168.100.1", "dev": "enp1s0", "protocol": "static", "metric": 100},
            {"dst": "192.168.100.0/24", "dev": "enp1s0", "prefsrc": v4, "metric": 100},
        ],
        "ipv6": [
            {"dst": "fd00:100::/64", "dev": "enp1s0", "metric": 100},
            {"dst": "default", "gateway": "fe80::1", "dev": "enp1s0", "metric": 100},
            {"dst": "default", "gateway": "fe80::9", "dev": "enp1s0", "metric": 100, "table": "77"},
        ],
        "resolvers": "search example.com\nnameserver 192.168.100.53\nnameserver fd00:100::53\n",
        "synchronized": "yes",
        "user": "0",
        "crt:/var/lib/rancher/rke2/server/tls/serving-kube-apiserver.crt": crt(300),
        "crt:/var/lib/rancher/rke2/server/tls/server-ca.crt": crt(3000),
    }


def crt(days: int) -> str:
    """Make a certificate in PEM, without its key."""
    return "-----BEGIN CERTIFICATE-----" + api.certificate(days=days).partition("-----BEGIN CERTIFICATE-----")[2]


def _address(local: str, length: int, *, scope: str = "global", **more: Any) -> dict[str, Any]:
    family = "inet6" if ":" in local else "inet"
    return {"family": family, "local": local, "prefixlen": length, "scope": scope, **more}


def judged(plan: Plan, fault: Fault | None = None, *, number: int = 0) -> list[Result]:
    """Judge a node; a text that a fault sets to None could not be read."""
    node = plan.nodes[number]
    said = healthy(plan, node)
    if fault is not None:
        fault(said)
    texts = {key: text if isinstance(text, str) else json.dumps(text) for key, text in said.items() if text is not None}
    missing = {key: f"cat: {STAMP}: No such file or directory" for key, text in said.items() if text is None}
    reading = Reading(texts, missing, NOW, 0.2)
    result = Result(Kind.MACHINE, node.name, "", Word.OK, "")
    return [
        *stamps.judge(plan, node, reading, result),
        *network.judge(node, reading, result),
        *keeping.judge(node, reading, 14, result),
    ]


def told(results: list[Result], word: Word = Word.FAILED) -> dict[str, str]:
    """Give what was seen by question and family, of those with a word."""
    return {" ".join(filter(None, (one.asked, one.family))): one.seen for one in results if one.word is word}
