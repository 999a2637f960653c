"""Short pauses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from provider.frame.handler import CANCELLED
from provider.host import ready as host_ready


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(host_ready, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(host_ready, "LONGEST_PAUSE", 0.1)
    yield
    CANCELLED.clear()
