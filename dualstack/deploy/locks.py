"""One run at a time for a stack: our own lock among runs of ours, and the lock files of Pulumi's backend in files."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dualstack.engine.environment import EMBEDDED
from dualstack.errors import InputError

_SLACK: Final = 5.0
"""Seconds by which a process may seem younger than its lock: clocks and their steps."""
_OTHER_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]")


class Refused(Exception):
    """The run is not started, or not gone on with; the text says why and gives the way out."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock of Pulumi's backend in files (pkg/backend/diy/lock.go).

    Attributes:
        file: the lock.
        pid: of the CLI.
        user: who started it.
        host: on which machine.
        since: when, with a time zone; None where the lock does not say.
    """

    file: Path
    pid: int
    user: str
    host: str
    since: datetime | None

    @classmethod
    def read(cls, file: Path) -> Holder | None:
        """Read a lock; None where it is gone meanwhile, or is not one."""
        try:
            given: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, int(given["pid"]), str(given["username"]), str(given["hostname"]), _time(given))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    @property
    def dead(self) -> bool:
        """Whether the process is known to be gone: only for one on this machine."""
        if self.host != platform.node():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            pass
        found = _process(self.pid)
        if found is None:
            return False
        state, started = found
        if state in "ZX":  # killed, and nobody has asked for its exit code yet
            return True
        # The number may have been given to another process since.
        return self.since is not None and started > self.since.timestamp() + _SLACK

    def __str__(self) -> str:
        """Tell who it is."""
        since = f", since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since else ""
        return f"process {self.pid} of {self.user} on {self.host}{since}"


def clear_dead(files: Path, project: str, stack: str, cancel: str, tell: Callable[[str], None]) -> None:
    """Remove the locks of a stack whose processes on this machine are dead.

    Args:
        files: the backend's folder.
        project: name of the project.
        stack: name of the stack.
        cancel: the command that removes a lock whoever holds it.
        tell: takes a line for each lock that is removed.

    Raises:
        Refused: somebody else holds one, or nobody can know from here.
    """
    folder = files / ".pulumi/locks/organization" / project / stack
    held: list[Holder] = []
    for file in sorted(folder.glob("*.json")):
        holder = Holder.read(file)
        if holder is None:
            continue
        if holder.dead:
            file.unlink(missing_ok=True)
            # Of the blob library, beside each file.
            file.with_name(f"{file.name}.attrs").unlink(missing_ok=True)
            tell(f"removed the lock that {holder} left behind: that process is dead")
        else:
            held.append(holder)
    if held:
        who = " and ".join(map(str, held))
        raise Refused(f"the stack {stack} is locked by {who}; wait for it, or, if nothing runs there, run: {cancel}")


@contextlib.contextmanager
def only_one(project: Path, stack: str) -> Iterator[None]:
    """Hold a lock that ends with this process.

    Two CLIs that start at once can both back off, or, with the lock of the backend in files, both go on.

    Raises:
        Refused: another run of ours holds it.
        InputError: it cannot be written.
    """
    folder = project / EMBEDDED / "locks"
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder / _OTHER_NAME.sub("_", stack), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"the lock of the site cannot be written: {error.strerror or error}"
        raise InputError(message, file=str(folder), fix="check free space and permissions") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.read(handle, 200).decode(errors="replace").strip() or "another process"
            raise Refused(f"dualstack is already at work on {stack} ({who}); wait for it and run this again") from None
        except OSError:
            # A file system without locks; Pulumi's own is left.
            pass
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {platform.node()}".encode())
        yield
    finally:
        os.close(handle)


def _time(given: dict[str, Any]) -> datetime | None:
    # Go writes nanoseconds, Python reads microseconds.
    text = re.sub(r"(\.\d{6})\d+", r"\1", str(given.get("timestamp", "")))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _process(pid: int) -> tuple[str, float] | None:
    """Give state and start of a process, the latter in seconds of the clock; None where /proc does not tell."""
    try:
        # The second field is a name in brackets that may hold anything (proc_pid_stat(5)).
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = next(line.split()[1] for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime"))
        return fields[0], int(boot) + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
