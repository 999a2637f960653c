"""The image that joins one node: it has that node alone, and no machine that gets it makes a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.eib import Tree, build_tree
from dualstack.eib.join import NOBODY, joining, runbook
from dualstack.errors import InputError
from dualstack.plan.model import Plan
from tests.lab.eib_script import configured_as
from tests.several import TOKEN, node, several
from tests.sites import checked, mapping

NODES = [node(1), node(2), node(3), node(4, role="agent")]


def plan(**changes: Any) -> Plan:
    made = checked(several(nodes=NODES, **changes), TOKEN).plan
    assert made is not None
    return made


def tree(name: str | None) -> Tree:
    return build_tree(plan() if name is None else joining(plan(), name), {"rke2Token": "t"})


def became(made: Tree, host: str) -> str:
    """Tell what a host becomes by EIB's script."""
    return configured_as(yaml.safe_load(made.files["definition.yaml"].text)["kubernetes"], host)


def hosts(made: Tree) -> list[str]:
    return [Path(path).stem for path in made.files if path.startswith("network/")]


def test_in_the_image_of_the_site_the_bootstrap_server_makes_the_cluster() -> None:
    made = tree(None)
    assert {host: became(made, host) for host in hosts(made)} == {
        "mgmt-1": "init_server",
        "mgmt-2": "server",
        "mgmt-3": "server",
        "mgmt-4": "agent",
    }


@pytest.mark.parametrize(("name", "role"), [("mgmt-1", "server"), ("mgmt-2", "server"), ("mgmt-4", "agent")])
def test_no_host_of_the_joining_image_makes_one(name: str, role: str) -> None:
    made = tree(name)
    assert hosts(made) == [name]
    assert became(made, name) == role
    every_other = {one["name"] for one in NODES} - {name}
    assert {became(made, other) for other in every_other} == {"exit 1"}


def test_the_name_of_nobody_is_nobodys() -> None:
    nodes = [node(1), node(2), node(3) | {"name": NOBODY}]
    made = checked(several(nodes=nodes), TOKEN).plan
    assert made is not None
    assert joining(made, "mgmt-2").initializer.name not in {one.name for one in made.nodes}


def test_a_joined_node_speaks_for_nobody() -> None:
    boot = tree("mgmt-1").files["custom/files/dualstack-first-boot.sh"].text
    assert f'/etc/hostname")" != {NOBODY} ]]' in boot


def test_it_has_the_same_token_and_server_configuration_as_the_site() -> None:
    path = "kubernetes/config/server.yaml"
    assert yaml.safe_load(tree("mgmt-2").files[path].text) == yaml.safe_load(tree(None).files[path].text)


@pytest.mark.parametrize("name", ["mgmt-9", "", NOBODY])
def test_only_nodes_of_the_site_join(name: str) -> None:
    with pytest.raises(InputError, match="has no node"):
        joining(plan(), name)


def test_the_only_server_has_nobody_to_join() -> None:
    nodes = [node(1), node(2, role="agent"), node(3, role="agent")]
    made = checked(several(nodes=nodes), TOKEN).plan
    assert made is not None
    with pytest.raises(InputError, match="only server"):
        joining(made, "mgmt-1")
    assert became(build_tree(joining(made, "mgmt-3"), {"rke2Token": "t"}), "mgmt-3") == "agent"


def test_without_an_address_to_join_at_nothing_joins() -> None:
    with pytest.raises(InputError, match=r"cluster\.api\.ipv4"):
        joining(plan(cluster={"api": {"ipv4": None}}), "mgmt-2")


def test_nothing_joins_a_cluster_of_one_node() -> None:
    made = checked(mapping()).plan
    assert made is not None
    with pytest.raises(InputError, match="one node"):
        joining(made, "mgmt-1")


def test_longhorn_forgets_a_lost_node_in_the_order_that_its_webhook_wants() -> None:
    steps = [
        line.strip() for line in runbook(plan(), "mgmt-2").splitlines() if line.startswith("    kubectl -n longhorn")
    ]
    assert [step.split()[3:5] for step in steps] == [
        ["patch", "nodes.longhorn.io"],
        ["get", "replicas.longhorn.io,engines.longhorn.io"],
        ["delete", "replicas.longhorn.io"],
        ["delete", "nodes.longhorn.io"],
    ]
    assert all("mgmt-2" in step for step in steps)
    assert "allowScheduling" in steps[0]


def test_the_runbook_has_the_sites_names() -> None:
    text = runbook(plan(), "mgmt-1")
    assert "kubectl delete node mgmt-1\n" in text
    assert "mgmt-1.node-password.rke2" in text
    assert "exec etcd-mgmt-2 -- etcdctl" in text
    assert "second cluster on 192.168.100.20" in text
    assert "192.168.100.11 and fd00:100::11" in text
    agent = runbook(plan(), "mgmt-4")
    assert "Only where mgmt-4 was a server before:" in agent
    assert "Only where" not in text
    assert "exec etcd-mgmt-1 -- etcdctl" in agent
    assert "second cluster" not in agent
