"""Machines that are installed through their BMCs: the server that makes the cluster, then all others."""

from __future__ import annotations

import pulumi

from components.config import SecretReader
from dualstack.plan import Plan
from dualstack.plan.model import InstallationPlan
from provider.resources import Installation

INSTALL_SECONDS = 5400
"""The image is read through a BMC, written to disk, and its first start unpacks all container images."""


def install(
    name: str,
    plan: Plan,
    secret: SecretReader,
    image: pulumi.Input[str] | None,
    parent: pulumi.Resource,
    after: list[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Install each node once.

    Args:
        name: start of the resources' names; with several nodes a node's name follows.
        plan: the site's plan.
        secret: reads the BMCs' passwords.
        image: the image that is built here; where the site names one, that is taken.
        parent: the component.
        after: what must be there first.
    """
    made: list[pulumi.Resource] = []
    for machine in plan.installations:
        own = f"{name}-{machine.node.name}" if plan.several else name
        # Whoever joins needs the cluster to be there.
        first = made[:1]
        made.append(_installation(own, plan, machine, secret, image, parent, [*after, *first]))
    return made


def _installation(
    name: str,
    plan: Plan,
    machine: InstallationPlan,
    secret: SecretReader,
    image: pulumi.Input[str] | None,
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
        password=secret(machine.password_key) if machine.password_key else None,
        fingerprint=machine.fingerprint,
        media=machine.media or image or "",
        sha256=machine.sha256,
        serve_port=plan.site.host.redfish.serve_port,
        generation=machine.generation,
        install_over=machine.install_over or None,
        addresses={family: str(address) for family, address in machine.node.addresses.items()},
        port=machine.port,
        timeout=INSTALL_SECONDS,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=after,
            protect=plan.site.host.production or None,
            additional_secret_outputs=["password"],
        ),
    )
