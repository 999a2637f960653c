"""What is replaced with what, and in which order, with stand-in providers that know what forces it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import DOMAIN, NETWORK, RELEASE, VOLUME
from tests.lab.standins.project import Deployment, small_site

VM, DISK, IMAGE, NET = "management-host-vm", "management-host-disk", "management-host-image", "management-network-virtual"
RELEASES = [f"create management-charts-{name}" for name in ("cert-manager", "longhorn", "metal3", "rancher")]
OTHER_MAC = "34:8a:b1:4b:16:aa"


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


# The cluster lives on the disk: a new machine, or a new network, on the old disk has its releases still. With a new disk
# they are new, and nobody is asked to uninstall the old ones from a cluster that is gone.
ORDERS = {
    memory: [f"delete {VM}", f"create {VM}"],
    mac: [f"delete {VM}", f"create {VM}"],
    mtu: [f"delete {VM}", f"delete {NET}", f"create {NET}", f"create {VM}"],
    domain: [f"delete {VM}", f"delete {NET}", f"create {NET}", f"create {VM}"],
    disk: [f"delete {VM}", f"delete {DISK}", f"create {DISK}", f"create {VM}", *RELEASES],
    image: [
        f"delete {VM}",
        *(f"delete {DISK}", f"delete {IMAGE}", f"create {IMAGE}", f"create {DISK}"),
        f"create {VM}",
        *RELEASES,
    ],
}


@pytest.mark.parametrize("change", ORDERS, ids=lambda change: change.__name__)
def test_order(lab: Deployment, change: Callable[[dict[str, Any]], None]) -> None:
    site = small_site()
    lab.deployed(site)
    change(site)
    assert lab.changed(site) == ORDERS[change]
    assert {type_: len(things) for type_, things in lab.control.world().items()} == {
        DOMAIN: 1,
        NETWORK: 1,
        VOLUME: 2,
        RELEASE: 4,
    }
    lab.pulumi("preview", "--expect-no-changes")


@pytest.mark.parametrize("mitigated", [True, False])
def test_a_failed_replacement_and_the_retry(lab: Deployment, mitigated: bool) -> None:
    """The worst trap: without an explicit delete_before_replace the retry deletes what it has just made."""
    if not mitigated:
        without(lab, "delete_before_replace=True,")
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    disk(site)
    lab.control.set(Fault(VOLUME, DISK, "create", message="no space left"))
    lab.changed(site, code=1)
    assert "default/lab-mgmt-1-disk" not in lab.control.world()[VOLUME]

    lab.control.set()
    calls = lab.changed(site)
    assert "management-host-disk" in lab.resources()
    assert ("default/lab-mgmt-1-disk" in lab.control.world()[VOLUME]) == mitigated
    assert (f"delete {DISK}" in calls) != mitigated


def test_without_replace_on_changes_a_mac_is_updated_without_effect(lab: Deployment) -> None:
    without(lab, "replace_on_changes=DOMAIN_REPLACED_BY,")
    site = small_site()
    site["delivery"] = "image"
    lab.deployed(site)
    mac(site)
    assert lab.changed(site) == [f"update {VM}"]


def without(lab: Deployment, option: str) -> None:
    """Take an option away from the copy's resources."""
    file = lab.folder / "components/libvirt.py"
    text = file.read_text()
    assert option in text
    file.write_text(text.replace(option, ""))


def test_production_is_protected(lab: Deployment) -> None:
    site = small_site(production=True)
    lab.deployed(site)
    before = lab.control.world()
    for change in (memory, disk, domain):
        other = small_site(production=True)
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
    assert left[VOLUME] == ["default/lab-mgmt-1-disk", "default/lab-mgmt-1-image"]
    assert DOMAIN not in left
    assert NETWORK not in left
