"""Live objects before the policies' own checks, and before those of manifests: no judgement is made here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from dualstack.document.findings import Finding, Rule, Severity
from dualstack.document.origins import format_path
from dualstack.manifests.objects import CHECKS
from dualstack.policies.catalogue import all_policies
from dualstack.policies.model import Given, NotYet
from dualstack.policies.model import View as Others
from dualstack.rules.chart.site_manifests import POOL
from dualstack.rules.program.program_resources import CHART_VERSION, SERVICE, TWICE
from dualstack.rules.secret.clear_secrets import SECRET_LIKE
from dualstack.tokens import RELEASE
from dualstack.verify.cluster.helm import HelmRelease
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, name_of, namespace_of, place_of
from dualstack.verify.model import Kind, Result

ELSEWHERE: Final[Mapping[Rule, str]] = {
    SERVICE: "most Services are asked from inside alone: `services` chooses",
    CHART_VERSION: "`helm` knows what is pending, too",
    TWICE: "a Helm release is one object here, whoever brought it",
    SECRET_LIKE: "a Secret of the cluster is where a secret belongs",
}
"""Rules that are judged elsewhere, or say nothing of what lives."""


def given(one: Object) -> Given:
    """Give a live object as policies get a program's resources."""
    version, kind = str(one.get("apiVersion") or ""), str(one.get("kind") or "")
    type_ = f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind}"
    urn = f"urn:pulumi:cluster::live::{type_}::{namespace_of(one)}/{name_of(one)}"
    return Given(urn, type_, name_of(one) or kind, one)


def given_release(release: HelmRelease) -> Given:
    """Give a Helm release as policies get Pulumi's."""
    props = {
        "chart": release.chart or release.name,
        "name": release.name,
        "namespace": release.namespace,
        "version": release.version or None,
        "values": release.values,
    }
    return Given(
        f"urn:pulumi:cluster::live::{RELEASE}::{release.namespace}/{release.name}", RELEASE, release.name, props
    )


def judged(view: View, kind: Kind, objects: Sequence[Object], beside: Sequence[Object] = ()) -> Iterator[Result]:
    """Judge live objects.

    Args:
        view: the cluster.
        kind: of the results.
        objects: that are judged, in order; one may be judged by those before it.
        beside: further objects that they are judged by.
    """
    others = [given(one) for one in beside]
    for one in objects:
        yield from told(view, Place(kind, place_of(one), ""), given(one), others)
        others.append(given(one))


def told(
    view: View,
    place: Place,
    one: Given,
    others: Sequence[Given] = (),
    unknown: Callable[[NotYet], str] | None = None,
) -> Iterator[Result]:
    """Judge what policies can look at.

    Args:
        view: the cluster.
        place: the object.
        one: the same for policies.
        others: further ones.
        unknown: says what makes a value readable; None to leave out what cannot be read.
    """
    around = Others({"hosts": sorted(map(str, view.hosts))}, others, whole=True)
    found: list[Finding | NotYet] = []
    for check in CHECKS:
        found += check.tell(one, around) if check.applies(one.type) else ()
    for policy in all_policies():
        if policy.rule not in ELSEWHERE and policy.looks_at(one.type):
            findings, unread = policy.tell(one, around)
            found += [*findings, *unread]
    seen: set[tuple[Any, ...]] = set()
    for item in found:
        where = format_path(item.path)
        asked = where or "the object"
        if isinstance(item, NotYet):
            if unknown is not None and (where, item.why) not in seen:
                seen.add((where, item.why))
                yield Place(place.kind, place.at, asked).unknown(item.why, unknown(item))
        elif counts(view, item) and (where, item.rule.id) not in seen:
            seen.add((where, item.rule.id))
            yield Place(place.kind, place.at, f"{asked} ({item.rule.id.partition('-')[0]})").finding(item)


def counts(view: View, finding: Finding) -> bool:
    """Tell whether a finding is a failure here: notes are none, nor is what the site's own check tells and lives with.

    That a pool has one family is judged where it is known who takes addresses from it.
    """
    if finding.rule in ELSEWHERE or finding.severity is Severity.INFO:
        return False
    lone = finding.rule is POOL and finding.severity is Severity.WARNING
    return not lone and finding.rule.id not in view.accepted
