"""Rules about the ingress controller that Rancher is reached through."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.frozen import dig
from dualstack.plan.model import Plan
from dualstack.releases import default_ingress
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown, softened
from dualstack.rules.server.own_server import own_values, own_words

NO_INGRESS = Rule(
    "DS186-rancher-ingress",
    "A cluster with Rancher must have an ingress controller.",
    Severity.ERROR,
    "Nobody reaches Rancher: its Ingress has no controller, and its Service is inside the cluster alone.",
    "rancher/rancher chart/templates/ingress.yaml; rancher/rke2 pkg/cli/types.go (IngressItems) and pkg/cli/cmds/"
    "server.go (disableExceptSelected)",
)
CONTROLLER = Rule(
    "DS187-ingress-controller-name",
    "ingress-controller must name controllers that RKE2 has: ingress-nginx, traefik, or none.",
    Severity.ERROR,
    'RKE2 stops at its start: "Invalid value for --ingress-controller flag".',
    "rancher/rke2 pkg/cli/types.go (IngressItems) and pkg/cli/cmds/server.go",
    firm=True,
)

RULES = (NO_INGRESS, CONTROLLER)

CONTROLLERS = ("ingress-nginx", "traefik")
_OTHERS = re.compile(r"ingress|traefik|nginx|haproxy|contour|kong|istio|envoy|gateway|apisix|cilium", re.IGNORECASE)
"""Names of charts that bring an ingress controller of their own."""


def _chosen(plan: Plan) -> Iterator[str]:
    """Give the controllers that RKE2 is told to deploy."""
    own = [word.value for word in own_words(plan.site, "ingress-controller") if word.value]
    computed = plan.server_computed.get("ingress-controller") or default_ingress(plan.kubernetes_version)
    yield from own or [str(computed)]


def check_controller(subject: Subject) -> Findings:
    """Judge the names of controllers."""
    for word in own_words(subject.site, "ingress-controller"):
        if word.value in (*CONTROLLERS, "none", ""):
            continue
        near = next((name for name in CONTROLLERS if name.split("-")[-1] in word.value.lower()), None)
        fix = write(near) if near else remove()
        yield CONTROLLER.at(word.path, f"{shown(word.value)} is no ingress controller of RKE2", fix)


def check_ingress(subject: Subject) -> Findings:
    """Tell a cluster in which no controller answers for Rancher's Ingress."""
    plan, site = subject.plan, subject.site
    rancher = plan.chart("rancher")
    if rancher is None or dig(rancher.values, "ingress", "enabled") is False:
        return
    if str(dig(rancher.values, "networkExposure", "type", default="ingress")).lower() != "ingress":
        return
    disabled = {word.value.removeprefix("rke2-"): word for word in own_words(site, "disable")}
    chosen = list(_chosen(plan))
    if any(name in CONTROLLERS and name not in disabled for name in chosen):
        return
    if any(name not in (*CONTROLLERS, "none") for name in chosen):
        return  # told by its name
    if any(_OTHERS.search(extra.name) for extra in site.charts.extra):
        return
    off = [disabled[name].path for name in chosen if name in disabled]
    off += [item.path for item in own_values(site, "ingress-controller")]
    message = f"Rancher wants an ingress controller, and {' and '.join(chosen)} is not deployed"
    if chosen == ["none"]:
        message = "Rancher wants an ingress controller, and none is chosen"
    yield _finding(At(off[0], message), bool(site.manifests))


def _finding(told: At[str], manifests: bool) -> Finding:
    fix = remove(", or bring another controller with charts.extra")
    finding = NO_INGRESS.at(told.path, told.value, fix)
    # A manifest may bring one.
    return softened(finding) if manifests else finding


CHECKS = (check_controller, check_ingress)
