"""Reports that dualstack itself wrote into the work tree, such as ``status.html``: nobody's change, and no program."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_HEADS: Final[Mapping[str, bytes]] = {
    ".html": b'<meta name="generator" content="dualstack">',
    ".xml": b'<testsuites name="dualstack verify ',
    ".prom": b"# HELP dualstack_verify_check ",
}
"""How they begin, by how their names end; pages by ``--html``, test reports and metrics of ``verify``."""
_HEAD: Final = 2048


def is_report(file: Path) -> bool:
    """Tell one; for files that git does not know, so that nothing of a commit is passed over."""
    head = _HEADS.get(file.suffix)
    if head is None:
        return False
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        plain = stat.S_ISREG(os.fstat(handle).st_mode)
        return plain and head in os.read(handle, _HEAD)
    except OSError:
        return False
    finally:
        os.close(handle)
