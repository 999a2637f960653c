"""What the stand-ins know of the real providers, as measured with pulumi-libvirt 0.5.4 and pulumi-kubernetes 4.34."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

NETWORK: Final = "libvirt:index/network:Network"
DOMAIN: Final = "libvirt:index/domain:Domain"
VOLUME: Final = "libvirt:index/volume:Volume"
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
ALL: Final = frozenset({"*"})


@dataclass(frozen=True)
class Kind:
    """One type of resource.

    Attributes:
        replaced_by: top-level inputs, or dotted paths, whose change the provider answers with a replacement.
        name: inputs that together are the name by which the real thing is known, and which is there once only.
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
    "command:local:Command": Kind(frozenset({"triggers"}), name=(), outputs={"stdout": "", "stderr": ""}),
    "command:remote:Command": Kind(
        frozenset({"triggers", "connection"}), name=(), outputs={"stdout": "", "stderr": ""}
    ),
}

CONFIG_REPLACED_BY: Final = {"kubernetes": ("clusterIdentifier",)}
"""Of a provider itself: a change of these replaces all that it made."""


def replaces(kind: Kind, path: str) -> bool:
    """Tell whether a change at a path, such as ``disks[0].volumeId``, forces a replacement."""
    if kind.replaced_by is ALL:
        return True
    plain = path.replace("[", ".").replace("]", "")
    return any(plain == key or plain.startswith(f"{key}.") for key in kind.replaced_by)
