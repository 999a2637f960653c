"""``dualstack:host:Ready``: waits until a host answers over IPv4 and over IPv6 at the same time."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provider import fields
from provider.compare import compared
from provider.handler import CANCELLED, UNKNOWN, Cancelled, Diff, Failure, ResourceError, report
from provider.probe import FAMILIES, Connect, Family, Probe, Status, connect

LABELS: Final[dict[Family, str]] = {"ipv4": "IPv4", "ipv6": "IPv6"}
READINESS: Final = ("direct", "off")
KNOWN: Final = ("ipv4", "ipv6", "port", "timeout", "host", "readiness")
WAITED_FOR: Final = ("ipv4", "ipv6", "port", "host")
"""A change of one of these makes the wait begin anew; the others only say how to wait."""

TRY_SECONDS: Final = 3.0
"""For one try; a host on the same link that is down is told by neighbour discovery in about this time."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 15.0
GROWTH: Final = 1.5

CAUSES: Final[dict[Status, str]] = {
    Status.REFUSED: "the machine is up, but nothing listens on that port over {label}: RKE2 is still starting, failed "
    "(journalctl -u rke2-server), or listens on the other family only",
    Status.SILENT: "the machine is off or still installing; {address} is not configured on its interface (nmstate, "
    "`ip {option} addr`); or a firewall on the way drops port {port}",
    Status.UNREACHABLE: "the machine is off, {address} is not on the link that routers think it is on, or a router on "
    "the way has no {label} route to it",
    Status.NO_ROUTE: "this machine has no {label} address or no {label} route (`ip {option} route get {address}`)",
}


@dataclass(slots=True)
class _Seen:
    """What is known of one family.

    Attributes:
        address: where it is tried.
        missing_since: when it began to be missing, in seconds of the monotonic clock; None while it answers.
        no_route_since: when this machine's routes began to lack it; None while there is one.
        last: the last try.
        clock: the time of day that belongs to ``missing_since``.
    """

    address: str
    missing_since: float | None
    clock: str
    no_route_since: float | None = None
    last: Probe | None = None


class ReadyHandler:
    """Makes nothing; its state says which address answered, and which family could not be checked from here."""

    token = "dualstack:host:Ready"  # noqa: S105 - a type token, not a password

    def __init__(self, connector: Connect = connect, *, grace: float = 10.0, no_route: float = 60.0) -> None:
        """Choose how it connects and how patient it is.

        Args:
            connector: tries one address.
            grace: seconds for which a family must lack a route, while the other one answers, before it counts as not
                checked: a bridge has no usable IPv6 address until its first port is up and duplicate address
                detection is done.
            no_route: seconds for which every family must lack a route before the wait is given up.
        """
        self._connect, self._grace, self._no_route = connector, grace, no_route

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Judge the inputs; addresses become canonical."""
        given = {"readiness": "direct", **inputs}
        failures = [*fields.unknown_keys(given, KNOWN)]
        if "host" in given:
            failures += fields.text(given, "host")
        for family in FAMILIES:
            if family in given and given[family] is not UNKNOWN:
                try:
                    parsed = ipaddress.ip_address(given[family])
                except ValueError:
                    parsed = None
                if parsed is None or parsed.version != int(family[-1]):
                    failures.append(Failure(family, f"must be one {LABELS[family]} address, without a prefix length"))
                else:
                    given[family] = str(parsed)
        for key, least, most in (("port", 1, 65535), ("timeout", 1, 7 * 24 * 3600)):
            value = given.get(key)
            number = value if isinstance(value, int) and not isinstance(value, bool) else 0
            if value is not UNKNOWN and not least <= number <= most:
                failures.append(Failure(key, f"must be a whole number from {least} to {most}"))
        mode = given["readiness"]
        if mode == "ssh-jump":
            way = "use direct from a machine with routes to the host, or off"
            failures.append(Failure("readiness", f"ssh-jump is not there yet; {way}"))
        elif mode is not UNKNOWN and mode not in READINESS:
            failures.append(Failure("readiness", "must be direct or off"))
        elif mode == "direct" and not any(family in given for family in FAMILIES):
            way = "give ipv4, ipv6 or both, or set readiness to off"
            failures.append(Failure("ipv4", f"no address is given, so there is nothing to wait for; {way}"))
        return given, failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare the inputs; nothing ever replaces a wait."""
        old: dict[str, Any] = {"readiness": "direct", **{key: old_state[key] for key in KNOWN if key in old_state}}
        return compared(old, new_inputs)

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Wait; the id names what was waited for."""
        known = [str(inputs[family]) for family in FAMILIES if family in inputs and inputs[family] is not UNKNOWN]
        return " ".join(known) or "host", self._state(inputs, preview, timeout)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Give back what was there: having been ready once is a fact, and a refresh must not need the host."""
        if not state:
            raise ResourceError("a wait cannot be imported; leave it out, and the next `up` waits")
        return id, inputs, state

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Wait again, where what is waited for is another, or is now to be waited for at all."""
        same = all(new_inputs.get(key) == old_state.get(key) for key in WAITED_FOR)
        if same and (
            new_inputs["readiness"] == old_state.get("readiness", "direct") or new_inputs["readiness"] == "off"
        ):
            return {**{key: old_state[key] for key in ("answered", "notChecked") if key in old_state}, **new_inputs}
        return self._state(new_inputs, preview, timeout)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Do nothing; nothing was made."""

    def _state(self, inputs: dict[str, Any], preview: bool, timeout: float) -> dict[str, Any]:
        if preview:
            return {**inputs, "answered": UNKNOWN, "notChecked": UNKNOWN}
        if inputs["readiness"] == "off":
            report("host.readiness is off: nobody checked that the host answers", passing=False)
            return {**inputs, "answered": {}, "notChecked": dict.fromkeys(FAMILIES, "readiness is off")}
        answered, not_checked = self._wait(inputs, timeout or float(inputs["timeout"]))
        for family, why in not_checked.items():
            report(f"warning: {LABELS[family]} not checked from here: {why}", passing=False)
        return {**inputs, "answered": answered, "notChecked": not_checked}

    def _wait(self, inputs: Mapping[str, Any], timeout: float) -> tuple[dict[str, str], dict[str, str]]:
        """Wait until every family that can be reached from here answers in one and the same round."""
        port, start = int(inputs["port"]), time.monotonic()
        seen = {
            family: _Seen(str(inputs[family]), start, time.strftime("%H:%M:%S"))
            for family in FAMILIES
            if family in inputs
        }
        not_given = {family: "the site states no address" for family in FAMILIES if family not in inputs}
        pause = FIRST_PAUSE
        while True:
            for family, item in seen.items():
                left = start + timeout - time.monotonic()
                probe = self._connect(family, item.address, port, max(0.05, min(TRY_SECONDS, left)), CANCELLED.is_set)
                if CANCELLED.is_set():
                    raise Cancelled(f"the wait for the host was cancelled: {_told(seen, port)}")
                _note(item, probe, LABELS[family], port)
            left = start + timeout - time.monotonic()
            up = [family for family, item in seen.items() if item.missing_since is None]
            patience = 0 if left <= 0 else self._grace if up else self._no_route
            lost = [family for family, item in seen.items() if _lacks_route(item, patience)]
            if up and len(up) + len(lost) == len(seen):
                why = {family: f"no route to {seen[family].address} ({_words(seen[family])})" for family in lost}
                return {family: seen[family].address for family in up}, {**why, **not_given}
            if len(lost) == len(seen):
                raise ResourceError(_no_way(seen, port))
            if left <= 0:
                raise ResourceError(_timed_out(seen, port, timeout))
            report(_told(seen, port))
            if CANCELLED.wait(min(pause, left)):
                raise Cancelled(f"the wait for the host was cancelled: {_told(seen, port)}")
            pause = min(pause * GROWTH, LONGEST_PAUSE)


