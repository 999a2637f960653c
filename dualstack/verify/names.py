"""The site's names at each of its resolvers: A, AAAA and PTR as planned, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dualstack.address.family import IPAddress, family_of
from dualstack.plan.model import Plan, by_name
from dualstack.probe.records import Values, described
from dualstack.probe.resolver import State
from dualstack.verify.judge import unrouted, untried
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.queries import asked_from

_BREAKS: Final = {
    "A": "clients of IPv4 alone do not find it, or find another machine",
    "AAAA": "clients of IPv6 alone do not find it, or find another machine",
    "PTR": "logs and access lists show another name for this address, or none",
}


@dataclass(frozen=True)
class Name:
    """One name with the records that are planned, the types that must be empty among them."""

    name: str
    wanted: Values


def names(plan: Plan) -> list[Name]:
    """Give the site's names, then its pointers."""
    return [Name(name, values) for name, values in by_name(plan.dns).items()]


def checks(plan: Plan) -> Iterator[Check]:
    """Ask each resolver for each name."""
    for resolver in plan.site.dns.resolvers:
        for name in names(plan):
            yield Check(Kind.DNS, family_of(resolver.ip), partial(_look, resolver.ip, name))


def _look(resolver: IPAddress, name: Name, way: Way) -> Sequence[Result]:
    kinds = tuple(name.wanted)
    asked = f"{' and '.join(kinds)} of {name.name}"
    result = Result(Kind.DNS, str(resolver), asked, Word.OK, "", family_of(resolver))
    reply = asked_from(way, name.name, kinds, resolver)
    if reply.state is State.NO_ROUTE:
        return (unrouted(result, "", way),)
    if reply.state is State.UNTRIED:
        return (untried(result, reply.words),)
    if reply.state is State.SILENT and not way.place.datagrams:
        fix = "run it where the resolver is reached over UDP, which no connection through SSH carries"
        return (replace(result, word=Word.NOT_CHECKABLE, seen=str(reply), fix=fix),)
    if reply.gives(name.wanted):
        return (replace(result, seen=described(reply.values)),)
    if reply.state is not State.ANSWERED:
        breaks = "machines that ask this resolver find none of the site's names"
        return (
            replace(
                result,
                word=Word.FAILED,
                seen=str(reply),
                consequence=breaks,
                fix=f"look whether {resolver} runs, answers addresses like this one, and knows the zone",
            ),
        )
    wrong = [kind for kind in kinds if set(reply.values.get(kind, ())) != set(name.wanted[kind])]
    return (
        replace(
            result,
            word=Word.FAILED,
            seen=f"{reply}; planned is {described(name.wanted)}",
            consequence="; ".join(_BREAKS[kind] for kind in wrong),
            fix="; ".join(_mend(kind, reply.values.get(kind, ()), name.wanted[kind]) for kind in wrong),
        ),
    )


def _mend(kind: str, found: Sequence[str], wanted: Sequence[str]) -> str:
    remove = [value for value in found if value not in wanted]
    add = [value for value in wanted if value not in found]
    parts = [f"add {kind} {', '.join(add)}"] if add else []
    parts += [f"remove {kind} {', '.join(remove)}"] if remove else []
    return " and ".join(parts)
