"""What a changed value of a chart takes, by delivery; the same for every chart.

Sources: EIB ``pkg/registry/helm_crd.go`` (a HelmChart with ``chartContent`` and ``valuesContent``),
``components/helmcharts.py``, which names those of RKE2's helm-controller; the lab runs releases and HelmChartConfigs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dualstack.day2.model import ALWAYS, HANDOVER, OFF, PULUMI, SENT, Consequence, When, by_hand, live, nothing
from dualstack.day2.words import Word

EDIT: Final = "`kubectl -n kube-system edit helmchart {chart}`"
NOT_THERE: Final = nothing("the chart is not enabled")
WAITS: Final = by_hand(
    "nothing upgrades the chart before the handover ends: see docs/charts.md, then take `handover` out and run `up`",
    imaged=False,
)
UPGRADE: Final = "`up` upgrades the Helm release {chart}"
VALUES: Final = (
    f"{EDIT} (`spec.valuesContent`), and RKE2 upgrades the release; or `day2: helmchartconfig`, and `up` does it"
)


def chart_value(away: str = "", downstream: str = "", word: Word | None = None) -> tuple[tuple[When, Consequence], ...]:
    """Give the cases of a field that becomes a value of a chart.

    Args:
        away: what is away while the release is upgraded.
        downstream: who must follow.
        word: in place of the delivery's own.
    """
    sent = "`up` sends it as HelmChartConfig {chart}, and RKE2 upgrades the release"
    cases = (
        (OFF, NOT_THERE),
        (HANDOVER, WAITS),
        (PULUMI, live(UPGRADE, away=away, downstream=downstream)),
        (SENT, live(sent, away=away, downstream=downstream, imaged=True)),
        (ALWAYS, by_hand(VALUES, away=away, downstream=downstream)),
    )
    if word is None:
        return cases
    return tuple((when, told if when in (OFF, HANDOVER) else replace(told, word=word)) for when, told in cases)
