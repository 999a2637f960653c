"""The Baremetal Operator's own webhook on BareMetalHosts that rules and policies take or refuse.

Every address of the grammar's tests, both families; then whole machines as a Pulumi program has them. Ironic is not
needed for it: what the operator tells Ironic is in ``test_ironic``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dualstack.address.bmc import SCHEMES
from dualstack.policies.judge import judge
from tests.lab.kube import Kube
from tests.lab.operator import Operator, needed_operator
from tests.policy import stacks
from tests.policy.stacks import resource
from tests.rules.ironic.test_bmc_grammar import OPERATOR

BAD_MACS = ("", "34:8a:b1:4b:16", "34-8a-b1-4b-16-00", "34:8a:b1:4b:16:0g")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    needed_operator()
    with Kube(tmp_path_factory.mktemp("kube")) as kube, Operator(tmp_path_factory.mktemp("operator"), kube) as made:
        yield made


def refused(spec: Mapping[str, Any]) -> set[str]:
    """Give the numbers of the policies that refuse a machine."""
    whole = {"bootMACAddress": "34:8a:b1:4b:16:00", **spec}
    given = resource("kubernetes:metal3.io/v1alpha1:BareMetalHost", "it", {"metadata": {"name": "it"}, "spec": whole})
    return {item.policy.id[:5] for item in judge(stacks.givens([given])).violations}


def test_each_address_is_taken_or_refused_as_the_tests_of_the_grammar_say(operator: Operator) -> None:
    told = {address: operator.refusal({"bmc": {"address": address}}) for address in OPERATOR if address}
    assert {address for address, why in told.items() if why} == {
        address for address, answer in OPERATOR.items() if answer is None
    }


def test_what_policies_take_the_operator_takes(operator: Operator) -> None:
    hosts = ("192.168.200.11", "[fd00:200::11]", "bmc-1.example.com", "192.168.200.11:8000", "[fd00:200::11]:8000")
    addresses = [*OPERATOR]
    for scheme in sorted(SCHEMES):
        for transport in ("", "+http", "+https", "+ftp"):
            addresses += [f"{scheme}{transport}://{host}/redfish/v1/Systems/1" for host in hosts]
    taken = [address for address in addresses if address and not refused({"bmc": {"address": address}})]
    assert len(taken) > len(SCHEMES) * len(hosts)
    told = {address: operator.refusal({"bmc": {"address": address}}) for address in taken}
    assert not {address: why for address, why in told.items() if why}


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_a_machine_without_a_mac(scheme: str, operator: Operator) -> None:
    spec = {"bmc": {"address": f"{scheme}://[fd00:200::11]"}, "bootMACAddress": None}
    why = operator.refusal(spec)
    assert refused(spec) == ({"DS078"} if why else set()), why
    assert bool(why) == (scheme != "ipmi")


@pytest.mark.parametrize("mac", BAD_MACS)
def test_a_mac_that_is_none(mac: str, operator: Operator) -> None:
    spec = {"bmc": {"address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}, "bootMACAddress": mac}
    assert operator.refusal(spec)
    assert "DS078" in refused(spec)
