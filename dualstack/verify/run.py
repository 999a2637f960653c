"""All checks of a site, side by side, once or until they are fine."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from typing import Final

from dualstack.address.family import FAMILIES, Family
from dualstack.errors import InputError, quoted
from dualstack.plan.model import Plan
from dualstack.verify import bmcs, names
from dualstack.verify.clusters import comparing
from dualstack.verify.endpoints import endpoints
from dualstack.verify.judge import look
from dualstack.verify.logins import usual_place
from dualstack.verify.machine import checks as machine
from dualstack.verify.model import Check, Kind, Result, Way, Word

AT_ONCE: Final = 64
"""Checks that run side by side; they wait for servers, mostly."""
PAUSE: Final = 5.0
"""Seconds between two rounds."""

Told = Callable[[int, int, int], None]
"""Is told how many checks of how many have ended, and how many of their results failed."""
Compare = Callable[[Sequence[Result]], list[Result]]
"""What ``clusters.comparing`` gives."""


def all_checks(plan: Plan, secrets: Mapping[str, str] | None = None) -> Iterator[Check]:
    """Give every check of a site.

    Args:
        plan: of the site.
        secrets: values of config keys, by name; what needs one that is not there is not checkable.
    """
    yield from names.checks(plan)
    for endpoint in endpoints(plan):
        yield Check(endpoint.kind, endpoint.family, partial(look, endpoint))
    yield from bmcs.checks(plan, secrets or {})
    yield from machine.checks(plan, secrets or {})


def verify_plan(plan: Plan, way: Way, told: Told, wait: float = 0.0) -> list[Result]:
    """Run every check of a site that needs no secret, from where `up` waits for it, and compare; see ``verify``."""
    with usual_place(plan, way) as place:
        there = replace(way, place=place)
        return verify(list(all_checks(plan)), FAMILIES, there, told, wait, comparing(plan))


def parse_only(words: Sequence[str]) -> tuple[frozenset[Kind], frozenset[Family]]:
    """Read what ``--only`` names: kinds, families; all of them where none is named.

    Raises:
        InputError: a word is neither.
    """
    known = (*(kind.value for kind in Kind), *FAMILIES)
    for word in words:
        if word not in known:
            raise InputError(f"--only {quoted(word)} is nothing to check", fix=f"name one of {', '.join(known)}")
    kinds = frozenset(kind for kind in Kind if kind.value in words)
    families = frozenset(family for family in FAMILIES if family in words)
    return kinds or frozenset(Kind), families or frozenset(FAMILIES)


def verify(
    checks: Sequence[Check],
    families: Collection[Family],
    way: Way,
    told: Told,
    wait: float = 0.0,
    compare: Compare = list,
    begin: Callable[[Way], None] = lambda _: None,
) -> list[Result]:
    """Run checks, and again until nothing fails and something is fine, or the time is over.

    Args:
        checks: what to ask.
        families: whose results are wanted.
        way: how to ask.
        told: is told of each check that ended.
        wait: seconds from now in which another round may begin.
        compare: adds what follows from the results of a round together.
        begin: is called before each round.
    """
    end = time.monotonic() + wait
    while True:
        begin(way)
        found = compare(_round(checks, way, told))
        results = [one for one in found if one.family is None or one.family in families]
        if exit_code(results) == 0 or time.monotonic() + PAUSE > end or way.stop.wait(PAUSE):
            return results


def _round(checks: Sequence[Check], way: Way, told: Told) -> list[Result]:
    """Run each check once; results in the order of the checks."""
    found: dict[int, Sequence[Result]] = {}
    failed = 0
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        running = {pool.submit(check.run, way): index for index, check in enumerate(checks)}
        try:
            for done in as_completed(running):
                index = running[done]
                found[index] = _results(done, checks[index])
                failed += sum(result.word is Word.FAILED for result in found[index])
                told(len(found), len(checks), failed)
        except BaseException:
            way.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [result for index in range(len(checks)) for result in found[index]]


def _results(done: Future[Sequence[Result]], check: Check) -> Sequence[Result]:
    """Return what a check told; an answer that it could not bear hides nothing of what the others told."""
    try:
        return done.result()
    except InputError:
        raise
    except Exception as error:
        # Without the error's own words: what a server sent, or a login, may be in them.
        result = Result(check.kind, "-", "its answers", Word.FAILED, f"no check can read them ({type(error).__name__})")
        breaks = "nobody knows whether what is asked here is well"
        fix = "see what answers there; if it is what should answer, this is a fault of dualstack: tell it"
        return [replace(result, family=check.family, consequence=breaks, fix=fix)]


def exit_code(results: Sequence[Result]) -> int:
    """Return 1 where something failed, 2 where nothing could be checked, else 0: what is pending is no fault."""
    words = {result.word for result in results}
    if Word.FAILED in words:
        return 1
    return 0 if words & {Word.OK, Word.PENDING} else 2
