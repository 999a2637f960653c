"""What every form of the answer says in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from dualstack.address.family import FAMILIES, LABEL
from dualstack.answer.style import counted
from dualstack.day2 import Word as Day2
from dualstack.status.model import Deployed, Life, SiteStatus, Stack, Support, Todo, Update
from dualstack.verify.model import Word

VERDICTS: Final = (
    "cannot be read",
    "stack not readable",
    "has errors",
    "failing",
    "waiting",
    "out of support",
    "not deployed",
    "fine",
)
"""What is said of a whole site, the worst first."""

_EMPTY: Final = (Deployed.NEVER, Deployed.DESTROYED)


class Mood(StrEnum):
    """How something is to be taken."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"
    QUIET = "quiet"


def support_words(support: Support | None) -> tuple[str, Mood]:
    """Tell how long a release is supported."""
    if support is None:
        return "not known", Mood.QUIET
    if support.life is Life.FULL:
        return f"full support until {support.full}", Mood.GOOD
    if support.life is Life.ENDED:
        return f"support ended {support.end}", Mood.BAD
    if support.life is Life.LIMITED:
        until = f", life until {support.end}" if support.end else ""
        return f"full support ended {support.full}{until}", Mood.WAIT
    return "dates of support not known", Mood.QUIET


def support_brief(support: Support | None) -> str:
    """Tell the same beside the release's number, in few letters."""
    if support is None or support.life is Life.UNKNOWN:
        return ""
    if support.life is Life.ENDED:
        return f"ended {support.end}"
    return f"full {'until' if support.life is Life.FULL else 'ended'} {support.full}"


def deployed_words(stack: Stack) -> tuple[str, Mood]:
    """Tell how what is deployed stands to the plan."""
    if stack.deployed is Deployed.DIFFERS:
        return f"{len(stack.todo)} to deploy", Mood.WAIT
    mood = {Deployed.AS_PLANNED: Mood.GOOD, Deployed.UNKNOWN: Mood.BAD}.get(stack.deployed, Mood.QUIET)
    return stack.deployed.value, mood


def family_words(counts: Mapping[str, int] | None) -> tuple[str, Mood]:
    """Tell the worst of what was asked over one family, and how much of it."""
    if counts is None:
        return "not asked", Mood.QUIET
    total = sum(counts.values())
    if not total:
        return "none to ask", Mood.QUIET
    if failed := counts.get(Word.FAILED.value, 0):
        return f"{failed} of {total} failed", Mood.BAD
    if pending := counts.get(Word.PENDING.value, 0):
        return f"{pending} pending", Mood.WAIT
    fine = counts.get(Word.OK.value, 0)
    if not fine:
        return "not checkable", Mood.QUIET
    return (f"{fine} ok", Mood.GOOD) if fine == total else (f"{fine} of {total} ok", Mood.GOOD)


def family_brief(counts: Mapping[str, int] | None) -> str:
    """Tell the same in few letters."""
    words, mood = family_words(counts)
    brief = {"not checkable": "unchecked", "not asked": "-", "none to ask": "-"}
    return f"{(counts or {})[Word.FAILED.value]} failed" if mood is Mood.BAD else brief.get(words, words)


def todo_words(site: SiteStatus) -> str:
    """Tell how much is still to be done, and the worst word of it."""
    found = todos(site)
    return f"{len(found)}, {found[0].word.text}" if found else ""


def all_words(counts: Mapping[str, int] | None) -> str:
    """Tell how many results there are of each word."""
    if counts is None:
        return "not asked"
    return ", ".join(f"{counts[word.value]} {word.value}" for word in Word if counts.get(word.value)) or "nothing"


def update_words(update: Update | None) -> tuple[str, Mood]:
    """Tell when the last ``up`` ended, and how."""
    if update is None:
        return "none known", Mood.QUIET
    fine = update.result == "succeeded"
    when = f"{update.ended:%Y-%m-%d %H:%M}"
    return (when if fine else f"{when} {update.result}"), Mood.GOOD if fine else Mood.BAD


def stack_notes(stack: Stack) -> list[tuple[str, Mood]]:
    """Tell what else there is to say of a stack."""
    told = [(stack.why, Mood.BAD)] if stack.why else []
    if stack.running:
        told.append((f"at work now: {stack.running}", Mood.WAIT))
    if stack.interrupted:
        told.append(("a run was interrupted in the middle; dualstack up or refresh settles what it left", Mood.BAD))
    return told


def todos(site: SiteStatus) -> list[Todo]:
    """Return what is not where it belongs: by the stack, then as machines and cluster say, the worst first."""
    found = list(site.stack.todo)
    for result in site.results or ():
        if result.word is Word.PENDING:
            day2 = result.day2 or Day2.BY_HAND
            found.append(Todo(f"{result.at}: {result.seen}", day2, result.fix, up=False))
    return sorted(found, key=lambda one: -one.word)


def others(site: SiteStatus) -> Mapping[str, int]:
    """Count what was asked of neither family alone, by word."""
    return site.counts(None) or {}


def failed(site: SiteStatus) -> bool:
    """Tell whether something is broken: an answer, the last ``up``, the site's own rules, a release without support."""
    last = site.stack.last
    words = {result.word for result in site.results or ()}
    # Where we deployed nothing and nothing answers as planned, there is nothing that could be broken.
    expected = site.stack.deployed not in _EMPTY or Word.OK in words
    return (
        (expected and Word.FAILED in words)
        or bool(site.errors)
        or (last is not None and last.result == "failed")
        or site.stack.interrupted
    )


def unreadable(site: SiteStatus) -> bool:
    """Tell whether the site or its stack could not be read."""
    return bool(site.error) or site.stack.deployed is Deployed.UNKNOWN


def mood_of(site: SiteStatus) -> Mood:
    """Tell how the whole site is to be taken."""
    if unreadable(site) or failed(site):
        return Mood.BAD
    if todos(site) or _unsupported(site):
        return Mood.WAIT
    return Mood.QUIET if site.stack.deployed in _EMPTY else Mood.GOOD


def verdict(site: SiteStatus) -> str:
    """Tell the whole site in a few words."""
    if site.error:
        return "cannot be read"
    if site.stack.deployed is Deployed.UNKNOWN:
        return "stack not readable" if not site.errors else "has errors"
    if failed(site):
        return "failing"
    if todos(site):
        return "waiting"
    if site.stack.deployed in _EMPTY:
        return "not deployed"
    return "out of support" if _unsupported(site) else "fine"


def _unsupported(site: SiteStatus) -> bool:
    deployed = site.stack.deployed not in _EMPTY
    return deployed and site.support is not None and site.support.life is Life.ENDED


def heading(sites: Sequence[SiteStatus]) -> str:
    """Count the sites by their verdict, the worst first."""
    counts = Counter(map(verdict, sites))
    told = ", ".join(f"{counts[word]} {word}" for word in VERDICTS if counts[word])
    return f"{counted(len(sites), 'site')}: {told}"


FAMILY_LABELS = tuple((family, LABEL[family]) for family in FAMILIES)
