"""Ctrl-C and SIGTERM while the CLI works."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def interrupts(tell: Callable[[str], None]) -> Iterator[None]:
    """Leave an interrupt to the CLI, which ends what is running and writes its state; this process waits for that.

    Ctrl-C reaches both. A SIGTERM, as a CI system sends it, reaches this process alone and is passed on as Ctrl-C.
    """

    def told(number: int, _frame: object) -> None:
        tell("interrupted: what is being made is ended first; a second time stops at once")
        if number == signal.SIGTERM:
            for child in _children():
                with contextlib.suppress(OSError):
                    os.kill(child, signal.SIGINT)

    try:
        before = {each: signal.signal(each, told) for each in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _children() -> list[int]:
    """Give the children of this process, as Linux tells them."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except (OSError, ValueError):
        return []
