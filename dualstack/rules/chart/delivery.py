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
NEW_DISK = Rule(
    "DS153-built-image-new-disk",
    "Charts of a virtual machine whose image the program builds can change with a new disk only.",
    Severity.WARNING,
    "A changed chart is a new image, that a new disk, and what was to be kept on the cluster is gone with the old one.",
    "dualstack's own: the image is named by what it is built of, and a libvirt volume is made anew for another image",
)

RULES = (UNUSED, HANDOVER_IMAGE, HANDOVER_OPEN, NEW_DISK)


def _settings(subject: Subject, chart: ChartPlan) -> Chart:
    if chart.key == "extra":
        return next(item for item in subject.site.charts.extra if item.name == chart.name)
    return chart_settings(subject.site, chart.key)


def _label(chart: ChartPlan) -> str:
    """Name a chart as the site does; one and its CRDs are one there."""
    return chart.name if chart.key == "extra" else chart.key


def check_day2(subject: Subject) -> Findings:
    """Tell a day2 without effect."""
    plan = subject.plan
    for chart in plan.charts:
        if chart.delivery == "pulumi" and _settings(subject, chart).day2 is not None:
            message = f"{_label(chart)} is delivered by Pulumi"
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
                path, f"{_label(chart)} is in the image", remove(", or set delivery to pulumi beside it")
            )
            continue
        yield HANDOVER_OPEN.at(
            path,
            f"{_label(chart)} is being handed over",
            "run dualstack up and the kubectl command that it prints, then remove handover and run dualstack up again",
        )


def check_new_disk(subject: Subject) -> Findings:
    """Tell what a changed chart takes where the program builds the image of the machine that it makes."""
    plan, site = subject.plan, subject.site
    if plan.libvirt is None or plan.libvirt.image is not None or site.image.build != "local":
        return
    fix = "set host.libvirt.image to an image that stays as it is, and image.build to none"
    for chart in plan.charts:
        if chart.handover:
            message = f"{_label(chart)} leaves the image, so the machine gets a new disk without it"
            yield NEW_DISK.at(
                (*chart.path, "handover"), message, "remove handover: on the new disk it is released anew"
            )
    if any(chart.configured for chart in plan.charts):
        message = "a changed value is a new image, and the machine gets a new disk before any HelmChartConfig counts"
        yield NEW_DISK.at(("day2",), message, fix)


CHECKS = (check_day2, check_handover, check_new_disk)
