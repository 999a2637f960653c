"""What the stand-ins know of the real providers, as measured with pulumi-libvirt 0.5.4 and pulumi-kubernetes 4.34."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.lab.kubeconfig import KUBECONFIG

NETWORK: Final = "libvirt:index/network:Network"
DOMAIN: Final = "libvirt:index/domain:Domain"
VOLUME: Final = "libvirt:index/volume:Volume"
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
SERVICE_PATCH: Final = "kubernetes:core/v1:ServicePatch"
HELM_CHART_CONFIG: Final = "kubernetes:helm.cattle.io/v1:HelmChartConfig"
HELM_CHART_PATCH: Final = "kubernetes:helm.cattle.io/v1:HelmChartPatch"
CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
ALL: Final = frozenset({"*"})


@dataclass(frozen=True)
class Kind:
    """One type of resource.

    Attributes:
        replaced_by: top-level inputs, or dotted paths, whose change the provider answers with a replacement.
        name: inputs, also dotted paths, that together are the name by which the real thing is known, and which is there
            once only.
        stable_id: the id is that name; else every creation has a new id, as a UUID is.
        adopts: a create silently takes what is already there.
        forgives: deleting what is gone is no error.
        outputs: properties beside the inputs.
    """

    replaced_by: frozenset[str]
    name: tuple[str, ...] = ("name",)
    stable_id: bool = False
    adopts: bool = False
    forgives: bool = False
    outputs: Mapping[str, Any] | None = None


KINDS: Final[Mapping[str, Kind]] = {
    NETWORK: Kind(
        frozenset(
            {"name", "domain", "mode", "bridge", "addresses", "routes", "dns.forwarders", "dns.srvs", "xml.xslt"},
        )
    ),
    DOMAIN: Kind(
        frozenset(
            {
                "name",
                "description",
                "vcpu",
                "memory",
                "firmware",
                "type",
                "nvram",
                "cpu",
                "disks",
                "graphics",
                "filesystems",
                "cmdlines",
                "consoles",
                "coreosIgnition",
            }
        )
    ),
    # The id is the path of the file.
    VOLUME: Kind(ALL, name=("pool", "name"), stable_id=True, adopts=True, forgives=True),
    "libvirt:index/pool:Pool": Kind(ALL),
    "libvirt:index/cloudInitDisk:CloudInitDisk": Kind(ALL),
    RELEASE: Kind(
        frozenset({"name", "namespace"}),
        name=("namespace", "name"),
        stable_id=True,
        outputs={"status": {"status": "deployed", "revision": 1}},
    ),
    # Read only; a release of metal3 makes them.
    CONFIG_MAP: Kind(frozenset(), name=("metadata.namespace", "metadata.name"), stable_id=True),
    # A patch by server-side apply: it takes what is there, and deleting it gives fields up.
    SERVICE_PATCH: Kind(
        frozenset({"metadata.name", "metadata.namespace"}),
        name=("metadata.namespace", "metadata.name"),
        stable_id=True,
        adopts=True,
    ),
    HELM_CHART_PATCH: Kind(
        frozenset({"metadata.name", "metadata.namespace"}),
        name=("metadata.namespace", "metadata.name"),
        stable_id=True,
        adopts=True,
    ),
    HELM_CHART_CONFIG: Kind(
        frozenset({"metadata.name", "metadata.namespace"}),
        name=("metadata.namespace", "metadata.name"),
        stable_id=True,
        forgives=True,
    ),
    "command:local:Command": Kind(frozenset({"triggers"}), name=(), outputs={"stdout": "", "stderr": ""}),
    # It knows one file of one machine.
    "command:remote:Command": Kind(frozenset({"triggers"}), name=(), outputs={"stdout": KUBECONFIG, "stderr": ""}),
}

CONFIG_REPLACED_BY: Final = {"kubernetes": ("clusterIdentifier",)}
"""Of a provider itself: a change of these replaces all that it made."""


def replaces(kind: Kind, path: str) -> bool:
    """Tell whether a change at a path, such as ``disks[0].volumeId``, forces a replacement."""
    if kind.replaced_by is ALL:
        return True
    plain = path.replace("[", ".").replace("]", "")
    return any(plain == key or plain.startswith(f"{key}.") for key in kind.replaced_by)
