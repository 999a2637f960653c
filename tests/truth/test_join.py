"""The steps of a joining node's runbook on real programs: its objects at an API server, its member in an etcd of three.

What Longhorn does with its nodes was run by hand (docs/ha.md); that RKE2 takes a deleted server out of etcd by itself
is read, not run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualstack.eib.join import runbook
from dualstack.plan.model import Plan
from tests.judges.tools import tool
from tests.lab.etcd import Etcd
from tests.lab.kube import Kube
from tests.several import TOKEN, several
from tests.sites import checked

NAMES = ("mgmt-1", "mgmt-2", "mgmt-3")
MEMBERS = tuple(f"{name}-0a1b2c3{number}" for number, name in enumerate(NAMES))
"""As RKE2 names them: the node, and eight hex digits that a new installation has anew."""


def plan() -> Plan:
    made = checked(several(), TOKEN).plan
    assert made is not None
    return made


def commands(node: str) -> list[str]:
    """Give the commands that the runbook prints, in its order."""
    return re.findall(r"^    (\S.*)$", runbook(plan(), node), re.MULTILINE)


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[Kube]:
    with Kube(tmp_path) as made:
        yield made


def deleted(kube: Kube, command: str) -> None:
    """Do what a printed ``kubectl delete`` does."""
    found = re.fullmatch(r"kubectl (?:-n (\S+) )?delete (node|secret) (\S+)(?: --ignore-not-found)?", command)
    assert found is not None, command
    place = f"namespaces/{found[1]}/" if found[1] else ""
    kube.call("DELETE", f"/api/v1/{place}{found[2]}s/{found[3]}")


def test_a_lost_node_is_forgotten_and_the_others_stay(kube: Kube) -> None:
    for name in NAMES:
        kube.call("POST", "/api/v1/nodes", {"metadata": {"name": name}})
        secret = {"metadata": {"name": f"{name}.node-password.rke2"}, "stringData": {"hash": "x"}}
        kube.call("POST", "/api/v1/namespaces/kube-system/secrets", secret)
    steps = [line for line in commands("mgmt-2") if line.startswith("kubectl") and "delete" in line]
    steps = [line for line in steps if "longhorn" not in line]
    assert len(steps) == 2
    for command in steps:
        deleted(kube, command)
    assert kube.names("nodes") == ["mgmt-1", "mgmt-3"]
    kept = [name for name in kube.names("secrets", "kube-system") if name.endswith(".node-password.rke2")]
    assert kept == ["mgmt-1.node-password.rke2", "mgmt-3.node-password.rke2"]


def test_the_api_server_refuses_a_cluster_address_outside_of_the_range(kube: Kube) -> None:
    """What DS287 says."""
    service = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}], "clusterIP": "10.200.0.5"}}
    with pytest.raises(AssertionError, match="the provided network does not match the current range"):
        kube.call("POST", "/api/v1/namespaces/default/services", service)
    service["spec"] = {"ports": [{"port": 80}], "clusterIP": "10.43.7.7"}
    kube.call("POST", "/api/v1/namespaces/default/services", service)
    other = {"metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}], "clusterIP": "10.43.7.7"}}
    with pytest.raises(AssertionError, match="provided IP is already allocated"):
        kube.call("POST", "/api/v1/namespaces/default/services", other)


def test_a_lost_server_is_taken_out_of_etcd_and_joins_anew(tmp_path: Path) -> None:
    with Etcd(tmp_path, MEMBERS) as etcd:
        first, lost = MEMBERS[0], MEMBERS[1]
        etcd.put(first, "before")
        assert set(etcd.members(first)) == set(MEMBERS)
        etcd.kill(lost)
        etcd.put(first, "with two of three")

        # The runbook's two commands: the id of the member whose name begins with the node's, and its removal.
        listing, removal = (line for line in commands("mgmt-2") if "etcdctl" in line)
        assert listing.endswith("member list")
        assert removal.endswith("member remove ID")
        ours = [name for name in etcd.members(first) if re.fullmatch(r"mgmt-2-[0-9a-f]{8}", name)]
        assert ours == [lost]
        etcd.ask(first, "cluster/member/remove", {"ID": etcd.members(first)[lost]})
        assert set(etcd.members(first)) == {MEMBERS[0], MEMBERS[2]}
        etcd.put(first, "with two of two")

        # What RKE2 does on the node that is installed anew: another name, an empty disk.
        shutil.rmtree(tmp_path / lost)
        anew = "mgmt-2-9f8e7d6c"
        etcd.ports[anew] = etcd.ports[lost]
        etcd.ask(first, "cluster/member/add", {"peerURLs": [etcd.peer(anew)]})
        etcd.start(anew, [MEMBERS[0], MEMBERS[2], anew], "existing")
        assert etcd.keys(anew) == 3
        assert set(etcd.members(first)) == {MEMBERS[0], MEMBERS[2], anew}

        # Now the loss of another one is borne again.
        etcd.kill(MEMBERS[2])
        etcd.put(anew, "with two of three again")


def by_etcdctl(etcd: Etcd, server: str, command: str) -> str:
    """Run a printed ``kubectl exec ... -- etcdctl`` on a server, and give what it says.

    The words are those behind the ``--``; only RKE2's folder and the port are the lab's.
    """
    pod, dashes, printed = command.partition(" -- ")
    assert dashes, command
    assert pod == f"kubectl -n kube-system exec etcd-{server[:-9]}"
    words = shlex.split(printed.replace("/var/lib/rancher/rke2/server/", f"{etcd.folder}/"))
    environment = {**os.environ, "ETCDCTL_ENDPOINTS": etcd.at(server)}
    done = subprocess.run(
        [tool(words[0]), *words[1:]], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_printed_lines_of_etcdctl_take_a_lost_server_out(tmp_path: Path) -> None:
    tool("etcdctl")
    with Etcd(tmp_path, MEMBERS) as etcd:
        first, lost = MEMBERS[0], MEMBERS[1]
        etcd.put(first, "all are there")
        etcd.kill(lost)
        listing, removal = (line for line in commands("mgmt-2") if "etcdctl" in line)
        rows = [line.split(", ") for line in by_etcdctl(etcd, first, listing).splitlines()]
        # The id is in the first column; the name begins with the node's, and eight hex digits follow.
        ours = [row for row in rows if any(re.fullmatch(r"mgmt-2-[0-9a-f]{8}", cell) for cell in row)]
        assert [row[2] for row in ours] == [lost], rows
        said = by_etcdctl(etcd, first, removal.replace(" ID", f" {ours[0][0]}"))
        assert "removed from cluster" in said
        assert {row.split(", ")[2] for row in by_etcdctl(etcd, first, listing).splitlines()} == {first, MEMBERS[2]}
