"""Which backend a command uses, as its option says it."""

from __future__ import annotations

from enum import StrEnum


class BackendChoice(StrEnum):
    """Which backend a command uses."""

    OWN = "own"
    EMBEDDED = "embedded"
