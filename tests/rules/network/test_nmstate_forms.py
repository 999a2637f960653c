"""Raw nmstate: what nm-configurator refuses is told where it stands, what it takes is not."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import At, Finding
from dualstack.document.frozen import freeze
from dualstack.document.origins import format_path
from dualstack.rules.network.host_network import nmstate_document
from tests.rules.cases import changed, tell
from tests.rules.nmstates import REFUSED, REFUSED_BY_NMC_ALONE, TAKEN
from tests.sites import checked, found

NODE = ("nodes", 0, "nmstate")
SERVERS = "nodes[0].nmstate.dns-resolver.config.server"


def judged(document: Any) -> list[Finding]:
    return [finding for finding in nmstate_document(At((), freeze(document))) if finding.severity != "info"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_nm_configurator_refuses(name: str) -> None:
    document, rule, path = REFUSED[name]
    findings = [finding for finding in judged(document) if finding.severity == "error"]
    assert (rule, path) in [(finding.rule.id[:5], format_path(finding.path)) for finding in findings]
    assert all(finding.message and finding.fix for finding in findings)


@pytest.mark.parametrize("name", REFUSED_BY_NMC_ALONE)
def test_what_is_left_to_nm_configurator(name: str) -> None:
    assert judged(REFUSED_BY_NMC_ALONE[name]) == []


@pytest.mark.parametrize("name", TAKEN)
def test_what_nm_configurator_takes(name: str) -> None:
    assert [(finding.rule.id, finding.message) for finding in judged(TAKEN[name])] == []


def raw_servers(*servers: Any) -> dict[str, Any]:
    return changed("address", ({"dns-resolver": {"config": {"server": list(servers)}}}, *NODE))


def test_raw_resolvers_are_judged_where_they_stand() -> None:
    assert tell(raw_servers("foo", "10.0.0.5", "fd00::5"), "DS059")[:2] == ("error", f"{SERVERS}[0]")
    four = raw_servers("10.0.0.5", "10.0.0.6", "fd00::5", "fd00::6")
    assert tell(four, "DS091") == ("warning", f"{SERVERS}[3]", "remove it here")
    fix = "add the IPv6 address of a resolver to dns-resolver.config.server"
    assert tell(raw_servers("10.0.0.5"), "DS092") == ("warning", SERVERS, fix)
    local = "write the resolver's routable address, such as fd00:100::53"
    assert tell(raw_servers("10.0.0.5", "fe80::53"), "DS093") == ("error", f"{SERVERS}[1]", local)
    assert not found(raw_servers("10.0.0.5", "fe80::53%eth0"), "DS093")


def test_raw_resolvers_replace_the_sites_own() -> None:
    data = changed(
        "address",
        (["fe80::1", "127.0.0.1"], "dns", "resolvers"),
        ({"dns-resolver": {"config": {"server": ["10.0.0.5", "fd00::5"]}}}, *NODE),
    )
    assert not [item for item in checked(data).findings if item.rule.id[:5] in ("DS091", "DS092", "DS093")]


def test_resolvers_of_one_family_stand_together() -> None:
    data = changed("address", (["192.168.100.53", "fd00:100::53", "192.168.100.54"], "dns", "resolvers"))
    assert tell(data, "DS093") == ("error", "dns.resolvers[2]", "move it up, right after 192.168.100.53")
    mended = changed("address", (["192.168.100.53", "192.168.100.54", "fd00:100::53"], "dns", "resolvers"))
    assert not found(mended, "DS093")


def test_a_bonds_options_are_judged_in_the_site() -> None:
    nics = [{"name": f"eth{n}", "mac": f"34:8a:b1:4b:16:e{n}"} for n in range(2)]
    bond = {"mode": "active-backup", "ports": ["eth0", "eth1"], "options": {"lacp_rate": "fast"}}
    families = {
        "ipv4": {"address": "192.168.100.10/24", "gateway": "192.168.100.1"},
        "ipv6": {"address": "fd00:100::10/64", "gateway": "fe80::1"},
    }
    data = changed("address", ([*nics, {"name": "bond0", "bond": bond, **families}], "nodes", 0, "interfaces"))
    assert tell(data, "DS044") == ("error", "nodes[0].interfaces[2].bond.options.lacp_rate", "remove it")
    bond["mode"] = "802.3ad"
    data = changed("address", ([*nics, {"name": "bond0", "bond": bond, **families}], "nodes", 0, "interfaces"))
    assert not found(data, "DS044")


def test_resolvers_with_text_that_nmstate_reads_as_true() -> None:
    interfaces = [{"name": "eth0", "ipv6": {"enabled": 1}, "ipv4": {"enabled": "yes"}}]
    data = changed("address", ({"interfaces": interfaces}, *NODE))
    assert not [item for item in checked(data).findings if item.rule.id[:5] in ("DS048", "DS056", "DS059", "DS093")]
