"""``dualstack:host:Ready``: waits until a host's API answers over IPv4 and over IPv6 at the same time."""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from dualstack.address.family import FAMILIES, LABEL, VERSION, Family
from dualstack.document.holes import UNKNOWN
from dualstack.probe.api import try_api
from dualstack.probe.connect import Connect, Probe, Status
from dualstack.probe.tls import direct
from dualstack.tokens import READY
from provider.frame import fields
from provider.frame.compare import compared
from provider.frame.handler import CANCELLED, Cancelled, Diff, Failure, ResourceError, report, warn
from provider.host.waiting import HERE, JUMP, Waiting

MODES: Final = ("direct", "ssh-jump", "off")
WAITED_FOR: Final = ("ipv4", "ipv6", "port", "host")
"""A change of one of these makes the wait begin anew; the others only say how to wait."""
KNOWN: Final = (*WAITED_FOR, "timeout", "readiness", "jump", "watchCertificate")
OUTPUTS: Final = ("answered", "notChecked", "certificate")

TRY_SECONDS: Final = 3.0
"""For one try; a host on the same link that is down is told by neighbour discovery in about this time."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 15.0
GROWTH: Final = 1.5


class Way(Protocol):
    """From where the host is tried."""

    def connect(self, family: Family, address: str, port: int, timeout: float, cancelled: Callable[[], bool]) -> Probe:
        """Try once whether the API answers there."""
        ...

    def certificate(self, address: str, port: int, timeout: float) -> str | None:
        """Give the fingerprint of the certificate that is served there; None where none is."""
        ...


class Direct:
    """From this machine."""

    def __init__(self, connector: Connect) -> None:
        self.connect = connector

    def certificate(self, address: str, port: int, timeout: float) -> str | None:
        """Give the fingerprint of the certificate that is served there; None where none is."""
        return direct(address, port, timeout)


class ReadyHandler:
    """Makes nothing; its state says which address answered, and which family could not be checked from here."""

    token = READY

    def __init__(self, connector: Connect = try_api, *, grace: float = 10.0, no_route: float = 60.0) -> None:
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
                if parsed is None or parsed.version != VERSION[family]:
                    failures.append(Failure(family, f"must be one {LABEL[family]} address, without a prefix length"))
                else:
                    given[family] = str(parsed)
        for key, least, most in (("port", 1, 65535), ("timeout", 1, 7 * 24 * 3600)):
            value = given.get(key)
            number = value if isinstance(value, int) and not isinstance(value, bool) else 0
            if value is not UNKNOWN and not least <= number <= most:
                failures.append(Failure(key, f"must be a whole number from {least} to {most}"))
        if given.get("watchCertificate") not in (None, True, False, UNKNOWN):
            failures.append(Failure("watchCertificate", "must be true or false"))
        mode = given["readiness"]
        if mode is not UNKNOWN and mode not in MODES:
            failures.append(Failure("readiness", f"must be one of {', '.join(MODES)}"))
        elif mode in ("direct", "ssh-jump") and not any(family in given for family in FAMILIES):
            way = "give ipv4, ipv6 or both, or set readiness to off"
            failures.append(Failure("ipv4", f"no address is given, so there is nothing to wait for; {way}"))
        if mode == "ssh-jump":
            failures += _jump(given.get("jump"))
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
        """Give back what was there, as having been ready once is a fact, with the certificate of now.

        A refresh must not need the host: where it does not answer, the certificate stays the one that was seen.
        """
        if not state:
            raise ResourceError("a wait cannot be imported; leave it out, and the next `up` waits")
        if state.get("watchCertificate"):
            state = {**state, "certificate": self._look(state) or state.get("certificate", "")}
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
            state: dict[str, Any] = {key: old_state[key] for key in OUTPUTS if key in old_state}
            state |= new_inputs
            if new_inputs.get("watchCertificate") and "certificate" not in state:
                state["certificate"] = UNKNOWN if preview else self._look(state)
            return state
        return self._state(new_inputs, preview, timeout)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Do nothing; nothing was made."""

    def _state(self, inputs: dict[str, Any], preview: bool, timeout: float) -> dict[str, Any]:
        watched = bool(inputs.get("watchCertificate"))
        if preview:
            return {**inputs, **dict.fromkeys(OUTPUTS if watched else OUTPUTS[:2], UNKNOWN)}
        state: dict[str, Any]
        if inputs["readiness"] == "off":
            report("host.readiness is off: nobody checked that the host answers", passing=False)
            state = {**inputs, "answered": {}, "notChecked": dict.fromkeys(FAMILIES, "readiness is off")}
            return {**state, "certificate": ""} if watched else state
        with self._way(inputs) as way:
            answered, not_checked = self._wait(way, inputs, timeout or float(inputs["timeout"]))
            state = {**inputs, "answered": answered, "notChecked": not_checked}
            if watched:
                state["certificate"] = _certificate(way, answered, int(inputs["port"])) or ""
        for family, why in not_checked.items():
            tell = warn if family in inputs else _note  # an address that the site does not state is no trouble here
            tell(f"{LABEL[family]} not checked from {_place(inputs)}: {why}")
        return state

    def _look(self, state: Mapping[str, Any]) -> str:
        """Give the certificate's fingerprint; empty where nobody answers now."""
        if state["readiness"] != "off":
            with contextlib.suppress(ResourceError), self._way(state) as way:
                return _certificate(way, state["answered"], int(state["port"])) or ""
        return ""

    @contextlib.contextmanager
    def _way(self, inputs: Mapping[str, Any]) -> Iterator[Way]:
        if inputs["readiness"] != "ssh-jump":
            yield Direct(self._connect)
            return
        from provider.host.jump import Jump

        with Jump(inputs["jump"]) as way:
            yield way

    def _wait(self, way: Way, inputs: Mapping[str, Any], timeout: float) -> tuple[dict[Family, str], dict[Family, str]]:
        """Wait until every family that can be reached from there answers in one and the same round."""
        port, waiting = int(inputs["port"]), Waiting(inputs, _place(inputs))
        end, seen, pause = waiting.start + timeout, waiting.seen, FIRST_PAUSE
        not_given = {family: "the site states no address" for family in FAMILIES if family not in inputs}
        while True:
            for family, item in seen.items():
                left = end - time.monotonic()
                probe = way.connect(family, item.address, port, max(0.05, min(TRY_SECONDS, left)), CANCELLED.is_set)
                if CANCELLED.is_set():
                    raise Cancelled(f"the wait for the host was cancelled: {waiting.told()}")
                waiting.note(family, probe)
            left = end - time.monotonic()
            up = [family for family, item in seen.items() if item.missing_since is None]
            patience = 0 if left <= 0 else self._grace if up else self._no_route
            blocked = [family for family, item in seen.items() if item.blocked(patience)]
            lost = [family for family in blocked if (last := seen[family].last) and last.status is Status.NO_ROUTE]
            if up and len(up) + len(lost) == len(seen):
                why = {family: f"no route to {seen[family].address} ({seen[family].words})" for family in lost}
                return {family: seen[family].address for family in up}, {**why, **not_given}
            if len(blocked) == len(seen):
                raise ResourceError(waiting.no_way())
            if left <= 0:
                raise ResourceError(waiting.timed_out(timeout))
            report(waiting.told())
            if CANCELLED.wait(min(pause, left)):
                raise Cancelled(f"the wait for the host was cancelled: {waiting.told()}")
            pause = min(pause * GROWTH, LONGEST_PAUSE)


