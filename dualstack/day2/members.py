"""Which nodes a cluster has: what one that comes, goes, is replaced or takes another role means to the others.

Sources: EIB ``templates/rke2-multi-node-installer.sh.tpl`` and issue 673; RKE2's own controllers, which take a deleted
server out of etcd (k3s ``pkg/etcd/member_controller.go``) and keep a secret for each node's password (k3s
``pkg/nodepassword``). Read, but for what ``tests/truth/test_join.py`` runs.
"""

from __future__ import annotations

from typing import Final

from dualstack.day2.model import (
    ANEW,
    CLUSTER,
    FOLLOW_ANEW,
    VIRTUAL,
    Asked,
    Consequence,
    When,
    by_hand,
    join,
    rebuild,
)
from dualstack.day2.setting import Setting

RENDER: Final = "`dualstack render {site} --join {node}`"
_RUNBOOK: Final = f"{RENDER} writes its image, and the runbook beside it (JOIN.md)"
_ALONE: Final = "what runs on {node} alone"
_NAMED: Final = "DNS records and monitoring that name it"


def _name(asked: Asked) -> str | None:
    """Give the name of the node in which the change is; None where it is in none, or in one without a name."""
    path = asked.path
    return path[1] if len(path) > 1 and path[0] == "nodes" and isinstance(path[1], str) else None


def comes_or_goes(asked: Asked) -> bool:
    """Tell whether the change is that a node was not there before, or is no more."""
    name = _name(asked)
    if asked.was is None or name is None or not asked.was.nodes:
        return False
    return (name in asked.setting.names) != (name in asked.was.names)


def _between_one_and_several(asked: Asked) -> bool:
    was = asked.was
    return was is not None and was.nodes > 0 and (was.nodes > 1) != (asked.setting.nodes > 1)


def _comes(asked: Asked) -> bool:
    return comes_or_goes(asked) and _name(asked) in asked.setting.names and asked.setting.nodes > 1


def _goes(asked: Asked, role: str) -> bool:
    gone = comes_or_goes(asked) and _name(asked) not in asked.setting.names and asked.setting.nodes > 1
    return gone and asked.was is not None and str(asked.was.node(_name(asked)).get("role") or "server") == role


def _is_bootstrap(asked: Asked) -> bool:
    if asked.setting.nodes < 2 or asked.path[0] != "nodes" or len(asked.path) < 2:
        return False
    return _own_name(asked.setting, asked.path[1]) == asked.setting.bootstrap


def _own_name(setting: Setting, step: str | int) -> str:
    return step if isinstance(step, str) else str(setting.node(step).get("name") or "mgmt-1")


ONE_AND_SEVERAL: Final = When("one node becomes several, or several one", _between_one_and_several)
BOOTSTRAP: Final = When("the bootstrap server of several nodes", _is_bootstrap)
_ON_REDFISH: Final = When(
    "a node that is added, `host.kind: redfish`", lambda asked: _comes(asked) and asked.setting.kind == "redfish"
)
_ON_HYPERVISOR: Final = When(
    f"a node that is added, {VIRTUAL.words}", lambda asked: _comes(asked) and VIRTUAL.holds(asked)
)
_VM_GONE: Final = When(
    f"a node that is removed, {VIRTUAL.words}",
    lambda asked: VIRTUAL.holds(asked) and (_goes(asked, "server") or _goes(asked, "agent")),
)
_ADDED: Final = When("a node that is added to several", _comes)
_SERVER_GONE: Final = When("a server that is removed from several", lambda asked: _goes(asked, "server"))
_AGENT_GONE: Final = When("an agent that is removed from several", lambda asked: _goes(asked, "agent"))

GROWN: Final = rebuild(
    f"one node is reached at its own addresses and several at virtual ones, which are in certificates and at all who "
    f"are registered; the token of a cluster of one node is on that server's disk alone (read); {ANEW}",
    CLUSTER,
    downstream=FOLLOW_ANEW,
)
_OUT: Final = "`kubectl drain {node} --ignore-daemonsets --delete-emptydir-data`, `kubectl delete node {node}`"
_WIPED: Final = "then switch its machine off and wipe it: one that starts again asks to be taken back"
REPLACED: Final = join(
    f"{_RUNBOOK}: forget {{node}}, install it from that image (with `host.kind: redfish` `up` does, "
    "once `nodes[].generation` is higher), see that it joined; never from the image of the whole "
    "site where it is the bootstrap server, which would begin a second cluster (EIB #673)",
    _ALONE,
    downstream=_NAMED,
)
"""A node that must be installed anew, under its own name."""

MEMBERS: Final[tuple[tuple[When, Consequence], ...]] = (
    (ONE_AND_SEVERAL, GROWN),
    (
        _ON_REDFISH,
        join(
            f"`up` installs {{node}} from the site's image, which must be one of this revision, or from an image of "
            f"its own (`nodes[].bmc.media`): {_RUNBOOK}",
            downstream=_NAMED,
            up=True,
        ),
    ),
    (
        _ON_HYPERVISOR,
        join(
            "`up` makes its VM with a disk of the image, which must be one of this revision, and it joins",
            downstream=_NAMED,
            up=True,
        ),
    ),
    (
        _VM_GONE,
        rebuild(
            f"{_OUT} first, and of a server see that etcd has it no more (`etcdctl member list`, as JOIN.md has it); "
            "then `up` removes its VM and disk",
            "{node}'s disk; etcd may bear fewer losses where it was a server",
            downstream=_NAMED,
            up=True,
        ),
    ),
    (_ADDED, join(f"{_RUNBOOK}: install it from that image, see that it joined", downstream=_NAMED)),
    (
        _SERVER_GONE,
        by_hand(
            f"one server at a time: {_OUT}, see that etcd has it no more (`etcdctl member list`, as JOIN.md has it), "
            f"{_WIPED}",
            away=f"{_ALONE}; etcd may bear fewer losses",
            downstream=_NAMED,
        ),
    ),
    (_AGENT_GONE, by_hand(f"{_OUT}, {_WIPED}", away=_ALONE, downstream=_NAMED)),
)
"""The cases of a node's name, before those of one that is only renamed."""
