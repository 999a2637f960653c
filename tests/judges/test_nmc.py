"""nm-configurator judges the network files: it takes what the plan writes, and our rules know what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from dualstack.check.nmc import with_nmc
from dualstack.document.findings import At
from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.rules.network.host_network import nmstate_document
from dualstack.rules.network.nmstate_links import ethernet_macs
from dualstack.rules.network.nmstate_schema import FORM
from dualstack.rules.network.nmstate_view import read_links
from tests.judges.shapes import MAC, SHAPES
from tests.judges.tools import run, tool
from tests.plan.plans import plan
from tests.rules import nmstates
from tests.rules.cases import changed
from tests.sites import checked

pytestmark = pytest.mark.judges


def generate(folder: Path, document: Any) -> tuple[int, str, dict[str, str]]:
    """Run ``nmc generate`` over one node's file; return exit code, log, and key files by name."""
    nmc = tool("nmc")
    source, out = folder / "network", folder / "out"
    source.mkdir()
    (source / "mgmt-1.yaml").write_text(dump(document), encoding="utf-8")
    done = run([nmc, "generate", "--config-dir", source, "--output-dir", out])
    files = {item.stem: item.read_text(encoding="utf-8") for item in (out / "mgmt-1").glob("*.nmconnection")}
    return done.returncode, done.stdout + done.stderr, files


def section(keyfile: str, name: str) -> set[str]:
    """Return the lines of one section of a key file."""
    return set(keyfile.split(f"[{name}]\n", 1)[1].split("\n[", 1)[0].split())


@pytest.mark.parametrize("shape", SHAPES)
def test_it_takes_what_the_plan_writes(shape: str, tmp_path: Path) -> None:
    made = plan(**SHAPES[shape])
    code, log, files = generate(tmp_path, thaw(made.initializer.nmstate))
    assert code == 0, log
    assert set(files) == {interface.name for interface in made.site.nodes[0].interfaces}
    for line in log.splitlines():
        assert "WARN" not in line, line


def test_static_addresses_and_gateways_reach_the_key_file(tmp_path: Path) -> None:
    _, _, files = generate(tmp_path, thaw(plan(**SHAPES["static, link-local gateway"]).initializer.nmstate))
    four, six = section(files["eth0"], "ipv4"), section(files["eth0"], "ipv6")
    assert {"method=manual", "address0=192.168.100.10/24"} <= four
    assert any(line.startswith("route0=0.0.0.0/0,192.168.100.1") for line in four)
    assert {"method=manual", "address0=fd00:100::10/64"} <= six
    assert any(line.startswith("route0=::/0,fe80::1") for line in six)
    assert any(line.startswith("dns=") and "fd00:100::53" in line for line in six)


def test_autoconfiguration_is_not_switched_off(tmp_path: Path) -> None:
    """D2: the guide's excerpt gives method=disabled."""
    _, _, files = generate(tmp_path, thaw(plan(**SHAPES["bond, VLAN, autoconfiguration"]).initializer.nmstate))
    assert "method=auto" in section(files["bond0.120"], "ipv4")
    assert "method=auto" in section(files["bond0.120"], "ipv6")
    assert {"id=120", "parent=bond0"} <= section(files["bond0.120"], "vlan")
    assert {"mode=802.3ad", "miimon=100"} <= section(files["bond0"], "bond")


NIC = {"name": "eth0", "type": "ethernet", "state": "up", "mac-address": MAC}
STATIC = {
    **NIC,
    "ipv4": {"enabled": True, "address": [{"ip": "10.0.0.2", "prefix-length": 24}]},
    "ipv6": {"enabled": True, "address": [{"ip": "fd00::2", "prefix-length": 64}]},
}


def nic(**change: Any) -> dict[str, Any]:
    return {"interfaces": [{**NIC, **change}]}


def route(**body: Any) -> dict[str, Any]:
    return {"interfaces": [STATIC], "routes": {"config": [body]}}


def bond(*ports: str, **change: Any) -> dict[str, Any]:
    body = {"mode": "active-backup", "port": list(ports), **change}
    return {"name": "bond0", "type": "bond", "state": "up", "link-aggregation": body}


