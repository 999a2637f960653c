"""What a resource type of ours has to say, in plain Python: the protocol between the provider's frame and handlers.

The frame (``provider/frame/servicer.py``) does all that is Pulumi's, so that a handler sees only plain values:

Values
    Texts, bools, lists, dicts; numbers are ``int`` where they are whole (on the wire all are floats), else ``float``.
    A null property is left out, at any depth.
Unknown values
    At preview an input may depend on what is not made yet. It stands as ``UNKNOWN`` (test with ``is``), at any
    depth. ``check`` must let it pass and keep it; ``diff`` counts it as a change; ``create`` and ``update`` meet it
    with ``preview=True`` only, and then put ``UNKNOWN`` for each output that cannot be said yet.
Secrets
    Inputs and state come unwrapped. In what a handler gives back, the frame marks as secret: (1) each value at the path
    of a secret input or of a secret in the old state; (2) each text that contains a secret text of at least 8
    characters; (3) whatever the handler wraps in ``Secret``. Secret texts are also struck out of failures, errors and
    reports. A hash of a secret is not recognised: wrap it, or do not give it.
Threads
    Every call runs in a thread of its own, many at once: a handler keeps no state between calls. What changes something
    can be called again after a crash, with the same inputs: it must then adopt its own earlier work.
Words
    Handlers raise ``ResourceError`` with a text for a person (what happened, then the way out). Any other exception is
    a defect; it is told by type and text, without a traceback. Nothing is printed: stdout belongs to the engine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Protocol


@dataclass(frozen=True)
class Secret:
    """A value that a handler gives back and that must be secret in state although no secret input stands there."""

    value: Any = field(repr=False)


class Failure(NamedTuple):
    """An input that cannot be used."""

    property: str
    """Its path, as the program writes it: ``ttl``, ``server.key.secret``, ``ipv4[0]``."""
    reason: str
    """What is wrong and how to mend it; no full stop, no secret. It is shown behind the path."""


Kind = Literal["add", "update", "delete"]


@dataclass(frozen=True)
class Diff:
    """What an update would do."""

    changes: bool
    """Whether anything is to be done at all."""
    replaces: tuple[str, ...] = ()
    """Top-level properties that force a new resource."""
    delete_before_replace: bool = False
    """Whether the old resource must go first."""
    detailed: Mapping[str, Kind] = field(default_factory=dict)
    """What happens to each property, by its path (``server.port``, ``files["a/b.yaml"].content``)."""


class ResourceError(Exception):
    """An operation failed; the text is for a person and holds no secret."""


class Incomplete(ResourceError):
    """The resource was made or changed, but not wholly: it is kept in state, and the next ``up`` updates it.

    Args:
        message: for a person.
        id: of the resource.
        state: as ``create`` or ``update`` would have given it.
    """

    def __init__(self, message: str, id: str, state: dict[str, Any]) -> None:
        super().__init__(message)
        self.id, self.state = id, state


class Cancelled(ResourceError):
    """``pulumi cancel`` or the end of the provider interrupted a wait."""


CANCELLED: Final = threading.Event()
"""Set once the operation is to end; long waits look at it (``if CANCELLED.wait(1): raise Cancelled(...)``)."""

Level = Literal["passing", "info", "warning"]
"""``passing``: the next report replaces it; the others stay in the log."""

REPORT: ContextVar[Callable[[str, Level], None] | None] = ContextVar("REPORT", default=None)
"""Set by the frame for the time of one call."""


def report(text: str, *, passing: bool = True) -> None:
    """Tell the user about progress, on the resource's line in ``pulumi up``.

    Args:
        text: a short line.
        passing: whether the next report replaces it; else it stays in the log.
    """
    _send(text, "passing" if passing else "info")


def warn(text: str) -> None:
    """Warn the user of what stops nothing."""
    _send(text, "warning")


def _send(text: str, level: Level) -> None:
    send = REPORT.get()
    if send is not None:
        send(text, level)


class Handler(Protocol):
    """One resource type. ``provider/frame/handlers.py`` names module and class; the class takes no arguments.

    ``inputs`` are always what ``check`` gave back earlier. ``state`` is what the program can read: normalised inputs
    and outputs together, in one dict. ``timeout`` is in seconds, 0 where the user set none: then the handler's own
    default counts.
    """

    token: str
    """Such as ``dualstack:dns:RecordSet``."""

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Normalise the inputs and judge each: missing, of a wrong type, of a wrong form, not known to us."""
        ...

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare what is (``old_state``, as the last read or write left it) with what is wanted; touches nothing."""
        ...

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Make it, or adopt what an interrupted run of ours made; give id and state. At preview touch nothing."""
        ...

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Look at what is there; give id (None: gone), inputs and state.

        ``inputs`` and ``state`` are empty at an import. Where nothing can be learnt (no answer), raise: not "gone".
        """
        ...

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Change it in place and give the state. At preview touch nothing."""
        ...

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Remove what is ours; fine when it is gone already."""
        ...
