"""The answer as data; ``version`` grows when a key goes or its meaning changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dualstack.address.family import FAMILIES
from dualstack.status.model import SiteStatus, Stack, Support
from dualstack.status.words import todos, verdict
from dualstack.verify.formats import result_json
from dualstack.verify.model import Word

VERSION: Final = 1


def status_json(sites: Sequence[SiteStatus], now: datetime) -> dict[str, Any]:
    """Return the answer.

    Args:
        sites: in the order of the answer.
        now: when they were asked.
    """
    told = [_site(site) for site in sites]
    document: dict[str, Any] = {"version": VERSION, "time": now.astimezone(UTC).isoformat(timespec="seconds")}
    return {**document, "sites": told}


def _site(site: SiteStatus) -> dict[str, Any]:
    if site.error:
        return {"site": site.name, "verdict": verdict(site), "error": site.error}
    return {
        "site": site.name,
        "verdict": verdict(site),
        "mode": site.mode or None,
        "nodes": list(site.nodes),
        "errors": site.errors,
        "release": None if site.support is None else _support(site.support),
        "stack": _stack(site.stack),
        "verify": _verify(site),
        "pending": [{"part": one.part, "day2": one.word.text, "how": one.how, "up": one.up} for one in todos(site)],
    }


def _support(support: Support) -> dict[str, Any]:
    full, end = (None if day is None else day.isoformat() for day in (support.full, support.end))
    return {"version": support.release, "support": support.life.value, "fullSupportUntil": full, "endOfLife": end}


def _stack(stack: Stack) -> dict[str, Any]:
    last = stack.last
    return {
        "deployed": stack.deployed.value,
        "why": stack.why or None,
        "parts": stack.parts,
        "running": stack.running or None,
        "interrupted": stack.interrupted,
        "lastUp": None
        if last is None
        else {
            "result": last.result,
            "ended": last.ended.isoformat(timespec="seconds"),
            "by": last.by or None,
        },
    }


def _verify(site: SiteStatus) -> dict[str, Any] | None:
    if site.results is None:
        return None
    counts: dict[str, Any] = {}
    for name, family in (*((family, family) for family in FAMILIES), ("neither", None)):
        found = site.counts(family) or {}
        counts[name] = {word.value: found.get(word.value, 0) for word in Word}
    told = [result_json(result) for result in site.results if result.word is Word.FAILED]
    return {**counts, "failures": told}
