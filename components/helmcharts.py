"""RKE2's own Helm resources: values sent to charts that the image brought, and releases that RKE2 lets go.

Facts (edge-image-builder 1.3 ``pkg/registry/helm_crd.go``; k3s-io/helm-controller ``pkg/controllers/chart/chart.go``):

- The image has a HelmChart for each chart, named after the Helm release, in ``kube-system``. It is created once, at
  first start, and nothing puts it back.
- A HelmChartConfig of the same name and namespace is one more values file behind that of the HelmChart: maps merge, a
  list or a scalar replaces, null takes a default away. It changes neither chart nor version.
- Its ``failurePolicy`` goes over the HelmChart's, and ``reinstall`` is the default: a failed upgrade would uninstall
  the release, for Longhorn with all volumes.
- A HelmChart with the annotation ``unmanaged`` is left alone; deleting one without it uninstalls the release.
- Helm installs over objects whose label and annotations name the same release (helm ``pkg/action/validate.go``).
"""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource, CustomResourcePatch

from components.secrets import Secrets
from components.values import chart_values
from dualstack.document.yamlio import dump
from dualstack.plan.model import ChartPlan

API: Final = "helm.cattle.io/v1"
NAMESPACE: Final = "kube-system"
UNMANAGED: Final = "helmcharts.helm.cattle.io/unmanaged"


def send_values(name: str, chart: ChartPlan, secret: Secrets, opts: pulumi.ResourceOptions) -> CustomResource:
    """Send a chart's values to the living cluster; the same ones as the image has change nothing.

    Args:
        name: name of the resource.
        chart: one that is in the image.
        secret: reads secrets in values; one makes the whole text a secret.
        opts: resource options.
    """
    return CustomResource(
        name,
        api_version=API,
        kind="HelmChartConfig",
        metadata={
            "name": chart.name,
            "namespace": NAMESPACE,
            # Nothing is owned by it, so nothing need be waited for when it goes.
            "annotations": {"pulumi.com/deletionPropagationPolicy": "background"},
        },
        spec={
            "valuesContent": pulumi.Output.from_input(chart_values(chart, secret)).apply(dump),
            "failurePolicy": "abort",
        },
        opts=opts,
    )


def let_go(name: str, chart: ChartPlan, opts: pulumi.ResourceOptions) -> CustomResourcePatch:
    """Have RKE2 leave a chart's Helm release alone, for good: the annotation stays when this resource goes.

    Args:
        name: name of the resource.
        chart: one that was in the image.
        opts: resource options.
    """
    return CustomResourcePatch(
        name,
        api_version=API,
        kind="HelmChart",
        metadata={"name": chart.name, "namespace": NAMESPACE, "annotations": {UNMANAGED: "true"}},
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True)),
    )


def forget_command(chart: ChartPlan) -> str:
    """Give the command by which Helm forgets a release, and keeps all that belongs to it.

    The next release of that name takes the objects over, since they still say that they are its own. Not ``pulumi
    import``: it would write the values' secrets in clear into the stack's state and history, and an update between the
    import and the end of the handover would uninstall the release.

    Args:
        chart: the chart.
    """
    return f"kubectl -n {chart.namespace} delete secrets -l owner=helm,name={chart.name}"
