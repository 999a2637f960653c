"""The engine's events as lines for people, and as what is told at the end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from dualstack.deploy.properties import Property, properties
from dualstack.engine.pack import RUNTIME
from dualstack.tokens import DIRECTORY, PROVIDER, STACK

_DONE: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "create-replacement": "created anew",
    "delete-replaced": "deleted to be replaced",
    "import": "imported",
    "discard": "forgotten",
}
"""A word for each operation that is worth a line; the others change nothing, or stand for two of these."""
_PLANNED: Final = {
    "create": "create",
    "update": "update",
    "delete": "delete",
    "replace": "replace",
    "import": "import",
    "discard": "forget",
}
_FOUND: Final = {"update": "differs", "delete": "is gone"}
_MARKS: Final = re.compile(r"<\{%[^%]*%\}>")
"""Where the engine would have colours."""
_SUMMARY: Final = re.compile(r"(?:error: )?(?:preview|update|refresh|destroy) (?:failed|canceled)")
"""What the engine says of the whole after it has said what is wrong."""
_OWN_LAUNCHER: Final = f"using pulumi-analyzer-policy-{RUNTIME} from $PATH"
"""The CLI warns of a plugin on PATH, where we have put this one."""
CANCELLED: Final = re.compile(r"\bcontext cancell?ed$")
"""How Go ends the error of whatever an interrupt has stopped."""
_INTERRUPTED: Final = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*KeyboardInterrupt\b.*\n?", re.M
)
"""The language host ends a program with a signal once a resource has failed; Python tells that as its own trouble."""
_PULSE: Final = 30.0
"""Seconds between two lines about what takes long."""
_UNKNOWN: Final = re.compile(r"can't run policy '[^']*' from policy pack '[^']*' during preview: ")
"""How the SDK begins what a policy could not look at; which policy it is stands before it."""


@dataclass(slots=True)
class Change:
    """One resource that an operation changes.

    Attributes:
        op: the engine's word, such as ``create``.
        type: type token.
        name: name of the resource.
        urn: its URN.
        paths: paths of the properties that change.
        properties: the same with old and new values, for a preview, and of the image's directory.
        seconds: how long it took; None for a preview.
        failed: whether it failed.
    """

    op: str
    type: str
    name: str
    urn: str
    paths: list[str] = field(default_factory=list)
    seconds: float | None = None
    failed: bool = False
    properties: list[Property] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Violation:
    """A policy that a resource, or the stack, breaks.

    Attributes:
        policy: its name.
        pack: the policy pack's.
        level: ``mandatory``, or another that stops nothing.
        name: the resource's; empty for the stack.
        message: what it says.
    """

    policy: str
    pack: str
    level: str
    name: str
    message: str


class Progress:
    """Takes events, says a line for each resource, keeps the rest for the end. Used by ``with`` while events come."""

    def __init__(self, say: Callable[[Change | str], None], *, planning: bool = False) -> None:
        """Begin.

        Args:
            say: prints a change, or a line that belongs to one.
            planning: a preview.
        """
        self._say, self._planning = say, planning
        self._begun: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._pulse: threading.Thread | None = None
        self._stderr: list[str] = []
        self._told: set[tuple[str, str]] = set()
        self._passing: dict[str, float] = {}
        self.changes: list[Change] = []
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.violations: list[Violation] = []
        self.counts: dict[str, int] = {}
        self.resources: dict[str, tuple[str, Mapping[str, Any]]] = {}
        """Type and outputs by URN of everything that is there at the end; secrets are ``[secret]``."""

    def __enter__(self) -> Self:
        """Start telling what takes long."""
        if not self._planning:
            self._pulse = threading.Thread(target=self._beat, daemon=True)
            self._pulse.start()
        return self

    def again(self) -> None:
        """Begin anew, for the same operation once more; what was changed stays told."""
        self._ended = threading.Event()
        self._begun, self._stderr, self._told = {}, [], set()
        self.changes = [one for one in self.changes if not one.failed]
        self.errors, self.violations, self.counts = [], [], {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop that, and tell what the program printed."""
        self._ended.set()
        if self._pulse is not None:
            self._pulse.join(2)
        # What the program itself printed comes in pieces.
        printed = _INTERRUPTED.sub("", "".join(self._stderr)).strip()
        if printed:
            self._say(printed)

    @property
    def changed(self) -> bool:
        """Whether anything is, or would be, made, changed or removed."""
        return any(count for op, count in self.counts.items() if op not in {"same", "refresh", "read"}) or bool(
            self.changes
        )

    def take(self, event: Any) -> None:
        """Take one ``pulumi.automation.EngineEvent``; called from another thread, and never fails."""
        with self._lock:
            if event.resource_pre_event is not None:
                self._pre(event.resource_pre_event.metadata)
            elif event.res_outputs_event is not None:
                self._outputs(event.res_outputs_event.metadata)
            elif event.res_op_failed_event is not None:
                self._failed(event.res_op_failed_event.metadata)
            elif event.diagnostic_event is not None:
                self._diagnostic(event.diagnostic_event)
            elif event.policy_event is not None:
                self._policy(event.policy_event)
            elif event.summary_event is not None:
                self.counts = {_word(op): count for op, count in event.summary_event.resource_changes.items()}

    def _pre(self, step: Any) -> None:
        op = _word(step.op)
        self._begun[step.urn] = (time.monotonic(), op)
        if self._planning and op in _PLANNED and not _engines_own(step):
            told = properties(step)
            paths = _paths(step) or [one.path for one in told]
            change = Change(op, step.type, _name(step.urn), step.urn, paths, properties=told)
            self.changes.append(change)
            self._say(change)

    def _outputs(self, step: Any) -> None:
        op = _word(step.op)
        began, _ = self._begun.pop(step.urn, (time.monotonic(), op))
        if op in {"delete", "delete-replaced", "discard"}:
            self.resources.pop(step.urn, None)
        elif step.new is not None:
            self.resources[step.urn] = (step.type, step.new.outputs or {})
        if self._planning or _engines_own(step):
            return
        if op in _DONE:
            change = Change(op, step.type, _name(step.urn), step.urn, _paths(step), time.monotonic() - began)
            if step.type == DIRECTORY:  # what of it a running host takes depends on the lines
                change.properties = properties(step)
            self.changes.append(change)
            self._say(change)

    def _failed(self, step: Any) -> None:
        began, _ = self._begun.pop(step.urn, (time.monotonic(), ""))
        seconds = time.monotonic() - began
        change = Change(_word(step.op), step.type, _name(step.urn), step.urn, [], seconds, failed=True)
        self.changes.append(change)
        self._say(change)

    def _diagnostic(self, event: Any) -> None:
        text = _MARKS.sub("", event.message)
        who = "" if not event.urn or f"::{STACK}::" in event.urn else _name(event.urn)
        if event.severity == "info#err" and not who:
            self._stderr.append(text if text.endswith("\n") else f"{text}\n")
            return
        text = "\n".join(line for line in text.strip().splitlines() if line.strip())
        if not text or _SUMMARY.fullmatch(text) or text.startswith(_OWN_LAUNCHER) or CANCELLED.search(text):
            return
        if (who, text) in self._told or (event.ephemeral and not self._worth_a_line(event.urn)):
            return
        self._told.add((who, text))
        prefix = f"{who}: " if who else ""
        if event.severity == "error":
            self.errors.append(prefix + text.removeprefix("error: "))
        elif event.severity == "warning":
            self.warnings.append(prefix + text)
            self._say(f"warning {prefix}{text}")
        elif event.severity.startswith("info"):
            self._say(prefix + text)

    def _worth_a_line(self, urn: str) -> bool:
        """Tell whether what is meant for a moment is told: here each line stays, and a long wait has thousands."""
        now = time.monotonic()
        if now - self._passing.get(urn, -_PULSE) < _PULSE:
            return False
        self._passing[urn] = now
        return True

    def _policy(self, event: Any) -> None:
        name = "" if not event.resource_urn or f"::{STACK}::" in event.resource_urn else _name(event.resource_urn)
        words = _UNKNOWN.sub("", _MARKS.sub("", event.message)).removeprefix(f"{name}, ")
        message = "\n".join(line for line in words.strip().splitlines() if line.strip())
        found = Violation(event.policy_name, event.policy_pack_name, event.enforcement_level, name, message)
        if found not in self.violations:
            self.violations.append(found)
            self._say(f"policy {found.policy} ({found.level}){f' {name}' if name else ''}: {message}")

    def _beat(self) -> None:
        while not self._ended.wait(_PULSE):
            with self._lock:
                now = time.monotonic()
                running = [(began, urn, op) for urn, (began, op) in self._begun.items() if now - began >= _PULSE]
            for began, urn, op in running:
                if not container(urn) and now - self._passing.get(urn, began) >= _PULSE:
                    self._say(f"{_name(urn)}: still at it ({op}), {now - began:.0f} s")


def word(change: Change, *, planning: bool = False, refresh: bool = False) -> str:
    """Give the operation as a word: what was done, for a preview what would be, for a refresh what was found."""
    if change.failed:
        return "FAILED"
    if refresh and change.op in _FOUND:
        return _FOUND[change.op]
    return (_PLANNED if planning else _DONE).get(change.op, change.op)


def _engines_own(step: Any) -> bool:
    """Whether it is the stack, or a provider that nobody wrote into the program."""
    return bool(step.type == STACK or (step.type.startswith(PROVIDER) and _name(step.urn).startswith("default")))


def container(urn: str) -> bool:
    """Whether it is a component or the stack: these last as long as what is in them."""
    kind = urn.split("::")[2].rpartition("$")[2]
    return kind == STACK or kind.startswith("dualstack:index:")


def _paths(step: Any) -> list[str]:
    return sorted(step.detailed_diff or step.diffs or [])


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _word(op: Any) -> str:
    return str(getattr(op, "value", op))
