"""What the engine does at a site, in words, and the worst word of all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dualstack.answer.style import counted
from dualstack.day2 import Word
from dualstack.diff.compare import SiteDiff
from dualstack.diff.escape import Code, Text, shortened
from dualstack.diff.facts import facts, rest, worst
from dualstack.diff.operations import Operation, Step
from dualstack.document.differ import Change, show_path
from dualstack.document.holes import UNKNOWN_WORD
from dualstack.tokens import ANSWERS, BUILD, DIRECTORY, POINTER, PROVIDER, READY, RECORD_SET, RELEASE, SERVICE_PATCH


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that the engine does to a resource."""

    word: Word
    op: Operation
    text: Text


LONGEST: Final = 100
"""Characters of a value where room is scarce."""
_ROLES: Final = ("disk", "host", "network")
_WORST_FIRST: Final[Sequence[Operation]] = ("replace", "delete", "update", "create", "same")
_OURS_ALONE: Final = frozenset({ANSWERS, BUILD, DIRECTORY, READY})
"""Types that are on the deploying machine only: what of it reaches the site is told by others."""
_UNNOTICED: Final = frozenset({POINTER, SERVICE_PATCH})
"""Types that may go and come without anybody noticing."""
_HELM: Final = "kubernetes:helm.cattle.io/v1:"
_PASSING: Final = (f"{_HELM}HelmChartConfig", f"{_HELM}HelmChartPatch", "command:", PROVIDER)
"""The same, by the start of the type."""


def brief(value: Any, longest: int | None = LONGEST) -> Code:
    """Give a value as text, cut where a length is given; what is not text as JSON."""
    text = _text(value)
    return Code(text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text.split()) if "\n" in text else text


def from_to(change: Change, longest: int | None = LONGEST) -> Text:
    """Give ``before → after``, cut where a length is given; of a secret only that it changed."""
    if change.how == "add":
        return (brief(change.after, longest), " added")
    if change.how == "delete":
        return (brief(change.before, longest), " removed")
    if change.secret and change.before == change.after:
        return ("changed (secret)",)
    if change.after == UNKNOWN_WORD:
        return ("known once deployed",)
    more = (" (a secret in it, too)",) if change.secret else ()
    before, after = _text(change.before), _text(change.after)
    if before == after:  # they differ in white space, or in type
        before, after = (json.dumps(value, ensure_ascii=False) for value in (change.before, change.after))
    if longest is not None:
        before, after = shortened(before, after, longest)
    return (Code(before), " → ", Code(after), *more)


def lines_of(site: SiteDiff, *, inputs: bool = True, longest: int | None = LONGEST) -> list[Line]:
    """Give what the engine does, worst first; components, which only state keeps, are left out.

    Args:
        site: the site.
        inputs: whether the inputs that no edit explains are told with it.
        longest: where their values are cut; None: nowhere.
    """
    if site.status == "unreadable":
        return []
    if site.status == "removed":
        count = sum(step.custom for step in site.steps or ())
        more = f"; the {counted(count, 'resource')} of its stack stay" if count else ""
        text = ("its stack file is removed: nothing destroys what is deployed", more, ", unless somebody runs ")
        return [Line(Word.BY_HAND, "delete", (*text, Code(f"dualstack destroy {site.name}"), " before the merge"))]
    steps, told = site.steps or (), rest(site).inputs if inputs else {}
    found = [_line(step, steps, told.get(step.urn, ()), longest) for step in steps if step.custom]
    return sorted(found, key=lambda line: (-line.word, _WORST_FIRST.index(line.op)))


def word_of(site: SiteDiff) -> Word:
    """Give the worst that happens to a site."""
    return max([worst(facts(site)), *(line.word for line in lines_of(site))], default=Word.NOTHING)


def takes(site: SiteDiff) -> bool:
    """Tell whether something is lost, or away meanwhile; or a site is given up."""
    return site.status == "removed" or word_of(site).takes


