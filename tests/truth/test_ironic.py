"""What the plan says of each machine is what a real Ironic does with our URLs: links, media, fetch, kernel line.

Two BMCs, of which each knows one family alone. What the Baremetal Operator gives a machine (``external_http_url`` for
a BMC at an IPv6 address) is read from its source, and given here as the plan says; Ironic is 39.0.0 with a
configuration of the test's own, not metal3's image.
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
        Machine(bmc.name, HOSTS[bmc.name], None if bmc.media_url == ironic.external_url else bmc.media_url)
        for bmc in plan.bmcs
    ]

    seen = inspected(
        tmp_path,
        base_url=ironic.endpoint.removesuffix("/v1/"),
        external_url=ironic.external_url,
        machines=machines,
        names={FQDN: ["192.168.100.10", "fd00:100::10"]},
        callback=ELSEWHERE if elsewhere else "",
    )

    # The API answers over both families, under whichever address it was asked.
    assert seen["links"] == {url: f"{url}/v1/" for url in ("http://192.168.100.10:6385", "http://[fd00:100::10]:6385")}
    for bmc in plan.bmcs:
        told = seen["machines"][bmc.name]
        assert told["image"].startswith(f"{bmc.media_url}/redfish/"), told
        # A BMC reaches nothing over the other family: that it fetched is that it could.
        assert set(told["from"]) == {HOSTS[bmc.name]}, told
        assert told["words"]["ipa-api-url"] == bmc.callback_url
        assert told["words"]["ipa-inspection-callback-url"] == bmc.inspection_url


def test_a_bmc_of_ipv6_alone_gets_nothing_under_an_ipv4_address(tmp_path: Path) -> None:
    """What externalHttpIPv6 is for: without it the media of such a machine cannot be fetched."""
    with pytest.raises(AssertionError, match="six"):
        inspected(
            tmp_path,
            base_url="https://192.168.100.10:6385",
            external_url="http://192.168.100.10:6180",
            machines=[Machine("six", HOSTS["six"])],
        )
