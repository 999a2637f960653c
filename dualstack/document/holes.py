"""What stands where a value cannot be looked at: known only later, or a secret. One thing for every room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dualstack.document.frozen import REDACTED
from dualstack.document.origins import Path, format_path

UNKNOWN_WORD: Final = "[unknown]"
"""Stands in a document, such as a recording, for a value that is known only after the deployment."""


class Unreadable(Exception):
    """Something needs a value that cannot be looked at."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{format_path(path)}: {why}" if path else why)
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True, repr=False)
class Hole:
    """Stands in a tree where nobody can look at the value yet; it is neither true nor false.

    Attributes:
        why: what keeps it from being read.
        word: what stands for it where the tree is written.
    """

    why: str
    word: str = UNKNOWN_WORD

    def __repr__(self) -> str:
        return self.word

    def __bool__(self) -> bool:
        raise Unreadable((), self.why)


UNKNOWN: Final = Hole("its value is known only after the deployment")
SECRET: Final = Hole("it is a secret, which only the engine decrypts", REDACTED)
