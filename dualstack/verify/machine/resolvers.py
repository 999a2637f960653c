"""Resolvers that a machine asks, against the node's network file."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dualstack.address.family import FAMILIES
from dualstack.plan.model import NodePlan
from dualstack.verify.machine.nics import Nic, plain
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Result, Word


def judge(node: NodePlan, nics: Sequence[Nic], reading: Reading, result: Result) -> Result:
    """Judge /etc/resolv.conf."""
    result = replace(result, asked="resolvers")
    resolver = node.nmstate.get("dns-resolver")
    config = resolver.get("config") if isinstance(resolver, Mapping) else None
    servers = config.get("server") if isinstance(config, Mapping) else ()
    wanted = [plain(one) for one in servers if plain(one)] if isinstance(servers, list | tuple) else []
    if "resolvers" not in reading.texts:
        why = reading.failures.get("resolvers", "it did not say").strip()
        return replace(result, word=Word.NOT_CHECKABLE, seen=why, fix="see that /etc/resolv.conf is on the machine")
    lines = (line.split() for line in reading.texts["resolvers"].splitlines())
    named = [plain(words[1]) for words in lines if len(words) > 1 and words[0] == "nameserver"]
    have = [server for server in named if server]
    if have and all(ipaddress.ip_address(server).is_loopback for server in have):
        fix = "ask what runs there: resolvectl status"
        return replace(result, word=Word.NOT_CHECKABLE, seen="it asks a resolver of its own", fix=fix)
    learns = any(nic.learns(family) and nic.of(family).get("auto-dns", True) for nic in nics for family in FAMILIES)
    missing = [server for server in wanted if server not in have]
    strangers = [] if learns else [server for server in have if server not in wanted]
    if not missing and not strangers:
        return replace(result, seen=", ".join(have) or "none, as planned")
    words = [f"lacks {', '.join(missing)}"] if missing else []
    words += [f"asks {', '.join(strangers)}, which nobody planned"] if strangers else []
    return replace(
        result,
        word=Word.FAILED,
        seen=f"/etc/resolv.conf {' and '.join(words)}",
        consequence=f"{node.name} and its pods do not find the site's names where the others are away or wrong",
        fix=f"on {node.name}: nmcli device show; nmcli connection modify ... ipv4.dns, ipv6.dns, as the plan says",
    )
