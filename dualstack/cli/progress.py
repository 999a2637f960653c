"""One line on a terminal that says how far something is; nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self


class ProgressLine:
    """The line, written anew each time; taken away at the end of its ``with`` block."""

    def __init__(self) -> None:
        from rich.console import Console

        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._status = Console(stderr=True).status("asking") if terminal else None

    def __enter__(self) -> Self:
        """Show it."""
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take it away."""
        if self._status is not None:
            self._status.stop()

    def checks(self, done: int, total: int, failed: int) -> None:
        """Say how many checks have ended, and how many of their results failed."""
        if self._status is not None:
            self._status.update(f"{done} of {total} asked, {failed} failed")

    def steps(self, done: int, total: int) -> None:
        """Say how many steps have ended."""
        if self._status is not None:
            self._status.update(f"{done} of {total} done")
