"""Day 2 of charts in the image, and their way to Pulumi."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.support import libvirt_site
from tests.rules.cases import tell
from tests.sites import found, mapping

HANDOVER = {"delivery": "pulumi", "handover": True}
EXTRA = {"name": "podinfo", "version": "6.9.0", "repository": "oci://r.example.com/charts", "namespace": "x"}


def built(**changes: Any) -> dict[str, Any]:
    site = libvirt_site()
    del site["host"]["libvirt"]["image"]
    site["image"]["build"] = "local"
    site["charts"] = {**site.get("charts", {}), **changes.pop("charts", {})}
    return {**site, **changes}


@pytest.mark.parametrize(
    ("site", "rule", "severity", "path"),
    [
        (
            mapping(charts={"rancher": {"delivery": "pulumi", "day2": "helmchartconfig"}}),
            "DS150",
            "warning",
            "charts.rancher.day2",
        ),
        (mapping(delivery="pulumi", day2="helmchartconfig"), "DS150", "warning", "day2"),
        (
            mapping(charts={"extra": [{**EXTRA, "delivery": "pulumi", "day2": "reimage"}]}),
            "DS150",
            "warning",
            "charts.extra[0].day2",
        ),
        (mapping(charts={"metal3": {"handover": True}}), "DS151", "error", "charts.metal3.handover"),
        (mapping(charts={"metal3": HANDOVER}), "DS152", "warning", "charts.metal3.handover"),
        # One chart and its CRDs are one to the site.
        (mapping(charts={"neuvector": HANDOVER}), "DS152", "warning", "charts.neuvector.handover"),
        (built(day2="helmchartconfig"), "DS153", "warning", "day2"),
        (built(charts={"metal3": HANDOVER}), "DS153", "warning", "charts.metal3.handover"),
    ],
)
def test_bad(site: dict[str, Any], rule: str, severity: str, path: str) -> None:
    assert tell(site, rule)[:2] == (severity, path)


@pytest.mark.parametrize(
    "site",
    [
        mapping(),
        mapping(day2="helmchartconfig"),
        mapping(day2="helmchartconfig", charts={"rancher": {"delivery": "pulumi"}}),
        mapping(day2="helmchartconfig", charts={"rancher": {"day2": "reimage"}}),
        mapping(delivery="pulumi"),
        libvirt_site(),
        {**libvirt_site(), "day2": "helmchartconfig"},
        built(),
    ],
)
def test_good(site: dict[str, Any]) -> None:
    assert [one for rule in ("DS150", "DS151", "DS152", "DS153") for one in found(site, rule)] == []
