"""Which release of the catalogue a cluster is of: its Kubernetes and its charts against each release's."""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.day2.words import Word as Day2
from dualstack.document.findings import At
from dualstack.plan.model import Plan
from dualstack.releases import RELEASES, Release
from dualstack.releases.versions import kubernetes_minor
from dualstack.rules.chart.release_support import newer_patch, support_ended
from dualstack.today import today
from dualstack.verify.cluster.view import Place, View, name_of, shown, version_of
from dualstack.verify.model import Kind, Result

_MANAGEMENT = ("rancher", "metal3")


def _matches(view: View, release: Release) -> tuple[int, int]:
    """Count how many versions are the release's, of how many."""
    pairs = [(version_of(node), release.kubernetes) for node in view.nodes]
    charts = {chart.name: chart for chart in release.charts}
    pairs += [
        (one.version, charts[one.name].version)
        for one in view.helm
        if one.name in charts and charts[one.name].chart == one.chart and one.version
    ]
    same = sum(have.removeprefix("v") == wanted.removeprefix("v") for have, wanted in pairs)
    return same, len(pairs)


def guessed(view: View) -> str | None:
    """Give the release that most of the cluster is of; None where it is no management cluster, or of no release."""
    if not any(one.chart in _MANAGEMENT for one in view.helm):
        return None
    counts = {version: _matches(view, RELEASES[version])[0] for version in reversed(RELEASES.versions)}
    best = max(counts, key=lambda version: counts[version], default=None)
    return best if best is not None and counts[best] else None


def whole_release(view: View, plan: Plan) -> str | None:
    """Give the older release that the whole cluster is of, so that the plan's is merged and to come; else None."""
    names = list(RELEASES.versions)
    own = plan.release.version
    for version in names[: names.index(own)] if own in names else ():
        same, of = _matches(view, RELEASES[version])
        if of and same == of:
            return version
    return None


def run(view: View) -> Iterator[Result]:
    """Check Kubernetes' version, and how long the release is supported."""
    yield from _kubernetes(view)
    yield from _support(view)


def _kubernetes(view: View) -> Iterator[Result]:
    versions = sorted({version_of(node) for node in view.nodes if version_of(node)})
    if not versions:
        yield Place(Kind.RELEASE, "Kubernetes", "version").unknown("no node tells its version", "a node that is there")
        return
    if len(versions) > 1 and view.plan is None:
        yield Place(Kind.RELEASE, "Kubernetes", "version").failed(
            f"nodes have different versions: {', '.join(map(shown, versions))}",
            "an upgrade stands still half-way; a kubelet may be at most three minors older than the API server",
            "upgrade the nodes that are behind",
        )
        return
    if view.plan is None:
        release = guessed(view)
        wanted = RELEASES[release].kubernetes if release is not None else versions[0]
        if kubernetes_minor(wanted) != kubernetes_minor(versions[0]):
            yield Place(Kind.RELEASE, "Kubernetes", "version").failed(
                f"{shown(versions[0])}; release {release}, of which the charts are, has {wanted}",
                "nobody has tried the release's charts and images with it" + _skew(versions[0], wanted),
                "bring Kubernetes and charts to one release, a minor version after the other (docs/releases.md)",
            )
            return
        known = [name for name in RELEASES.versions if RELEASES[name].kubernetes == versions[0]]
        of = f", as in release {' and '.join(known)}" if known else ", which no release of the catalogue has"
        yield Place(Kind.RELEASE, "Kubernetes", "version").ok(f"{shown(versions[0])}{of}")
        return
    wanted, older = view.plan.kubernetes_version, whole_release(view, view.plan)
    for node in view.nodes:
        place = Place(Kind.RELEASE, f"node {name_of(node)}", "Kubernetes version")
        have = version_of(node)
        if have == wanted:
            yield place.ok(f"{have}, as planned")
        elif older is not None:
            yield place.pending(
                f"{shown(have)}; the cluster is wholly of release {older}, planned is {wanted}",
                f"Kubernetes stays at {shown(have)}",
                "upgrade the nodes one after the other (docs/releases.md)",
                Day2.ROLLING,
            )
        else:
            yield place.failed(
                f"{shown(have)}, planned is {wanted}",
                "nobody has tried the release's charts and images with it" + _skew(have, wanted),
                "upgrade the node to the planned version (servers first), or write kubernetesVersion into the site",
            )


def _skew(have: str, wanted: str) -> str:
    one, other = kubernetes_minor(have), kubernetes_minor(wanted)
    apart = one is not None and other is not None and abs(one - other) > 1
    return "; a minor version between them must not be left out on the way" if apart else ""


def _support(view: View) -> Iterator[Result]:
    release = view.plan.release if view.plan is not None else None
    name = guessed(view) if release is None else None
    if name is not None:
        release = RELEASES[name]
    place = Place(Kind.RELEASE, "release", "support")
    if release is None:
        return
    day = today()
    ended = list(support_ended(At(("release",), release.version), release.support.end, day))
    for finding in ended:
        yield place.finding(finding)
    if ended:
        return
    full, end = release.support.full, release.support.end
    told = [f"end of life {end.isoformat()}" if end is not None else "the catalogue does not know its end of life"]
    if full is not None:
        told.insert(0, f"full support {'ended' if full < day else 'until'} {full.isoformat()}")
    newest = RELEASES.newest(release.version) if release.version in RELEASES.versions else release.version
    told += [f"{newest} is newer" for _ in newer_patch(At(("release",), release.version), newest)]
    yield place.ok(f"{release.version}: {'; '.join(told)}")
