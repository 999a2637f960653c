"""The host: the machine, where Pulumi makes it, and the way to it.

Sources: ``docs/libvirt.md``, measured with pulumi-libvirt 0.5.4 and libvirtd (``tests/plugins`` runs them);
``components/host.py`` and ``components/access.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dualstack.day2.members import BOOTSTRAP
from dualstack.day2.model import (
    CLUSTER,
    FOLLOW_ANEW,
    LIBVIRT,
    SEVERAL,
    Entry,
    When,
    entry,
    join,
    live,
    nothing,
    outage,
    rebuild,
)

_UNUSED: Final = nothing("only `host.kind: libvirt` uses it")
_STARTS: Final = "the cluster until the VM has started"
_VM: Final = outage("`up` makes a new VM on the same disk", _STARTS, up=True, imaged=False)
_NETWORK: Final = outage(
    "`up` makes the virtual network anew, and with it a new VM on the same disk; the addresses inside the VM "
    "stay as they "
    "are",
    _STARTS,
    up=True,
    imaged=False,
)
_DISK: Final = rebuild(
    "`up` makes a new, empty disk and a new VM", CLUSTER, downstream=FOLLOW_ANEW, up=True, imaged=False
)
_NODES: Final = "what is on the disk of these nodes; with one node, or most servers, the cluster"
_INSTALLS: Final = live("later installs use it; nodes that are installed stay as they are")
_LOGS_IN: Final = live("the next `up` logs in to the BMC like this")
REDFISH: Final = When("`host.kind: redfish`", lambda asked: asked.setting.kind == "redfish")


def _generation(value: object) -> int:
    """Give a generation; 1 where the field is not there, or holds something else."""
    return value if isinstance(value, int) else 1


_BOOTSTRAP_AGAIN: Final = When(
    "`host.kind: redfish`, the bootstrap server of several nodes",
    lambda asked: REDFISH.holds(asked) and BOOTSTRAP.holds(asked),
)
_ONE_AGAIN: Final = When(
    "`host.kind: redfish`, several nodes", lambda asked: REDFISH.holds(asked) and SEVERAL.holds(asked)
)
_GOES_BACK: Final = When(
    "`host.kind: redfish`, a lower number, as after `git revert`",
    lambda asked: REDFISH.holds(asked) and _generation(asked.after) < _generation(asked.before),
)
_LOOKS: Final = live("the next `up` waits for the host like this")
_READS: Final = live("the next `up` reaches host or cluster like this")


ENTRIES: Final[tuple[Entry, ...]] = (
    entry(
        "host.kind",
        rebuild(
            "`up` makes a new VM, or removes the one that it made; a machine that is there stays",
            CLUSTER,
            downstream=FOLLOW_ANEW,
            up=True,
            imaged=False,
        ),
    ),
    *(
        entry(f"host.libvirt.{key}", (LIBVIRT, told), _UNUSED)
        for key, told in (
            (
                "uri",
                rebuild(
                    "`up` looks for everything on the other hypervisor and makes it anew there",
                    CLUSTER,
                    downstream=FOLLOW_ANEW,
                    up=True,
                    imaged=False,
                ),
            ),
            *((f"network.{name}", _NETWORK) for name in ("mode", "bridge", "domain", "ipv4", "ipv6", "mtu")),
            ("pool", _DISK),
            ("image", _DISK),
            ("diskSize", _DISK),
            ("memory", _VM),
            ("vcpus", _VM),
            ("firmware", _VM),
        )
    ),
    entry("host.redfish.media", _INSTALLS),
    entry("host.redfish.sha256", _INSTALLS),
    entry("host.redfish.servePort", _INSTALLS),
    entry(
        "host.redfish.installOver",
        rebuild("`up` installs the nodes that are named over what is on their disk", _NODES, up=True, imaged=False),
    ),
    entry(
        "nodes[].generation",
        (_GOES_BACK, nothing("`up` and its preview refuse it: a generation goes up only")),
        (
            _BOOTSTRAP_AGAIN,
            rebuild(
                "`up` installs it again, and from the image of the whole site it begins a second cluster beside the "
                "one that lives (EIB #673): give it an image of its own first (`nodes[].bmc.media`, "
                "`dualstack render {site} --join {node}`)",
                "what is on {node}'s disk; the virtual addresses, when two clusters claim them",
                up=True,
                imaged=False,
            ),
        ),
        (
            _ONE_AGAIN,
            replace(
                join(
                    "`up` installs {node} again, whatever is on its disk, and it joins; before it, forget it as "
                    "JOIN.md says (`dualstack render {site} --join {node}`)",
                    "what runs on {node} alone; what is on its disk is lost",
                    up=True,
                ),
                imaged=False,
            ),
        ),
        (REDFISH, rebuild("`up` installs the node again, whatever is on its disk", _NODES, up=True, imaged=False)),
        nothing("only `host.kind: redfish` uses it"),
    ),
    *(entry(f"nodes[].bmc.{key}", _LOGS_IN) for key in ("address", "username", "passwordKey", "fingerprint")),
    entry("nodes[].bmc.media", _INSTALLS),
    entry("host.readiness", _LOOKS),
    *(entry(f"host.jump.{key}", _LOOKS) for key in ("host", "user", "port", "hostKey", "privateKeyKey")),
    *(entry(f"host.ssh.{key}", _READS) for key in ("user", "port", "hostKey", "privateKeyKey")),
    entry("nodes[].sshHostKey", nothing("only `dualstack verify` uses it")),
    *(entry(f"host.kubeconfig.{key}", _READS) for key in ("source", "server", "proxyUrl", "generation")),
    entry("host.production", live("`up` protects host and disk, or lets them go; nothing on them changes")),
)
