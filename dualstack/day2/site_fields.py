"""The site as a whole: its release, its mode, what it says of rules.

Sources: SUSE's ``day2/upgrade-controller.adoc`` and ``components/upgrade-controller.adoc``; docs.rke2.io
``upgrades/automated.md`` (system-upgrade-controller). Read, not run.
"""

from __future__ import annotations

from typing import Final

from dualstack.day2.model import Entry, by_hand, entry, nothing, outage, rolling

_NODE: Final = "each node while it is drained and restarts; with one node the management cluster"

ENTRIES: Final[tuple[Entry, ...]] = (
    entry("schema", nothing("the form of the file")),
    entry("realm", nothing("which sites `check` compares private addresses with")),
    entry(
        "release",
        rolling(
            "newest patch of the old release first; then an `UpgradePlan` (`kubectl apply -n "
            "upgrade-controller-system`): "
            "operating system, Kubernetes, charts; charts of `delivery: pulumi` by `up` after it",
            _NODE,
            downstream="CRDs of Metal3 by hand (`helm show crds`); registered clusters follow Rancher",
        ),
    ),
    entry(
        "mode",
        outage(
            "Ironic's and Rancher's names change with it: records first, then as `provisioning.hostname`, "
            "`rancher.hostname` and `cluster.tlsSan`",
            "Ironic while its pod restarts; Rancher under its old URL",
            downstream="BareMetalHosts, certificate of virtual media, registered clusters, clients of Rancher's URL",
        ),
    ),
    entry(
        "kubernetesVersion",
        rolling(
            "a `Plan` of the system-upgrade-controller with this version (`upgrade.cattle.io/v1`), servers "
            "first; one minor "
            "after the other",
            _NODE,
        ),
    ),
    entry(
        "manifests",
        by_hand(
            "`kubectl apply -f` of what changed, `kubectl delete -f` of what is gone: the image applies them once, at "
            "the first start"
        ),
    ),
    *(entry(f"rules.*.{key}", nothing("only what `check` says")) for key in ("severity", "because")),
)
