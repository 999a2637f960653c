"""Rules about charts and versions: pins, what needs what, repositories and their logins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, Fix, Set, write
from dualstack.document.frozen import dig
from dualstack.document.origins import Path
from dualstack.plan.charts import enabled
from dualstack.plan.model import ChartPlan
from dualstack.releases import kubernetes_minor, rancher_below
from dualstack.rules.base import Subject
from dualstack.rules.blame import softened
from dualstack.rules.name.name_grammar import label_problem

LOGIN = Rule(
    "DS104-chart-login",
    "A chart repository that answers only with a login must have one.",
    Severity.WARNING,
    "eib build cannot pull the chart, and the image is not built.",
    "SUSE Telco Cloud guide, management cluster definition (rancher-application-collection has a login); "
    "edge-image-builder pkg/registry/helm.go (pulls every chart)",
)
KUBERNETES = Rule(
    "DS106-kubernetes-version",
    "The Kubernetes version must be one version of RKE2, such as v1.34.4+rke2r1.",
    Severity.ERROR,
    "The image build stops, or the next one has another version than this one.",
    "edge-image-builder pkg/image/validation/kubernetes.go",
    firm=True,
)
RANCHER_RANGE = Rule(
    "DS107-rancher-kubernetes",
    "Rancher's chart must take the site's Kubernetes version.",
    Severity.ERROR,
    "Helm refuses the chart: it requires an older Kubernetes.",
    "rancher/rancher chart/Chart.yaml of release/v2.12 to v2.14 (kubeVersion)",
    firm=True,
)
RELEASE_KUBERNETES = Rule(
    "DS135-kubernetes-of-release",
    "The Kubernetes version should be the release's minor version, or one beside it.",
    Severity.WARNING,
    "Nobody has tried the release's charts and images with that Kubernetes.",
    "versions of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io asciidoc/edge-book/versions.adoc); "
    "kubernetes.io: IPv4/IPv6 dual-stack is stable from 1.23 on",
)
PINNED = Rule(
    "DS108-chart-version-pinned",
    "A chart's version must be one version, never a range.",
    Severity.ERROR,
    "The same site gives another cluster tomorrow.",
    "dualstack's own: every version is pinned",
)
NEEDS = Rule(
    "DS109-chart-needs",
    "The charts that another chart needs must be part of the cluster, and be there before it.",
    Severity.ERROR,
    "The chart's resources are refused, or its pods wait for ever.",
    "suse-edge/charts metal3 templates/certificates.yaml; rancher/rancher chart/values.yaml (ingress.tls.source)",
)
EXTRA = Rule(
    "DS110-extra-chart",
    "Further charts must have a release name of their own, and names that Helm and Kubernetes take.",
    Severity.ERROR,
    "The image build refuses two releases of one name, Helm refuses others.",
    "edge-image-builder pkg/image/validation/kubernetes.go; helm pkg/chartutil/validate_name.go",
    firm=True,
)
REPOSITORY = Rule(
    "DS111-chart-repository",
    "A chart repository must be an http, https or oci URL.",
    Severity.ERROR,
    "The image build refuses the definition.",
    "edge-image-builder pkg/image/validation/kubernetes.go",
    firm=True,
)

RULES = (
    LOGIN,
    KUBERNETES,
    RANCHER_RANGE,
    RELEASE_KUBERNETES,
    PINNED,
    NEEDS,
    EXTRA,
    REPOSITORY,
)

_RKE2 = re.compile(r"v1\.[0-9]+\.[0-9]+(-rc[0-9]+)?\+rke2r[0-9]+(-rc[0-9]+)?")
_ONE_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>[^\s/]+(/\S*)?)")
RELEASE_NAME_MAX = 53
"""Longest name of a Helm release."""
DUAL_STACK_MINOR = 23
"""First Kubernetes minor version with stable dual-stack."""


def kubernetes_version(version: At[str], pinned: str) -> Findings:
    """Tell where a Kubernetes version is not one version of RKE2.

    Args:
        version: the version.
        pinned: the release's own, for the fix.
    """
    if not _RKE2.fullmatch(version.value):
        what = "is K3s, this product runs RKE2" if "k3s" in version.value else "is not one version of RKE2"
        yield KUBERNETES.at(version.path, f"{version.value!r} {what}", write(pinned, guess=True))


def rancher_takes(rancher: str, kubernetes: At[str], fix: AnyFix) -> Findings:
    """Tell where Rancher's chart refuses a Kubernetes version; nothing for versions that are not known."""
    below, minor = rancher_below(rancher), kubernetes_minor(kubernetes.value)
    if below is not None and minor is not None and minor >= below:
        message = f"Rancher {rancher} wants Kubernetes below 1.{below}, not {kubernetes.value}"
        yield RANCHER_RANGE.at(kubernetes.path, message, fix)


