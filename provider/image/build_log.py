"""The log of a build: kept in a file, with secrets taken out before a line is written or shown."""

from __future__ import annotations

import base64
import json
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

from dualstack.document.frozen import REDACTED

_SHORTEST = 3
"""Characters; the engine, too, hides nothing shorter: a log full of ``[secret]`` tells nothing."""
_SHORTEST_PART = 8
_REMEMBERED = 200
_LONGEST_LINE = 2000
_APPENDED = 1 << 20  # bytes of each of EIB's own logs that are kept

_ZAP = re.compile(r"^\S+\t(?P<level>DEBUG|INFO|WARN|ERROR|DPANIC|PANIC|FATAL)\t(?:\S+\.go:\d+\t)?(?P<text>.*)$")
"""A line of ``eib-build.log``: zap's console encoding (edge-image-builder pkg/log/log.go)."""
_NOISE = re.compile(
    r"Please check the eib-build\.log|\.{3,}\s*\[(SUCCESS|SKIPPED)\s*\]|^Trying to pull|^(Copying|Getting|Writing) "
)


class Redactor:
    """Takes secrets out of lines, in the forms in which a builder may print them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Prepare for these secrets.

        Args:
            secrets: each whole; one of several lines is found line by line.
        """
        forms: set[str] = set()
        for secret in secrets:
            whole = secret.strip("\n")
            if len(whole) < _SHORTEST:
                continue
            forms |= {whole, json.dumps(whole)[1:-1], quote(whole, safe="")}
            forms |= {base64.b64encode(item.encode()).decode() for item in (whole, secret)}
            forms |= {form for form in _inside_base64(whole.encode()) if len(form) >= _SHORTEST_PART}
            forms |= {line for line in whole.splitlines() if len(line.strip()) >= _SHORTEST_PART}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def __call__(self, line: str) -> str:
        """Give the line without the secrets."""
        for form in self._forms:
            line = line.replace(form, REDACTED)
        return line


def _inside_base64(secret: bytes) -> Iterator[str]:
    """Yield what a secret looks like in the middle of longer Base64, such as ``user:password`` of a registry."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret).decode()
        # The first characters hold bits of what is before, the last ones of what comes after.
        first, last = (0, 2, 3)[before], (before + len(secret)) * 8 // 6
        yield whole[first:last]


class BuildLog:
    """The file of one build."""

    def __init__(self, path: Path, redact: Redactor) -> None:
        """Begin the file anew, readable by its owner only."""
        self.path, self._redact = path, redact
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8", errors="replace")
        self._tail: deque[str] = deque(maxlen=_REMEMBERED)

    def write(self, line: str) -> str:
        """Keep a line of the builder's output; give it as it may be shown."""
        shown = self._redact(line.rstrip())
        self._tail.append(shown)
        self._file.write(shown + "\n")
        self._file.flush()
        return "".join(char for char in shown if char.isprintable())[:_LONGEST_LINE]

    def note(self, line: str) -> None:
        """Keep a line of our own."""
        self._file.write(self._redact(line) + "\n")
        self._file.flush()

    def append(self, folder: Path) -> list[str]:
        """Keep EIB's own logs as well, of which the output shows next to nothing; give the errors that they tell."""
        errors = []
        for path in sorted(folder.rglob("*.log"), key=lambda item: (item.name != "eib-build.log", item.name)):
            try:
                with path.open("rb") as stream:
                    stream.seek(max(0, path.stat().st_size - _APPENDED))
                    lines = stream.read(_APPENDED).decode(errors="replace").splitlines()
            except OSError as error:
                lines = [f"cannot be read: {error.strerror}"]
            self._file.write(f"\n== {path.name}\n")
            for line in lines:
                shown = self._redact(line)
                self._file.write(shown + "\n")
                if (found := _ZAP.match(shown)) and found["level"] not in ("DEBUG", "INFO", "WARN"):
                    errors.append(found["text"].replace("\t", " "))
        self._file.flush()
        return errors

    def finish(self, line: str) -> None:
        """Write the last line, durably."""
        self._file.write(f"\n{line}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def meaningful(self, errors: list[str], count: int = 4) -> list[str]:
        """Give the lines that tell most likely why a build failed: EIB's last words, then its log's last error."""
        said = [line for line in self._tail if line.strip() and not _NOISE.search(line)][-count:]
        return [line[:_LONGEST_LINE] for line in dict.fromkeys([*said, *errors[-1:]])]


def last_line(path: Path) -> str:
    """Give the last line of a log, or nothing where there is none."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LONGEST_LINE))
            return stream.read().decode(errors="replace").rstrip("\n").rpartition("\n")[2]
    except OSError:
        return ""
