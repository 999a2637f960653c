"""MAC addresses of 48 bits, as people write them: six pairs of hex digits with colons."""

from __future__ import annotations

import re
from typing import Final, Literal

PATTERN: Final = r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"
"""What a whole text must match."""
_WHOLE: Final = re.compile(PATTERN)
_DIGITS: Final = re.compile(r"[0-9A-Fa-f]{12}")

Trouble = Literal["form", "zero", "broadcast", "multicast"]


def trouble(text: str) -> Trouble | None:
    """Tell why a text is no MAC that one NIC has: its form, or an address of none or of many."""
    if not _WHOLE.fullmatch(text):
        return "form"
    number = int(text.replace(":", ""), 16)
    if number == 0:
        return "zero"
    if number == (1 << 48) - 1:
        return "broadcast"
    # The lowest bit of the first byte (IEEE 802, I/G).
    return "multicast" if number >> 40 & 1 else None


def with_colons(text: str) -> str | None:
    """Return a MAC that is written with other marks, or none, as it is written here; None for anything else."""
    digits = re.sub("[-:. ]", "", text)
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2)) if _DIGITS.fullmatch(digits) else None
