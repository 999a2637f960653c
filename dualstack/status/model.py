"""What is told of a site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dualstack.address.family import Family
from dualstack.day2 import Word as Day2
from dualstack.verify.model import Result


class Deployed(StrEnum):
    """How what is deployed stands to the plan."""

    AS_PLANNED = "as planned"
    DIFFERS = "differs"
    NEVER = "never deployed"
    DESTROYED = "destroyed"
    UNKNOWN = "not known"


class Life(StrEnum):
    """Where a release stands in its life."""

    FULL = "full support"
    LIMITED = "full support ended"
    ENDED = "support ended"
    UNKNOWN = "dates not known"


@dataclass(frozen=True, slots=True)
class Support:
    """A release and its support.

    Attributes:
        release: with its patch, as the catalogue names it.
        life: where it stands today.
        full: the last day of full support; None where nobody knows.
        end: the end of life; None where nobody knows.
    """

    release: str
    life: Life
    full: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A run of the engine that came to its end.

    Attributes:
        kind: the engine's word, such as ``update`` or ``destroy``.
        result: ``succeeded`` or ``failed``.
        ended: when, in UTC.
        by: by whom, as far as it is noted.
    """

    kind: str
    result: str
    ended: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """What is in the work tree, or merged, and not where it belongs.

    Attributes:
        part: what it is of: a resource, a file of the image directory, or what a machine says of itself.
        word: the day-2 word of what brings it there.
        how: what to do, or what the next ``up`` does.
        up: whether ``up`` brings it there.
    """

    part: str
    word: Day2
    how: str
    up: bool


@dataclass(frozen=True, slots=True)
class Stack:
    """What a site's stack says.

    Attributes:
        deployed: how it stands to the plan.
        why: where that is not known, why; else what else there is to say.
        parts: how many the plan has.
        todo: what is not as planned, the worst first.
        last: the last ``up`` that ended.
        running: who is at work on the stack now.
        interrupted: whether a run was killed in the middle.
    """

    deployed: Deployed
    why: str = ""
    parts: int = 0
    todo: tuple[Todo, ...] = ()
    last: Update | None = None
    running: str = ""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site.

    Attributes:
        name: the site's.
        error: why the site cannot be read; nothing else is known then.
        support: its release; None where the site has errors that hide it.
        mode: ``address`` or ``hostname``.
        nodes: names of the nodes.
        errors: how many errors ``check`` finds.
        stack: what the stack says.
        results: of ``verify``; None where nothing was asked.
    """

    name: str
    error: str = ""
    support: Support | None = None
    mode: str = ""
    nodes: tuple[str, ...] = ()
    errors: int = 0
    stack: Stack = Stack(Deployed.UNKNOWN)
    results: Sequence[Result] | None = None

    def counts(self, family: Family | None) -> Mapping[str, int] | None:
        """Count the results of a family by word, None for what is of neither alone; None where nothing was asked."""
        if self.results is None:
            return None
        found: dict[str, int] = {}
        for result in self.results:
            if result.family == family:
                found[result.word.value] = found.get(result.word.value, 0) + 1
        return found
