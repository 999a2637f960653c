"""Ways out of libvirt's errors; the errors are as the real provider and libvirtd gave them."""

from __future__ import annotations

import shlex

import pytest

from dualstack.deploy.hints import with_ways_out
from tests import sites
from tests.plan.plans import plan
from tests.several import TOKEN, node, several

URN = (
    "urn:pulumi:test::dualstack::dualstack:index:ManagementCluster$dualstack:index:ManagementHost$"
    "libvirt:index/domain:Domain::management-host-vm"
)
SEVERAL = {
    "host": {"kind": "libvirt", "libvirt": {"image": "images/site.raw"}},
    "image": {"type": "raw", "diskSize": "60G"},
}
URI = "qemu+ssh://root@kvm.example.com/system?socket=/run/my socket"
PREFIX = 'eval "$(dualstack env)" && '
VIRSH = f"virsh -c {shlex.quote(URI)}"
GONE = (
    f"deleting {URN}: 1 error occurred:\n\t* error retrieving libvirt domain by delete: Domain not found: no domain "
    "with matching uuid '931e2fdf-f355-4239-b413-36042ef5e799'"
)


def ways_out(error: str) -> list[str]:
    told = with_ways_out(error, plan(host={"kind": "libvirt", "libvirt": {"uri": URI}}), PREFIX)
    assert told.startswith(error)
    return told.removeprefix(error).splitlines()[1:]


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        ("error creating libvirt domain: internal error: qemu died", f"{VIRSH} undefine test-mgmt-1 --nvram"),
        ("error defining libvirt domain: operation failed: domain 'a b' already exists with uuid 1", "undefine 'a b'"),
        (
            GONE,
            f"{PREFIX}pulumi state delete --yes --target-dependents --stack test {shlex.quote(URN)}",
        ),
        ("network 'lab' already exists with uuid 1", f"{VIRSH} net-destroy lab; {VIRSH} net-undefine lab"),
        ("requested operation is not valid: network 'lab' is not active", f"{VIRSH} net-start lab"),
        ("internal error: Network is already in use by interface virbr1\n", "on virbr1 of the hypervisor"),
        ("can't find storage pool 'fast'", f"{VIRSH} pool-define-as fast dir"),
        ("failed to connect: dial unix /run/x: connect: no such file or directory", f"no libvirtd answers at {URI}"),
        ('exec: "xsltproc": executable file not found in $PATH', "install xsltproc"),
        ("could not get preferred machine for /usr/bin/qemu-system-x86_64 type=kvm", "has no KVM"),
    ],
)
def test_way_out(error: str, way_out: str) -> None:
    (told,) = ways_out(error)
    assert way_out in told


def test_of_several_vms_those_are_told_that_did_not_start() -> None:
    """With a node whose name ends like another's."""
    site = sites.resolved(several(nodes=[node(1), {**node(2), "name": "x-mgmt-1"}, node(3)], **SEVERAL)).site
    made = sites.checked(site, TOKEN).plan
    assert made is not None
    said = "sdk.helper_schema: error creating libvirt domain: internal error: qemu died"
    lines = [f"management-host-{name}-vm: {said}" for name in ("mgmt-3", "x-mgmt-1")]
    lines += ["  management-host-mgmt-3-vm: 1 error occurred:", "  \t* error creating libvirt domain: qemu died"]
    ways = with_ways_out("\n".join(lines), made).splitlines()[len(lines) :]

    assert [way.partition(" undefine ")[2] for way in ways] == ["test-mgmt-3 --nvram", "test-x-mgmt-1 --nvram"]


def test_one_error_told_twice_has_one_way_out() -> None:
    assert len(ways_out(f"{GONE}\nmanagement-host-vm: {GONE}")) == 1


def test_a_host_that_is_there_has_none() -> None:
    assert with_ways_out(GONE, plan()) == GONE
