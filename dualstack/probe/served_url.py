"""URLs in a BMC's virtual drive: those under which ``up`` serves an image, and how any is shown to people.

A served path begins with a random text that only the BMC is told: who knows it may fetch the image, with its secrets.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

RANDOM_BYTES: Final = 32
_RANDOM: Final = re.compile(r"(?<=/)[\w-]{43}(?=/)", re.ASCII)
"""So many bytes as ``secrets.token_urlsafe`` writes them, before the rest of the path."""
_USER: Final = re.compile(r"(?<=://)[^/@\s]*@")
_LONGEST: Final = 200


def hidden(text: str) -> str:
    """Give a text, such as a URL or an error that repeats it, without what must not be known of a served path."""
    return _RANDOM.sub("...", text)


def known_part(url: str) -> str:
    """Give the path of a served URL without its random beginning; empty where it is no such URL."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    found = _RANDOM.match(path, 1)
    return path[found.end() :] if found else ""


def shown(url: str) -> str:
    """Give a URL of whatever origin for people: without login, query and what is hidden, in ASCII, not endless."""
    text = ascii(_USER.sub("...@", hidden(url)).partition("?")[0])[1:-1]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
