"""What is printed reaches terminals and the logs of CI as text: nothing in a value is a command to either."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from dualstack.answer.style import Style

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but for line ends and tabs, and those that turn the direction of what follows."""
_COLOUR = re.compile("(\x1b\\[(?!8m)[0-9;]*m)")
_COMMAND = re.compile(r"^(\s*)(?=::[A-Za-z][\w-]*(?: [^\n]*?)?::)|(?<=##)(?=\[)", re.MULTILINE)
"""Where GitHub's runner takes a line of a log for a command, in both of its forms."""


class Plain:
    """A stream that writes such characters as JSON would, and a backslash before commands."""

    def __init__(self, stream: TextIO) -> None:
        """Take the stream; colours pass where it has them."""
        self._stream = stream
        self._coloured = Style.of(stream).colour
        self._fresh = True

    def write(self, text: str) -> int:
        """Write a text; bytes are refused, by which click tells a stream of texts from one of bytes."""
        if not isinstance(text, str):
            raise TypeError("a stream of texts")
        if text:
            parts = _COLOUR.split(text) if self._coloured else [text]
            # Every second part is a colour.
            plain = "".join(part if at % 2 else _CONTROL.sub(_written, part) for at, part in enumerate(parts))
            self._stream.write(_defused(plain, self._fresh))
            self._fresh = text.endswith("\n")
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Give everything else as the stream has it."""
        return getattr(self._stream, name)


def _written(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _defused(text: str, fresh: bool) -> str:
    if "::" not in text and "##[" not in text:
        return text
    return _COMMAND.sub(lambda found: found[0] + ("\\" if fresh or found.start() else ""), text)


@contextlib.contextmanager
def plain_streams() -> Iterator[None]:
    """Have standard output and error plain; one that is closed takes nothing, rather than what the other is for."""
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        sys.stdout, sys.stderr = (Plain(stream or nowhere) for stream in before)
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
