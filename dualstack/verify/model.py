"""What ``verify`` asks, and what came of it."""

from __future__ import annotations

import datetime
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from dualstack.address.family import Family
from dualstack.day2.words import Word as Day2
from dualstack.verify.places import Here, Place

SECONDS: Final = 5.0
"""For one try to connect, and again for what is said."""
DAYS: Final = 14
"""Before a certificate's end: what renews certificates by itself does that earlier, cert-manager at two thirds."""


class Word(StrEnum):
    """What came of a check."""

    OK = "ok"
    FAILED = "failed"
    PENDING = "pending"
    """Merged, and not on the machine or in the cluster yet; nothing is broken by that."""
    NOT_CHECKABLE = "not checkable"


class Kind(StrEnum):
    """What is checked; ``--only`` takes these, in this order they are shown."""

    DNS = "dns"
    API = "api"
    SUPERVISOR = "supervisor"
    RANCHER = "rancher"
    IRONIC = "ironic"
    IMAGES = "images"
    REDFISH = "redfish"
    MACHINE = "machine"
    CLUSTER = "cluster"
    NODES = "nodes"
    RANGES = "ranges"
    CNI = "cni"
    SERVICES = "services"
    POOLS = "pools"
    HOSTS = "hosts"
    HELM = "helm"
    RELEASE = "release"
    CERTIFICATES = "certificates"
    WEBHOOKS = "webhooks"
    WORKLOADS = "workloads"
    ETCD = "etcd"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True)
class Proof:
    """What a server showed: its certificate in DER, and what it answered over HTTP."""

    certificate: bytes
    response: bytes


@dataclass(frozen=True)
class Result:
    """What came of one check.

    Attributes:
        kind: what was checked.
        at: whom: an address and port, or a resolver with the name.
        asked: what was asked of it.
        word: what came of it.
        seen: what was seen; why, where it is not checkable.
        family: over which family it was asked; None for both.
        consequence: what breaks, where it failed; what is not in effect yet, where it is pending.
        fix: what to do; where it is not checkable, what would make it so.
        rule: id of the rule that says the same of a site file.
        ends: when the certificate that was seen ends.
        day2: what it takes to bring it there, where it is pending.
        proof: what was shown, for comparisons with others; of one result of each server.
    """

    kind: Kind
    at: str
    asked: str
    word: Word
    seen: str
    family: Family | None = None
    consequence: str = ""
    fix: str = ""
    rule: str | None = None
    ends: datetime.datetime | None = None
    day2: Day2 | None = None
    proof: Proof | None = field(default=None, repr=False, compare=False)


def _as_planned(address: str, port: int) -> tuple[str, int]:
    return address, port


@dataclass(frozen=True)
class Way:
    """How to ask.

    Attributes:
        to: gives address and port that are connected to, for those of the plan.
        seconds: for a TCP connection, and again for what is said over it.
        stop: set where nobody waits any more.
        place: where connections begin.
        days: before a certificate's end from which it counts as a fault.
        end: by the monotonic clock, when nothing more is asked; for several questions to one server.
    """

    to: Callable[[str, int], tuple[str, int]] = _as_planned
    seconds: float = SECONDS
    stop: threading.Event = field(default_factory=threading.Event)
    place: Place = field(default_factory=Here)
    days: int = DAYS
    end: float = math.inf


@dataclass(frozen=True)
class Check:
    """One thing to ask, which gives one result or more.

    Attributes:
        kind: what is checked.
        family: over which family; None where a resolver decides.
        run: asks; never raises for what servers do.
    """

    kind: Kind
    family: Family | None
    run: Callable[[Way], Sequence[Result]]
