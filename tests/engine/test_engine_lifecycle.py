"""A whole stack through the real engine, from nothing to nothing, with stand-in providers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import CONFIG_MAP, DOMAIN, NETWORK, RELEASE, SERVICE_PATCH, VOLUME
from tests.lab.standins.project import Deployment, small_site

RELEASES = ["cattle-system/rancher", "cert-manager/cert-manager", "longhorn-system/longhorn", "metal3-system/metal3"]
EVERYTHING = {
    DOMAIN: ["lab-mgmt-1"],
    NETWORK: ["lab-mgmt-1"],
    VOLUME: ["default/lab-mgmt-1-disk", "default/lab-mgmt-1-image"],
    RELEASE: RELEASES,
    CONFIG_MAP: ["metal3-system/baremetal-operator-ironic", "metal3-system/ironic"],
    SERVICE_PATCH: ["cattle-system/rancher"],
}


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def there(lab: Deployment) -> dict[str, list[str]]:
    """Give the names of what really is."""
    digest = re.compile(r"(?<=-image)-[0-9a-f]{8}$")
    return {type_: [digest.sub("", name) for name in things] for type_, things in lab.control.world().items() if things}


def summary(lab: Deployment, *arguments: str) -> dict[str, int]:
    """Give the counts of a preview by what would be done; what is only read is left out."""
    counts: dict[str, int] = json.loads(lab.pulumi("preview", "--json", *arguments).stdout)["changeSummary"]
    return {word: count for word, count in counts.items() if word != "read"}


def test_from_nothing_to_nothing(lab: Deployment) -> None:
    lab.site(small_site())
    lab.init()
    assert set(summary(lab)) == {"create"}
    assert lab.control.calls() == []

    lab.up()
    assert there(lab) == EVERYTHING
    order = [call.name for call in lab.control.calls()]
    for first, then in [
        ("management-host-image", "management-host-disk"),
        ("management-host-disk", "management-host-vm"),
        ("management-network-virtual", "management-host-vm"),
        ("management-host-vm", "management-charts-cert-manager"),
        ("management-charts-cert-manager", "management-charts-metal3"),
        ("management-charts-metal3", "management-charts-rancher"),
    ]:
        assert order.index(first) < order.index(then)
    assert (lab.folder / "build/lab").is_dir()

    assert set(summary(lab)) == {"same"}
    lab.pulumi("preview", "--refresh", "--expect-no-changes")
    lab.control.forget()
    lab.up()
    assert lab.control.calls() == []

    lab.pulumi("destroy", "--yes", "--skip-preview")
    # The releases go with the host: no cluster need be there to be asked.
    assert {call.type for call in lab.control.calls()} == {DOMAIN, NETWORK, VOLUME}
    assert str(lab.control.calls()[0]) == "delete management-host-vm"
    assert not lab.state().get("resources")
    assert there(lab) == {}
    assert not (lab.folder / "build/lab").exists()
    lab.pulumi("stack", "rm", "--yes", "lab")


def test_changes_in_place(lab: Deployment) -> None:
    site = small_site()
    site |= {"mode": "hostname", "provisioning": {"hostname": "ironic.paris.example.com"}}
    site["dns"]["backend"] = "libvirt"
    site["rancher"] = {"hostname": "rancher.paris.example.com"}
    lab.deployed(site)
    before = {name: resource["id"] for name, resource in lab.resources().items()}

    site["rancher"]["hostname"] = "manager.paris.example.com"
    assert sorted(lab.changed(site)) == ["update management-charts-rancher", "update management-network-virtual"]

    assert before == {name: resource["id"] for name, resource in lab.resources().items()}
    rows = lab.control.world()[NETWORK]["lab-mgmt-1"]["inputs"]["dns"]["hosts"]
    assert [row["ip"] for row in rows if row["hostname"].startswith("manager.")] == ["192.168.100.10", "fd00:100::10"]


def test_what_was_made_before_a_failure_stays_and_the_next_run_goes_on(lab: Deployment) -> None:
    lab.site(small_site())
    lab.init()
    fault = Fault(RELEASE, "management-charts-metal3", "create", message="timed out waiting for the condition")
    lab.control.set(fault)
    failed = lab.up(code=1)
    assert fault.message in failed.stdout
    assert there(lab)[RELEASE] == ["cert-manager/cert-manager", "longhorn-system/longhorn"]

    lab.control.set()
    lab.control.forget()
    lab.up()
    made: list[Any] = [str(call) for call in lab.control.calls()]
    assert made == [
        "create management-charts-metal3",
        "create management-charts-rancher",
        "create management-charts-rancher-families",
    ]
    assert there(lab) == EVERYTHING


def test_a_machine_that_somebody_removed_is_made_again_on_its_disk(lab: Deployment) -> None:
    lab.deployed(small_site())
    lab.control.thing(DOMAIN, "lab-mgmt-1").unlink()

    # What is on the cluster cannot be asked for meanwhile, and is not forgotten; the machine is.
    assert "unreachable" in lab.pulumi("refresh", "--yes", "--skip-preview", code=1).stdout
    lab.control.forget()
    lab.up()
    assert [str(call) for call in lab.control.calls()] == ["create management-host-vm"]
    assert there(lab) == EVERYTHING
