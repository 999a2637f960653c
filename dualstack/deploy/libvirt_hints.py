"""Errors of libvirt and of its provider that are known, and the way out of each.

Met with pulumi-libvirt 0.5.4, libvirt 9.0 and the engine 3.246; an error that is not in the table is told as it is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from string import Template
from typing import Final

from dualstack.plan import Plan

DEFAULT_URI: Final = "qemu:///system"

HINTS: Final[tuple[tuple[str, str], ...]] = (
    # The provider defines a VM and then starts it; where the start fails, only libvirt keeps it.
    (
        r"(?:(?P<machine>\S+)-vm: [^\n]*?(?:\n[^\n]*?)?)?error creating libvirt domain: ",
        "libvirt has kept the VM that it could not start, and the stack does not know it; mend the cause, then remove "
        "it: $virsh undefine $vm --nvram",
    ),
    (
        r"domain '(?P<name>[^']+)' already exists with uuid",
        "a VM of this name is on the hypervisor, and this stack does not know it; if it is left from a start that "
        "failed, remove it: $virsh undefine $name --nvram",
    ),
    # At a retry the engine deletes again what had to go before a resource whose replacement failed.
    (
        r"deleting (?P<urn>urn:\S+): .*\n?.*error retrieving libvirt domain by delete: Domain not found",
        "the VM went before what it boots from could be made; have Pulumi forget it, then run dualstack up $stack: "
        "$pulumi state delete --yes --target-dependents --stack $stack $urn",
    ),
    (
        r"deleting (?P<urn>urn:\S+): .*\n?.*when destroying libvirt network: error retrieving Network not found",
        "the network is gone already; have Pulumi forget it, then run dualstack up $stack: "
        "$pulumi state delete --yes --target-dependents --stack $stack $urn",
    ),
    (
        r"network '(?P<name>[^']+)' already exists with uuid",
        "a network of this name is on the hypervisor, and this stack does not know it; if nobody uses it, remove it: "
        "$virsh net-destroy $name; $virsh net-undefine $name",
    ),
    (r"network '(?P<name>[^']+)' is not active", "somebody stopped the network: $virsh net-start $name"),
    (
        r"Network is already in use by interface (?P<interface>\S+?)[:,]?\s",
        "a prefix of the site's network is on $interface of the hypervisor already; give the site another "
        "(host.libvirt.network), or remove what has it ($virsh net-list --all)",
    ),
    (
        r"can't find storage pool '(?P<pool>[^']+)'",
        "name a storage pool that the hypervisor has in host.libvirt.pool ($virsh pool-list --all), or make this one: "
        "$virsh pool-define-as $pool dir --target /var/lib/libvirt/images; $virsh pool-start $pool; "
        "$virsh pool-autostart $pool",
    ),
    (
        r"failed to connect: dial \S+",
        "no libvirtd answers at $uri: start it there, or name the hypervisor in host.libvirt.uri",
    ),
    (
        r"\"xsltproc\": executable file not found",
        "install xsltproc on the machine that deploys: the provider makes the network's XML with it (Debian, Ubuntu: "
        "xsltproc; SUSE: libxslt-tools)",
    ),
    (
        r"could not get preferred machine for \S+ type=kvm",
        "the hypervisor has no KVM: switch virtualisation on in its firmware and load kvm_intel or kvm_amd "
        "($virsh domcapabilities tells)",
    ),
)
"""Pattern of the error, and what to do: named groups come quoted for a shell, beside the words of ``_words``."""


def libvirt_ways_out(error: str, plan: Plan, prefix: str = "") -> Iterator[str]:
    """Tell the ways out of libvirt's errors, each once.

    Args:
        error: what the engine told.
        plan: the site's plan.
        prefix: what a shell needs before a plain ``pulumi`` command on the stack.
    """
    if plan.libvirt is None:
        return
    told: set[str] = set()
    for pattern, way_out in HINTS:
        for match in re.finditer(pattern, error):
            way = Template(way_out).substitute(_words(plan, prefix), **_quoted(match), vm=_vm(plan, match))
            if way not in told:
                told.add(way)
                yield way


def _words(plan: Plan, prefix: str) -> dict[str, str]:
    uri = plan.site.host.libvirt.uri or DEFAULT_URI
    return {
        "uri": uri,
        "virsh": f"virsh -c {shlex.quote(uri)}",
        "pulumi": f"{prefix}pulumi",
        "stack": shlex.quote(plan.name),
    }


def _vm(plan: Plan, match: re.Match[str]) -> str:
    """Give a VM's name, as components/libvirt.py names it: of the resource that is told, which is its node's."""
    resource = match.groupdict().get("machine") or ""
    named = [node.name for node in plan.nodes if resource.endswith(f"-{node.name}")]
    return shlex.quote(f"{plan.name}-{max(named, key=len, default=plan.initializer.name)}")


def _quoted(match: re.Match[str]) -> dict[str, str]:
    return {key: shlex.quote(value) for key, value in match.groupdict().items() if value is not None}
