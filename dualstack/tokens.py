"""Type tokens of resources. They stand in every state file, and our own never change."""

from __future__ import annotations

from typing import Final

DNS: Final = "dualstack:dns:"
"""Before the name of each type for records; one for a name has ``record``, ``ipv4`` and ``ipv6`` in its outputs."""
RECORD_SET: Final = "dualstack:dns:RecordSet"
POINTER: Final = "dualstack:dns:Pointer"
ANSWERS: Final = "dualstack:dns:Answers"
DIRECTORY: Final = "dualstack:image:Directory"
BUILD: Final = "dualstack:image:Build"
READY: Final = "dualstack:host:Ready"
INSTALLATION: Final = "dualstack:host:Installation"

HELLO: Final = "dualstack:index:hello"
"""A function without arguments and result: whoever calls it wants the provider to be there."""

INTERRUPTED: Final = "interrupted"
"""In the outputs of a resource of ours: what runs that were killed were about to bring about, and nobody knows whether
they did; the resource's next read, update or delete looks (``deploy/settle.py``)."""

STACK: Final = "pulumi:pulumi:Stack"
PROVIDER: Final = "pulumi:providers:"
"""Before the package's name."""
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
SERVICE_PATCH: Final = "kubernetes:core/v1:ServicePatch"
NETWORK: Final = "libvirt:index/network:Network"
DOMAIN: Final = "libvirt:index/domain:Domain"
VOLUME: Final = "libvirt:index/volume:Volume"
MACHINES: Final = frozenset({DOMAIN, VOLUME})
"""Of each hypervisor those that are a machine or its disk: one that is made anew has the image's files."""
