"""What fails in the middle on a real libvirt host, and the way out."""

from __future__ import annotations

import pytest

from tests.plugins.libvirt import DISK, IMAGE, NAME, NET, VM, Lab

pytestmark = pytest.mark.plugins


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.lean()
    return lab


@pytest.mark.parametrize("mitigated", [True, False])
def test_a_network_that_could_not_be_replaced(lab: Lab, mitigated: bool) -> None:
    """The change is taken back: what is made again must not be deleted as "the original"."""
    server = lab.libvirtd
    if not mitigated:
        lab.without("delete_before_replace=True,")
    site = lab.small()
    lab.first(site)
    # Somebody else's prefix.
    server.run("ip", "link", "add", "br-other", "up", "type", "bridge")
    try:
        server.run("ip", "address", "add", "192.168.200.1/24", "dev", "br-other")
        site["host"]["libvirt"]["network"] = {"ipv4": "192.168.200.0/24"}
        failed = lab.apply(lab.moved(site), code=1)
        assert failed.steps[-1] == f"failed create {NET}"
        assert "already in use by interface br-other" in " ".join(failed.errors)
        if mitigated:
            lab.apply(lab.small())
            assert server.names("net") == [NAME]
            lab.expect_no_changes("--refresh")
        else:
            errors = " ".join(lab.apply(lab.small(), code=1).errors)
            assert "when destroying libvirt network: error retrieving Network not found" in errors
    finally:
        server.run("ip", "link", "delete", "br-other")


@pytest.mark.parametrize("mitigated", [True, False])
def test_an_image_that_could_not_be_replaced(lab: Lab, mitigated: bool) -> None:
    """With a name for each source the VM runs on; else it is gone, and no retry goes on by itself."""
    server = lab.libvirtd
    if not mitigated:
        lab.without("name=_image_name(plan, given.image),", 'name=f"{_network_name(plan)}-image",')
        lab.without("delete_before_replace=False", "delete_before_replace=True")
    site = lab.small()
    lab.first(site)
    failed = lab.apply(lab.small(image="/nowhere/new.raw"), code=1)
    assert failed.steps[-1] == f"failed create {IMAGE}"
    assert server.names("vm") == ([NAME] if mitigated else [])
    if mitigated:
        lab.apply(site)
        assert server.virsh("domstate", NAME) == "running"
        assert lab.apply(lab.small(image=lab.image("new.raw"))).steps == [
            f"create {IMAGE}",
            f"delete {VM}",
            f"delete {DISK}",
            f"create {DISK}",
            f"create {VM}",
            f"delete {IMAGE}",
        ]
        assert len(server.names("vol")) == 2
        lab.expect_no_changes("--refresh")
    else:
        assert lab.apply(site, code=1).steps == [f"failed delete {VM}"]


@pytest.mark.parametrize("mitigated", [True, False])
def test_a_disk_that_could_not_be_replaced(lab: Lab, mitigated: bool) -> None:
    """The VM is gone, the way out is told; the disk that is made again must not be deleted as "the original"."""
    server = lab.libvirtd
    if not mitigated:
        lab.without('ResourceOptions(delete_before_replace=True, aliases=known("disk"))', "ResourceOptions()")
    site = lab.small()
    lab.first(site)
    failed = lab.apply(lab.small(diskSize=9 * 10**9), code=1)
    assert failed.steps == [f"delete {VM}", f"delete {DISK}", f"failed create {DISK}"]
    # The change is taken back.
    if mitigated:
        stuck = lab.apply(site, code=1)
        assert stuck.steps == [f"failed delete {VM}"]
        lab.follow(lab.ways_out(site, stuck), "pulumi state delete")
        assert lab.apply(site).steps == [f"create {DISK}", f"create {VM}"]
        assert f"{NAME}-disk" in server.names("vol")
        lab.expect_no_changes("--refresh")
    else:
        # Without a word, under the running VM.
        assert lab.apply(site).steps == [f"create {DISK}", f"create {VM}", f"delete {DISK}"]
        assert f"{NAME}-disk" not in server.names("vol")


def test_a_vm_that_does_not_start(lab: Lab) -> None:
    """libvirt keeps what the provider forgets; the way out is told at once, and again where it was not taken."""
    lab.site(lab.small(firmware="/nowhere/firmware.fd"))
    lab.init()
    failed = lab.dualstack("up", "lab", "--engine", "built", "--yes")
    assert failed.code == 1
    assert f"undefine {NAME} --nvram" in failed.told
    assert lab.libvirtd.names("vm") == [NAME]

    again = lab.apply(lab.small(), code=1)
    lab.follow(lab.ways_out(lab.small(), again), "virsh")
    assert lab.apply(lab.small()).steps == [f"create {VM}"]
    lab.destroy()
