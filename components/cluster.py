"""The management cluster of one site."""

from __future__ import annotations

import pathlib
from typing import Any, ClassVar

import pulumi

from components.config import SecretReader
from components.dns import ManagementDns, records
from components.host import ManagementHost
from components.image import ManagementImage
from components.network import ManagementNetwork, addresses
from dualstack.plan import Plan


class ManagementCluster(pulumi.ComponentResource):
    """Network, DNS, image and host of one site; the charts come after it, since they need its cluster."""

    TYPE: ClassVar = "dualstack:index:ManagementCluster"

    host: ManagementHost
    """Where the cluster runs."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        *,
        secret: SecretReader,
        project: pathlib.Path,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the cluster.

        Args:
            name: name of the component; those of its children begin with it.
            plan: the site's plan.
            secret: reads secret config keys.
            project: the project's folder.
            opts: resource options; the libvirt provider comes with them.
        """
        super().__init__(self.TYPE, name, {"site": plan.name, **_release(plan)}, opts)
        options = pulumi.ResourceOptions(parent=self)
        # First what reads the user's files: where one is missing, nothing has been started yet.
        image = ManagementImage(f"{name}-image", plan, secret=secret, project=project, opts=options)
        network = ManagementNetwork(f"{name}-network", plan, options)
        dns = ManagementDns(f"{name}-dns", plan, secret=secret, opts=options)
        self.host = ManagementHost(
            f"{name}-host", plan, secret=secret, network=network, dns=dns, image=image.image, opts=options
        )
        self.register_outputs(exports(plan))


def _release(plan: Plan) -> dict[str, Any]:
    return {"release": plan.release.name, "kubernetesVersion": plan.kubernetes_version, "mode": plan.site.mode}


def exports(plan: Plan) -> dict[str, Any]:
    """Give what others want to know of the site: plain values, no secret among them, and only what the site has."""
    given = {**_release(plan), "nodes": addresses(plan), "dnsRecords": records(plan)}
    if plan.chart("rancher") is not None:
        given["rancherUrl"] = f"https://{plan.rancher_hostname}"
    if plan.ironic is not None:
        given["ironicEndpoint"] = plan.ironic.endpoint
    return given


def host_providers(plan: Plan) -> list[pulumi.ProviderResource]:
    """Make the providers that the site's kind of host needs."""
    if plan.libvirt is None:
        return []
    from components import libvirt

    return [libvirt.make_provider(plan)]
