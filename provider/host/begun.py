"""What this machine began at other machines: a note for each installation, for the run after one that was killed.

The state has it where the engine lived to write it, and the BMC's drive where this provider did not live to empty it;
where only the engine was killed, neither has. A note says nothing but the generation and the BMC.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualstack.engine.environment import EMBEDDED

FOLDER = "begun"


def note(inputs: Mapping[str, Any]) -> None:
    """Write that an installation begins; without it, what a killed run leaves is decided by hand."""
    with contextlib.suppress(OSError):
        file = _file(inputs)
        file.parent.parent.mkdir(mode=0o700, exist_ok=True)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(_text(inputs))


def noted(inputs: Mapping[str, Any]) -> bool:
    """Tell whether this installation began here, at this BMC, and did not end."""
    try:
        return _file(inputs).read_text(encoding="utf-8") == _text(inputs)
    except (OSError, ValueError):
        return False


def forget(inputs: Mapping[str, Any]) -> None:
    """Take the note away: it ended, or never came so far that the machine was started."""
    with contextlib.suppress(OSError):
        _file(inputs).unlink()


def _file(inputs: Mapping[str, Any]) -> Path:
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{inputs['site']}.{inputs['node']}")
    return Path.cwd() / EMBEDDED / FOLDER / name


def _text(inputs: Mapping[str, Any]) -> str:
    return f"{inputs['generation']} {inputs['url']}{inputs.get('system') or ''}\n"
