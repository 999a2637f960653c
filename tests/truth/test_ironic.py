"""What the plan says of each machine is what a real Ironic does with our URLs: links, media, fetch, kernel line.

Two BMCs, of which each knows one family alone; one machine's ramdisk is the real agent, in a network of IPv6 alone.
What the Baremetal Operator gives a machine (``external_http_url`` for a BMC at an IPv6 address) is given here as the
plan says; the operator itself, where it is at hand, does so in the last test. Ironic is 39.0.0 with a configuration of
the test's own, not metal3's image.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dualstack.plan.model import Plan
from tests.lab.ironic import Machine, inspected
from tests.sites import FQDN, checked, mapping

HOSTS = {"four": "192.168.200.12", "six": "fd00:200::11"}
BMCS = [
    {"name": "four", "address": "redfish-virtualmedia://192.168.200.12/redfish/v1/Systems/1"},
    {"name": "six", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"},
]
ELSEWHERE = "https://[fd00:100::10]:6385"
ENV = {"IRONIC_EXTERNAL_CALLBACK_URL": ELSEWHERE}
CASES: dict[str, dict[str, Any]] = {
    "address": mapping("address", provisioning={"bmcs": BMCS}),
    "hostname": mapping("hostname", provisioning={"bmcs": BMCS}),
    # Its Ironic moves the inspection's URL with the agent's, as the one here does; those of 3.4 and 3.5 do not.
    "callback elsewhere": mapping(
        "address",
        release="3.6",
        provisioning={"bmcs": BMCS},
        charts={
            "metal3": {"values": {"metal3-ironic": {"ironicExtraEnv": {"IRONIC_EXTERNAL_CALLBACK_URL": ELSEWHERE}}}}
        },
    ),
}


def planned(case: str) -> Plan:
    plan = checked(CASES[case]).plan
    assert plan is not None and plan.ironic is not None
    return plan


@pytest.mark.parametrize("case", CASES)
def test_media_and_callbacks_are_the_plans(case: str, tmp_path: Path) -> None:
    plan = planned(case)
    ironic, elsewhere = plan.ironic, case == "callback elsewhere"
    assert ironic is not None
    machines = [
        Machine(
            bmc.name,
            HOSTS[bmc.name],
            None if bmc.media_url == ironic.external_url else bmc.media_url,
            ("ipv6",) if bmc.name == "six" and not elsewhere else (),
        )
        for bmc in plan.bmcs
    ]

    seen = inspected(
        tmp_path,
        base_url=ironic.endpoint.removesuffix("/v1/"),
        external_url=ironic.external_url,
        machines=machines,
        certified=[FQDN if case == "hostname" else "192.168.100.10"],
        names={FQDN: ["192.168.100.10", "fd00:100::10"]},
        callback=ELSEWHERE if elsewhere else "",
    )

    # The API answers over both families, under whichever address it was asked.
    assert seen["links"] == {
        url: f"{url}/v1/" for url in ("https://192.168.100.10:6385", "https://[fd00:100::10]:6385")
    }
    for bmc in plan.bmcs:
        told = seen["machines"][bmc.name]
        assert told["image"].startswith(f"{bmc.media_url}/redfish/"), told
        # A BMC reaches nothing over the other family: that it fetched is that it could.
        assert set(told["from"]) == {HOSTS[bmc.name]}, told
        assert told["words"]["ipa-api-url"] == bmc.callback_url
        assert told["words"]["ipa-inspection-callback-url"] == bmc.inspection_url
    if elsewhere:
        return
    # The ramdisk's network has IPv6 alone. Its agent ends where it is called back over IPv4, and it stays uninspected.
    agent = seen["machines"]["six"]["agent"]
    if case == "hostname":
        assert (agent["agent"], agent["gave_up"]) == ("https://[fd00:152::2]:9999", None)
        assert agent["state"] == "manageable"
    else:
        assert (agent["agent"], agent["state"]) == (None, "inspect wait")
        assert "host='192.168.100.10', port=6385" in agent["gave_up"]
        assert "Network is unreachable" in agent["gave_up"]


def test_a_bmc_of_ipv6_alone_gets_nothing_under_an_ipv4_address(tmp_path: Path) -> None:
    """What externalHttpIPv6 is for: without it the media of such a machine cannot be fetched."""
    with pytest.raises(AssertionError, match="six"):
        inspected(
            tmp_path,
            base_url="https://192.168.100.10:6385",
            external_url="http://192.168.100.10:6180",
            machines=[Machine("six", HOSTS["six"])],
            certified=["192.168.100.10"],
        )


BY_NAME = "bmc-six.example.com"
REGISTERED = {
    "four": (HOSTS["four"], HOSTS["four"]),
    "six": (HOSTS["six"], f"[{HOSTS['six']}]"),
    "named": ("fd00:203::14", BY_NAME),
}
"""Machines by name: where the BMC is, and what its BareMetalHost has for it. The name has an IPv6 address alone."""


@pytest.mark.parametrize(("mode", "names"), [("address", ("four", "six", "named")), ("hostname", ("six",))])
def test_the_operator_gives_each_machine_what_the_plan_says(mode: str, names: tuple[str, ...], tmp_path: Path) -> None:
    """What the operator itself makes of BareMetalHosts in Ironic, up to their inspection."""
    hosts = {name: REGISTERED[name][0] for name in names}
    addresses = {name: f"redfish-virtualmedia+http://{REGISTERED[name][1]}:8000" for name in names}
    bmcs = [{"name": name, "address": f"{address}/redfish/v1/Systems/1"} for name, address in addresses.items()]
    plan = checked(mapping(mode, provisioning={"bmcs": bmcs})).plan
    assert plan is not None and plan.ironic is not None
    ironic = plan.ironic
    seen = inspected(
        tmp_path,
        base_url=ironic.endpoint.removesuffix("/v1/"),
        external_url=ironic.external_url,
        machines=[Machine(name, host, address=addresses[name]) for name, host in hosts.items()],
        certified=[FQDN if mode == "hostname" else "192.168.100.10"],
        names={FQDN: ["192.168.100.10", "fd00:100::10"], BY_NAME: [REGISTERED["named"][0]]},
        operator={
            "IRONIC_ENDPOINT": ironic.endpoint,
            "IRONIC_EXTERNAL_URL_V6": ironic.external_url_v6,
            "IRONIC_INSECURE": "true",
        },
    )["machines"]
    for bmc in plan.bmcs:
        told = seen[bmc.name]
        own = (ironic.external_url_v6 or None) if ":" in hosts[bmc.name] else None
        assert told["told"] == own
        if bmc.family != "resolver":
            assert bmc.media_url == (own or ironic.external_url)
        assert told["image"].startswith(f"{own or ironic.external_url}/redfish/"), told
        assert set(told["from"]) == {hosts[bmc.name]}, told
        assert told["words"]["ipa-api-url"] == bmc.callback_url
