"""The management cluster of one site.

Without ``from __future__ import annotations``: the plugin's schema is made of the annotations as they are.
"""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.access import kubeconfig
from components.dns import ManagementDns, ManagementDnsArgs
from components.host import ManagementHost, ManagementHostArgs
from components.hypervisor import host_kind
from components.image import ManagementImage, ManagementImageArgs
from components.network import ManagementNetwork, ManagementNetworkArgs
from components.outputs import Addresses, DnsRecord, HostBinding, addresses, names, node_addresses, records, urls
from components.site import open_site
from dualstack.plan import Plan


class ManagementClusterArgs(TypedDict):
    """What a management cluster is made of."""

    name: str
    """The site's name, such as ``paris``: part of the names on the hypervisor, and the folder below ``build``."""
    site: dict[str, Any]
    """The site, as a site file has it below ``dualstack:site``; plain values, since the rules run before anything is
    made."""
    secrets: NotRequired[dict[str, pulumi.Input[str]]]
    """The site's secrets by config key, such as ``rancherBootstrapPassword``; they are secret in state whatever they
    were given as."""


class ManagementCluster(pulumi.ComponentResource):
    """Network, DNS, image and host of one site, and the way to its cluster; its charts are ``ManagementCharts``."""

    TYPE = "dualstack:index:ManagementCluster"

    release: pulumi.Output[str]
    """The SUSE Telco Cloud release, as a site names it."""
    kubernetes_version: pulumi.Output[str]
    """Such as ``v1.34.4+rke2r1``."""
    mode: pulumi.Output[str]
    """``address`` or ``hostname``."""
    nodes: pulumi.Output[dict[str, Addresses]]
    """Each node's addresses by its name."""
    entry: pulumi.Output[Addresses]
    """Where the cluster is reached: the node's addresses, or the virtual ones."""
    serving: pulumi.Output[Addresses]
    """Where machines are served: Ironic's addresses."""
    names: pulumi.Output[list[str]]
    """The names that the site answers to."""
    dns_records: pulumi.Output[list[DnsRecord]]
    """All its records."""
    api_server: pulumi.Output[str] | None
    """URL of the Kubernetes API server, as the kubeconfig has it."""
    rancher_url: pulumi.Output[str] | None
    """Of Rancher, where the site has it."""
    ironic_endpoint: pulumi.Output[str] | None
    """URL of Ironic's API, where the site has metal3."""
    kubeconfig: pulumi.Output[str] | None
    """A secret; where the site is given one, or reads it from the host."""
    host: pulumi.Output[HostBinding]
    """What ``ManagementCharts`` is bound to."""

    def __init__(self, name: str, args: ManagementClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the cluster.

        Args:
            name: name of the component; those of its children begin with it.
            args: site and secrets.
            opts: resource options; where the site's kind of host needs a provider, they may name it.

        Raises:
            pulumi.RunError: the site has errors; the text names them all.
        """
        plan, secret = open_site(args)
        super().__init__(self.TYPE, name, {"site": plan.name, **_release(plan)}, opts)
        self.plan = plan
        kind = host_kind(plan)
        options = pulumi.ResourceOptions(parent=self)
        if kind.package is not None and self.get_provider(f"{kind.package}::") is None:
            options.providers = [kind.provider(f"{name}-{kind.package}", plan, self)]
        # First what reads the user's files: where one is missing, nothing has been started yet.
        image = ManagementImage(f"{name}-image", ManagementImageArgs(plan, secret), options)
        network = ManagementNetwork(f"{name}-network", ManagementNetworkArgs(plan), options)
        dns = ManagementDns(f"{name}-dns", ManagementDnsArgs(plan, secret), options)
        self._host = ManagementHost(
            f"{name}-host", ManagementHostArgs(plan, secret, network, dns, image.image), options
        )
        self._tell(plan)
        self.kubeconfig = kubeconfig(f"{name}-access", plan, secret, self._host, options)
        self.register_outputs({**self.exports(), "host": self.host})

    def _tell(self, plan: Plan) -> None:
        told = pulumi.Output.from_input
        self.release, self.mode = told(plan.release.name), told(str(plan.site.mode))
        self.kubernetes_version = told(plan.kubernetes_version)
        self.nodes = told(node_addresses(plan))
        self.entry, self.serving = told(addresses(plan.entry)), told(addresses(plan.serving))
        self.names, self.dns_records = told(names(plan)), told(records(plan))
        self.host = self._host.binding
        known = urls(plan)
        self.api_server, self.rancher_url = known.api_server, known.rancher_url
        self.ironic_endpoint = known.ironic_endpoint

    def exports(self) -> dict[str, Any]:
        """Give what other programs and stacks read, by its name in state, and only what the site has."""
        given = {
            "release": self.release,
            "kubernetesVersion": self.kubernetes_version,
            "mode": self.mode,
            "nodes": self.nodes,
            "entry": self.entry,
            "serving": self.serving,
            "names": self.names,
            "dnsRecords": self.dns_records,
            "apiServer": self.api_server,
            "rancherUrl": self.rancher_url,
            "ironicEndpoint": self.ironic_endpoint,
            "kubeconfig": self.kubeconfig,
        }
        return {name: value for name, value in given.items() if value is not None}


def _release(plan: Plan) -> dict[str, Any]:
    return {"release": plan.release.name, "kubernetesVersion": plan.kubernetes_version, "mode": plan.site.mode}
