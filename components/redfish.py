"""Machines that are installed through their BMCs: the server that makes the cluster, then all others."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.hypervisor import HostKind, Machines, Surroundings
from dualstack.plan import Plan
from dualstack.plan.model import InstallationPlan
from provider.resources import Installation

INSTALL_SECONDS = 5400
"""The image is read through a BMC, written to disk, and its first start unpacks all container images."""


class Redfish(HostKind):
    """Machines with a BMC that boots an image."""

    def machines(self, name: str, plan: Plan, given: Surroundings, parent: pulumi.Resource) -> Machines:
        """Install each node once; where the site names an image, that is taken."""
        made: list[pulumi.Resource] = []
        for machine in plan.installations:
            own = f"{name}-{machine.node.name}"
            before = [name] if machine.node.name == plan.initializer.name else []
            # What is noted of the first machine stays when others come beside it, or go: it is not a new one.
            names = (own, before) if plan.several else (name, [own])
            # Whoever joins needs the cluster to be there.
            made.append(_installation(*names, plan, machine, given, parent, [*given.after, *made[:1]]))
        return Machines(installed=made)


def _installation(
    name: str,
    before: Sequence[str],
    plan: Plan,
    machine: InstallationPlan,
    given: Surroundings,
    parent: pulumi.Resource,
    after: list[pulumi.Resource],
) -> Installation:
    return Installation(
        f"{name}-installation",
        site=plan.name,
        node=machine.node.name,
        url=machine.url,
        system=machine.system or None,
        username=machine.username,
        password=given.secret(machine.password_key) if machine.password_key else None,
        fingerprint=machine.fingerprint,
        media=machine.media or given.image or "",
        sha256=machine.sha256,
        serve_port=plan.site.host.redfish.serve_port,
        generation=machine.generation,
        install_over=machine.install_over or None,
        addresses={family: str(address) for family, address in machine.node.addresses.items()},
        port=machine.port,
        macs=machine.macs or None,
        timeout=INSTALL_SECONDS,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=after,
            protect=plan.site.host.production or None,
            additional_secret_outputs=["password"],
            aliases=[pulumi.Alias(name=f"{one}-installation") for one in before] or None,
        ),
    )
