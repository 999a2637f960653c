"""What must stay while a cluster lives; ``diff``, ``preview`` and ``up`` know the site before the change.

Source: EIB ``templates/rke2-multi-node-installer.sh.tpl``: the host that has the initializer's name takes the
configuration of one that makes a cluster, whatever is at the virtual address already.
"""

from __future__ import annotations

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import write

BOOTSTRAP_KEPT = Rule(
    "DS286-bootstrap-kept",
    "cluster.bootstrap must stay the server that made the cluster, as long as the cluster lives.",
    Severity.ERROR,
    "The server that is named now makes a second cluster on the same virtual addresses where it is installed again.",
    "edge-image-builder pkg/combustion/templates/rke2-multi-node-installer.sh.tpl, issue 673; read",
)

RULES = (BOOTSTRAP_KEPT,)


def bootstrap_kept(site: str, before: str, now: str) -> Findings:
    """Tell where another server is named than the one that made the living cluster.

    Args:
        site: the site's name.
        before: name of the server that made it.
        now: the one that is named.
    """
    if before == now:
        return
    fix = write(
        before,
        f"; a lost {before} comes back under its own name, by the image of: dualstack render {site} --join {before}. "
        f"Where the site shall be a new cluster, destroy it first; where {before} is gone for good, lower this rule "
        "under rules, with the reason, and install nobody from the image of the whole site any more",
    )
    message = f"{before} made the cluster that lives, and {now} is named"
    yield BOOTSTRAP_KEPT.at(("cluster", "bootstrap"), message, fix)
