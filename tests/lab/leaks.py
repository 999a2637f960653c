"""Looks for secrets of the lab in files, packed and as base64, too."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from pathlib import Path

from tests.lab.standins.project import CANARY


def shapes() -> Iterator[bytes]:
    """Give the canary as it is, and as base64 at each of the three places where it may begin."""
    yield CANARY.encode()
    for before in range(3):
        whole = base64.b64encode(b"x" * before + CANARY.encode() + b"xx")
        # The first group and the last two also hold what stands around it.
        yield whole[4:-8]


def leaks(folder: Path) -> list[Path]:
    """Give the files that hold a secret."""
    wanted = list(shapes())
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and ".venv" not in file.parts:
            content = file.read_bytes()
            content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            if any(one in content for one in wanted):
                found.append(file)
    return found
