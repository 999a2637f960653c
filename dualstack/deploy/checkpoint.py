"""A stack's checkpoint in a backend in files: read, found broken, and put back from a copy by an explicit word.

The engine writes a checkpoint beside its place and renames it, yet not the file of attributes beside that
(gocloud.dev/blob/fileblob, ``writerWithSidecar.Close``): a kill between leaves ``STACK.json.attrs`` empty, and each
later command ends with "failed to load checkpoint: EOF", although the checkpoint is whole. Nothing is flushed to the
disk, so a machine that loses power may be left with an empty checkpoint, too.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dualstack.deploy.backend import Backend
from dualstack.deploy.locks import Refused
from dualstack.document.wholefile import replace_file

OPTION: Final = "--restore-checkpoint"
"""Of ``dualstack refresh``: the explicit word."""
_ATTRIBUTES: Final = ".attrs"


class BrokenError(Exception):
    """A checkpoint that holds no state; the text says why."""


class UnknownFormError(Exception):
    """A checkpoint in a form that only the engine reads."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A whole copy of a checkpoint.

    Attributes:
        file: where it is.
        what: what it is, in words.
        written: when, in UTC.
        resources: how many it holds.
    """

    file: Path
    what: str
    written: datetime
    resources: int

    def __str__(self) -> str:
        """Tell it in one phrase."""
        count = "1 resource" if self.resources == 1 else f"{self.resources} resources"
        return f"{self.file.name}, {self.what}, of {self.written:%Y-%m-%d %H:%M:%S} UTC, with {count}"


def read_checkpoint(file: Path) -> Mapping[str, Any]:
    """Return the deployment of a checkpoint; empty for a stack that has nothing yet.

    Raises:
        BrokenError: it is empty, cut off, or no checkpoint.
        UnknownFormError: it is compressed in a way that only the engine reads.
        OSError: it cannot be read.
    """
    data = file.read_bytes()
    if file.suffixes[-1:] == [".zst"] or data[:4] == b"\x28\xb5\x2f\xfd":
        raise UnknownFormError
    if not data:
        raise BrokenError("it is empty")
    try:
        document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        latest = document["checkpoint"]["latest"]
    except (ValueError, EOFError, OSError, zlib.error):
        raise BrokenError("it is cut off, or no JSON") from None
    except (KeyError, TypeError):
        raise BrokenError("it is JSON, and no checkpoint") from None
    if latest is not None and not isinstance(latest, Mapping):
        raise BrokenError("it is JSON, and no checkpoint")
    return latest or {}


def broken(file: Path) -> str | None:
    """Return what is wrong with a stack's files, in words; None where the engine reads them."""
    attributes = file.with_name(f"{file.name}{_ATTRIBUTES}")
    try:
        if attributes.exists():
            json.loads(attributes.read_bytes())
    except ValueError:
        return f"{attributes} is empty or cut off, though {file.name} is beside it"
    except OSError:
        return None  # told by the engine
    try:
        read_checkpoint(file)
    except BrokenError as error:
        return f"{file}: {error}"
    except (OSError, UnknownFormError):
        return None
    return None


def copies(backend: Backend, project: str, stack: str, file: Path) -> list[Copy]:
    """Return the whole copies of a stack's checkpoint, the newest state first.

    Args:
        backend: in files.
        project: name of the project.
        stack: name of the stack.
        file: the checkpoint.
    """
    found = [copy for candidate, what in _candidates(backend, project, stack, file) if (copy := _copy(candidate, what))]
    # What a kill kept from being renamed is newer than the checkpoint; what is older was left by another run.
    place = next((copy.written for copy in found if copy.file == file), None)
    return [copy for copy in found if place is None or copy.file.suffix != ".tmp" or copy.written > place]


def _candidates(backend: Backend, project: str, stack: str, file: Path) -> Iterator[tuple[Path, str]]:
    unfinished = sorted(file.parent.glob(f"{_escaped(file.name)}.*.tmp"), reverse=True)
    yield from ((path, "which the engine had written and not put in its place yet") for path in unfinished)
    yield file, "which is whole"
    yield file.with_name(f"{file.name}.bak"), "the engine's copy from before its last write"
    if backend.files is not None:
        history = backend.files / ".pulumi/history" / project / stack
        # In the same form: the engine goes by the end of the name.
        form = file.name.removeprefix(f"{stack}.")
        ended = sorted(history.glob(f"{_escaped(stack)}-*.checkpoint.{form}"), reverse=True)
        yield from ((path, "from the end of an earlier run") for path in ended)


def _escaped(name: str) -> str:
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _copy(file: Path, what: str) -> Copy | None:
    try:
        deployment = read_checkpoint(file)
        written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except (OSError, BrokenError, UnknownFormError):
        return None
    return Copy(file, what, written, len(deployment.get("resources") or ()))


def refuse_broken(backend: Backend, project: str, stack: str) -> None:
    """Stop where a stack's checkpoint cannot be read, and tell the way out.

    Raises:
        Refused: it is broken.
    """
    file = backend.stack_file(project, stack)
    if file is None or (why := broken(file)) is None:
        return
    lines = [
        f"the state of {stack} cannot be read, as after a kill in the middle of a write, or a loss of power: {why}"
    ]
    best = next(iter(copies(backend, project, stack, file)), None)
    if best is None:
        lines.append(
            "no whole copy of it is there. Put the file back from a backup of yours; or, to begin anew: move it away "
            f"and run dualstack up {stack}, which takes DNS records and folders that are as planned, and makes all "
            "else a second time"
        )
    else:
        lines.append(f"there is {best}")
        lines.append(f"take it, and compare it with what is there: dualstack refresh {stack} {OPTION}")
    raise Refused("\n".join(lines))


def restore(backend: Backend, project: str, stack: str, tell: Callable[[str], None]) -> None:
    """Put the newest whole copy in the place of a broken checkpoint; what is broken is kept beside it.

    Args:
        backend: in files.
        project: name of the project.
        stack: name of the stack.
        tell: takes a line about what is done.

    Raises:
        Refused: nothing is broken, no copy is whole, or it cannot be written.
    """
    file = backend.stack_file(project, stack)
    if backend.files is None or file is None or broken(file) is None:
        raise Refused(f"the state of {stack} can be read: nothing is put back; run this without {OPTION}")
    best = next(iter(copies(backend, project, stack, file)), None)
    if best is None:
        refuse_broken(backend, project, stack)
        return
    attributes = file.with_name(f"{file.name}{_ATTRIBUTES}")
    try:
        if best.file != file:
            # Not under a name that the engine takes for a stack.
            kept = file.with_name(f"{file.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            replace_file(kept, file.read_bytes(), like=file)
            replace_file(file, best.file.read_bytes())
            tell(f"what was there is kept as {kept.name}")
        attributes.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            f"{file} cannot be put back: {error.strerror or error}; check free space and permissions"
        ) from None
    tell(f"the state of {stack} is again {best}")
