"""Against a real API server: what is read and with which verbs, the role that suffices, faults, and another cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualstack.address.family import FAMILIES
from dualstack.verify.cluster import rbac
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.checks import Cluster
from dualstack.verify.cluster.reads import READS
from dualstack.verify.model import Result, Way, Word
from dualstack.verify.run import verify
from tests.lab import api
from tests.lab.bind import free_port
from tests.verify.cluster.apiserver import Site
from tests.verify.cluster.healthy import cluster
from tests.verify.cluster.sites import demo, wrong

ACCOUNT = f"/api/v1/namespaces/{rbac.NAMESPACE}/serviceaccounts/{rbac.NAME}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    plan, _ = demo("demo-ha")
    with Site(tmp_path_factory.mktemp("kube"), plan) as made:
        made.hold(cluster(plan))
        yield made


def run(site: Site, access: Access, way: Way | None = None, *, alone: bool = False) -> list[Result]:
    """Verify the cluster; what is asked of Ironic, which is not here, is left out."""
    plan, accepted = demo("demo-ha")
    made = Cluster(access, None if alone else plan, frozenset() if alone else accepted)
    found = verify(list(made.checks()), FAMILIES, way or site.way, lambda *_: None, begin=made.begin)
    return [one for one in found if not one.at.startswith(("Ironic ", "machines in Ironic"))]


def told(results: list[Result]) -> list[tuple[str, str, str, str]]:
    return [(one.word.value, one.at, one.asked, one.seen) for one in wrong(results)]


@pytest.mark.parametrize("alone", [False, True])
def test_a_healthy_cluster_is_silent_and_is_read_with_get_alone(site: Site, alone: bool) -> None:
    found = run(site, site.access(), alone=alone)

    assert told(found) == []
    assert {one.kind.value for one in found} >= {"cluster", "nodes", "services", "helm", "etcd", "webhooks"}
    assert {one["verb"] for one in site.asked()} == {"get", "list"}


def account(site: Site, *, secrets: bool, without: tuple[str, str] | None = None) -> Access:
    """Apply the printed role, and log in as its ServiceAccount."""
    for one in rbac.objects(secrets=secrets):
        if one["kind"] in ("Role", "ClusterRole") and without is not None:
            one["rules"] = [rule for rule in one["rules"] if (rule["apiGroups"][0], rule["resources"][0]) != without]
        path = site.path(one)
        own = f"{path}/{one['metadata']['name']}"
        if site.get(own) is not None:
            site.call("DELETE", own)
        site.call("POST", path, one)
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    answer = site.call("POST", f"{ACCOUNT}/token", request)
    return site.access(answer["status"]["token"])


def test_the_full_role_suffices_and_allows_nothing_that_is_not_asked(site: Site) -> None:
    access = account(site, secrets=True)
    before = len(site.asked())

    found = run(site, access)

    assert told(found) == []
    asked = {
        (one["objectRef"].get("apiGroup", ""), one["objectRef"]["resource"], one["verb"])
        for one in site.asked()[before:]
        if "objectRef" in one
    }
    allowed = {
        (rule["apiGroups"][0], rule["resources"][0], verb)
        for one in rbac.objects(secrets=True)
        for rule in one.get("rules", ())
        for verb in rule["verbs"]
    }
    assert asked == allowed


def test_the_role_without_secrets_leaves_helms_records_alone_and_says_so(site: Site) -> None:
    access = account(site, secrets=False)

    found = run(site, access)

    assert [(one.word, one.at) for one in wrong(found)] == [(Word.NOT_CHECKABLE, "Helm's records")]
    (one,) = wrong(found)
    assert "get and list secrets" in one.seen
    assert "--rbac=full" in one.fix
    # Versions and values are judged by the HelmCharts of the image all the same.
    assert {one.asked for one in found if one.at == "release metal3-system/metal3"} >= {"version", "values"}


@pytest.mark.parametrize("name", [name for name, read in READS.items() if not read.names and not read.secret])
def test_what_the_login_may_not_read_is_not_checkable_and_names_the_permission(site: Site, name: str) -> None:
    read = READS[name]
    access = account(site, secrets=True, without=(read.group, read.plural))

    found = run(site, access)

    assert {one.word for one in wrong(found)} <= {Word.NOT_CHECKABLE}
    named = [one for one in wrong(found) if read.permission in one.seen]
    assert named, told(found)
    assert all("dualstack verify --rbac" in one.fix for one in named)


def test_an_unknown_login_checks_nothing(site: Site) -> None:
    found = run(site, site.access("nobody"))

    assert {one.word for one in found} == {Word.NOT_CHECKABLE}


FAULTS: list[tuple[str, str, Any, str]] = [
    ("services", "kube-system/rke2-ingress-nginx", {"spec": {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"],
     "clusterIPs": ["10.96.0.16"]}}, "Service kube-system/rke2-ingress-nginx"),
    ("ipaddresspools", "metallb-system/ingress-ippool", {"spec": {"addresses": ["192.168.120.21/32"]}},
     "IPAddressPool metallb-system/ingress-ippool"),
    ("nodes", "mgmt-2", {"spec": {"unschedulable": True}}, "node mgmt-2"),
    ("configmaps", "metal3-system/ironic", {"data": {"IRONIC_EXTERNAL_HTTP_URL": "http://:6180"}},
     "ConfigMap metal3-system/ironic"),
    ("settings", "server-url", {"value": "https://elsewhere.example.com"}, "setting server-url"),
    ("helmcharts", "kube-system/metal3", {"status": {"conditions": [{"type": "Failed", "status": "True"}]}},
     "release metal3-system/metal3"),
]  # fmt: skip


@pytest.mark.parametrize(("plural", "name", "change", "at"), FAULTS, ids=[one[1] for one in FAULTS])
def test_a_fault_in_the_api_is_found_and_gone_once_it_is_mended(
    site: Site, plural: str, name: str, change: Any, at: str
) -> None:
    read = next(read for read in READS.values() if read.plural == plural)
    root = f"/apis/{read.group}/{read.versions[-1]}" if read.group else "/api/v1"
    namespace, _, own = name.rpartition("/")
    path = f"{root}/{f'namespaces/{namespace}/' if namespace else ''}{plural}/{own}"
    before = site.get(path)
    site.patch(path, change)
    try:
        found = run(site, site.access())
    finally:
        now = site.get(path)
        before["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"]
        site.call("PUT", path, before)

    assert at in {one.at for one in found if one.word is Word.FAILED}
    assert told(run(site, site.access())) == []


def namespace(uid: str) -> bytes:
    body = json.dumps({"kind": "Namespace", "metadata": {"name": "kube-system", "uid": uid}}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    ("own", "words"), [(True, "the uid of its kube-system is other"), (False, "another authority")]
)
def test_another_cluster_at_a_nodes_address_is_told(site: Site, own: bool, words: str) -> None:
    """A second cluster of the same image has the same names; one that is a stranger has another authority."""
    port = free_port()
    address = str(site.plan.nodes[1].addresses.ipv6)
    heard: list[bytes] = []
    way = replace(site.way, to=lambda host, _: ("127.0.0.1", port if host == address else site.port))
    with api.serving(("127.0.0.1",), port, pem=site.pem if own else None, answer=namespace("other"), heard=heard):
        found = run(site, site.access(), way)

    failed = [one for one in found if one.word is Word.FAILED]
    assert [(one.at, one.family) for one in failed] == [(f"[{address}]:6443", "ipv6")]
    assert words in failed[0].seen
    # A stranger gets no login.
    assert own or not any(b"Bearer" in one for one in heard)


def test_a_server_that_is_away_is_told_once(site: Site, tmp_path: Path) -> None:
    found = run(site, replace(site.access(), server=f"https://127.0.0.1:{free_port()}"), Way(seconds=2.0))

    (failed,) = [one for one in found if one.word is Word.FAILED]
    assert failed.asked == "answers"
    assert "127.0.0.1 is what RKE2 writes for the server itself" in failed.fix
    assert {one.word for one in found} == {Word.FAILED, Word.NOT_CHECKABLE}
