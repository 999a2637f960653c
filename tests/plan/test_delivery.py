"""What a changed value takes, and which Services want their second family."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.plan.services import single_family_services
from tests.plan.plans import plan


@pytest.mark.parametrize(
    ("changes", "change", "uses_cluster"),
    [
        ({}, "by hand", False),
        ({"day2": "helmchartconfig"}, "HelmChartConfig", True),
        ({"charts": {"metal3": {"day2": "helmchartconfig"}}}, "HelmChartConfig", True),
        ({"day2": "helmchartconfig", "charts": {"metal3": {"day2": "reimage"}}}, "by hand", True),
        ({"delivery": "pulumi"}, "Helm upgrade", True),
        ({"delivery": "pulumi", "day2": "helmchartconfig"}, "Helm upgrade", True),
        ({"charts": {"metal3": {"delivery": "pulumi", "handover": True}}}, "nothing before the handover ends", True),
    ],
)
def test_what_a_changed_value_takes(changes: dict[str, Any], change: str, uses_cluster: bool) -> None:
    made = plan("address", **changes)
    metal3 = made.chart("metal3")

    assert metal3 is not None
    assert (metal3.change, made.uses_cluster) == (change, uses_cluster)


def test_a_chart_without_values_has_nothing_to_send() -> None:
    turtles = plan("address", day2="helmchartconfig").chart("rancher-turtles-providers")

    assert turtles is not None
    assert (turtles.configured, turtles.change) == (False, "by hand")


@pytest.mark.parametrize(
    ("values", "name"),
    [({}, "rancher"), ({"nameOverride": "ranch"}, "rancher"), ({"nameOverride": "manager"}, "rancher-manager")],
)
def test_the_service_of_rancher(values: dict[str, Any], name: str) -> None:
    made = plan("address", charts={"rancher": {"values": values}})
    names = {chart.name: single_family_services(chart) for chart in made.charts}

    assert {key: value for key, value in names.items() if value} == {"rancher": (name,)}
