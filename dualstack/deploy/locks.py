"""One run at a time for a stack: our own lock among runs of ours, and the lock files of Pulumi's backend in files."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from dualstack.engine.environment import EMBEDDED
from dualstack.errors import InputError

_SLACK: Final = 5.0
"""Seconds by which a process may seem younger than its lock: clocks and their steps."""
PROVIDER_SECONDS: Final = 30.0
"""A provider whose CLI is gone gives its calls ten (``provider/__main__.py``), and ends."""
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


def work_file(project: Path, stack: str) -> Path:
    """Give the file that the provider holds a shared lock on while it changes something of a stack."""
    return project / EMBEDDED / "locks" / f"{_OTHER_NAME.sub('_', stack)}.work"


@contextlib.contextmanager
def working(project: Path, stack: str) -> Iterator[None]:
    """Hold the lock of a provider that is at work; where it cannot be had, go on without."""
    file = work_file(project, stack)
    try:
        file.parent.parent.mkdir(mode=0o700, exist_ok=True)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def wait_for_providers(project: Path, stack: str, tell: Callable[[str], None]) -> None:
    """Wait until no provider works on the stack: one whose CLI was killed ends its running calls first.

    Raises:
        Refused: one is still at work after ``PROVIDER_SECONDS``.
    """
    try:
        handle = os.open(work_file(project, stack), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    end, told = time.monotonic() + PROVIDER_SECONDS, False
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                pass
            except OSError:
                return
            if time.monotonic() > end:
                raise Refused(
                    f"the provider of an earlier run is still at work on {stack}, and what it does would come after "
                    "this; wait for its end, and run this again"
                )
            if not told:
                tell("waiting: the provider of an earlier run ends what it was at")
                told = True
            time.sleep(0.2)
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
