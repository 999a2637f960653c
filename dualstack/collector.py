"""The collector of cycles, for processes that import much, live shortly, and free nearly all by counting references."""

from __future__ import annotations

import gc
from typing import Final

_GROWS: Final = 1_000_000
"""Objects until it walks the heap; a check of one site makes some 100,000."""


def spare_collector() -> None:
    """Leave out what was imported so far, and walk the rest rarely."""
    gc.freeze()
    gc.set_threshold(_GROWS, 20, 20)
