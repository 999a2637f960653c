"""Secrets kept out of what is shown: their text is replaced wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dualstack.frozen import REDACTED

SHORTEST = 4
"""Shorter texts are not hidden: they would take half of the output with them."""

SECRET_NAME = re.compile(r"pass(word|wd|phrase)|secret|token|private.?key|api.?key|credential", re.IGNORECASE)
"""What the name of a key that holds a secret looks like."""


def hide(value: Any, texts: Collection[str]) -> Any:
    """Replace each text by ``[secret]`` wherever it stands in plain data, in keys and within longer texts, too."""
    if not texts:
        return value
    if isinstance(value, str):
        for text in sorted(texts, key=lambda text: (-len(text), text)):
            value = value.replace(text, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {hide(key, texts): hide(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, texts) for item in value]
    return value
