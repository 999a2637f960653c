"""All of it for many sites, side by side, bounded; what is wrong with one hides nothing of the others."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from dualstack.check.checked import Checked
from dualstack.document.findings import Severity
from dualstack.errors import UnexpectedError
from dualstack.releases.model import Release
from dualstack.status import planned
from dualstack.status.model import Deployed, Life, SiteStatus, Stack, Support
from dualstack.status.stacks import Found, Reader, UnreadableError, resources
from dualstack.verify.model import Result, Way

STACKS_AT_ONCE: Final = 8
"""Stacks that are read side by side; each may be a process of the CLI."""
SITES_AT_ONCE: Final = 24
"""Sites that are asked side by side; each asks its servers side by side, too."""
_OTHER_FILES: Final = 256
"""Files that may be open beside the connections."""
_FEWEST: Final = 4
"""Sites for which another process is worth its start."""

Told = Callable[[int, int], None]
"""Is told how many steps of how many have ended."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the sites.

    Attributes:
        project: the project's folder.
        reader: reads a stack.
        way: how servers are asked; None leaves the network alone.
        today: the day of the question.
    """

    project: Path
    reader: Reader
    way: Way | None
    today: date


def collect(asked: Asked, sites: Sequence[Checked], told: Told) -> list[SiteStatus]:
    """Return the status of each site, in the given order."""
    stacks: dict[str, Stack] = {}
    results: dict[str, Sequence[Result] | str] = {}
    with ExitStack() as held:
        readers = held.enter_context(ThreadPoolExecutor(STACKS_AT_ONCE))
        askers = held.enter_context(ThreadPoolExecutor(_at_once() if asked.way is not None else 1))
        workers = _workers(asked.project, len(sites))
        pools: list[Executor] = [readers, askers, workers]
        try:
            jobs: dict[Future[Any], tuple[dict[str, Any], str]] = {}
            for site in sites:
                jobs[readers.submit(_stack, asked.reader, workers, site)] = (stacks, site.name)
                if asked.way is not None and site.plan is not None:
                    jobs[askers.submit(_verified, site, asked.way)] = (results, site.name)
            for count, done in enumerate(as_completed(jobs), 1):
                into, name = jobs[done]
                into[name] = done.result()
                told(count, len(jobs))
        except BaseException:
            if asked.way is not None:
                asked.way.stop.set()
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            raise
        workers.shutdown()
    return [_status(asked, site, stacks[site.name], results.get(site.name)) for site in sites]


def _at_once() -> int:
    """Return how many sites are asked side by side: as many as there may be connections for, each of a file."""
    from dualstack.verify.run import AT_ONCE

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = SITES_AT_ONCE * AT_ONCE + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(SITES_AT_ONCE, (soft - _OTHER_FILES) // AT_ONCE))
    return SITES_AT_ONCE


def _workers(project: Path, sites: int) -> ProcessPoolExecutor:
    """Return the processes that plan sites; none starts before it is needed, and none is a copy of this one."""
    count = max(1, min(len(os.sched_getaffinity(0)), sites // _FEWEST))
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(count, mp_context=context, initializer=planned.begin, initargs=(project,))


def _stack(reader: Reader, workers: Executor, site: Checked) -> Stack:
    """Read a site's stack and compare it with the plan; whatever is wrong with it stays its own."""
    try:
        return _read(reader, workers, site)
    except UnreadableError as error:
        return Stack(Deployed.UNKNOWN, str(error))
    except Exception as error:
        return Stack(Deployed.UNKNOWN, str(UnexpectedError(error, f"the state of {site.name}")))


def _read(reader: Reader, workers: Executor, site: Checked) -> Stack:
    found = reader(site.name)
    if found is None:
        return Stack(Deployed.NEVER)
    stack = Stack(
        Deployed.UNKNOWN,
        last=found.last,
        running=found.running,
        interrupted=bool(found.deployment.get("pending_operations")) and not found.running,
    )
    if not (there := resources(found)):
        return replace(stack, deployed=_empty(found))
    if site.failed:
        return replace(stack, why=f"the site has errors, so nobody knows what is planned; dualstack check {site.name}")
    try:
        compared = workers.submit(planned.compare, str(site.resolved.files[-1].absolute()), there).result()
    except BrokenProcessPool:
        return replace(stack, why="the process that plans the sites was killed; run it for fewer sites")
    if isinstance(compared, str):
        return replace(stack, why=compared)
    parts, todo = compared
    return replace(stack, deployed=Deployed.DIFFERS if todo else Deployed.AS_PLANNED, parts=parts, todo=tuple(todo))


def _empty(found: Found) -> Deployed:
    """Tell a stack that was emptied from one that nothing was ever deployed to."""
    return Deployed.DESTROYED if found.latest is not None and found.latest.kind == "destroy" else Deployed.NEVER


def _verified(site: Checked, way: Way) -> Sequence[Result] | str:
    """Ask a site; return why that failed, where dualstack itself did."""
    from dualstack.verify.run import verify_plan

    try:
        return verify_plan(site.plan, way, lambda *_: None) if site.plan is not None else ()
    except Exception as error:  # of one site; the others are told
        return str(UnexpectedError(error, site.name))


def _status(asked: Asked, site: Checked, stack: Stack, results: Sequence[Result] | str | None) -> SiteStatus:
    plan = site.plan
    if isinstance(results, str):
        stack, results = replace(stack, deployed=Deployed.UNKNOWN, why=results), None
    return SiteStatus(
        site.name,
        support=support_of(plan.release, asked.today) if plan is not None else None,
        mode=site.site.mode if site.site is not None else "",
        nodes=tuple(node.name for node in plan.nodes) if plan is not None else (),
        errors=sum(finding.severity is Severity.ERROR for finding in site.findings),
        stack=stack,
        results=results,
    )


def support_of(release: Release, today: date) -> Support:
    """Tell where a release stands in its life."""
    full, end = release.support.full, release.support.end
    life = Life.UNKNOWN
    if end is not None and today > end:
        life = Life.ENDED
    elif full is not None and today <= full:
        life = Life.FULL
    elif full is not None or end is not None:
        life = Life.LIMITED
    return Support(release.version, life, full, end)
