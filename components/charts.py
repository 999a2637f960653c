"""The Helm releases on the living cluster, and what belongs to them there.

Without ``from __future__ import annotations``: the plugin's schema is made of the annotations as they are.
"""

import functools
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.helm import v3 as helm

from components.bound import Bound
from components.helmcharts import forget_command, let_go, send_values
from components.outputs import HostBinding
from components.readback import read_back
from components.secrets import Secrets
from components.services import both_families
from components.site import open_site
from components.values import chart_values, values_digest
from dualstack.plan import Plan
from dualstack.plan.model import ChartPlan
from dualstack.plan.services import single_family_services

RELEASE_SECONDS = 1800
"""Until a release's workloads run: a first start pulls its images over the site's line, and Rancher restarts itself."""


class ManagementChartsArgs(TypedDict):
    """What the charts are made of."""

    name: str
    """The site's name, as its ``ManagementCluster`` has it."""
    site: dict[str, Any]
    """The site, as its ``ManagementCluster`` has it; plain values."""
    secrets: NotRequired[dict[str, pulumi.Input[str]]]
    """The site's secrets by config key: those in charts' values, and passwords of repositories."""
    host: pulumi.Input[HostBinding]
    """Where the cluster runs: the output ``host`` of ``ManagementCluster``."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """The way to the cluster: the output ``kubeconfig`` of ``ManagementCluster``; not needed where the resource options
    name a Kubernetes provider."""


class ManagementCharts(pulumi.ComponentResource):
    """What the program has on the cluster.

    The charts whose delivery is ``pulumi``, one Helm release after the other, and the values of those in the image
    whose ``day2`` is ``helmchartconfig``.
    """

    TYPE = "dualstack:index:ManagementCharts"

    releases: pulumi.Output[list[str]]
    """Names of the Helm releases, in the order in which they are made."""

    def __init__(self, name: str, args: ManagementChartsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the releases.

        Args:
            name: name of the component; those of its children begin with it.
            args: site, secrets, host and kubeconfig.
            opts: resource options; they may name the Kubernetes provider.

        Raises:
            pulumi.RunError: the site has errors, or nothing leads to its cluster.
        """
        plan, secret = open_site(args, tell=False)
        charts = delivered(plan)
        inputs: dict[str, Any] = {
            "charts": [{"name": item.name, "version": item.version, "namespace": item.namespace} for item in charts]
        }
        configured = [chart for chart in plan.charts if chart.configured]
        handed = [chart for chart in plan.charts if chart.delivery == "pulumi" and chart.handover]
        if configured:
            inputs["configured"] = [chart.name for chart in configured]
        if handed:
            inputs["handover"] = [chart.name for chart in handed]
        super().__init__(self.TYPE, name, inputs, opts)
        self._host = Bound(args["host"])
        self._provider = self.get_provider("kubernetes::")
        if self._provider is None and plan.uses_cluster:
            self._provider = cluster_provider(f"{name}-kubernetes", plan, args.get("kubeconfig"), self)
        done: dict[str, list[pulumi.Input[Any]]] = {}
        for chart in charts:
            before = [one for item in _before(plan, chart) for one in done.get(item, ())]
            release = self._release(name, chart, before, secret)
            done[chart.name] = [release]
            if not pulumi.runtime.is_dry_run():
                done[chart.name].append(release.status.apply(functools.partial(_not_pending, chart)))
            for service in single_family_services(chart):
                options = self._options([release], replace_with=[release])
                both_families(f"{name}-{chart.name}-families", service, chart.namespace, options)
            if chart.key == "metal3" and (judged := self._read_back(f"{name}-{chart.name}", plan, chart, release)):
                done[chart.name].append(judged)
        for chart in configured:
            send_values(f"{name}-{chart.name}-values", chart, secret, self._options([]))
        for chart in handed:
            let_go(f"{name}-{chart.name}-let-go", chart, self._options([]))
            told = f"{chart.name} is being handed over; once RKE2 has let go, let Helm forget the release"
            pulumi.log.warn(f"{told}: {forget_command(chart)}; then take handover out", self)
        self.releases = pulumi.Output.from_input([chart.name for chart in charts])
        self.register_outputs({"releases": self.releases})

    def _read_back(self, name: str, plan: Plan, chart: ChartPlan, release: helm.Release) -> pulumi.Output[None] | None:
        return read_back(name, plan, chart, release, pulumi.ResourceOptions(parent=self, provider=self._provider))

    def _options(
        self, before: list[pulumi.Input[Any]], replace_with: list[pulumi.Resource] | None = None
    ) -> pulumi.ResourceOptions:
        """Give the options of whatever is on the cluster.

        With the machine the cluster goes, so nothing is removed from it. On a new disk everything is new; a new machine
        on the old disk still has what was there. The engine skips the deletion only where the machine goes because of
        what is named here, so the disk is.
        """
        return pulumi.ResourceOptions(
            parent=self,
            provider=self._provider,
            depends_on=[self._host.ready, *before],
            deleted_with=self._host.machine,
            replace_with=[self._host.disk, *(replace_with or ())],
            # One name in one namespace: a second one could not stand beside the first.
            delete_before_replace=True,
        )

    def _release(self, name: str, chart: ChartPlan, before: list[pulumi.Input[Any]], secret: Secrets) -> helm.Release:
        oci = chart.repository.url.startswith("oci://")
        return helm.Release(
            f"{name}-{chart.name}",
            name=chart.name,
            namespace=chart.namespace,
            create_namespace=True,
            chart=f"{chart.repository.url.rstrip('/')}/{chart.chart}" if oci else chart.chart,
            version=chart.version,
            repository_opts=_repository(chart, oci, secret),
            values=chart_values(chart, secret),
            # A refresh while Helm is stuck in an upgrade takes the new values for those that are there, and no later
            # run would see a difference; the provider never reads the description back.
            description=f"values {values_digest(chart)}",
            # Rancher and metal3 use what the release before them serves (webhooks, CRDs), so each is waited for.
            skip_await=False,
            timeout=RELEASE_SECONDS,
            # Not atomic: that would uninstall a first release that is merely slow, with its images and the reason. A
            # failed one stays, the next run upgrades it, and what a failed upgrade had added goes.
            atomic=False,
            cleanup_on_fail=True,
            opts=self._options(before),
        )