def kubernetes_of_release(version: At[str], pinned: str) -> Findings:
    """Tell a Kubernetes version that is far from the release's own, and one without stable dual-stack.

    Args:
        version: the version.
        pinned: the release's own.
    """
    minor, own = kubernetes_minor(version.value), kubernetes_minor(pinned)
    if minor is None or own is None or not _RKE2.fullmatch(version.value):
        return
    if minor < DUAL_STACK_MINOR:
        message = f"{version.value} has no stable dual-stack, which came with 1.{DUAL_STACK_MINOR}"
        follows = "The cluster has no two families to rely on."
        finding = RELEASE_KUBERNETES.at(version.path, message, write(pinned, guess=True), consequence=follows)
        yield replace(finding, severity=Severity.ERROR)
    elif abs(minor - own) > 1:
        message = f"{version.value} is {abs(minor - own)} minor versions from the release's {pinned}"
        yield RELEASE_KUBERNETES.at(
            version.path, message, write(pinned, f", or another of 1.{own - 1} to 1.{own + 1}", guess=True)
        )


def pinned_version(version: At[str], known: str | None = None) -> Findings:
    """Tell where a chart version is a range, a word or a part of a version."""
    if not _ONE_VERSION.fullmatch(version.value):
        fix = write(known) if known else "write one whole version, such as 1.2.3"
        yield PINNED.at(version.path, f"{version.value!r} is not one version", fix)


def repository_url(url: At[str]) -> Findings:
    """Tell where a chart repository has no scheme that Helm and EIB take."""
    match = _URL.fullmatch(url.value)
    if match and match["scheme"] in ("http", "https", "oci"):
        return
    bare = url.value.split("://", 1)[-1].strip().strip("/")
    fix = f"write https://{bare}, or oci://{bare}" if bare else "write a URL such as oci://registry.example.com/charts"
    yield REPOSITORY.at(url.path, f"{url.value!r} is no http, https or oci URL", fix)


def release_names(charts: Sequence[At[str]], taken: Sequence[str]) -> Findings:
    """Tell which further charts have a name that is taken, or that Helm refuses."""
    seen = list(taken)
    for chart in charts:
        problem = next((found for part in chart.value.split(".") if (found := label_problem(part))), None)
        if chart.value in seen:
            message = f"a Helm release {chart.value!r} is there already"
            yield EXTRA.at(chart.path, message, "remove this chart, or set the values of the one that is there")
        elif problem or len(chart.value) > RELEASE_NAME_MAX:
            told = problem or f"has {len(chart.value)} characters, at most {RELEASE_NAME_MAX} are allowed"
            yield EXTRA.at(chart.path, f"{chart.value!r} {told}", "write a name in lower case, as the chart has it")
        seen.append(chart.value)


def check_versions(subject: Subject) -> Findings:
    """Judge every version that the site gives."""
    site, release = subject.site, subject.plan.release
    own = {item.key: item.version for item in release.charts}
    if site.kubernetes_version is not None:
        yield from kubernetes_version(At(("kubernetesVersion",), site.kubernetes_version), release.kubernetes)
    for chart in subject.plan.charts:
        if chart.pinned_by == "site":
            known = own.get(chart.key)  # type: ignore[call-overload]
            yield from pinned_version(At((*chart.path, "version"), chart.version), known)
    refused = list(_rancher_range(subject))
    yield from refused
    if site.kubernetes_version is not None and all(finding.path != ("kubernetesVersion",) for finding in refused):
        yield from kubernetes_of_release(At(("kubernetesVersion",), site.kubernetes_version), release.kubernetes)


