"""What the engine has shown of a stack so far."""

from __future__ import annotations

import threading

from dualstack.policies.model import Given


class Memory:
    """Resources in the order in which the engine came to them.

    A resource policy sees one resource at a time, and a stack policy comes only when everything is made. What needs two
    resources is judged at the later of the two, before that is made; and a stack policy, which gets outputs, finds the
    inputs here. The engine asks in several threads.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._lock = threading.Lock()
        self._known: dict[str, Given] = {}
        self._turn: dict[str, int] = {}

    def note(self, given: Given) -> None:
        """Keep a resource; one that comes again keeps its place."""
        with self._lock:
            self._turn.setdefault(given.urn, len(self._turn))
            self._known[given.urn] = given

    def before(self, urn: str) -> list[Given]:
        """Return what came before a resource."""
        with self._lock:
            turn = self._turn[urn]
            return [given for other, given in self._known.items() if self._turn[other] < turn]

    def get(self, urn: str) -> Given | None:
        """Return a resource as it was shown."""
        with self._lock:
            return self._known.get(urn)
