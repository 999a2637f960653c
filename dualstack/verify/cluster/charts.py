"""Helm releases: there, done, of the right version, with the planned values, and judged as policies judge them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from dualstack.day2.words import Word as Day2
from dualstack.document.differ import Change, Comparison
from dualstack.document.findings import At
from dualstack.document.frozen import REDACTED, Secret, thaw
from dualstack.document.hiding import names_a_secret
from dualstack.document.holes import Hole
from dualstack.document.origins import format_path
from dualstack.manifests.judge import of_charts
from dualstack.plan.model import ChartPlan, Plan
from dualstack.releases import RELEASES
from dualstack.rules.program.program_resources import version_of_release
from dualstack.verify.cluster.catalogue import guessed, whole_release
from dualstack.verify.cluster.cni import CONFIGS
from dualstack.verify.cluster.helm import HelmRelease
from dualstack.verify.cluster.policy import given, given_release, judged, told
from dualstack.verify.cluster.view import Place, View, name_of, place_of, shown
from dualstack.verify.model import Kind, Result

_MOST: int = 6
"""Differences that are told one by one."""


def run(view: View) -> Iterator[Result]:
    """Check the Helm releases."""
    for release in view.helm:
        yield from _state(release)
        yield from told(view, _place(release, ""), given_release(release))
    for one in (*view.objects("charts"), *view.objects("chart-configs")):
        for finding in of_charts(given(one)):
            yield Place(Kind.HELM, place_of(one), ".".join(map(str, finding.path))).finding(finding)
    # Those of network plugins are judged under `cni`.
    yield from judged(view, Kind.HELM, [one for one in view.objects("chart-configs") if name_of(one) not in CONFIGS])
    if view.plan is not None:
        for chart in view.plan.charts:
            yield from _planned(view, view.plan, chart)
    else:
        yield from _catalogue(view)
    listing = view.live.of("releases")
    if listing.why:
        yield Place(Kind.HELM, "Helm's records", "state and values").unknown(listing.why, listing.fix)
    if not view.helm and view.plan is None and not listing.why:
        yield Place(Kind.HELM, "Helm releases", "state").ok("the cluster has none")


def _place(one: HelmRelease, asked: str) -> Place:
    return Place(Kind.HELM, f"release {one.namespace}/{one.name}", asked)


def _state(one: HelmRelease) -> Iterator[Result]:
    place = _place(one, "state")
    helm = f"helm -n {one.namespace}"
    if one.busy:
        yield place.failed(
            f"it is {one.status}: an operation began and did not end",
            "no further upgrade is taken: another operation is in progress",
            f"see that nobody works on it, then: {helm} history {one.name}; {helm} rollback {one.name}, or uninstall "
            "where it was the first",
        )
    elif one.status == "failed" or (one.told and one.status != "deployed"):
        why = shown(one.told or "Helm gives no reason")
        yield place.failed(
            f"{one.status or 'its HelmChart failed'}: {why}",
            "its objects are half there, or of an older version",
            f"{helm} history {one.name}; kubectl -n kube-system logs job/helm-install-{one.name}",
        )
    elif one.status and one.status != "deployed":
        yield place.failed(
            f"Helm says {shown(one.status)}", "it is not what runs", f"{helm} history {one.name} tells what happened"
        )
    elif one.told:
        yield place.failed(
            f"deployed, and its HelmChart fails: {shown(one.told)}",
            "what was changed since is not applied",
            f"kubectl -n kube-system logs job/helm-install-{one.name}",
        )
    elif one.status:
        yield place.ok(f"deployed, {one.chart} {one.version}")


def _planned(view: View, plan: Plan, chart: ChartPlan) -> Iterator[Result]:
    found = next((one for one in view.helm if one.name == chart.name and one.namespace == chart.namespace), None)
    place = Place(Kind.HELM, f"release {chart.namespace}/{chart.name}", "there")
    if found is None:
        yield _missing(view, chart, place)
        return
    yield from _version(view, plan, chart, found)
    yield from _values(plan, chart, found)


def _missing(view: View, chart: ChartPlan, place: Place) -> Result:
    listing = view.live.of("releases")
    if listing.why:
        return place.unknown(f"no HelmChart is seen, and {listing.why}", listing.fix)
    return place.failed(
        "the cluster has no such Helm release",
        f"what {chart.chart} does is not done",
        "dualstack up"
        if chart.delivery == "pulumi"
        else "look at the first boot: kubectl -n kube-system get helmcharts,jobs; journalctl on the node",
    )


def _version(view: View, plan: Plan, chart: ChartPlan, found: HelmRelease) -> Iterator[Result]:
    place = _place(found, "version")
    if not found.version:
        yield place.unknown(f"{found.source} does not tell it", "a login that may read Helm's Secrets (--rbac=full)")
        return
    wanted = {chart.version: "the plan"}
    older = whole_release(view, plan)
    for finding in version_of_release(chart.chart, At(("version",), found.version), wanted):
        if older is not None:
            yield place.pending(
                f"{found.version}; the cluster is all of {older}, the plan's {plan.release.version} is to come",
                f"{chart.chart} stays at {found.version}",
                f"upgrade the cluster: {chart.change} (docs/releases.md)",
                Day2.BY_HAND if chart.delivery == "image" else Day2.LIVE,
            )
        else:
            yield replace(place.finding(finding), fix=_bring(chart, f"version {chart.version}"))
        break
    else:
        yield place.ok(f"{found.version}, as planned")


def _bring(chart: ChartPlan, what: str) -> str:
    ways = {"pulumi": "dualstack up", "image": f"helm -n {chart.namespace} upgrade {chart.name}, by hand"}
    return f"bring it to {what} ({ways[chart.delivery]}), or write what runs into the site"


def _values(plan: Plan, chart: ChartPlan, found: HelmRelease) -> Iterator[Result]:
    place = _place(found, "values")
    if isinstance(found.values, Hole):
        yield place.unknown(found.values.why, "a login that may read Helm's Secrets (--rbac=full)")
        return
    changes = [
        change
        for change in Comparison().differences(thaw(chart.values), thaw(found.values))
        if not _hidden(change, chart.values)
    ]
    if not changes:
        yield place.ok("as planned, where they are no secrets")
        return
    words = [_change(change) for change in changes[:_MOST]]
    words += [f"and {len(changes) - _MOST} more"] if len(changes) > _MOST else []
    ways = "dualstack up" if chart.released else chart.change
    yield place.failed(
        f"not as planned: {'; '.join(words)}",
        "what runs is not what the plan, its rules and a reviewer saw",
        f"bring the plan's values to the cluster ({ways}; docs/day2.md), or write these into the site of {plan.name}",
    )


def _hidden(change: Change, values: Mapping[str, Any]) -> bool:
    """Tell whether a difference is one of a secret, which the plan does not know."""
    return change.before == REDACTED or isinstance(_at(values, change.path), Secret)


def _at(tree: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if isinstance(tree, Mapping):
            tree = tree.get(str(step))
        elif isinstance(tree, list | tuple) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree


def _change(change: Change) -> str:
    where = format_path(change.path)
    if any(names_a_secret(step) for step in change.path):
        return f"{where} differs (a secret, not shown)"
    sides = [
        "nothing" if how else "a mapping" if isinstance(value, Mapping) else shown(value, 60)
        for value, how in ((change.after, change.how == "delete"), (change.before, change.how == "add"))
    ]
    return f"{where} is {sides[0]}, planned is {sides[1]}"


def _catalogue(view: View) -> Iterator[Result]:
    """Compare versions with the release of the catalogue that most of the cluster is of."""
    release = guessed(view)
    if release is None:
        return
    charts = {chart.name: chart for chart in RELEASES[release].charts}
    for one in view.helm:
        chart = charts.get(one.name)
        if chart is None or chart.chart != one.chart or not one.version:
            continue
        place = _place(one, "version")
        wanted = {chart.version: f"release {release}"}
        told_here = list(version_of_release(one.chart, At(("version",), one.version), wanted))
        fix = f"upgrade it to {chart.version} with the rest of the release (docs/releases.md)"
        yield from (replace(place.finding(finding), fix=fix) for finding in told_here)
        if not told_here:
            yield place.ok(f"{one.version}, as in release {release}")
