"""What a machine needs while it is provisioned, beside the family of its BMC."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import one
from tests.rules.ironic.test_bmc_addresses import SYSTEM, V4, V6, bmcs, machine
from tests.sites import checked, found, put

NAMED = f"redfish-virtualmedia://bmc1.example.com{SYSTEM}"
HTTP = V6.replace("virtualmedia", "uefihttp")


def why(data: dict[str, Any]) -> str:
    plan = checked(data).plan
    assert plan is not None
    return plan.bmcs[0].why


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ("fd12:4567:789b::/48", "IPv4 where it has an A record, IPv6 with AAAA alone"),
        ("2a01:db9:1::/48", "IPv6 where it has a global AAAA, else IPv4 where it has an A record"),
    ],
)
def test_rfc_6724_decides_for_a_bmc_by_name(pods: str, said: str) -> None:
    data = put(bmcs(machine(NAMED)), pods, "cluster", "pods", "ipv6")
    assert said in why(data)
    assert said in one(data, "DS079").message


def test_http_boot_is_the_firmwares_not_the_bmcs() -> None:
    data = bmcs(machine(HTTP), mode="address")
    assert "firmware fetches it" in why(data)
    assert "its firmware, not its BMC, fetches http://[fd00:100::10]:6180" in one(data, "DS079").message
    over = {"metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": ""}}}
    put(data, over, "charts", "metal3", "values")
    assert all("rack1-01" not in item.message for item in found(data, "DS067"))


def test_ironics_own_firmware_images_stay_ipv4() -> None:
    assert (
        "firmware that Ironic serves itself stays at http://192.168.100.10:6180"
        in one(bmcs(machine(V6)), "DS079").message
    )


def test_in_hostname_mode_a_bmc_must_resolve_the_name_itself() -> None:
    finding = one(bmcs(machine(V4), machine(V6, "b"), mode="hostname"), "DS206")
    assert finding.severity == "info"
    assert "rack1-01, b: the media's URL has the name ironic.paris.example.com" in finding.message
    assert found(bmcs(machine(NAMED)), "DS206") == []
    assert found(bmcs(machine(HTTP), mode="hostname"), "DS206") == []
