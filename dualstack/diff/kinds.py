"""What is known of each type of resource: which changed inputs replace it, and what it is to a reader.

The inputs of our own types are not here: the provider's handlers tell them (``snapshot.Types``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from dualstack.tokens import (
    ANSWERS,
    BUILD,
    DIRECTORY,
    DOMAIN,
    INSTALLATION,
    NETWORK,
    POINTER,
    PROVIDER,
    READY,
    RECORD_SET,
    RELEASE,
    SERVICE_PATCH,
    VOLUME,
)

Role = Literal["host", "disk", "network"]
ALL: Final = frozenset({"*"})
_OBJECT: Final = frozenset({"metadata.name", "metadata.namespace"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One type.

    Attributes:
        word: what people call it.
        replaced_by: inputs, or dotted paths, whose change the provider answers with a replacement.
        ignored: inputs whose change is no change.
        deletes_first: whether the provider deletes the old one before it makes the new one, unless the program says.
        volatile: whether an update may change outputs that others use; an id never changes by one.
        role: of what the cluster itself lives on.
        label: the input that people know it by; the resource's name where empty.
        known: False for a type that nothing is known of, so that an update may turn out to be a replacement.
    """

    word: str
    replaced_by: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    deletes_first: bool = False
    volatile: bool = False
    role: Role | None = None
    known: bool = True
    label: str = ""

    def replaces(self, path: tuple[str | int, ...]) -> bool:
        """Tell whether a change at a path forces a replacement; list indexes do not count."""
        if self.replaced_by is ALL:
            return True
        keys = [step for step in path if isinstance(step, str)]
        return any(keys[: dotted.count(".") + 1] == dotted.split(".") for dotted in self.replaced_by)


# libvirt: measured with pulumi-libvirt 0.5.4 (terraform-provider-libvirt 0.8.1); a given name means delete first.
_KINDS: Final[Mapping[str, Kind]] = {
    NETWORK: Kind(
        "virtual network",
        frozenset(
            {"name", "domain", "mode", "bridge", "addresses", "routes", "dns.forwarders", "dns.srvs", "xml.xslt"}
        ),
        deletes_first=True,
        role="network",
    ),
    DOMAIN: Kind(
        "VM",
        frozenset(
            {"name", "description", "vcpu", "memory", "firmware", "type", "nvram", "cpu", "disks", "graphics"}
            | {"filesystems", "cmdlines", "consoles", "coreosIgnition"}
        ),
        deletes_first=True,
        role="host",
    ),
    VOLUME: Kind("disk", ALL, deletes_first=True, role="disk"),
    "libvirt:index/pool:Pool": Kind("storage pool", ALL, deletes_first=True, role="disk"),
    "libvirt:index/cloudInitDisk:CloudInitDisk": Kind("cloud-init disk", ALL, deletes_first=True),
    # pulumi-kubernetes, helm_release.go, Diff.
    RELEASE: Kind("Helm release", frozenset({"name", "namespace"}), deletes_first=True, label="name"),
    # What server-side apply sends to objects of others; another object is another patch.
    SERVICE_PATCH: Kind("patch of the Service", _OBJECT),
    "kubernetes:helm.cattle.io/v1:HelmChartConfig": Kind("HelmChartConfig", _OBJECT),
    "kubernetes:helm.cattle.io/v1:HelmChartPatch": Kind("patch of the HelmChart", _OBJECT),
    # pulumi-command: everything else runs the update command, or nothing.
    "command:local:Command": Kind("command", frozenset({"triggers"}), volatile=True),
    "command:remote:Command": Kind("command", frozenset({"triggers"}), volatile=True),
    # pulumi-kubernetes, DiffConfig: with an identifier the kubeconfig says nothing of which cluster it is.
    f"{PROVIDER}kubernetes": Kind("Kubernetes provider", frozenset({"clusterIdentifier"})),
    f"{PROVIDER}libvirt": Kind("libvirt provider"),
}
_OURS: Final[Mapping[str, Kind]] = {
    RECORD_SET: Kind("DNS name", label="record"),
    POINTER: Kind("PTR record", label="record"),
    ANSWERS: Kind("check of the DNS name", label="record"),
    DIRECTORY: Kind("EIB directory", volatile=True),
    BUILD: Kind("image build", volatile=True),
    INSTALLATION: Kind("installation of a machine", label="node"),
    READY: Kind("wait for the host", volatile=True),
}


def kind_of(type_: str, types: Mapping[str, Mapping[str, str]]) -> Kind:
    """Give what is known of a type.

    Args:
        type_: the type token.
        types: what the program's own provider says of its types, as a snapshot has it.
    """
    if type_ in types:
        ours = _OURS.get(type_, Kind("resource", volatile=True))
        told = types[type_]
        return Kind(
            ours.word,
            frozenset(key for key, meaning in told.items() if meaning == "replace"),
            frozenset(key for key, meaning in told.items() if meaning == "none"),
            volatile=ours.volatile,
            label=ours.label,
        )
    if type_ in _KINDS:
        return _KINDS[type_]
    if type_.startswith(PROVIDER):
        return Kind(f"{type_.removeprefix(PROVIDER)} provider", known=False)
    if type_.startswith("kubernetes:"):
        word = type_.rpartition(":")[2]
        return Kind(word, _OBJECT | {"apiVersion", "kind"}, known=False)
    ours = _OURS.get(type_, Kind(type_.rpartition(":")[2] or "resource"))
    return Kind(ours.word, volatile=ours.volatile, label=ours.label, known=False)
