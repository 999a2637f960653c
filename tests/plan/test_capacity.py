"""Capacities: the guide's numbers, and the edges."""

from __future__ import annotations

import json

import pytest

from dualstack.address.parsing import parse_prefix
from dualstack.address.ranges import node_blocks, usable_pods, usable_services
from dualstack.answer.json_answer import capacity_json
from dualstack.plan.model import Bound, Capacity
from tests.plan.plans import plan

SEED = {
    "pods": {"ipv4": "193.168.0.0/18", "ipv6": "fd12:4567:789b::/48"},
    "services": {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"},
}


def test_the_guides_cidrs() -> None:
    assert plan(cluster=SEED).capacity == Capacity(
        nodes=Bound(64, 65_536),
        pods_per_node=Bound(254, 2**64 - 2),
        max_pods=110,
        pods=Bound(7_040, 7_208_960),
        services=Bound(1_048_574, 65_535),
    )


def test_who_binds() -> None:
    made = plan(cluster=SEED).capacity
    assert (made.nodes.joint, made.nodes.binds) == (64, "ipv4")
    assert (made.services.joint, made.services.binds) == (65_535, "ipv6")
    assert (made.pods.joint, made.pods.binds) == (7_040, "ipv4")
    assert Bound(5, 5).binds == "both"


def test_the_addresses_bind_where_pods_may_be_many() -> None:
    made = plan(cluster={**SEED, "maxPods": 500}).capacity
    assert made.pods.ipv4 == 16_256
    assert made.pods.ipv6 == 65_536 * 500


def test_defaults() -> None:
    made = plan().capacity
    assert (made.nodes, made.services) == (Bound(256, 65_536), Bound(1_048_574, 65_535))


@pytest.mark.parametrize(
    ("prefix", "mask", "blocks"),
    [("10.42.0.0/16", 24, 256), ("10.42.0.0/24", 24, 1), ("10.42.0.0/25", 24, 0), ("10.0.0.0/8", 33, 0),
     ("fd00::/48", 64, 65_536), ("fd00::/64", 64, 1), ("fd00::/64", -1, 0), ("::/0", 128, 2**128)],
)  # fmt: skip
def test_node_blocks(prefix: str, mask: int, blocks: int) -> None:
    assert node_blocks(parse_prefix(prefix).network, mask) == blocks


@pytest.mark.parametrize(
    ("prefix", "count"),
    [("10.96.0.0/12", 1_048_574), ("10.96.0.0/32", 0), ("10.96.0.0/31", 0), ("fd00::/112", 65_535), ("fd00::/128", 0)],
)
def test_usable_services(prefix: str, count: int) -> None:
    assert usable_services(parse_prefix(prefix).network) == count


@pytest.mark.parametrize(
    ("release", "length", "count"),
    [("3.4", 108, 65_535), ("3.4", 112, 65_535), ("3.4", 120, 255), ("3.5", 108, 2**20 - 1), ("3.6", 64, 2**64 - 1)],
)
def test_services_by_kubernetes_version(release: str, length: int, count: int) -> None:
    made = plan(release=release, cluster={"services": {"ipv6": f"fd12:4567:789c::/{length}"}})
    assert made.capacity.services.ipv6 == count


@pytest.mark.parametrize(("mask", "count"), [(24, 254), (32, 0), (31, 0), (33, 0), (-1, 0), (-(10**12), 0)])
def test_usable_pods(mask: int, count: int) -> None:
    assert usable_pods("ipv4", mask) == count


def test_calico_has_the_whole_cidr() -> None:
    made = plan(cluster={**SEED, "cni": "calico"}).capacity
    assert made.pods == made.pods_per_node == Bound(16_382, 2**80 - 2)
    assert made.nodes == Bound(16_382 // 110, (2**80 - 2) // 110)
    assert made == plan(cluster={**SEED, "cni": "calico", "nodeMask": {"ipv4": 28, "ipv6": 60}}).capacity


def test_numbers_beyond_two_to_the_53rd_survive_json() -> None:
    told = capacity_json(plan(cluster=SEED))
    assert json.loads(json.dumps(told)) == told
    assert json.loads(json.dumps(told))["podsPerNode"]["ipv6"] == 2**64 - 2