def cluster_provider(
    name: str, plan: Plan, kubeconfig: pulumi.Input[str] | None, parent: pulumi.Resource
) -> kubernetes.Provider:
    """Make the provider of the site's cluster.

    Everything that the SDK would take from the environment is stated: a plan may not depend on who computes it.

    Raises:
        pulumi.RunError: there is no kubeconfig; that of whoever deploys would lead to another cluster.
    """
    if kubeconfig is None:
        raise pulumi.RunError(
            f"{plan.name} has no kubeconfig; pass that of its ManagementCluster, or a Kubernetes provider"
        )
    return kubernetes.Provider(
        name,
        kubeconfig=pulumi.Output.secret(kubeconfig),
        # Replaces nothing when the kubeconfig changes: it does whenever its certificate is renewed.
        cluster_identifier=f"dualstack-{plan.name}",
        # Else a refresh during an outage would forget every release.
        delete_unreachable=False,
        skip_update_unreachable=False,
        enable_server_side_apply=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _not_pending(chart: ChartPlan, status: helm.outputs.ReleaseStatus) -> None:
    """Stop where a release is said to be up to date while Helm is stuck in it: a refresh had seen it like that."""
    if not (status.status or "").startswith("pending-"):
        return
    helm_on = f"helm -n {chart.namespace}"
    raise pulumi.RunError(
        f"the Helm release {chart.name} is {status.status}: a run was interrupted while Helm was at work on it, and "
        f"its values are half there; with the cluster's kubeconfig: {helm_on} rollback {chart.name} (uninstall where "
        f"{helm_on} status {chart.name} says pending-install), then dualstack refresh, then up again"
    )


def delivered(plan: Plan) -> list[ChartPlan]:
    """Give the charts that are Helm releases of this program, in the order in which they depend on each other."""
    return [chart for chart in plan.charts if chart.released]


def _before(plan: Plan, chart: ChartPlan) -> list[str]:
    """Give what must be there first; a chart that is no release of ours stands for those that it depends on itself."""
    names: list[str] = []
    for name in chart.depends_on:
        one = plan.chart(name)
        if one is not None and not one.released:
            names += _before(plan, one)
        else:
            names.append(name)
    return names


def _repository(chart: ChartPlan, oci: bool, secret: Secrets) -> helm.RepositoryOptsArgs | None:
    """Give repository and login; an OCI chart has its repository in its own reference."""
    given = chart.repository
    password = secret(given.password_key) if given.password_key else None
    repo = None if oci else given.url
    if repo is None and given.username is None:
        return None
    return helm.RepositoryOptsArgs(repo=repo, username=given.username, password=password)
