"""MetalLB's own controller on the pools that we render, at a real API server: which Service gets which address.

Where ``metallb-controller`` (0.14.9's ``controller``) and the chart with its definitions are at hand. There are no
nodes and no speaker: what is announced where is not judged here.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from dualstack.check.sites import load_site
from dualstack.eib.balancer import pools
from dualstack.plan.model import Plan
from tests import PROJECT
from tests.judges.tools import chart, run, tool
from tests.lab.bind import free_port
from tests.lab.kube import Gone, Kube

CHART = "metallb-0.14.9"
SECONDS = 60.0
SPACES = ("metallb-system", "metal3-system")
SITES = ("demo-ha", "demo-metal")
VIP = {"serviceType": "kubernetes-vip"}
IRONIC = {"app.kubernetes.io/name": "metal3-ironic"}


def definitions() -> list[dict[str, Any]]:
    """Give MetalLB's kinds, without their webhook."""
    done = run([tool("helm"), "template", "metallb", chart(CHART), "--include-crds"])
    assert done.returncode == 0, done.stderr
    found = [one for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "CustomResourceDefinition"]
    for one in found:
        one["spec"].pop("conversion", None)
    return [one for one in found if one["spec"]["group"] == "metallb.io"]


def planned(site: str) -> Plan:
    plan = load_site(PROJECT, site).plan
    assert plan is not None
    return plan


def eibs_pool(api: str) -> dict[str, Any]:
    """Give the pool that Edge Image Builder 1.3.3 adds for the API's address (templates/k8s-vip.yaml.tpl)."""
    selector = {"matchExpressions": [{"key": "serviceType", "operator": "In", "values": ["kubernetes-vip"]}]}
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "IPAddressPool",
        "metadata": {"name": "api-ip", "namespace": "metallb-system"},
        "spec": {
            "addresses": [f"{api}/32"],
            "avoidBuggyIPs": True,
            "serviceAllocation": {"namespaces": ["default"], "serviceSelectors": [selector]},
        },
    }


def service(name: str, space: str, policy: str, labels: dict[str, str]) -> dict[str, Any]:
    spec = {"type": "LoadBalancer", "ipFamilyPolicy": policy, "ports": [{"port": 80}], "selector": {"app": name}}
    metadata = {"name": name, "namespace": space, "labels": labels}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module")
def kube(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    program, wanted, folder = tool("metallb-controller"), definitions(), tmp_path_factory.mktemp("balancer")
    with Kube(tmp_path_factory.mktemp("kube")) as kube:
        for one in wanted:
            kube.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", one)
        for space in SPACES:
            kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
        (folder / "kubeconfig").write_text(kube.kubeconfig())
        command = [
            program, f"--kubeconfig={folder}/kubeconfig", f"--port={free_port()}", "--namespace=metallb-system",
            "--webhook-mode=disabled",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            given = {**os.environ, "METALLB_HOST": "127.0.0.1"}
            process = subprocess.Popen(command, env=given, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield kube
        finally:
            process.kill()
            process.wait()


def addresses(kube: Kube, space: str, name: str) -> list[str]:
    """Give what a Service was given."""
    status = kube.call("GET", f"/api/v1/namespaces/{space}/services/{name}")["status"]
    return sorted(one["ip"] for one in status.get("loadBalancer", {}).get("ingress", []))


def failed(kube: Kube) -> set[str]:
    """Give the Services of which MetalLB says that it has no addresses for them."""
    events = kube.call("GET", "/api/v1/events")["items"]
    return {one["involvedObject"]["name"] for one in events if one["reason"] == "AllocationFailed"}


def until(seen: Callable[[], Any], wanted: Any) -> None:
    """Wait for something to be seen."""
    ended = time.monotonic() + SECONDS
    while seen() != wanted and time.monotonic() < ended:
        time.sleep(0.2)
    assert seen() == wanted


@contextmanager
def there(kube: Kube, objects: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Make objects, and remove them."""
    paths = {
        "IPAddressPool": "/apis/metallb.io/v1beta1/namespaces/{}/ipaddresspools",
        "L2Advertisement": "/apis/metallb.io/v1beta1/namespaces/{}/l2advertisements",
        "Service": "/api/v1/namespaces/{}/services",
    }
    made = [(paths[one["kind"]].format(one["metadata"]["namespace"]), one) for one in objects]
    try:
        for path, one in made:
            kube.call("POST", path, one)
        yield
    finally:
        for path, one in made:
            with contextlib.suppress(Gone):
                kube.call("DELETE", f"{path}/{one['metadata']['name']}")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("turned", [False, True])
def test_each_service_gets_the_planned_addresses_in_either_order(site: str, turned: bool, kube: Kube) -> None:
    plan = planned(site)
    controller = plan.release.ingress_chart
    wanted = {
        ("default", "kubernetes-vip"): [str(plan.api.ipv4)],
        ("kube-system", controller): sorted(map(str, plan.entry.values())),
        ("metal3-system", "metal3-metal3-ironic"): sorted(map(str, plan.serving.values())),
        ("default", "somebody"): [],
    }
    services = [
        service("kubernetes-vip", "default", "SingleStack", VIP),
        service(controller, "kube-system", "RequireDualStack", {"app.kubernetes.io/name": controller}),
        service("metal3-metal3-ironic", "metal3-system", "PreferDualStack", IRONIC),
        service("somebody", "default", "PreferDualStack", {}),
    ]
    order = [*reversed(services)] if turned else services
    with there(kube, [eibs_pool(str(plan.api.ipv4)), *pools(plan), *order]):
        until(lambda: {key: addresses(kube, *key) for key in wanted}, wanted)
        until(lambda: "somebody" in failed(kube), True)


def pool(name: str, *given: str) -> dict[str, Any]:
    """Give a pool for everybody."""
    metadata = {"name": name, "namespace": "metallb-system"}
    return {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "IPAddressPool",
        "metadata": metadata,
        "spec": {"addresses": given},
    }


V4, V6 = "192.168.120.21", "fd00:120::21"
APART = (pool("four", f"{V4}/32"), pool("six", f"{V6}/128"))
BOTH = (pool("both", f"{V4}/32", f"{V6}/128"),)


@pytest.mark.parametrize(
    ("name", "given", "policy", "asked", "gets"),
    [
        ("ds208-required", APART, "RequireDualStack", "", []),
        ("ds208-preferred", APART, "PreferDualStack", "", [V4]),
        ("ds209-one", BOTH, "PreferDualStack", V4, []),
        ("ds209-both", BOTH, "RequireDualStack", f"{V4},{V6}", [V4, V6]),
        ("ds309", (eibs_pool("192.168.120.0"),), "SingleStack", "", []),
        ("ds309-good", (eibs_pool("192.168.120.1"),), "SingleStack", "", ["192.168.120.1"]),
    ],
)
def test_what_leaves_a_service_without_its_addresses(
    name: str, given: Sequence[dict[str, Any]], policy: str, asked: str, gets: list[str], kube: Kube
) -> None:
    """What DS208, DS209 and DS309 say."""
    one = service(name, "default", policy, VIP)
    if asked:
        one["metadata"]["annotations"] = {"metallb.io/loadBalancerIPs": asked}
    with there(kube, [*given, one]):
        if not gets:
            until(lambda: name in failed(kube), True)
        until(lambda: addresses(kube, "default", name), gets)
