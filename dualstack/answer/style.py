"""What every text for people is made with: colours on a terminal, and counted nouns."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


@dataclass(frozen=True, slots=True)
class Style:
    """Colour on a terminal, plain text in a pipe."""

    colour: bool

    @classmethod
    def of(cls, stream: TextIO | None) -> Style:
        """Choose for a stream, which is None where it was closed; NO_COLOR (no-color.org) and FORCE_COLOR win."""
        if stream is None or os.environ.get("NO_COLOR"):
            return cls(False)
        return cls(bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb"))

    def __call__(self, text: str, *names: str) -> str:
        """Wrap a text in escape codes, where there is colour."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def counted(count: int, noun: str) -> str:
    """Return ``1 error``, ``2 errors``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
