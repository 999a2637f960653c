"""Each node of a site is logged in to once, and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from dualstack.address.family import family_of_text
from dualstack.plan.model import NodePlan, Plan
from dualstack.verify.judge import unrouted
from dualstack.verify.logins import node_login
from dualstack.verify.machine import keeping, network, stamps
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Check, Kind, Result, Way, Word


def checks(plan: Plan, secrets: Mapping[str, str]) -> Iterator[Check]:
    """Look at each node."""
    for node in plan.nodes:
        yield Check(Kind.MACHINE, None, partial(_look, plan, node, secrets))


def _look(plan: Plan, node: NodePlan, secrets: Mapping[str, str], way: Way) -> Sequence[Result]:
    result = Result(Kind.MACHINE, node.name, "login by SSH", Word.OK, "")
    addresses = [str(address) for address in node.addresses.values()]
    if not addresses:
        fix = "give it an address that is fixed"
        return (replace(result, word=Word.NOT_CHECKABLE, seen="the site states no address of it", fix=fix),)
    told: list[Result] = []
    for address in addresses:
        reading = _read(plan, node, address, secrets, way, replace(result, at=f"{node.name} {address}"))
        if isinstance(reading, Reading):
            at = replace(result, at=node.name)
            return tuple(_judged(plan, node, reading, way, at))
        told.append(reading)
    # What keeps us out for good is said once; else both ways are told.
    return (told[0],) if len({(one.seen, one.fix) for one in told}) == 1 else tuple(told)


def _judged(plan: Plan, node: NodePlan, reading: Reading, way: Way, result: Result) -> Iterator[Result]:
    yield from stamps.judge(plan, node, reading, result)
    yield from network.judge(node, reading, result)
    yield from keeping.judge(node, reading, way.days, result)


def _read(
    plan: Plan, node: NodePlan, address: str, secrets: Mapping[str, str], way: Way, result: Result
) -> Reading | Result:
    """Log in at one address, and read; or the result that says why not."""
    to, port = way.to(address, plan.site.host.ssh.port)
    login = node_login(plan, node, to, secrets, way.seconds)
    if isinstance(login, str):
        why, _, fix = login.partition(": ")
        return replace(result, word=Word.NOT_CHECKABLE, seen=why, fix=fix)
    import asyncssh

    from dualstack.probe.connect import no_route
    from dualstack.probe.ssh import Refused, Stranger, connected, words
    from dualstack.verify.machine.reading import read

    login = replace(login, port=port)

    async def work() -> Reading:
        connection = await connected(login, await way.place.tunnel())
        try:
            return await read(connection, way.seconds * 3)
        finally:
            connection.abort()
            await connection.wait_closed()

    try:
        return way.place.run(work)
    except Stranger as error:
        if plan.site.nodes[node.index].ssh_host_key is None and plan.several:
            return replace(result, word=Word.NOT_CHECKABLE, seen=str(error), fix="give each node's own sshHostKey")
        breaks = "whoever logs in there may be on another machine"
        return replace(result, word=Word.FAILED, seen=str(error), consequence=breaks, fix="compare, then mend the key")
    except Refused as error:
        why, _, fix = str(error).rpartition("; ")
        return replace(result, word=Word.NOT_CHECKABLE, seen=why or str(error), fix=fix)
    except ValueError as error:
        fix = "let the login run commands, with a shell of POSIX"
        return replace(result, word=Word.NOT_CHECKABLE, seen=str(error), fix=fix)
    except (OSError, asyncssh.Error) as error:
        if no_route(error):
            return unrouted(replace(result, family=family_of_text(address)), words(error), way)
        fix = f"see whether sshd runs there, and lets {way.place.words.removeprefix('from ')} in{way.place.other}"
        return replace(result, word=Word.NOT_CHECKABLE, seen=f"{login.where}: {words(error)}", fix=fix)
