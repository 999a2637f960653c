"""A stack of the first version, whose providers had names of their own, under this program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests import sites
from tests.lab.standins.project import Deployment, small_site

CLUSTER, CHARTS = "dualstack:index:ManagementCluster", "dualstack:index:ManagementCharts"
ACCESS = "dualstack:index:ManagementAccess"
ONE = ("cert-manager", "metal3", "rancher", "storage", "neuvector", "turtles")
FORMER = {
    f"{CLUSTER}$pulumi:providers:libvirt::management-libvirt": "pulumi:providers:libvirt::libvirt",
    f"{CHARTS}$pulumi:providers:kubernetes::management-charts-kubernetes": "pulumi:providers:kubernetes::kubernetes",
    f"{CLUSTER}${ACCESS}": ACCESS,
}
"""URNs of now and then, from the type on; seen in a state that version 0.1 had made (commit 5438ba2)."""


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def made_before(lab: Deployment) -> set[str]:
    """Put the stack back to what version 0.1 left; give the URNs that were others."""
    text = json.dumps(json.loads(lab.pulumi("stack", "export").stdout))
    for now, then in FORMER.items():
        text = text.replace(now, then)
    document = json.loads(text)
    moved = set()
    for resource in document["deployment"]["resources"]:
        if resource["urn"].endswith(tuple(FORMER.values())) or f"::{ACCESS}" in resource["urn"].partition("$")[0]:
            moved.add(resource["urn"])
            if "$" not in resource["urn"]:
                resource["parent"] = document["deployment"]["resources"][0]["urn"]
    file = lab.folder.parent / "former.json"
    file.write_text(json.dumps(document))
    lab.pulumi("stack", "import", "--file", str(file))
    return moved


def read_by_ssh() -> dict[str, Any]:
    """A machine that is there, whose kubeconfig is read by SSH; nobody is asked for a name."""
    site = sites.mapping(delivery="pulumi")
    site["charts"] = {key: {"enabled": key == "cert-manager"} for key in ONE}
    site["host"] = {"readiness": "off", "ssh": {"hostKey": sites.SSH_KEY}, "kubeconfig": {"source": "ssh"}}
    return site


@pytest.mark.parametrize(("site", "count"), [(small_site(), 2), (read_by_ssh(), 3)])
def test_nothing_is_replaced_or_deleted(lab: Deployment, site: dict[str, Any], count: int) -> None:
    lab.deployed(site)
    now = {one["urn"]: one.get("id") for one in lab.state()["resources"]}
    moved = made_before(lab)
    assert len(moved) == count and not moved & set(now)

    shown = json.loads(lab.pulumi("preview", "--json").stdout)
    assert set(shown["changeSummary"]) <= {"same", "read"}
    lab.up()
    assert lab.control.calls() == []
    assert {one["urn"]: one.get("id") for one in lab.state()["resources"]} == now
    assert not moved & set(json.dumps(lab.state()).split('"'))
    # One that nobody gave is that of whoever deploys: another cluster, another hypervisor.
    assert not [urn for urn in now if re.search(r"providers:(kubernetes|libvirt)::default", urn)]
