"""Rules about where pods may run at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.frozen import thaw
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.blame import as_text
from dualstack.site.network import Node

NOWHERE = Rule(
    "DS322-tainted-everywhere",
    "A node must be without taints that keep pods away.",
    Severity.ERROR,
    "Rancher, Metal3, cert-manager and Longhorn tolerate no such taint: their pods stay Pending, nothing is served.",
    "kubernetes documentation, taints and tolerations; the charts' templates (read)",
)

RULES = (NOWHERE,)

_KEEPS_AWAY: Final = ("NoSchedule", "NoExecute")


def keeps_away(taint: str) -> bool:
    """Tell whether a taint keeps pods away that do not tolerate it."""
    return taint.rpartition(":")[2] in _KEEPS_AWAY


def _of_role(subject: Subject, role: str) -> Iterator[tuple[Path, str]]:
    """Yield the taints that server.yaml or agent.yaml gives to every node of a role."""
    cluster = subject.site.cluster
    own = thaw(cluster.server if role == "server" else cluster.agent)
    for key in ("node-taint", "node-taint+"):
        given = own.get(key)
        for item in given if isinstance(given, list) else [given] if given is not None else []:
            for word in as_text(item).split(","):
                yield ("cluster", role, key), word.strip()


def _of_node(subject: Subject, index: int, node: Node) -> list[tuple[Path, str]]:
    own: list[tuple[Path, str]] = [(("nodes", index, "taints", at), text) for at, text in enumerate(node.taints)]
    return [*own, *_of_role(subject, node.role)]


def check_taints(subject: Subject) -> Findings:
    """Tell taints on every node."""
    found = []
    for index, node in enumerate(subject.site.nodes):
        away = [(path, text) for path, text in _of_node(subject, index, node) if keeps_away(text)]
        if not away:
            return
        found.append(away[0])
    path, text = found[0]
    shared = subject.site.node_defaults.taints
    if text in shared and all(text in node.taints for node in subject.site.nodes):
        path = ("nodeDefaults", "taints", shared.index(text))
    many = "every node is" if len(found) > 1 else "the only node is"
    fix = "remove it, or leave one node without taints (an agent where the servers are to run no pods)"
    yield NOWHERE.at(path, f"{many} kept from pods by a taint, here {text}", fix)


CHECKS = (check_taints,)