def headline(site: SiteDiff) -> str:
    """Give what happens to a site in a few words without values."""
    if site.status == "unreadable":
        return "cannot be read"
    if site.status == "removed":
        return "removed; what is deployed stays"
    steps = [step for step in site.steps or () if step.custom]
    if site.status == "new":
        return f"new, {counted(len(steps), 'resource')}" if site.steps is not None else "new, with errors"
    counts = {word: sum(fact.told.word is word for fact in facts(site)) for word in reversed(Word)}
    parts = [f"{count} {word.text}" for word, count in counts.items() if count]
    for op, word in (("replace", "replaced"), ("delete", "deleted")):
        if roles := [role for role in _ROLES if any(step.op == op and step.kind.role == role for step in steps)]:
            parts.append(f"{_listed(roles)} {word}")
    others = [step for step in steps if not (step.kind.role and step.op in ("replace", "delete"))]
    for op, word in (("replace", "replaced"), ("delete", "deleted"), ("update", "updated"), ("create", "created")):
        if count := sum(step.op == op for step in others):
            parts.append(f"{count} {word}")
    if any(step.blocked for step in steps):
        parts.append("refused: protected")
    if site.steps is None:
        parts.append("operations unknown: a side has errors")
    return "; ".join(parts) or "nothing to deploy"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _line(step: Step, steps: Sequence[Step], inputs: Sequence[Change], longest: int | None) -> Line:
    subject: Text = (f"{step.kind.word} ", Code(step.label), " ")
    text = (*subject, *_what(step, steps), *_why(step, steps, inputs, longest), *_follows(step, steps))
    return Line(_word(step), step.op, text)


def _word(step: Step) -> Word:
    if step.type in _OURS_ALONE:
        return Word.NOTHING
    if step.op not in ("replace", "delete") or step.kept:
        return Word.LIVE
    if step.kind.role:
        return Word.REBUILD if step.kind.role == "disk" else Word.OUTAGE
    passing = step.type in _UNNOTICED or step.type.startswith(_PASSING)
    passing = passing or (step.type == RECORD_SET and step.op == "replace")
    return Word.LIVE if passing else Word.OUTAGE


def _what(step: Step, steps: Sequence[Step]) -> Text:
    if step.op == "create":
        return ("is made",)
    if step.op == "delete":
        return ("leaves the state, and stays where it is",) if step.kept else ("is deleted",)
    if step.op == "replace":
        if step.type == RELEASE and any(other.kind.role == "disk" and other.op == "replace" for other in steps):
            return ("is installed anew on the new disk",)
        return ("is deleted and made anew",)
    if step.type == RELEASE:
        return ("is upgraded in place",)
    if step.type == BUILD:
        return ("is run again",)
    if step.type in (READY, ANSWERS):
        return ("is done again",)
    return ("is updated in place",) if step.kind.known else ("is updated, or replaced if its provider cannot do that",)


def _why(step: Step, steps: Sequence[Step], inputs: Sequence[Change], longest: int | None) -> Text:
    """Give the inputs that are the reason and were not told before, those that force a replacement first."""
    own = [change for change in inputs if change.after != UNKNOWN_WORD]
    if step.op == "replace":
        own = [change for change in own if change.path in step.forced_by]
    if step.type == RELEASE:
        # The chart's version and the values are what people look for; the rest is derived from them.
        own.sort(key=lambda change: (change.path[0] != "version", change.path[0] != "values"))
    if not own:
        cause = next((other for other in steps if other.urn == step.cause), None)
        if cause is None:
            return ()
        words = {"create": "is new", "replace": "is replaced"}.get(cause.op, "changes")
        return (", because ", Code(cause.label), f" {words}")
    text: list[str | Code] = [": "]
    for index, change in enumerate(own):
        text += [", " if index else "", Code(show_path(change.path)), " ", *from_to(change, longest)]
    return tuple(text)


def _follows(step: Step, steps: Sequence[Step]) -> Text:
    gone = step.op in ("replace", "delete") and not step.kept
    text: list[str | Code] = []
    if gone and step.kind.role == "disk" and any(change.path == ("source",) for change in step.changes):
        text.append("; the disk on top of it goes, too")
    elif gone and step.kind.role == "disk":
        text.append("; all that was written on it is lost, the cluster with it")
    elif gone and step.kind.role == "network":
        text.append("; whatever is attached to it is cut off")
    elif gone and step.kind.role == "host":
        disk = any(other.kind.role == "disk" and other.op in ("replace", "delete") for other in steps)
        text.append("; it starts from the new disk" if disk else "; the cluster is away until it has started again")
    if step.blocked:
        text += [". It is protected: the engine refuses, until ", Code(f"pulumi state unprotect '{step.urn}'")]
    return tuple(text)


def loses_host(site: SiteDiff) -> bool:
    """Tell whether the deployment deletes a host, a disk or a network, to make it anew or not."""
    return site.status != "removed" and any(
        step.kind.role and step.op in ("replace", "delete") and not step.kept for step in site.steps or ()
    )
