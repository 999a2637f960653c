"""Running the builder's container: podman found by PATH, its output line by line, and an end to it when asked."""

from __future__ import annotations

import codecs
import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from dualstack.eib import DEFINITION
from provider.frame.handler import CANCELLED, Cancelled, ResourceError

PODMAN: Final = "podman"
END_SECONDS: Final = 3.0
"""From the polite signal to the other one; the provider itself gets ten when it is told to end."""
_SLICE = 0.3
_LINE_END = re.compile(r"[\r\n]")


def missing() -> str | None:
    """Say that podman is not there, and what to do; None where it is."""
    if shutil.which(PODMAN):
        return None
    return (
        "image.build is local, and podman is not on PATH; install it (zypper, dnf or apt-get install podman), "
        "or set image.build to none and name a finished image"
    )


def command(name: str, builder: str, stage: Path, base: Path, base_name: str) -> list[str]:
    """Give the command line.

    Resolving packages needs ``--privileged`` (edge-image-builder docs/design/pkg-resolution.md). podman would copy all
    output to the journal, with the secrets that we take out of it: hence no log driver.
    """
    return [
        shutil.which(PODMAN) or PODMAN,
        "run",
        "--rm",
        "--replace",
        f"--name={name}",
        "--privileged",
        "--log-driver=none",
        f"--volume={stage.resolve()}:/eib",
        f"--volume={base.resolve()}:/eib/base-images/{base_name}:ro",
        builder,
        "build",
        f"--definition-file={DEFINITION}",
    ]


def stop(name: str) -> None:
    """Remove a container that may still run, such as one whose podman was killed."""
    program = shutil.which(PODMAN)
    if program is not None:
        with suppress(OSError, subprocess.TimeoutExpired):
            line = [program, "rm", "--force", "--ignore", "--time=1", name]
            subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=END_SECONDS, check=False)


def run(line: list[str], name: str, timeout: float, tell: Callable[[str], None]) -> int:
    """Run a builder to its end.

    Args:
        line: the command line.
        name: the container's.
        timeout: seconds.
        tell: gets each line of output.

    Returns:
        The exit code; negative for a signal.

    Raises:
        Cancelled: the operation was cancelled.
        ResourceError: it took too long, or cannot be started.
    """
    try:
        # In a session of its own: Ctrl-C in a terminal goes to the engine, which then asks us.
        process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
    except OSError as error:
        raise ResourceError(f"{line[0]} cannot be started: {error.strerror}") from error
    end = time.monotonic() + timeout
    try:
        for text in _lines(process):
            if text:
                tell(text)
            if CANCELLED.is_set():
                raise Cancelled("the image's build was cancelled; the next `up` begins it anew")
            if time.monotonic() > end:
                raise ResourceError(f"the builder did not finish within {timeout / 60:.0f} minutes and was stopped")
    finally:
        if process.poll() is None:
            _end(process)
            stop(name)
        if process.stdout is not None:
            process.stdout.close()
    return process.wait()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Yield lines as they come, and an empty one now and then; a carriage return ends one, too."""
    if process.stdout is None:
        return
    handle = process.stdout.fileno()
    decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    rest, open_ = "", True
    while True:
        ended = process.poll() is not None
        if not open_:
            if ended:
                break
            time.sleep(_SLICE)
            yield ""
        elif poll.poll(0 if ended else _SLICE * 1000):
            chunk = os.read(handle, 1 << 16)
            *lines, rest = _LINE_END.split(rest + decode(chunk))
            yield from lines
            open_ = bool(chunk)
        elif ended:  # what it started may hold the pipe open for ever
            break
        else:
            yield ""
    if rest:
        yield rest


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started.

    EIB is the first process of its container, on which a polite signal has no effect; removing the container has.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