def _rancher_range(subject: Subject) -> Findings:
    """Judge Rancher beside Kubernetes; the fix is the version of the release's own, or both, with which it goes."""
    release, rancher = subject.plan.release, subject.plan.chart("rancher")
    if rancher is None:
        return
    version: Path = ("charts", "rancher", "version")
    own = next(item.version for item in release.charts if item.key == "rancher")
    kubernetes = At[str](("kubernetesVersion",), subject.plan.kubernetes_version)
    far = kubernetes_minor(kubernetes.value) != kubernetes_minor(release.kubernetes)
    mends: list[tuple[Path, Fix, str, str]] = [
        (version, write(own, guess=True), own, kubernetes.value),
        (
            kubernetes.path,
            Fix((Set(release.kubernetes), Set(own, version)), guess=True),
            own,
            release.kubernetes,
        ),
    ]
    if far:
        mends.insert(0, (kubernetes.path, write(release.kubernetes, guess=True), rancher.version, release.kubernetes))
    for path, fix, with_rancher, with_kubernetes in mends:
        if not any(rancher_takes(with_rancher, At((), with_kubernetes), "")):
            yield from rancher_takes(rancher.version, At(path, kubernetes.value), fix)
            return


def _needs(chart: ChartPlan) -> tuple[str, ...]:
    """Return the keys of the charts that a chart cannot do without."""
    if chart.key == "metal3" and dig(chart.values, "global", "enable_tls") is not False:
        return ("cert-manager",)
    if chart.key == "rancher":
        external = dig(chart.values, "tls") == "external" or dig(chart.values, "ingress", "enabled") is False
        own_certificate = dig(chart.values, "ingress", "tls", "source") == "secret"
        return () if external or own_certificate else ("cert-manager",)
    return ("rancher",) if chart.key == "turtles" else ()


def check_needs(subject: Subject) -> Findings:
    """Tell which charts are off although others need them, or come too late."""
    plan, site = subject.plan, subject.site
    extra = {chart.chart for chart in plan.charts if chart.key == "extra"}
    by_key = {chart.key: chart for chart in plan.charts}
    for wanted in ("cert-manager", "rancher"):
        users = [chart for chart in plan.charts if wanted in _needs(chart)]
        if not users:
            continue
        names = " and ".join(chart.name for chart in users)
        if not enabled(site, wanted) and wanted not in extra:
            path: Path = ("charts", wanted, "enabled")
            fix = f"set charts.{wanted}.enabled to true"
            if wanted == "rancher":
                fix += ", or charts.turtles.enabled to false"
            yield NEEDS.at(path, f"{wanted} is off, but {names} cannot do without it", fix)
        for chart in users:
            other = by_key.get(wanted)
            if other is not None and chart.delivery == "image" and other.delivery == "pulumi":
                message = f"{chart.name} is in the image, but needs {wanted}, which comes later by pulumi"
                fix = f"set charts.{chart.key}.delivery to pulumi"
                yield softened(NEEDS.at(("charts", chart.key, "delivery"), message, fix))


def check_repositories(subject: Subject) -> Findings:
    """Judge repositories and their logins."""
    told: set[str] = set()
    for chart in subject.plan.charts:
        url = chart.repository.url
        given = chart.key == "extra" or getattr(subject.site.charts, chart.key.replace("-", "_")).repository
        if given and chart.key not in told - {"extra"}:
            yield from repository_url(At((*chart.path, "repository"), url))
        if chart.repository.needs_login and chart.repository.username is None and chart.key not in told:
            message = f"{url} answers only with a login"
            fix = (
                f"set charts.{chart.key}.login to {{username: ..., passwordKey: appsToken}}, "
                f"and run: dualstack secret set {subject.plan.name} appsToken"
            )
            yield LOGIN.at((*chart.path, "login"), message, fix)
        told.add(chart.key)


def check_extra(subject: Subject) -> Findings:
    """Judge the names of further charts."""
    charts = subject.site.charts.extra
    taken = [chart.name for chart in subject.plan.charts if chart.key != "extra"]
    yield from release_names([At(("charts", "extra", i, "name"), chart.name) for i, chart in enumerate(charts)], taken)
    for index, chart in enumerate(charts):
        if problem := label_problem(chart.namespace):
            path: Path = ("charts", "extra", index, "namespace")
            yield EXTRA.at(path, f"{chart.namespace!r} {problem}", write(chart.namespace.lower().replace("_", "-")))


CHECKS = (check_versions, check_needs, check_repositories, check_extra)
