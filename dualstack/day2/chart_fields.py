"""The charts: which, in what version, from where, and how they get to the cluster.

Sources: as for their values, and ``docs/charts.md``. That RKE2 uninstalls the release of a HelmChart that is deleted:
helm-controller ``pkg/controllers/chart/chart.go`` (read).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dualstack.day2.chart_values import EDIT, NOT_THERE, UPGRADE, WAITS, chart_value
from dualstack.day2.model import (
    ALWAYS,
    HANDOVER,
    OFF,
    PULUMI,
    Asked,
    Consequence,
    Entry,
    When,
    by_hand,
    entry,
    live,
    outage,
)
from dualstack.day2.words import Word

_VOLUMES: Final = "every volume of Longhorn with its data"
_LOSES: Final = "what the release runs, and what it keeps"


def _goes(asked: Asked) -> bool:
    return asked.after is False or (asked.after is None and asked.path[1:2] == ("extra",))


def _to_image(asked: Asked) -> bool:
    return bool(asked.before == "pulumi" and asked.after != "pulumi")


GOES: Final = When("taken out", _goes)
GOES_BY_UP: Final = When(
    "taken out, `delivery: pulumi`",
    lambda asked: _goes(asked) and asked.setting.delivery_of(asked.chart) == "pulumi",
)
TO_IMAGE: Final = When("from `pulumi` to `image`", _to_image)

_OTHER_CHART: Final = (
    (OFF, NOT_THERE),
    (HANDOVER, WAITS),
    (PULUMI, live(UPGRADE, away="what the chart runs while it restarts")),
    (
        ALWAYS,
        by_hand(
            f"{EDIT}: `spec.chart`, `spec.repo` and `spec.version` in place of `spec.chartContent`; RKE2 upgrades the "
            "release",
            away="what the chart runs while it restarts",
        ),
    ),
)


def _lost(told: Consequence) -> Consequence:
    return replace(told, word=Word.REBUILD, away=_VOLUMES)


_UNINSTALLS: Final = outage("`up` uninstalls the Helm release {chart}", _LOSES, up=True, imaged=False)
_UNINSTALL: Final = outage("`kubectl -n kube-system delete helmchart {chart}` uninstalls the release", _LOSES)
_ENABLED: Final = (
    (PULUMI, live("`up` installs the Helm release {chart}")),
    (
        ALWAYS,
        by_hand(
            "`helm -n {namespace} install {chart}` with the values of "
            "`build/{site}/kubernetes/helm/values/{chart}.yaml`; or `delivery: pulumi`, and `up` does it"
        ),
    ),
)
_BACK: Final = outage(
    "`up` uninstalls the Helm releases; with the image they come back at later installs only (docs/charts.md)",
    _LOSES,
    up=True,
)
_OVER: Final = by_hand("step by step, with `handover`, or `up` fails at releases that are there: docs/charts.md")


def _delivery(path: str, *, storage: bool) -> Entry:
    return entry(path, (TO_IMAGE, _lost(_BACK) if storage else _BACK), _OVER)


_DAY2: Final = live(
    "`up` sends the charts' values as HelmChartConfigs, or removes those that it sent: the values of the "
    "image hold again"
)
_LOGIN: Final = (
    (OFF, NOT_THERE),
    (PULUMI, live("the next `up` fetches the chart with it")),
    (
        ALWAYS,
        by_hand(
            "EIB fetches with it while it builds; on the cluster it is in the pull secret of the chart's "
            "namespace where the chart has one: `kubectl -n {namespace} edit secret`"
        ),
    ),
)

ENTRIES: Final[tuple[Entry, ...]] = (
    _delivery("delivery", storage=True),
    entry("day2", _DAY2),
    entry("charts.*.enabled", (GOES_BY_UP, _UNINSTALLS), (GOES, _UNINSTALL), *_ENABLED),
    entry("charts.storage.enabled", (GOES_BY_UP, _lost(_UNINSTALLS)), (GOES, _lost(_UNINSTALL)), *_ENABLED),
    entry("charts.*.version", *_OTHER_CHART),
    entry("charts.*.repository", *_OTHER_CHART),
    *(entry(f"charts.*.login.{key}", *_LOGIN) for key in ("username", "passwordKey")),
    _delivery("charts.*.delivery", storage=False),
    _delivery("charts.storage.delivery", storage=True),
    entry("charts.*.day2", _DAY2),
    entry("charts.*.handover", live("`up` has RKE2 let the release go, or takes it over: docs/charts.md")),
    entry("charts.*.values", *chart_value("what the chart runs while it restarts")),
    entry("charts.extra[].name", (GOES_BY_UP, _UNINSTALLS), (GOES, _UNINSTALL), *_ENABLED),
    entry(
        "charts.extra[].namespace",
        (OFF, NOT_THERE),
        (
            PULUMI,
            outage("`up` uninstalls the release and installs it in the other namespace", _LOSES, up=True, imaged=False),
        ),
        outage("`kubectl -n kube-system delete helmchart {chart}`, then install it in the other namespace", _LOSES),
    ),
)
