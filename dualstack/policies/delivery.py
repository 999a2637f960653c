"""Versions of the charts, and who delivers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.document.findings import At
from dualstack.document.holes import Unreadable
from dualstack.policies.charts import BY_PROGRAM, COMPONENTS, TYPES, Chart, charts_of
from dualstack.policies.declare import Settings, policy
from dualstack.policies.directory import DEFINITION, read_yaml
from dualstack.policies.model import Check, Given, NotYet, Told, View, items
from dualstack.releases import RELEASES
from dualstack.rules.program import program_resources
from dualstack.rules.program.program_resources import delivered_twice, version_of_release
from dualstack.tokens import DIRECTORY

CLUSTER: Final = "dualstack:index:ManagementCluster"
CHARTS: Final = "dualstack:index:ManagementCharts"


def _release(view: View) -> str | None:
    said = view.settings.get("release")
    for other in view.others if said is None else ():
        if other.type == CLUSTER:
            said = other.props.get("release")
    return said if isinstance(said, str) and said in RELEASES else None


def _planned(view: View) -> dict[str, str]:
    """Return the versions that the program's own component says, the site's overrides among them."""
    versions: dict[str, str] = {}
    for other in view.others:
        for item in _told_charts(other):
            if isinstance(item.value, Mapping) and isinstance(item.value.get("version"), str):
                versions[str(item.value.get("name"))] = item.value["version"]
    return versions


def _told_charts(other: Given) -> list[At[Any]]:
    try:
        return items(other, "charts") if other.type == CHARTS else []
    except Unreadable:
        return []  # a component's word about its own site; without it the release's versions hold


def _wanted(chart: Chart, view: View, planned: Mapping[str, str]) -> dict[str, str]:
    overrides = view.settings.get("versions")
    over = overrides.get(chart.name, overrides.get(chart.chart)) if isinstance(overrides, Mapping) else None
    if over is not None:
        return {str(over): "the override"}
    if chart.by == "program" and chart.name in planned:
        return {planned[chart.name]: "the site"}
    release = _release(view)
    if release is None and not _manages(view):
        return {}
    names = [release] if release is not None else [*reversed(RELEASES.versions), *reversed(RELEASES)]
    return {
        item.version: f"release {name}" for name in names for item in RELEASES[name].charts if item.chart == chart.chart
    }


def _manages(view: View) -> bool:
    """Tell whether the stack is a management cluster's; elsewhere cert-manager has a version of its own."""
    return any(chart.chart in ("rancher", "metal3") for other in view.others for chart in _known(other))


def _versions(given: Given, view: View) -> Told:
    # Which versions a site overrides in its image nobody can see in the image itself.
    if given.type == DIRECTORY and "release" not in view.settings and "versions" not in view.settings:
        return
    planned = _planned(view)
    for chart in charts_of(given):
        wanted = _wanted(chart, view, planned)
        if wanted:
            try:
                version = chart.known_version()
            except Unreadable as error:
                yield NotYet(error.path, error.why)
            else:
                yield from version_of_release(chart.chart, version, wanted)


def _twice(given: Given, view: View) -> Told:
    """Find what was registered before and delivers the same Helm release; a second image is another machine's."""
    if given.type in COMPONENTS and "chart" not in given.props:
        why = "the engine shows policies nothing of a Chart, only the resources that it makes; a Release it shows"
        yield NotYet(("chart",), why)
    if given.type == DIRECTORY:
        try:
            read_yaml(given, DEFINITION)
        except Unreadable as error:
            yield NotYet(error.path, error.why)
    own = list(charts_of(given))
    for other in view.others:
        if other.urn == given.urn or (given.type == other.type == DIRECTORY):
            continue
        if given.provider != other.provider and DIRECTORY not in (given.type, other.type):
            continue  # another cluster
        theirs = list(_known(other))
        for chart in own:
            if any(_same(chart, one) for one in theirs):
                path: tuple[Any, ...] = ("name",) if given.type in BY_PROGRAM else chart.path
                yield delivered_twice(At(path, chart.name), other.name)


def _known(other: Given) -> Iterator[Chart]:
    try:
        yield from charts_of(other)
    except Unreadable:
        return  # told at that resource


def _same(one: Chart, other: Chart) -> bool:
    # Without the definition nobody knows the namespace in an image.
    return one.name == other.name and (one.namespace == other.namespace or "" in (one.namespace, other.namespace))


VERSIONS = Check(TYPES, _versions)
DELIVERY = Check((*TYPES, *COMPONENTS[1:]), _twice)

_RELEASE: Final[Settings] = {
    "release": {"type": "string", "description": "The SUSE Telco Cloud release; else the program's own word."},
    "versions": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Versions that override the release's, by Helm release or chart.",
    },
}

POLICIES: Final = (
    policy(
        program_resources.CHART_VERSION,
        "Write the release's version, or name yours: `versions` in the config, or charts in a site file.",
        VERSIONS,
        whole=True,
        settings=_RELEASE,
    ),
    policy(program_resources.TWICE, "Remove one of the two, or set the chart's delivery to image or pulumi.", DELIVERY),
)
