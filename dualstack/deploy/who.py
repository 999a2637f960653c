"""Who ran something, noted with an update: Pulumi's backends in files keep no user."""

from __future__ import annotations

import getpass
import os
import platform
import re
from collections.abc import Mapping
from typing import Any, Final

_NOTE: Final = re.compile(r"dualstack by (\S.{0,199})")
_ACTORS: Final = {"GITHUB_ACTOR": "GitHub Actions", "GITLAB_USER_LOGIN": "GitLab CI"}


def note() -> str:
    """Return the message of an update, with who runs it."""
    for variable, where in _ACTORS.items():
        if actor := os.environ.get(variable):
            return f"dualstack by {actor} in {where}"
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name in the machine's list of users
        user = f"uid {os.getuid()}"
    return f"dualstack by {user} on {platform.node()}"


def by_whom(message: str, environment: Mapping[str, Any]) -> str:
    """Return who ran an update, as far as it is noted: by us, or by the engine of a CI; empty where nobody knows.

    Args:
        message: of the update.
        environment: what the engine noted of where it ran.
    """
    if found := _NOTE.fullmatch(message):
        return found[1]
    system, number = environment.get("ci.system"), environment.get("ci.build.number") or environment.get("ci.build.id")
    if system:
        return f"{system} {number}" if number else str(system)
    return ""
