"""Rules about what a VM of libvirt loses with its disk."""

from __future__ import annotations

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.rules.base import Subject
from dualstack.rules.chart.delivery import label

NEW_DISK = Rule(
    "DS153-built-image-new-disk",
    "Charts of a virtual machine whose image the program builds can change with a new disk only.",
    Severity.WARNING,
    "A changed chart is a new image, that a new disk, and what was to be kept on the cluster is gone with the old one.",
    "dualstack's own: the image is named by what it is built of, and a libvirt volume is made anew for another image",
)

RULES = (NEW_DISK,)


def check_new_disk(subject: Subject) -> Findings:
    """Tell what a changed chart takes where the program builds the image of the machine that it makes."""
    plan, site = subject.plan, subject.site
    if plan.libvirt is None or plan.libvirt.image is not None or site.image.build != "local":
        return
    fix = "set host.libvirt.image to an image that stays as it is, and image.build to none"
    for chart in plan.charts:
        if chart.handover:
            message = f"{label(chart)} leaves the image, so the machine gets a new disk without it"
            yield NEW_DISK.at(
                (*chart.path, "handover"), message, "remove handover: on the new disk it is released anew"
            )
    if any(chart.configured for chart in plan.charts):
        message = "a changed value is a new image, and the machine gets a new disk before any HelmChartConfig counts"
        yield NEW_DISK.at(("day2",), message, fix)


CHECKS = (check_new_disk,)
