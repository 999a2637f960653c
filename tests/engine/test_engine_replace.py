"""What is replaced with what, and in which order, with stand-in providers that know what forces it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import DOMAIN, NETWORK, RELEASE, VOLUME
from tests.lab.standins.project import Deployment, small_site

VM, DISK, IMAGE, NET = (
    "management-host-vm",
    "management-host-disk",
    "management-host-image",
    "management-network-virtual",
)
CHARTS = ("cert-manager", "longhorn", "metal3", "rancher")
ON_CLUSTER = [f"create management-charts-{name}" for name in (*CHARTS, "rancher-families")]
OTHER_MAC = "34:8a:b1:4b:16:aa"

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def memory(site: dict[str, Any]) -> None:
    site["host"]["libvirt"]["memory"] = 65536


def mac(site: dict[str, Any]) -> None:
    site["nodes"][0]["interfaces"][0]["mac"] = OTHER_MAC


def mtu(site: dict[str, Any]) -> None:
    site["host"]["libvirt"]["network"] = {"mtu": 1400}


def domain(site: dict[str, Any]) -> None:
    site["host"]["libvirt"]["network"] = {"domain": "lab.example"}


def disk(site: dict[str, Any]) -> None:
    site["host"]["libvirt"]["diskSize"] = 120


def image(site: dict[str, Any]) -> None:
    site["host"]["libvirt"]["image"] = "images/new.raw"


MACHINE = [f"delete {VM}", f"create {VM}"]
ORDERS: dict[Change, list[str]] = {
    memory: MACHINE,
    mac: MACHINE,
    mtu: [f"delete {NET}", f"create {NET}", *MACHINE],
    domain: [f"delete {NET}", f"create {NET}", *MACHINE],
    disk: [f"delete {VM}", f"delete {DISK}", f"create {DISK}", f"create {VM}"],
    image: [f"create {IMAGE}", f"delete {VM}", f"delete {DISK}", f"create {DISK}", f"create {VM}"],
}

LATER: dict[Change, list[str]] = {image: [f"delete {IMAGE}"]}
"""What goes last of all."""


def test_order(lab: Deployment) -> None:
    """What refers to a thing by its name goes before it and comes after it.

    Nothing but the image stands beside its successor.
    """
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    for change in (mac, mtu, image):
        change(site)
        assert lab.changed(site) == [*ORDERS[change], *LATER.get(change, ())], change.__name__
    assert {type_: len(things) for type_, things in lab.control.world().items()} == {DOMAIN: 1, NETWORK: 1, VOLUME: 2}
    lab.pulumi("preview", "--expect-no-changes")


def test_releases_follow_the_disk(lab: Deployment) -> None:
    """The cluster lives on the disk: a new machine, or a new network, on the old disk has its releases still.

    With a new disk they are new, and nobody is asked to uninstall the old ones from a cluster that is gone.
    """
    site = small_site()
    lab.deployed(site)
    for change, made in ((memory, []), (domain, []), (disk, ON_CLUSTER), (image, ON_CLUSTER)):
        change(site)
        assert lab.changed(site) == [*ORDERS[change], *made, *LATER.get(change, ())], change.__name__
    assert len(lab.control.world()[RELEASE]) == len(CHARTS)
    lab.pulumi("preview", "--expect-no-changes")


def test_a_failed_replacement_and_the_retry(lab: Deployment) -> None:
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    domain(site)
    lab.control.set(Fault(NETWORK, NET, "create", message="Network is already in use by interface virbr1"))
    assert lab.changed(site, code=1) == [f"delete {NET}", f"create {NET}"]
    lab.control.set()
    # Nothing of what the retry makes is deleted again as "the original".
    assert lab.changed(site) == [f"create {NET}", *MACHINE]
    lab.pulumi("preview", "--expect-no-changes")


def test_the_way_out_where_a_disk_failed_under_its_machine(lab: Deployment) -> None:
    """At each retry the engine deletes again what depends on a replaced resource, and libvirt has no such VM."""
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    machine = lab.resources()[VM]["urn"]
    disk(site)
    lab.control.set(Fault(VOLUME, DISK, "create", message="no space left on device"))
    lab.changed(site, code=1)
    lab.control.set()
    # A refresh does not look at what is to be replaced anyway, so it is no way out.
    lab.pulumi("refresh", "--yes", "--skip-preview")
    assert lab.changed(site, code=1) == [f"delete {VM}"]

    lab.pulumi("state", "delete", "--yes", "--target-dependents", machine)
    assert lab.changed(site) == [f"create {DISK}", f"create {VM}"]
    lab.pulumi("preview", "--expect-no-changes")


def test_without_replace_on_changes_a_mac_is_updated_without_effect(lab: Deployment) -> None:
    without(lab, "replace_on_changes=_replaced_by(len(macs)),")
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    mac(site)
    assert lab.changed(site) == [f"update {VM}"]


def without(lab: Deployment, option: str) -> None:
    """Take an option away from the first of the copy's resources that has it; the network is the first of all."""
    file = lab.folder / "components/libvirt.py"
    text = file.read_text()
    assert option in text
    file.write_text(text.replace(option, "", 1))


def test_production_is_protected(lab: Deployment) -> None:
    site = small_site(production=True)
    site["delivery"] = "image"
    lab.deployed(site)
    before = lab.control.world()
    for change in (disk, domain, image):
        other = small_site(production=True)
        other["delivery"] = "image"
        change(other)
        calls = lab.changed(other, code=1)
        assert not [call for call in calls if not call.startswith("update")]
        assert lab.control.world() == before
    lab.site(site)
    refused = lab.pulumi("destroy", "--yes", "--skip-preview", code=1)
    assert "protect" in refused.told
    assert lab.control.world() == before

    # Whoever means it says so; the disks stay even then.
    site["host"]["production"] = True
    lab.pulumi("state", "unprotect", "--all", "--yes")
    lab.pulumi("destroy", "--yes", "--skip-preview")
    assert lab.resources() == {}
    left = {type_: list(things) for type_, things in lab.control.world().items() if things}
    assert [name.rpartition("-image-")[0] or name for name in left[VOLUME]] == [
        "default/lab-mgmt-1-disk",
        "default/lab-mgmt-1",
    ]
    assert DOMAIN not in left
    assert NETWORK not in left
