"""What a wait for a host has seen of each family so far, and how that is told."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.probe.connect import Probe, Status
from provider.frame.handler import report

HERE: Final = "here"
JUMP: Final = "the jump host"

CAUSES: Final[dict[Status, str]] = {
    Status.REFUSED: "the machine is up, but nothing listens on that port over {label}: RKE2 is still starting, failed "
    "(journalctl -u rke2-server), or listens on the other family only",
    Status.SILENT: "the machine is off or still installing; {address} is not configured on its interface (nmstate, "
    "`ip {option} addr`); or a firewall on the way drops port {port}",
    Status.UNREACHABLE: "the machine is off, {address} is not on the link that routers think it is on, or a router on "
    "the way has no {label} route to it",
    Status.NOT_TLS: "something else than the API server listens on port {port}, or something on the way (a load "
    "balancer, a proxy) takes the connection in its place",
    Status.MUTE: "the API server is starting (journalctl -u rke2-server), or something on the way takes the connection",
    Status.WRONG_NAME: "clients refuse it: the API server was started with another address (node-ip, tls-san), or "
    "another machine has {address}",
    Status.EXPIRED: "clients refuse it: the clock here or there is wrong (NTP), or RKE2 must renew it (systemctl "
    "restart rke2-server)",
    Status.NOT_READY: "the API server runs, and what it needs does not (journalctl -u rke2-server, etcd above all)",
    Status.NOT_API: "something else than the API server answers on port {port}",
    Status.NO_ROUTE: "{place} has no {label} address or no {label} route (`ip {option} route get {address}`)",
    Status.NO_JUMP: "nothing was learnt of the host itself: the jump host was not reached",
}

_SAID: Final = (Status.NOT_TLS, Status.WRONG_NAME, Status.EXPIRED, Status.NOT_READY, Status.NOT_API)
"""What is told with its detail: more than a time without an answer."""


@dataclass(slots=True)
class Seen:
    """What is known of one family.

    Attributes:
        address: where it is tried.
        missing_since: when it began to be missing, in seconds of the monotonic clock; None while it answers.
        blocked_since: when tries began to fail on this side of the network: no route, no jump host.
        last: the last try.
        clock: the time of day that belongs to ``missing_since``.
    """

    address: str
    missing_since: float | None
    clock: str
    blocked_since: float | None = None
    last: Probe | None = None

    @property
    def words(self) -> str:
        """What the last try said."""
        return self.last.detail if self.last and self.last.detail else "no answer yet"

    def blocked(self, patience: float) -> bool:
        """Whether tries have not left this side for so many seconds."""
        return self.blocked_since is not None and time.monotonic() - self.blocked_since >= patience


class Waiting:
    """One wait, for one port over the families whose addresses are known."""

    def __init__(self, inputs: Mapping[str, Any], place: str) -> None:
        """Begin.

        Args:
            inputs: the resource's.
            place: from where it is tried.
        """
        self._port, self._place, self.start = int(inputs["port"]), place, time.monotonic()
        clock = time.strftime("%H:%M:%S")
        self.seen = {family: Seen(str(inputs[family]), self.start, clock) for family in FAMILIES if family in inputs}

    def note(self, family: Family, probe: Probe) -> None:
        """Keep a try's outcome; what changes is told in a line that stays."""
        item, now = self.seen[family], time.monotonic()
        told = f"{LABEL[family]} {item.address} port {self._port}"
        if probe.status is Status.ANSWERED:
            if item.missing_since is not None:
                waited = f" after {span(now - item.missing_since)}" if item.last is not None else ""
                detail = f": {probe.detail}" if probe.detail else ""
                report(f"{told} answers{waited}{detail}", passing=False)
            item.missing_since = None
        elif item.missing_since is None:
            item.missing_since, item.clock = now, time.strftime("%H:%M:%S")
            report(f"{told} no longer answers: it {self._words(probe)}", passing=False)
        if probe.status not in (Status.NO_ROUTE, Status.NO_JUMP):
            item.blocked_since = None
        elif item.blocked_since is None:
            item.blocked_since = now
        item.last = probe

    def told(self) -> str:
        """Say where each family stands, on one line."""
        parts = []
        for family, item in self.seen.items():
            name = f"{LABEL[family]} {item.address}"
            if item.missing_since is None or item.last is None:
                parts.append(f"{name} " + ("not tried yet" if item.last is None else "answers"))
                continue
            since = f"missing since {item.clock}, {span(time.monotonic() - item.missing_since)}"
            parts.append(f"{name} {self._words(item.last)} ({since})")
        seen = f", seen from {self._place}" if self._place != HERE else ""
        return f"port {self._port}{seen}: " + "; ".join(parts)

    def no_way(self) -> str:
        """Say that nothing could be learnt of the host."""
        reasons = {item.words for item in self.seen.values() if item.last and item.last.status is Status.NO_JUMP}
        if reasons:
            return (
                f"the host cannot be checked, which says nothing about the host: the jump host does not answer "
                f"({'; '.join(sorted(reasons))}). Is it up, is host.jump its address and port, and do routes and "
                "firewalls let SSH through from here?"
            )
        return (
            f"the host cannot be checked from {self._place}, which says nothing about the host; {self.told()}. "
            "Run this where there is a route over at least one family, or set host.readiness to off"
        )

    def timed_out(self, timeout: float) -> str:
        """Say what is missing at the end, and the likely causes."""
        lines = [f"the host was not ready over both families within {span(timeout)}; {self.told()}"]
        for family, item in self.seen.items():
            if item.missing_since is not None and item.last is not None:
                cause = CAUSES[item.last.status].format(
                    label=LABEL[family],
                    address=item.address,
                    port=self._port,
                    option="-" + family[-1],
                    place="this machine" if self._place == HERE else self._place,
                )
                lines.append(f"{LABEL[family]}: {cause}")
        lines.append("The next `up` waits again; host.readiness: off leaves the check out")
        return "\n".join(lines)

    def _words(self, probe: Probe) -> str:
        if probe.status in _SAID and probe.detail:
            return f"{probe.status.value} ({probe.detail})"
        return f"{probe.status.value} from {self._place}" if probe.status is Status.NO_ROUTE else probe.status.value


def span(seconds: float) -> str:
    """Give a time span as people say it."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
