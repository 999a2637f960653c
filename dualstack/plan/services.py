"""Services that a chart makes with one family, and has no value to change that.

Read in rancher/rancher ``chart/templates/service.yaml`` (2.13) and suse-edge/charts metal3 0.12.7 to 0.13.1, whose
Services all have ``ipFamilyPolicy: PreferDualStack``. cert-manager has values for it, but nobody outside the cluster
uses its Services; the others are reached through the ingress controller, which has both families.
"""

from __future__ import annotations

from dualstack.document.frozen import dig
from dualstack.plan.model import ChartPlan


def single_family_services(chart: ChartPlan) -> tuple[str, ...]:
    """Give the names of the Services of a chart that must be given their second family.

    Args:
        chart: one Helm release.
    """
    return (_rancher(chart),) if chart.key == "rancher" else ()


def _rancher(chart: ChartPlan) -> str:
    """Give the name as ``rancher.fullname`` of the chart's ``_helpers.tpl`` makes it."""
    own = str(dig(chart.values, "nameOverride") or chart.chart)
    name = chart.name if own in chart.name else f"{chart.name}-{own}"
    return name[:63].removesuffix("-")
