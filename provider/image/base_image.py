"""The base image: where it lies, and what is in it."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from dualstack.eib.disk import digest_of

FOLDER: Final = "base-images"
CACHE: Final = Path("build/.base-images.json")
"""Digests by file and its status, since reading gigabytes at every preview takes too long."""


def places(directory: Path, name: str) -> list[Path]:
    """Give where a base image may lie: in the EIB directory, or once for all sites in the project."""
    return [directory / FOLDER / name, Path(FOLDER) / name]


def find(directory: Path, name: str) -> Path | None:
    """Give the base image, or None where it is in neither place."""
    return next((path for path in places(directory, name) if path.is_file()), None)


def missing(directory: Path, name: str) -> str:
    """Say that it is in neither place, and what to do."""
    here, there = places(directory, name)
    return f"the base image {name} is neither in {there.parent} nor in {here.parent}; download it from SUSE to {there}"


def digest(path: Path) -> str:
    """Give the SHA-256 of a base image, from the cache where the file is the same as then.

    Raises:
        OSError: it cannot be read.
    """
    real = path.resolve()
    status = real.stat()
    key = str(real)
    signature = [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    known = _cached()
    entry = known.get(key)
    if isinstance(entry, list) and len(entry) == 2 and entry[0] == signature and isinstance(entry[1], str):
        return entry[1]
    found = digest_of(real)
    with suppress(OSError):  # a cache that cannot be written costs only time
        _keep({**{item: value for item, value in known.items() if Path(item).exists()}, key: [signature, found]})
    return found


def _cached() -> dict[str, object]:
    try:
        data = json.loads(CACHE.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _keep(known: dict[str, object]) -> None:
    CACHE.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=CACHE.name, dir=CACHE.parent)
    with os.fdopen(handle, "w") as stream:
        json.dump(known, stream)
    Path(name).replace(CACHE)
