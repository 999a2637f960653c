"""``dualstack:dns:Answers``: a name that others keep is answered with A and AAAA as planned; makes nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from dualstack.document.holes import UNKNOWN
from dualstack.probe.records import Values, described
from dualstack.probe.resolver import Reply, State, ask
from dualstack.tokens import ANSWERS
from provider.dns.dns_inputs import TTL_LIMIT, Checks
from provider.frame.compare import compared
from provider.frame.handler import CANCELLED, Cancelled, Diff, Failure, ResourceError, report, warn

KINDS: Final[Mapping[str, str]] = {"ipv4": "A", "ipv6": "AAAA"}
LABELS: Final[Mapping[str, str]] = {"A": "IPv4", "AAAA": "IPv6"}
KNOWN: Final = ("record", "ipv4", "ipv6", "ttl", "pointers", "resolvers", "port", "timeout")
ASKED: Final = ("ipv4", "ipv6", "pointers", "resolvers", "port")
"""A change of one of these is asked about anew; the others only say how long to wait and what to propose."""
PLANNED: Final = "planned"
"""Of the state: the addresses that were asked for, as a refresh puts what it sees in their place."""
LONGEST_WAIT: Final = 24 * 3600
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0
GROWTH: Final = 1.5


class AnswersHandler:
    """Its state holds what is planned, and after a refresh what was answered instead."""

    token = ANSWERS

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Normalise and judge."""
        checks = Checks(inputs)
        checks.only(KNOWN)
        checked = {
            "record": checks.name("record", "the name"),
            "ipv4": checks.addresses("ipv4", 4, least=0),
            "ipv6": checks.addresses("ipv6", 6, least=0),
            "ttl": checks.integer("ttl", 0, TTL_LIMIT, "the TTL in seconds"),
            "pointers": checks.names("pointers", "the names under in-addr.arpa and ip6.arpa that point to it"),
            "resolvers": checks.resolvers("resolvers"),
            "port": checks.integer("port", 1, 65535, "a port", 53),
            "timeout": checks.integer("timeout", 1, LONGEST_WAIT, "seconds to wait for new records"),
        }
        return checked, checks.failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare what was answered, as last seen, with what is planned."""
        old: dict[str, Any] = {key: old_state[key] for key in KNOWN if key in old_state}
        return compared(old, new_inputs, replacing=("record",))

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Ask until the answers are right; nothing is asked at preview."""
        name = inputs["record"] if isinstance(inputs["record"], str) else ""
        return name, self._state(inputs, preview, timeout)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Ask once; where nobody can be asked, nothing is known and all stays as it was."""
        if not state:
            raise ResourceError("a check cannot be imported; leave it out, and the next `up` asks")
        planned: dict[str, list[str]] = state[PLANNED]
        wanted, replies = _values(planned), ask_all(state)
        answered = [reply for reply in replies if reply.state is State.ANSWERED]
        if not answered:
            warn(f"{id} could not be looked up: {_told(replies)}")
            return id, inputs, state
        seen = planned
        for reply in answered:
            if not reply.gives(wanted):
                report(f"{reply.resolver}: {reply}", passing=False)
                seen = {key: list(reply.values.get(kind, ())) if planned[key] else [] for key, kind in KINDS.items()}
                break
        return id, {**inputs, **seen}, {**state, **seen}

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Ask again, where what is asked has changed, or something else was answered at the last refresh."""
        if all(new_inputs[key] == old_state.get(key) for key in ASKED):
            return {**old_state, **new_inputs}
        return self._state(new_inputs, preview, timeout)

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Do nothing; the records are others'."""

    def _state(self, inputs: dict[str, Any], preview: bool, timeout: float) -> dict[str, Any]:
        if preview:
            return {**inputs, PLANNED: UNKNOWN, "notAsked": UNKNOWN}
        replies = _wait(inputs, timeout or float(inputs["timeout"]))
        for line in remarks(inputs, replies):
            warn(line)
        not_asked = {reply.resolver: reply.words for reply in replies if _no_route(reply)}
        return {**inputs, PLANNED: {key: inputs[key] for key in KINDS}, "notAsked": not_asked}


def ask_all(inputs: Mapping[str, Any]) -> list[Reply]:
    """Ask every resolver for A and AAAA of the name, all at once."""
    with ThreadPoolExecutor(max(1, len(inputs["resolvers"]))) as pool:
        return list(
            pool.map(lambda one: ask(inputs["record"], ("A", "AAAA"), one, inputs["port"]), inputs["resolvers"])
        )


