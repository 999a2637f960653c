"""What a BMC can do beside answering: has it the system that is planned, and a virtual drive for boot media."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dualstack.probe.connect import Status
from dualstack.probe.served_url import known_part, shown
from dualstack.verify.asking import ask, body
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.judge import unrouted, untried
from dualstack.verify.model import Kind, Result, Way, Word

SYSTEMS: Final = "/redfish/v1/Systems"
DRIVES: Final = ("CD", "DVD")
"""Media types that boot an image (DMTF DSP0268, VirtualMedia)."""
_MOST: Final = 8
"""Members of a collection that are looked at; a machine has two or three drives."""
_PATIENCE: Final = 6
"""How often the seconds of a way may pass for all questions to one BMC; real ones take a second or two for each."""


class _Unanswered(Exception):
    """An answer that says nothing of what is asked; holds the result that tells it."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


def basic(username: str, password: str) -> str:
    """Give the value of a header by which one question is asked as somebody; no session is made (DSP0266, 13.3.4)."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def look(endpoint: Endpoint, system: str, no_login: str, way: Way, at: str, site: str | None) -> Iterator[Result]:
    """Look at the system, then at its virtual drives; only GET is asked.

    Args:
        endpoint: the BMC, with the login where there is one.
        system: path of the system; the only one where empty.
        no_login: what would make a login; told where the BMC wants one.
        way: how to ask.
        at: whom, in words.
        site: whose node the machine is, and then its drives must be empty; None where Ironic uses them.
    """
    way = replace(way, end=time.monotonic() + _PATIENCE * way.seconds)
    first = Result(Kind.REDFISH, at, "system", Word.OK, "", endpoint.family)
    drive = replace(first, asked="virtual media")
    try:
        path, found = _system(endpoint, system, no_login, way, first)
    except _Unanswered as error:
        # What is said of the system is true of its drives, too.
        yield error.result if error.result.word is Word.FAILED else replace(error.result, asked=drive.asked)
        return
    yield replace(first, seen=f"{path} is there")
    try:
        yield _drives(endpoint, found, no_login, way, drive, site)
    except _Unanswered as error:
        yield error.result


def _system(endpoint: Endpoint, path: str, no_login: str, way: Way, result: Result) -> tuple[str, Mapping[str, Any]]:
    if path:
        try:
            return path, _get(endpoint, path, no_login, way, result)
        except _Unanswered as error:
            if error.result.word is not Word.FAILED:
                raise
    known = _members(_get(endpoint, SYSTEMS, no_login, way, result))
    if path or len(known) != 1:
        told = ", ".join(known[:_MOST]) or "none"
        seen = f"there is no {path}; it has {told}" if path else f"it has {len(known)} systems: {told}"
        breaks = "the machine is not found behind its BMC, and neither started nor installed"
        fix = "write one of these behind the address: .../redfish/v1/Systems/ID"
        raise _Unanswered(replace(result, word=Word.FAILED, seen=seen, consequence=breaks, fix=fix))
    return known[0], _get(endpoint, known[0], no_login, way, result)


def _drives(
    endpoint: Endpoint, system: Mapping[str, Any], no_login: str, way: Way, result: Result, site: str | None
) -> Result:
    """Find a drive as Ironic does: of the system where that has any, else of its managers (sushy, virtual_media)."""
    seen: list[str] = []
    fit: Result | None = None
    for holder in _holders(endpoint, system, no_login, way, result):
        link = _link(holder.get("VirtualMedia"))
        if not link:
            continue
        for path in _members(_get(endpoint, link, no_login, way, result))[:_MOST]:
            drive = _get(endpoint, path, no_login, way, result)
            kinds = drive.get("MediaTypes")
            kinds = [str(kind) for kind in kinds] if isinstance(kinds, list) else []
            seen += kinds
            if not any(kind in DRIVES for kind in kinds):
                continue
            fit = fit or replace(result, seen=f"{path} takes {', '.join(kinds)}")
            if site is not None and (drive.get("Inserted") or (drive.get("Image") and drive.get("Inserted") is None)):
                return _held(result, path, str(drive.get("Image") or ""), site)
        if fit is not None:
            return fit
    have = f"its virtual drives take {', '.join(dict.fromkeys(seen))} only" if seen else "it has no virtual drive"
    return replace(
        result,
        word=Word.FAILED,
        seen=have,
        consequence="no image reaches the machine over its BMC: it is neither inspected, provisioned nor installed",
        fix="look at the BMC's licence for virtual media, and whether it is switched on there",
    )


def _held(result: Result, path: str, image: str, site: str) -> Result:
    """Tell of an image in the drive of a machine that should boot from its disk."""
    fix = "eject it at the BMC, unless somebody is at work there"
    if known_part(image):
        fix = f"a run that was killed left it: dualstack up {site} goes on with it, or eject it at the BMC"
    return replace(
        result,
        word=Word.FAILED,
        seen=f"{path} holds {shown(image) or 'an image that it does not name'}",
        consequence="where the machine boots from it, it is installed with whatever is served at that address by then",
        fix=fix,
    )


def _holders(
    endpoint: Endpoint, system: Mapping[str, Any], no_login: str, way: Way, result: Result
) -> Iterator[Mapping[str, Any]]:
    yield system
    links = system.get("Links")
    managers = links.get("ManagedBy") if isinstance(links, Mapping) else ()
    for manager in list(managers or ())[:_MOST]:
        if link := _link(manager):
            yield _get(endpoint, link, no_login, way, result)


def _link(value: Any) -> str:
    path = value.get("@odata.id") if isinstance(value, Mapping) else None
    # A path of this BMC: never another host's, to which the login would go.
    return path if isinstance(path, str) and path.startswith("/") and path.isascii() and path.isprintable() else ""


def _members(collection: Mapping[str, Any]) -> Sequence[str]:
    members = collection.get("Members")
    return [path for one in members if (path := _link(one))] if isinstance(members, list) else []


def _get(endpoint: Endpoint, path: str, no_login: str, way: Way, result: Result) -> Mapping[str, Any]:
    """Ask for a resource.

    Raises:
        _Unanswered: it is not there (failed), or nothing can be said.
    """
    seen = ask(replace(endpoint, path=path, whole=True), way)
    status, detail = seen.probe
    if status is Status.NO_ROUTE:
        raise _Unanswered(unrouted(result, detail, way))
    if status is Status.NO_JUMP:
        raise _Unanswered(untried(result, detail))
    if status in (Status.DISTRUSTED, Status.NOT_PINNED):
        words = f"not asked: it {status.value}" + (f" ({ascii(detail)[1:-1]})" if detail else "")
        fix = "mend what is said of its certificate; no login is sent to whom nobody knows"
        raise _Unanswered(replace(result, word=Word.NOT_CHECKABLE, seen=words, fix=fix))
    code = seen.response.split(b" ", 2)[1:2]
    number = int(code[0]) if status is Status.ANSWERED and code and code[0].isdigit() else 0
    if number in (401, 403):
        if endpoint.login:
            breaks = "nobody can install or provision the machine through it"
            fix = "compare the login in nodes[].bmc with the BMC's accounts; some lock out after a few tries"
            seen_words = f"it refuses the login (HTTP {number})"
            raise _Unanswered(replace(result, word=Word.FAILED, seen=seen_words, consequence=breaks, fix=fix))
        raise _Unanswered(replace(result, word=Word.NOT_CHECKABLE, seen="it wants a login", fix=no_login))
    if number == 404:
        words, breaks = f"there is no {path}", "nothing finds the machine behind its BMC"
        fix = "compare the path behind the BMC's address with what the BMC shows"
        raise _Unanswered(replace(result, word=Word.FAILED, seen=words, consequence=breaks, fix=fix))
    try:
        found = json.loads(body(seen.response)) if number == 200 else None
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        why = f"HTTP {number}" if number else f"{status.value} {ascii(detail)[1:-1]}".strip()
        words = f"{path} gives nothing to read: {why}"
        raise _Unanswered(replace(result, word=Word.NOT_CHECKABLE, seen=words, fix="ask again, or look at the BMC"))
    return found
