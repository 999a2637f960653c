"""Rules about packaged components of RKE2 that are switched off though the cluster cannot do without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.plan.server import cni_plugins
from dualstack.rules.base import Subject
from dualstack.rules.blame import as_text, softened
from dualstack.rules.server.own_server import own_values

NEEDED = Rule(
    "DS288-needed-component-disabled",
    "disable must leave on what the cluster needs: its DNS server and its network plugin.",
    Severity.ERROR,
    "No pod finds a Service by its name, or none has an address: what needs either does not come up.",
    "rancher/rke2 pkg/rke2/rke2.go (DisableItems) and pkg/cli/cmds/server.go (disableExceptSelected); read",
)
RULES = (NEEDED,)

DNS: Final = "rke2-coredns"


def _needed(subject: Subject) -> Iterator[tuple[str, str]]:
    yield DNS, "the cluster has no DNS server"
    for plugin in cni_plugins(subject.plan.server.get("cni")):
        if plugin != "none":
            yield f"rke2-{plugin}", f"{plugin} is the cluster's network plugin"


def _without(item: At[object], name: str) -> AnyFix:
    """Make the fix that takes a name out of a text of names, and the text where nothing else is in it."""
    left = [word.strip() for word in as_text(item.value).split(",") if word.strip() not in ("", name)]
    return write(",".join(left)) if left else remove()


def check_disabled(subject: Subject) -> Findings:
    """Tell needed components that the site switches off."""
    site = subject.site
    needed = dict(_needed(subject))
    brought = bool(site.charts.extra or site.manifests or site.image.files)
    for item in own_values(site, "disable"):
        for word in dict.fromkeys(word.strip() for word in as_text(item.value).split(",")):
            if word in needed:
                finding = NEEDED.at(item.path, f"{word} is switched off: {needed[word]}", _without(item, word))
                # A chart or a manifest may bring another one.
                yield softened(finding) if brought else finding


CHECKS = (check_disabled,)