def trouble(inputs: Mapping[str, Any], replies: list[Reply]) -> str | None:
    """Say what is wrong with the answers, what it breaks and how to mend it; None where they are as planned.

    A resolver that this machine has no route to says nothing, as long as another one answers.
    """
    wanted = _values(inputs)
    asked = [reply for reply in replies if not _no_route(reply)]
    if asked and all(reply.gives(wanted) for reply in asked):
        return None
    record = inputs["record"]
    lines = [f"{record} is not answered as planned, {described(wanted)}"]
    lines += [f"  {reply.resolver}: {reply}" for reply in replies]
    answered = [reply for reply in asked if reply.state is State.ANSWERED]
    if not answered:
        lines.append("whether the name has its records cannot be told, and nothing that needs it is started")
        way = "name resolvers that this machine may ask in dns.check.resolvers"
        return "\n".join([*lines, f"{way}; dns.backend: none leaves the check out"])
    lines += _broken(record, wanted, answered)
    for kind, texts in wanted.items():
        for text in texts:
            if any(text not in reply.values.get(kind, ()) for reply in answered):
                lines.append(f"  add: {record}. {inputs['ttl']} IN {kind} {text}")
        for text in dict.fromkeys(item for reply in answered for item in reply.values.get(kind, ())):
            if text not in texts:
                owner = next((r.alias for r in answered if r.alias and text in r.values.get(kind, ())), None) or record
                lines.append(f"  remove: {owner}. IN {kind} {text}")
    lines.append("records that are right and not answered yet are in a cache: run it again; dns.check.timeout waits")
    return "\n".join(lines)


def remarks(inputs: Mapping[str, Any], replies: list[Reply]) -> list[str]:
    """Say what stops nothing: who could not be asked, a family that the plan does not know, an alias, PTR records."""
    record = inputs["record"]
    found = [f"{reply.resolver} was not asked for {record}: {reply.words}" for reply in replies if _no_route(reply)]
    for key, kind in KINDS.items():
        if not inputs[key] and not any(reply.values.get(kind) for reply in replies):
            reason = f"the site states no {LABELS[kind]} address, so none is expected"
            found.append(f"{record} has no {kind} record; {reason}, and {LABELS[kind]} alone does not find it")
    for alias in dict.fromkeys(reply.alias for reply in replies if reply.alias):
        found.append(f"{record} is an alias of {alias}: whoever changes that name changes this one, too")
    return found + _pointers(inputs)


def _pointers(inputs: Mapping[str, Any]) -> list[str]:
    """Ask for the PTR records; nothing that we deploy needs them."""
    target, found = inputs["record"], []
    for pointer in inputs["pointers"]:
        for resolver in inputs["resolvers"]:
            reply = ask(pointer, ("PTR",), resolver, inputs["port"])
            if reply.state is State.ANSWERED and not reply.gives({"PTR": (target,)}):
                add = f"add: {pointer}. {inputs['ttl']} IN PTR {target}."
                found.append(f"{resolver}: {pointer}: {reply}; planned is {target}; logs show no name; {add}")
                break
    return found


def warnings(inputs: Mapping[str, Any]) -> list[str]:
    """Ask once for everything, and say what is not as planned."""
    replies = ask_all(inputs)
    wrong = trouble(inputs, replies)
    return [*([wrong] if wrong else []), *remarks(inputs, replies)]


def _broken(record: str, wanted: Values, answered: list[Reply]) -> list[str]:
    lines = []
    for kind, texts in wanted.items():
        label = LABELS[kind]
        if any(not reply.values.get(kind) for reply in answered):
            lines.append(f"machines that have {label} alone do not find {record}")
        elif any(not set(texts) <= set(reply.values[kind]) for reply in answered):
            lines.append(f"over {label} {record} leads to another machine")
        elif any(set(reply.values[kind]) - set(texts) for reply in answered):
            lines.append(f"over {label} some connections to {record} go to another machine")
    return lines


def _wait(inputs: Mapping[str, Any], timeout: float) -> list[Reply]:
    """Ask until the answers are right, and give them."""
    end, pause = time.monotonic() + timeout, FIRST_PAUSE
    while True:
        replies = ask_all(inputs)
        wrong = trouble(inputs, replies)
        if wrong is None:
            return replies
        left = end - time.monotonic()
        if left <= 0:
            raise ResourceError(wrong)
        report(f"{inputs['record']}: {_told(replies)}")
        if CANCELLED.wait(min(pause, left)):
            raise Cancelled(f"the wait for {inputs['record']} was cancelled: {_told(replies)}")
        pause = min(pause * GROWTH, LONGEST_PAUSE)


def _no_route(reply: Reply) -> bool:
    return reply.state is State.NO_ROUTE


def _told(replies: list[Reply]) -> str:
    return "; ".join(f"{reply.resolver}: {reply}" for reply in replies)


def _values(properties: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Give what is planned; a family that the site does not state is not judged."""
    return {kind: tuple(properties[key]) for key, kind in KINDS.items() if properties.get(key)}
