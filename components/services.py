"""Both families for Services whose chart has no value for it."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes.core.v1 import ServicePatch, ServiceSpecPatchArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaPatchArgs

FIELD_MANAGER: Final = "dualstack"


def both_families(name: str, service: str, namespace: str, opts: pulumi.ResourceOptions) -> ServicePatch:
    """Give a Service both families, beside the Helm release that it belongs to.

    Helm's upgrades leave the field alone, since no manifest of the chart has it. ``ipFamilies`` is left to the cluster:
    it adds the second family, and the first can never change. RequireDualStack, not PreferDualStack: on a cluster of
    one family the update fails and says so, in place of a Service that silently has one.

    Args:
        name: name of the resource.
        service: name of the Service.
        namespace: its namespace.
        opts: resource options.
    """
    annotations = {
        # The release has waited for its workloads; waiting for endpoints again would only take time.
        "pulumi.com/skipAwait": "true",
        # Whoever took the second family away owns the field since then, and the next update mends that.
        "pulumi.com/patchForce": "true",
        # Not a random one: a state that was lost leaves no second owner behind.
        "pulumi.com/patchFieldManager": FIELD_MANAGER,
    }
    return ServicePatch(
        name,
        metadata=ObjectMetaPatchArgs(name=service, namespace=namespace, annotations=annotations),
        spec=ServiceSpecPatchArgs(ip_family_policy="RequireDualStack"),
        # Giving a field up is a patch, too, and fails on a Service that is gone; the release takes the Service along.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True)),
    )
