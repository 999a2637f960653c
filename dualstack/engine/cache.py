"""The folder of a user's engines: one folder an engine, there as a whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dualstack.engine.model import LANGUAGE_HOST, PROGRAM, Engine, How, Report, StepError, ask_version

MARKER: Final = "dualstack-engine.json"
"""In the folder of an engine of ours, beside ``pulumi``; written before the folder gets its name."""

_NEW: Final = ".new"


def cache_folder(name: str) -> Path:
    """Make ``$XDG_CACHE_HOME/dualstack/<name>`` (else ``~/.cache``), writable for its owner alone.

    Raises:
        StepError: it cannot be made, or belongs to somebody else, who could put programs there for us to run.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG base directory specification: a relative path is to be ignored.
    root = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    folder = root / "dualstack" / name
    try:
        for ours in (folder.parent, folder):
            ours.mkdir(parents=True, exist_ok=True)
            found = ours.stat()
            if found.st_uid != os.geteuid():
                raise StepError(f"the cache {ours} is another user's; set XDG_CACHE_HOME to a folder of your own")
            if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                ours.chmod(0o700)
    except OSError as error:
        raise StepError(f"the cache {folder} cannot be used: {error.strerror or error}") from None
    return folder


@contextlib.contextmanager
def locked(folder: Path, report: Report) -> Iterator[int]:
    """Hold the lock that belongs to a folder to be made; wait for who holds it, and say so.

    The lock ends with the process, however that ends, and with every child that got the descriptor which this gives: a
    compiler that outlives its killed parent keeps the next run from starting a second one beside it.
    """
    handle = os.open(folder.with_name(f".{folder.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"waiting: another process is making {folder.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            # A file system without locks, as some network homes are: two at once then do the work twice.
            pass
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside ``folder`` that takes its name at the end; call it with the lock held.

    What a killed run left is cleared first; after an exception nothing is left.
    """
    for left in folder.parent.glob(f".{folder.name}.*{_NEW}"):
        shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(_NEW, f".{folder.name}.", folder.parent))
    try:
        yield stage
        if folder.exists():
            # Half of an engine, or one that no longer runs: whole ones are never made again.
            shutil.rmtree(folder)
        stage.rename(folder)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def finish(stage: Path, version: str, how: How) -> None:
    """See that what was made runs and is what it should be, then mark the folder.

    Raises:
        StepError: it does not run, or says another version.
    """
    said = ask_version(stage / PROGRAM)
    if str(said) != version:
        raise StepError(f"what was made says it is {said}, not {version}")
    if not os.access(stage / LANGUAGE_HOST, os.X_OK):
        raise StepError(f"what was made has no {LANGUAGE_HOST}")
    (stage / MARKER).write_text(json.dumps({"version": version, "how": how.value}) + "\n", encoding="utf-8")


def kept(folder: Path, version: str, how: How) -> Engine | None:
    """Give the engine that a folder of the cache holds; None if it holds none, or one that does not run here."""
    if not is_ours(folder):
        return None
    try:
        said = ask_version(folder / PROGRAM)
    except StepError:
        return None
    whole = str(said) == version and os.access(folder / LANGUAGE_HOST, os.X_OK)
    return Engine(folder, version, how) if whole else None


def is_ours(folder: Path) -> bool:
    """Tell whether a folder is one that we made, as a PATH from ``dualstack env`` names it."""
    return (folder / MARKER).is_file()
