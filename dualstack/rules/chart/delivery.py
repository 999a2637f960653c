"""Rules about how charts reach the living cluster after its first start: day 2, and from the image to Pulumi."""

from __future__ import annotations

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import remove
from dualstack.document.origins import Path
from dualstack.plan.charts import chart_settings
from dualstack.plan.model import ChartPlan
from dualstack.rules.base import Subject
from dualstack.site.charts import Chart

UNUSED = Rule(
    "DS150-day2-unused",
    "day2 must be set for charts that are in the image.",
    Severity.WARNING,
    "It has no effect: Pulumi upgrades the Helm releases of other charts itself.",
    "dualstack's own",
)
HANDOVER_IMAGE = Rule(
    "DS151-handover-of-image-chart",
    "A chart that is handed over must be delivered by Pulumi.",
    Severity.ERROR,
    "RKE2 would be told to let the chart go, and nobody takes it over: it is never upgraded again.",
    "dualstack's own; k3s-io/helm-controller pkg/controllers/chart/chart.go (helmcharts.helm.cattle.io/unmanaged)",
    firm=True,
)
HANDOVER_OPEN = Rule(
    "DS152-handover-open",
    "A handover must come to its end.",
    Severity.WARNING,
    "Changes of the chart reach no cluster: RKE2 has let it go, and Pulumi does not have it yet.",
    "dualstack's own",
)
RULES = (UNUSED, HANDOVER_IMAGE, HANDOVER_OPEN)


def _settings(subject: Subject, chart: ChartPlan) -> Chart:
    if chart.key == "extra":
        return next(item for item in subject.site.charts.extra if item.name == chart.name)
    return chart_settings(subject.site, chart.key)


def label(chart: ChartPlan) -> str:
    """Name a chart as the site does; one and its CRDs are one there."""
    return chart.name if chart.key == "extra" else chart.key


def check_day2(subject: Subject) -> Findings:
    """Tell a day2 without effect."""
    plan = subject.plan
    for chart in plan.charts:
        if chart.delivery == "pulumi" and _settings(subject, chart).day2 is not None:
            message = f"{label(chart)} is delivered by Pulumi"
            yield UNUSED.at((*chart.path, "day2"), message, remove())
    if subject.site.day2 != "hand" and plan.charts and all(chart.delivery == "pulumi" for chart in plan.charts):
        yield UNUSED.at(("day2",), "no chart of the site is in the image", remove())


def check_handover(subject: Subject) -> Findings:
    """Judge handovers."""
    for chart in subject.plan.charts:
        if not chart.handover:
            continue
        path: Path = (*chart.path, "handover")
        if chart.delivery == "image":
            yield HANDOVER_IMAGE.at(
                path, f"{label(chart)} is in the image", remove(", or set delivery to pulumi beside it")
            )
            continue
        yield HANDOVER_OPEN.at(
            path,
            f"{label(chart)} is being handed over",
            "run dualstack up and the kubectl command that it prints, then remove handover and run dualstack up again",
        )


CHECKS = (check_day2, check_handover)