REFUSED: dict[str, dict[str, Any]] = {
    "autoconf under IPv4": nic(ipv4={"enabled": True, "dhcp": True, "autoconf": False}),
    "autoconf without DHCP": nic(ipv6={"enabled": True, "autoconf": True}),
    "MTU 1279 with IPv6": nic(mtu=1279, ipv6={"enabled": True, "dhcp": True}),
    "negative MTU": nic(mtu=-5),
    "MTU in words": nic(mtu="big"),
    "prefix length 129": nic(ipv6={"enabled": True, "address": [{"ip": "fd00::1", "prefix-length": 129}]}),
    "no prefix length": nic(ipv6={"enabled": True, "address": [{"ip": "fd00::1"}]}),
    "wrong family": nic(ipv4={"enabled": True, "address": [{"ip": "fd00::1", "prefix-length": 24}]}),
    "unknown key": nic(ipv6={"enable": True}),
    "unknown key of an address": nic(
        ipv4={"enabled": True, "address": [{"ip": "10.0.0.2", "prefix-length": 24, "x": 1}]}
    ),
    "unknown key of the file": {**nic(), "dns": {}},
    "unknown key of a route": route(destination="::/0", gateway="fe80::1"),
    "state absent": nic(state="absent"),
    "no MAC": {"interfaces": [{"name": "eth0", "type": "ethernet", "state": "up"}]},
    "no ethernet": {"interfaces": [{"name": "d", "type": "dummy", "state": "up"}]},
    "routes as a list": {**nic(), "routes": []},
    "route to 0.0.0.0/8": route(
        **{"destination": "0.0.0.0/8", "next-hop-address": "10.0.0.1", "next-hop-interface": "eth0"}
    ),
    "route over nothing": route(**{"destination": "10.9.0.0/16", "next-hop-address": "10.0.0.1"}),
    "route over another": route(
        **{"destination": "10.9.0.0/16", "next-hop-address": "10.0.0.1", "next-hop-interface": "eth7"}
    ),
    "route over a family that is off": {
        "interfaces": [NIC],
        "routes": {"config": [{"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"}]},
    },
    "unknown port": {"interfaces": [NIC, bond("eth9")]},
    "port with addresses": {"interfaces": [{**NIC, "ipv4": {"enabled": True, "dhcp": True}}, bond("eth0")]},
    "shared port": {"interfaces": [NIC, bond("eth0"), {**bond("eth0"), "name": "bond1"}]},
    "unknown bond option": {"interfaces": [NIC, bond("eth0", options={"mii_mon": 100})]},
}


TAKEN_BY_SOME = frozenset({"lo"})
"""Refused with nmstate 2.2.60; nm-configurator 0.3.5 as released has 2.2.56, which gives a NIC that name."""
ALSO_REFUSED = {name: document for name, (document, _, _) in nmstates.REFUSED.items()}


@pytest.mark.parametrize("name", [*REFUSED, *ALSO_REFUSED])
def test_our_rules_know_what_it_refuses(name: str, tmp_path: Path) -> None:
    document = {**ALSO_REFUSED, **REFUSED}[name]
    code, _, _ = generate(tmp_path, document)
    assert code != 0 or name in TAKEN_BY_SOME
    told = [*nmstate_document(At((), document)), *ethernet_macs(At((), document), read_links(At((), document)))]
    assert [finding.rule.id for finding in told if finding.severity == "error"]


@pytest.mark.parametrize("name", nmstates.REFUSED_BY_NMC_ALONE)
def test_a_site_is_told_what_it_refuses_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(tool("nmc")).parent), prepend=os.pathsep)
    # Beside the node's own NIC, which its fields describe (DS175).
    document = json.loads(json.dumps(nmstates.REFUSED_BY_NMC_ALONE[name]).replace('"eth0"', '"eth7"'))
    data = changed("address", (document, "nodes", 0, "nmstate"))
    (finding,) = [one for one in with_nmc(checked(data)).findings if one.severity == "error"]
    assert finding.rule is FORM
    assert finding.message.startswith("nm-configurator refuses it: ")


@pytest.mark.parametrize("name", nmstates.TAKEN)
def test_it_takes_what_our_rules_take(name: str, tmp_path: Path) -> None:
    code, log, _ = generate(tmp_path, nmstates.TAKEN[name])
    assert code == 0, log
