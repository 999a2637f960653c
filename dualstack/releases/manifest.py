"""From the vendor's release manifest to a file of the catalogue.

The form is that of ``kind: ReleaseManifest`` (lifecycle.suse.com/v1alpha1), as in suse-edge/support-tools
``components-versions/components_versions/data`` and in SUSE's image ``release-manifest``. It names versions and
repositories; what it does not say is left open in the file, which is refused until somebody fills that in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualstack.document.yamlio import dump
from dualstack.errors import InputError
from dualstack.releases.catalogue import RELEASES
from dualstack.releases.model import REQUIRED, ChartRelease
from dualstack.releases.read import PATCH

_OPEN: Final = {
    "eib": "version of Edge Image Builder (release notes)",
    "eibContainer": "its image (release notes)",
    "eibApi": "apiVersion of its definition (release notes)",
    "trustedCasKey": "additionalTrustedCAs or trustedCAs, as the metal3 chart reads it (its values.yaml)",
    "ingressController": "ingress-controller in server.yaml, or null (guide, management cluster)",
    "ingressValues": "nginx, traefik-39 or traefik-40: the form of the values of RKE2's ingress controller",
    "tmpfsCni": "true where the guide mounts a tmpfs at /etc/cni",
}
_MAY: Final = {
    "support": "full and end, the dates (release notes)",
    "embeddedCapi": "true where Rancher's own Cluster API must be off beside Turtles",
    "oldBmcSchemes": "schemes of BMC addresses that later operators have no more",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """A file of the catalogue, as far as a manifest tells."""

    text: str
    missing: tuple[str, ...]
    """What is not in it, each with where it comes from."""


def imported(data: Mapping[str, Any], file: str) -> Imported:
    """Read a manifest.

    Args:
        data: its mapping.
        file: its name as shown to people.

    Raises:
        InputError: it is no release manifest.
    """
    spec = _map(data.get("spec"))
    version = spec.get("releaseVersion")
    if data.get("kind") != "ReleaseManifest" or not isinstance(version, str) or not PATCH.fullmatch(version):
        fix = "name a file with kind: ReleaseManifest and spec.releaseVersion X.Y.Z"
        raise InputError("this is no release manifest", file=file, fix=fix)
    components = _map(spec.get("components"))
    missing: list[str] = []
    made: dict[str, Any] = {"release": version}
    kubernetes = _map(_map(components.get("kubernetes")).get("rke2")).get("version")
    system = _map(components.get("operatingSystem")).get("version")
    for key, value, words in (
        ("kubernetes", kubernetes, "RKE2's version"),
        (
            "baseImage",
            f"SL-Micro.{{arch}}-{system}-Base-{{kind}}" if isinstance(system, str) else None,
            "file name of the base image, with {arch} and {kind}",
        ),
    ):
        if isinstance(value, str):
            made[key] = value
        else:
            missing.append(f"{key}: {words}")
    missing += [f"{key}: {words}" for key, words in _OPEN.items()]
    repositories, charts, gaps = _charts(_map(components.get("workloads")).get("helm"))
    made |= {"repositories": repositories, "charts": charts}
    missing += gaps + [f"{key}: {words}; may be left out" for key, words in _MAY.items()]
    head = (
        f"# Release {version}, from a release manifest. Repositories are as it names them,",
        "# namespaces as other releases have them. Missing:",
    )
    return Imported("\n".join([*head, *(f"#   {line}" for line in missing)]) + "\n" + dump(made), tuple(missing))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _entries(value: Any) -> Iterator[Mapping[str, Any]]:
    """Give the charts of a list, each after those that it needs."""
    for item in value if isinstance(value, list) else []:
        entry = _map(item)
        yield from _entries(entry.get("dependencyCharts"))
        yield entry


def _known() -> dict[str, ChartRelease]:
    """Return the charts that releases here have, by name, as the newest one has them; a release has more charts."""
    return {chart.chart: chart for version in RELEASES.versions for chart in RELEASES[version].charts}


def _charts(helm: Any) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """Return the repositories, the charts, and what is missing of them."""
    repositories: dict[str, dict[str, Any]] = {}
    charts: list[dict[str, Any]] = []
    gaps: list[str] = []
    known = _known()
    for entry in _entries(helm):
        whole, version = str(entry.get("chart") or ""), entry.get("version")
        base, _, chart = whole.rpartition("/")
        url = base or entry.get("repository")
        if chart not in known:
            continue
        if not isinstance(version, str) or not isinstance(url, str):
            gaps.append(f"charts: version and repository of {chart}")
            continue
        like = known[chart]
        name = _repository(url, repositories)
        made = {"key": like.key, "chart": chart, "version": version, "repository": name, "namespace": like.namespace}
        if (release := entry.get("releaseName")) and release != chart:
            made["releaseName"] = release
        charts.append(made)
    have = {chart["key"] for chart in charts}
    lacking = [key for key in dict.fromkeys(chart.key for chart in known.values()) if key not in have]
    gaps += [f"charts: {key}" + ("" if key in REQUIRED else "; may be left out") for key in lacking]
    return repositories, charts, gaps


def _repository(url: str, repositories: dict[str, dict[str, Any]]) -> str:
    """Name a repository, as a release here does where one has it, and note it."""
    same = [
        chart.repository
        for version in RELEASES.versions
        for chart in RELEASES[version].charts
        if chart.repository.url == url
    ]
    name = same[-1].name if same else re.sub(r"[^a-z0-9]+", "-", url.partition("://")[2].lower()).strip("-")
    repositories[name] = {"url": url, **({"login": True} if same and same[-1].login else {})}
    return name
