"""The Helm releases on the living cluster, and the way to it."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, cast

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.helm import v3 as helm

from components.config import SecretReader
from components.host import ManagementHost
from dualstack.frozen import LEAVE, Secret, thaw
from dualstack.plan import Plan
from dualstack.plan.model import ChartPlan

KUBECONFIG_KEY = "kubeconfig"
RELEASE_SECONDS = 1800
"""Until a release's workloads run: a first start pulls its images over the site's line, and Rancher restarts itself."""


class ManagementCharts(pulumi.ComponentResource):
    """The charts whose delivery is ``pulumi``, one Helm release after the other."""

    TYPE: ClassVar = "dualstack:index:ManagementCharts"

    def __init__(
        self,
        name: str,
        plan: Plan,
        *,
        secret: SecretReader,
        host: ManagementHost,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the releases.

        Args:
            name: name of the component.
            plan: the site's plan.
            secret: reads secrets in values, and passwords of repositories.
            host: where the cluster runs.
            opts: resource options; the Kubernetes provider comes with them.
        """
        charts = delivered(plan)
        inputs = {
            "charts": [{"name": item.name, "version": item.version, "namespace": item.namespace} for item in charts]
        }
        super().__init__(self.TYPE, name, inputs, opts)
        releases: dict[str, helm.Release] = {}
        for chart in charts:
            before = [releases[item] for item in _before(plan, chart) if item in releases]
            releases[chart.name] = self._release(name, chart, before, secret, host)
        self.register_outputs({"releases": [chart.name for chart in charts]})

    def _release(
        self, name: str, chart: ChartPlan, before: list[helm.Release], secret: SecretReader, host: ManagementHost
    ) -> helm.Release:
        def resolve(item: Secret) -> Any:
            value = secret(item.key)
            return LEAVE if value is None else value

        oci = chart.repository.url.startswith("oci://")
        return helm.Release(
            f"{name}-{chart.name}",
            name=chart.name,
            namespace=chart.namespace,
            create_namespace=True,
            chart=f"{chart.repository.url.rstrip('/')}/{chart.chart}" if oci else chart.chart,
            version=chart.version,
            repository_opts=_repository(chart, oci, secret),
            values=thaw(chart.values, resolve),
            # Rancher and metal3 use what the release before them serves (webhooks, CRDs), so each is waited for.
            skip_await=False,
            timeout=RELEASE_SECONDS,
            # Not atomic: that would uninstall a first release that is merely slow, with its images and the reason. A
            # failed one stays, the next run upgrades it, and what a failed upgrade had added goes.
            atomic=False,
            cleanup_on_fail=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[host.ready, *before],
                # With the machine the cluster goes, so nothing is uninstalled. On a new disk everything is new; a new
                # machine on the old disk still has its releases. The engine skips the deletion only where the machine
                # goes because of what is named here, so each disk is.
                deleted_with=host.machine,
                replace_with=list(host.disks) or None,
                # One name in one namespace: a second release could not stand beside the first.
                delete_before_replace=True,
            ),
        )


def delivered(plan: Plan) -> list[ChartPlan]:
    """Give the charts that are Helm releases of this program, in the order in which they depend on each other."""
    return [chart for chart in plan.charts if chart.delivery == "pulumi"]


def _before(plan: Plan, chart: ChartPlan) -> list[str]:
    """Give what must be there first; a chart that is in the image stands for those that it depends on itself."""
    names: list[str] = []
    for name in chart.depends_on:
        one = plan.chart(name)
        if one is not None and one.delivery != "pulumi":
            names += _before(plan, one)
        else:
            names.append(name)
    return names


def _repository(chart: ChartPlan, oci: bool, secret: SecretReader) -> helm.RepositoryOptsArgs | None:
    """Give repository and login; an OCI chart has its repository in its own reference."""
    given = chart.repository
    password = secret(given.password_key) if given.password_key else None
    repo = None if oci else given.url
    if repo is None and given.username is None:
        return None
    return helm.RepositoryOptsArgs(repo=repo, username=given.username, password=password)


def kubernetes_provider(plan: Plan, secret: SecretReader, host: ManagementHost) -> kubernetes.Provider:
    """Make the provider of the site's cluster.

    Everything that the SDK would take from the environment is stated: a plan may not depend on who computes it.
    """
    return kubernetes.Provider(
        "kubernetes",
        kubeconfig=_kubeconfig(secret, host),
        # Replaces nothing when the kubeconfig changes: it does whenever its certificate is renewed.
        cluster_identifier=f"dualstack-{plan.name}",
        # Else a refresh during an outage would forget every release.
        delete_unreachable=False,
        skip_update_unreachable=False,
        enable_server_side_apply=True,
    )


def _kubeconfig(secret: SecretReader, host: ManagementHost) -> pulumi.Output[str]:
    """Give the kubeconfig; where the stack has none, a preview goes on without knowing it, and an update stops.

    Never an empty one: the provider would take that of whoever deploys, and with it another cluster.
    """
    given = secret(KUBECONFIG_KEY)
    if given is not None:
        return given
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.secret(cast(str, pulumi.UNKNOWN))
    # Only once the host is there: a first update makes it, and only then is there a kubeconfig.
    return pulumi.Output.secret(host.ready.answered.apply(_no_kubeconfig))


def _no_kubeconfig(_answered: object) -> NoReturn:
    raise pulumi.RunError(
        "the charts are delivered by Pulumi, and the stack has no kubeconfig; copy "
        "/etc/rancher/rke2/rke2.yaml from the host, put the host's address into it, and run: "
        f"pulumi config set --secret dualstack:{KUBECONFIG_KEY} < rke2.yaml"
    )
