"""Rules about charts beside their release: versions of another one, and what Let's Encrypt wants."""

from __future__ import annotations

import re

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.frozen import dig
from dualstack.document.origins import Path
from dualstack.plan.charts import chart_settings, enabled
from dualstack.releases import CHARTS, upstream_version
from dualstack.rules.base import Subject

RELEASE_CHART = Rule(
    "DS189-chart-of-release",
    "Rancher's minor version, and the release in a SUSE chart's version, should be the release's own.",
    Severity.WARNING,
    "Nobody has tried the release's other charts with it: Turtles, the Cluster API providers and Rancher go together.",
    "versions of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io asciidoc/edge-book/versions.adoc)",
)
LETS_ENCRYPT = Rule(
    "DS194-letsencrypt-email",
    "Let's Encrypt must have an e-mail address to write to.",
    Severity.WARNING,
    "The issuer is made with the chart's example address, or is refused, and Rancher has no certificate.",
    "rancher/rancher chart/values.yaml and templates/issuer-letsEncrypt.yaml; Rancher documentation: Helm chart "
    "options (letsEncrypt.email)",
)
NO_SUCH_CHART = Rule(
    "DS330-chart-of-no-release",
    "Settings of a chart must be of one that the site's release has.",
    Severity.WARNING,
    "The settings do nothing: the chart is neither in the image nor on the cluster.",
    "versions of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io asciidoc/edge-book/versions.adoc)",
)
RULES = (RELEASE_CHART, LETS_ENCRYPT, NO_SUCH_CHART)


def _line(chart: str, version: str) -> str | None:
    """Return what a chart's versions of one release have in common; None where nothing is known of the chart."""
    if chart == "rancher":
        found = upstream_version(version)
        return f"{found[0]}.{found[1]}" if found else None
    match = re.match(r"v?([0-9]{3})\.[0-9]+\.[0-9]+\+up", version)
    return match[1] if match else None


def chart_of_release(chart: str, version: At[str], pinned: str) -> Findings:
    """Tell a version that belongs to another release.

    Args:
        chart: the chart.
        version: its version.
        pinned: the release's own.
    """
    own, given = _line(chart, pinned), _line(chart, version.value)
    if own is not None and given is not None and own != given:
        message = f"{chart} {version.value} is of another release; this one has {pinned}"
        yield RELEASE_CHART.at(version.path, message, write(pinned, f", or another {own} version", guess=True))


def check_releases(subject: Subject) -> Findings:
    """Judge the versions that the site gives beside the release's own."""
    own = {item.name: item.version for item in subject.plan.release.charts}
    told: set[str] = set()
    for chart in subject.plan.charts:
        if chart.pinned_by == "site" and chart.key not in ("extra", *told):
            told.add(chart.key)
            yield from chart_of_release(chart.chart, At((*chart.path, "version"), chart.version), own[chart.name])


def check_lets_encrypt(subject: Subject) -> Findings:
    """Tell Let's Encrypt without an e-mail address."""
    rancher = subject.plan.chart("rancher")
    if rancher is None or str(dig(rancher.values, "ingress", "tls", "source")).lower() != "letsencrypt":
        return
    email = str(dig(rancher.values, "letsEncrypt", "email") or "")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email) or email.endswith("@example.com"):
        path: Path = ("charts", "rancher", "values", "ingress", "tls", "source")
        fix = "set charts.rancher.values.letsEncrypt.email to an address that somebody reads"
        yield LETS_ENCRYPT.at(path, "certificates come from Let's Encrypt, and no e-mail address is given", fix)


def check_settings(subject: Subject) -> Findings:
    """Tell settings of a chart that other releases have; that it is off may be said under any."""
    release = subject.plan.release
    own = {item.key for item in release.charts}
    for key in CHARTS:
        settings = chart_settings(subject.site, key)
        if key not in own and enabled(subject.site, key) and settings.model_fields_set:
            message = f"release {release.name} has no chart {key}"
            yield NO_SUCH_CHART.at(("charts", key), message, remove(", or name a release that has it in release"))


CHECKS = (check_releases, check_lets_encrypt, check_settings)