def _note(text: str) -> None:
    report(text, passing=False)


def _place(inputs: Mapping[str, Any]) -> str:
    return JUMP if inputs["readiness"] == "ssh-jump" else HERE


def _certificate(way: Way, answered: Mapping[Family, str], port: int) -> str | None:
    """Give the fingerprint from the first address that shows one; both are of one server."""
    return next((seen for address in answered.values() if (seen := way.certificate(address, port, TRY_SECONDS))), None)


def _jump(given: Any) -> Iterator[Failure]:
    """Judge the jump host's settings."""
    if given is UNKNOWN:
        return
    if not isinstance(given, Mapping):
        yield Failure("jump", "is missing: host, port, user and hostKey of the jump host (host.jump of the site)")
        return
    yield from fields.unknown_keys(given, ("host", "port", "user", "hostKey", "privateKey"), "jump")
    for key in ("host", "user", "hostKey"):
        value = given.get(key)
        if value is not UNKNOWN and not (isinstance(value, str) and value):
            yield Failure(f"jump.{key}", "must be a text that is not empty")
    port = given.get("port")
    if port is not UNKNOWN and not (isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= 65535):
        yield Failure("jump.port", "must be a whole number from 1 to 65535")
    try:
        from provider.host.jump import host_key_problem, private_key_problem
    except ImportError:
        yield Failure("jump", "readiness ssh-jump needs asyncssh where the provider runs: make venv, or pip install it")
        return
    for key, problem in (("hostKey", host_key_problem), ("privateKey", private_key_problem)):
        if isinstance(given.get(key), str) and given[key] and (told := problem(given[key])):
            yield Failure(f"jump.{key}", told)
