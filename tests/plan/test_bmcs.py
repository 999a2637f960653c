"""Over which family each machine is provisioned, and under which URLs."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.plan.model import BmcPlan
from tests.plan.plans import FQDN, plan

V4, V6 = "http://192.168.100.10:6180", "http://[fd00:100::10]:6180"
CALLBACK = "https://192.168.100.10:6385"
PATH = "/redfish/v1/Systems/1"


def bmc(address: str, mode: str = "address", /, **provisioning: Any) -> BmcPlan:
    own = {"hostname": FQDN} if mode == "hostname" else {}
    made = plan(mode, provisioning={**own, **provisioning, "bmcs": [{"name": "m", "address": address}]})
    (only,) = made.bmcs
    return only


def test_a_whole_one() -> None:
    address = f"redfish-virtualmedia://[fd00:200::11]{PATH}"
    assert bmc(address) == BmcPlan(
        name="m",
        address=address,
        scheme="redfish-virtualmedia",
        host="fd00:200::11",
        family="ipv6",
        media_url=V6,
        media_family="ipv6",
        callback_url=CALLBACK,
        callback_family="ipv4",
        inspection_url=f"{CALLBACK}/v1/continue_inspection",
        inspection_family="ipv4",
        why="the address is IPv6",
    )


@pytest.mark.parametrize(
    ("address", "family", "media_url", "media_family"),
    [
        (f"redfish-virtualmedia://192.168.200.12{PATH}", "ipv4", V4, "ipv4"),
        (f"idrac-virtualmedia+http://[fd00:200::11]:8000{PATH}", "ipv6", V6, "ipv6"),
        (f"redfish-virtualmedia://[::ffff:192.168.200.12]{PATH}", "ipv4", V4, "ipv4"),
        (f"redfish-virtualmedia://bmc.example.com{PATH}", "resolver", V4, "resolver"),
        ("192.168.200.12", "ipv4", V4, "ipv4"),
        (f"redfish-virtualmedia://fd00:200::11{PATH}", "unknown", V4, "ipv4"),
        ("carrier-pigeon://x", "unknown", V4, "ipv4"),
    ],
)
def test_address_mode(address: str, family: str, media_url: str, media_family: str) -> None:
    """The callback stays IPv4, whatever the BMC."""
    made = bmc(address)
    assert (made.family, made.media_url, made.media_family) == (family, media_url, media_family)
    assert (made.callback_url, made.callback_family) == (CALLBACK, "ipv4")


@pytest.mark.parametrize("host", ["192.168.200.12", "[fd00:200::11]", "bmc.example.com"])
def test_hostname_mode_gives_every_machine_the_name(host: str) -> None:
    made = bmc(f"redfish-virtualmedia://{host}{PATH}", "hostname")
    assert (made.media_url, made.media_family) == (f"http://{FQDN}:6180", "resolver")
    assert (made.callback_url, made.callback_family) == (f"https://{FQDN}:6385", "resolver")
    assert "resolver" in made.why


def test_vmedia_tls() -> None:
    assert (
        bmc(f"redfish-virtualmedia://[fd00:200::11]{PATH}", vmediaTls=True).media_url == "https://[fd00:100::10]:6185"
    )
    assert (
        bmc(f"redfish-virtualmedia://192.168.200.12{PATH}", vmediaTls=True).media_url == "https://192.168.100.10:6185"
    )


def test_without_the_ipv6_url_ipv6_bmcs_are_served_over_ipv4() -> None:
    over = {"metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": ""}}}
    made = plan(
        charts={"metal3": {"values": over}},
        provisioning={"bmcs": [{"name": "m", "address": f"redfish-virtualmedia://[fd00:200::11]{PATH}"}]},
    )
    assert (made.bmcs[0].media_url, made.bmcs[0].why) == (V4, "the address is IPv6, but no externalHttpIPv6 is set")


def test_the_ipv6_url_beside_the_name() -> None:
    over = {"metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": "fd00:100::10"}}}
    made = plan(
        "hostname",
        charts={"metal3": {"values": over}},
        provisioning={"bmcs": [{"name": "m", "address": f"redfish-virtualmedia://[fd00:200::11]{PATH}"}]},
    )
    assert (made.bmcs[0].media_url, made.bmcs[0].media_family) == (V6, "ipv6")


def test_a_named_bmc_gets_an_address_that_stands_in_place_of_the_name() -> None:
    over = {
        "global": {"externalHttpHost": "192.168.100.10"},
        "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": "fd00:100::10"}},
    }
    made = plan(
        "hostname",
        charts={"metal3": {"values": over}},
        provisioning={"bmcs": [{"name": "m", "address": f"redfish-virtualmedia://bmc.example.com{PATH}"}]},
    )
    assert (made.bmcs[0].media_url, made.bmcs[0].media_family) == (V4, "ipv4")


def test_no_metal3_no_provisioning() -> None:
    made = plan(charts={"metal3": {"enabled": False}}, provisioning={"bmcs": [{"name": "m", "address": "10.0.0.1"}]})
    assert (made.bmcs, made.ironic) == ((), None)
