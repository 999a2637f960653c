"""What release 3.4 has of its own among the charts' values."""

from __future__ import annotations

import pytest

from dualstack.document.frozen import thaw
from tests.plan.plans import plan


def test_longhorn_takes_the_registry() -> None:
    made = plan(release="3.4", rancher={"systemDefaultRegistry": "r.example.com"})
    wanted = {"global": {"cattle": {"systemDefaultRegistry": "r.example.com"}}}
    assert [thaw(chart.values) for chart in made.charts if chart.key == "storage"] == [wanted, wanted]


@pytest.mark.parametrize(
    ("release", "delivery", "told"),
    [("3.4", "pulumi", True), ("3.4", "image", False), ("3.5", "pulumi", False), ("3.6", "pulumi", False)],
)
def test_turtles_switches_ranchers_own_cluster_api_off(release: str, delivery: str, told: bool) -> None:
    made = plan(release=release, delivery=delivery)
    (turtles,) = [chart for chart in made.charts if chart.key == "turtles"]
    assert thaw(turtles.values) == ({"rancherTurtles": {"rancherInstalled": True}} if told else {})
