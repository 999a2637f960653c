from __future__ import annotations

from typing import Any

import pytest

from dualstack.address.bmc import parse_bmc
from dualstack.document.findings import At
from dualstack.rules.ironic.bmc_addresses import (
    bmc_address,
    bmc_boot,
    boot_mac,
    unique_addresses,
    unique_macs,
    unique_names,
)
from tests.rules.cases import changed, one, tell
from tests.sites import found, told

SYSTEM = "/redfish/v1/Systems/1"
V4 = f"redfish-virtualmedia://192.168.200.11{SYSTEM}"
V6 = f"redfish-virtualmedia://[fd00:200::11]{SYSTEM}"


def bmcs(*items: dict[str, Any], mode: str = "address") -> dict[str, Any]:
    return changed(mode, (list(items), "provisioning", "bmcs"))


def machine(address: str = V4, name: str = "rack1-01", **more: Any) -> dict[str, Any]:
    return {"name": name, "address": address, **more}


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ("redfish-virtualmedia://fd00:200::11/redfish/v1/Systems/1", f"write {V6}"),
        ("[fd00:200::11]", f"write {V6}"),
        ("fd00:200::11", f"write {V6}"),
        ("redfish-virtualmedai://192.168.200.11/redfish/v1/Systems/1", f"write {V4}"),
        ("https://192.168.200.11/redfish/v1/Systems/1", f"write {V4}"),
        ("redfish-virtualmedia://192.168.200.11:99999/x", "write a port from 1 to 65535, or none"),
        ("redfish-virtualmedia://my_bmc/x", "write an address such as redfish-virtualmedia://192.168.200.11" + SYSTEM),
        (
            "redfish-virtualmedia://my-.example.com",
            "write an address such as redfish-virtualmedia://192.168.200.11" + SYSTEM,
        ),
    ],
)
def test_an_address_that_the_operator_refuses(address: str, fix: str) -> None:
    assert tell(bmcs(machine(address)), "DS076") == ("error", "provisioning.bmcs[0].address", fix)
    if fix.startswith("write redfish"):
        assert list(bmc_address(At((), fix.removeprefix("write ")))) == []


@pytest.mark.parametrize(
    "address",
    [
        "my.examplehost.com",
        "192.168.122.1:6233",
        "[fe80::fc33:62ff:fe83:8a76]:6233",
        "redfish://192.168.122.1",
        V4,
        V6,
        "idrac-virtualmedia+http://192.168.200.11/redfish/v1/Systems/System.Embedded.1",
    ],
)
def test_addresses_that_the_operator_takes(address: str) -> None:
    assert parse_bmc(address).problem == ""
    assert all(finding.rule.id.startswith("DS068") for finding in bmc_address(At((), address)))


def test_link_local() -> None:
    told_of = tell(bmcs(machine(f"redfish-virtualmedia://[fe80::11]{SYSTEM}")), "DS068")
    assert told_of[:2] == ("warning", "provisioning.bmcs[0].address")
    assert found(bmcs(machine(V6)), "DS068") == []


@pytest.mark.parametrize(
    ("item", "path", "better"),
    [
        (machine("ipmi://192.168.200.11"), "address", "redfish-virtualmedia"),
        (machine("192.168.200.11"), "address", "redfish-virtualmedia"),
        (machine("192.168.200.11", protocol="ipmi"), "protocol", "redfish-virtualmedia"),
        (machine(f"redfish://192.168.200.11{SYSTEM}"), "address", "redfish-virtualmedia"),
        (machine(f"idrac-redfish://192.168.200.11{SYSTEM}"), "address", "idrac-virtualmedia"),
    ],
)
def test_what_boots_over_the_network(item: dict[str, Any], path: str, better: str) -> None:
    severity, where, fix = tell(bmcs(item), "DS077")
    assert (severity, where) == ("error", f"provisioning.bmcs[0].{path}")
    assert f"write {better}" in fix


@pytest.mark.parametrize("scheme", ["redfish-virtualmedia", "ilo5-virtualmedia", "redfish-uefihttp"])
def test_what_boots_without(scheme: str) -> None:
    assert list(bmc_boot(At((), "x"), scheme)) == []
    assert told(bmcs(machine("192.168.200.11", protocol="redfish-virtualmedia"))) == []


@pytest.mark.parametrize(
    ("items", "path"),
    [
        ([machine(), machine(V6)], "provisioning.bmcs[1].name"),
        ([machine(V6), machine(V6.replace("fd00:200::11", "FD00:200:0::11"), "b")], "provisioning.bmcs[1].address"),
        (
            [machine(bootMac="34:8a:b1:4b:16:00"), machine(V6, "b", bootMac="34:8A:B1:4B:16:00")],
            "provisioning.bmcs[1].bootMac",
        ),
        ([machine(bootMac="7D:CE:E3:29:35:6F")], "provisioning.bmcs[0].bootMac"),
        ([machine(bootMac="00:00:00:00:00:00")], "provisioning.bmcs[0].bootMac"),
        ([machine(bootMac="34-8a-b1-4b-16-00")], "provisioning.bmcs[0].bootMac"),
        ([machine(bootMac="34:8a:b1:4b:16:e7")], "provisioning.bmcs[0].bootMac"),
        ([machine(name="Rack_1")], "provisioning.bmcs[0].name"),
    ],
)
def test_machines_that_are_not_their_own(items: list[dict[str, Any]], path: str) -> None:
    assert tell(bmcs(*items), "DS078")[:2] == ("error", path)


def test_two_systems_behind_one_bmc_are_two_machines() -> None:
    two = [At(("bmcs", i), f"redfish-virtualmedia://10.0.0.1:8000/redfish/v1/Systems/{i}") for i in range(2)]
    assert list(unique_addresses(two)) == []


def test_good_machines() -> None:
    data = bmcs(machine(bootMac="34:8a:b1:4b:16:00"), machine(V6, "rack1-02", bootMac="34:8a:b1:4b:16:01"))
    assert told(data) == []
    assert list(unique_names([At((), "a"), At((), "b")])) == []
    assert list(unique_macs([At((), "34:8a:b1:4b:16:00")])) == []


@pytest.mark.parametrize("mac", ["00-00-00-00-fe-80-00-00-00-00-00-00-02-00-5e-10-00-01", "", "ff:ff:ff:ff:ff:ff"])
def test_what_is_no_mac(mac: str) -> None:
    assert len(list(boot_mac(At((), mac)))) == 1


def test_a_protocol_beside_a_scheme_is_idle() -> None:
    assert tell(bmcs(machine(protocol="ipmi")), "DS062")[:2] == ("warning", "provisioning.bmcs[0].protocol")


def test_an_ipv6_bmc_still_needs_ipv4_in_address_mode() -> None:
    finding = one(bmcs(machine(V6)), "DS079")
    assert finding.severity == "info"
    assert "http://[fd00:100::10]:6180" in finding.message
    assert "https://192.168.100.10:6385" in finding.message
    assert "192.168.100.10 over IPv4" in finding.fix
    assert found(bmcs(machine(V6), mode="hostname"), "DS079") == []
    assert found(bmcs(machine(V4)), "DS079") == []


def test_a_bmc_by_name_leaves_it_to_the_resolver() -> None:
    finding = one(bmcs(machine(f"redfish-virtualmedia://bmc1.example.com{SYSTEM}")), "DS079")
    assert "RFC 6724" in finding.message
    assert found(bmcs(machine(f"redfish-virtualmedia://bmc1.example.com{SYSTEM}"), mode="hostname"), "DS079") == []