def _note(item: _Seen, probe: Probe, label: str, port: int) -> None:
    """Keep a try's outcome; what changes is told in a line that stays."""
    now = time.monotonic()
    if probe.status is Status.ANSWERED:
        if item.missing_since is not None:
            waited = f" after {_span(now - item.missing_since)}" if item.last is not None else ""
            report(f"{label} {item.address} port {port} answers{waited}", passing=False)
        item.missing_since = None
    elif item.missing_since is None:
        item.missing_since, item.clock = now, time.strftime("%H:%M:%S")
        report(f"{label} {item.address} port {port} no longer answers: it {probe.status.value}", passing=False)
    if probe.status is not Status.NO_ROUTE:
        item.no_route_since = None
    elif item.no_route_since is None:
        item.no_route_since = now
    item.last = probe


def _lacks_route(item: _Seen, patience: float) -> bool:
    return item.no_route_since is not None and time.monotonic() - item.no_route_since >= patience


def _words(item: _Seen) -> str:
    return item.last.detail if item.last and item.last.detail else "no answer yet"


def _told(seen: Mapping[Family, _Seen], port: int) -> str:
    """Say where each family stands, on one line."""
    parts = []
    for family, item in seen.items():
        if item.missing_since is None or item.last is None:
            parts.append(f"{LABELS[family]} {item.address} " + ("not tried yet" if item.last is None else "answers"))
            continue
        since = f"missing since {item.clock}, {_span(time.monotonic() - item.missing_since)}"
        parts.append(f"{LABELS[family]} {item.address} {item.last.status.value} ({since})")
    return f"port {port}: " + "; ".join(parts)


def _no_way(seen: Mapping[Family, _Seen], port: int) -> str:
    return (
        f"the host cannot be checked from here, which says nothing about the host; {_told(seen, port)}. "
        "Run this where there is a route over at least one family, or set host.readiness to off"
    )


def _timed_out(seen: Mapping[Family, _Seen], port: int, timeout: float) -> str:
    lines = [f"the host was not ready over both families within {_span(timeout)}; {_told(seen, port)}"]
    for family, item in seen.items():
        if item.missing_since is not None and item.last is not None:
            option = "-" + family[-1]
            cause = CAUSES[item.last.status].format(
                label=LABELS[family], address=item.address, port=port, option=option
            )
            lines.append(f"{LABELS[family]}: {cause}")
    lines.append("The next `up` waits again; host.readiness: off leaves the check out")
    return "\n".join(lines)


def _span(seconds: float) -> str:
    """Give a time span as people say it."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
