"""The one reader of YAML files: plain data, and where each value was written.

It reads as the Pulumi engine does (YAML 1.2 core, merge keys, aliases), refuses what people and readers of YAML see
differently (duplicate keys, keys that are no text, foreign tags), and gives up early on hostile files: size, depth and
the number of values are bounded, aliases counted as often as they are used.
"""

from __future__ import annotations

import os
import pathlib
import re
import stat
from dataclasses import dataclass
from typing import Final

from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from dualstack.document.composer import Composer
from dualstack.document.origins import Mark, Origin, Origins, Path, Value, find_origin, format_path, origin_of
from dualstack.document.scalars import lookalike
from dualstack.errors import InputError, quoted

__all__ = ["MAX_BYTES", "Document", "Origin", "Origins", "Path", "find_origin", "format_path", "load_file", "load_text"]

_OPENED = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_FIRST_READ = 1 << 14  # asking for a mebibyte at once costs more than parsing a usual file takes
MAX_BYTES: Final = 1 << 20
"""Largest file that is read: 1 MiB. A site file has some kilobytes."""

# what libyaml says -> what to do; the first that occurs in its message
_ADVICE: Final = {
    "cannot start any token": "indent with spaces, not tabs, and quote a value that starts with @, ` or %",
    "mapping values are not allowed": "check the indentation, and quote a value that holds a colon followed by a space",
    "block sequence entries are not allowed": "start the list on a line of its own, or quote the value",
    "could not find expected ':'": "write a colon and a space after the key, and check the indentation",
    "did not find expected key": "line this up with the keys around it, and close every quote and bracket before it",
    "did not find expected '-' indicator": "line this up with the list items around it",
    "did not find expected ',' or": "close the bracket, or put a comma between the entries",
    "did not find expected node content": "write a value here, or close the bracket",
    "unexpected end of stream": "close the quote that is opened here",
    "escape": "use single quotes, or double the backslash",
    "hexdecimal": "use single quotes, or double the backslash",
    "undefined tag handle": "remove the tag (the word that starts with !), or quote the value",
}
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file, read.

    Attributes:
        data: The top-level mapping: dict, list, str, int, float, bool and None, nothing shared, free to be changed.
        file: The file's name as shown to people.
        mark: The tree of marks beside the data, for merging; ask `origins` and `key_origins` for places.
        doubts: Marks of unquoted values that other readers of YAML, or people, take for something else, with the text
            as written.
    """

    data: dict[str, Value]
    file: str
    mark: Mark
    doubts: tuple[tuple[Mark, str], ...] = ()

    @property
    def origins(self) -> Origins:
        """Where each value was written, by path."""
        return Origins(self.mark)

    @property
    def key_origins(self) -> Origins:
        """Where each key was written, by the path of its value."""
        return Origins(self.mark, keys=True)

    def refuse_doubts(self, below: Path = ()) -> None:
        """Refuse values that the engine reads differently from YAML 1.2, or that hold what nobody sees.

        Args:
            below: Only values under this path are looked at.

        Raises:
            InputError: There is one; the first in the file is named.
        """
        if not self.doubts:
            return
        mark: Mark | None = self.mark
        for step in below:
            children = mark[3] if mark is not None else None
            mark = children.get(str(step)) if isinstance(children, dict) else None
        inside: set[int] = set()
        todo = [] if mark is None else [mark]
        while todo:
            mark = todo.pop()
            inside.add(id(mark[1]))  # a copy made for an alias keeps the place object
            todo += mark[3].values() if isinstance(mark[3], dict) else mark[3] or ()
        for mark, text in self.doubts:
            if id(mark[1]) in inside:
                file, line, column = origin_of(mark) or (self.file, None, None)
                message = f"{quoted(text)} without quotes is one thing in YAML 1.2 and another to the engine"
                fix = "put it in quotes if text is meant, else write a plain decimal number"
                if hidden := lookalike(text):
                    message = f"{quoted(text)} holds {hidden[1]}, which is part of the value"
                    fix = "replace it by a plain space, or remove it; put the value in quotes if it is meant"
                raise InputError(message, file=file, line=line, column=column, fix=fix)


def load_file(path: pathlib.Path, file: str | None = None) -> Document:
    """Read a YAML file.

    Only a regular file is read: whoever opened a pipe or a device could wait for ever. The exception is a pipe that the
    shell has opened for this process, as `<(...)` does.

    Args:
        path: The file.
        file: Its name as shown to people; by default the path as given.

    Returns:
        The data and its places; an empty file is an empty mapping.

    Raises:
        InputError: It cannot be read, or is no YAML that this product takes.
    """
    shown = str(path) if file is None else file
    try:
        piped = str(path).startswith(_OPENED)
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if piped else os.O_NONBLOCK))
        try:
            _refuse_special(os.fstat(handle).st_mode, shown, piped)
        except InputError:
            os.close(handle)
            raise
        with os.fdopen(handle, "rb") as stream:
            content = stream.read(_FIRST_READ)
            if len(content) == _FIRST_READ:
                content += stream.read(MAX_BYTES + 1 - _FIRST_READ)
    except FileNotFoundError:
        raise InputError("the file does not exist", file=shown, fix="check the name and the folder") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        fix = "check its permissions and the name"
        raise InputError(f"the file cannot be read: {reason}", file=shown, fix=fix) from None
    return load_text(content, shown)


def _refuse_special(mode: int, shown: str, piped: bool) -> None:
    if stat.S_ISREG(mode) or (piped and stat.S_ISFIFO(mode)):
        return
    if stat.S_ISDIR(mode):
        raise InputError("this is a folder, not a file", file=shown, fix="name the file in it")
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a device"
    raise InputError(f"this is {kind}, not a file", file=shown, fix="put a regular file in its place")


def load_text(content: str | bytes, file: str = "<text>") -> Document:
    """Read YAML from memory; see `load_file`."""
    if len(content) > MAX_BYTES:
        raise InputError("the file is larger than 1 MiB", file=file, fix="a site file or layer has some kilobytes")
    text = _decoded(content, file) if isinstance(content, bytes) else content
    text = text.lstrip("\ufeff")
    try:
        composer = Composer(text, file)
        data, mark = composer.document()
        return Document(data, file, mark, tuple(composer.doubts))
    except ReaderError:
        raise _unprintable(text, file) from None
    except UnicodeEncodeError as error:
        raise _at(text, error.start, "half a surrogate pair is no character", file, "save as UTF-8") from None
    except MarkedYAMLError as error:
        raise _broken(error, text, file) from None
    except YAMLError as error:
        raise InputError(f"broken YAML: {error}", file=file, fix="check the file with an editor") from None


def _at(text: str, index: int, message: str, file: str, fix: str) -> InputError:
    lines = re.split("\r\n|\r|\n", text[:index])
    return InputError(message, file=file, line=len(lines), column=len(lines[-1]) + 1, fix=fix)


def _decoded(content: bytes, file: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the file is UTF-16", file=file, line=1, column=1, fix="save it as UTF-8")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        good = content[: error.start].decode()
        raise _at(good, len(good), "this is no UTF-8 text", file, "save the file as UTF-8") from None


def _unprintable(text: str, file: str) -> InputError:
    found = _UNPRINTABLE.search(text)
    if found is None:
        return InputError("the file holds a character that YAML does not allow", file=file, fix="save it as plain text")
    code = f"U+{ord(found[0]):04X}"
    return _at(text, found.start(), f"the character {code} is not allowed in YAML", file, "remove it")


def _broken(error: MarkedYAMLError, text: str, file: str) -> InputError:
    problem = str(error.problem or error.context or "cannot be read")
    place = error.problem_mark
    if place is not None and place.index >= len(text.rstrip()) and error.context_mark is not None:
        # an unclosed quote or bracket is noticed at the end of the file, but has to be closed where it was opened
        place = error.context_mark
        problem = f"{error.context}, {problem}"
    if place is not None and (hidden := _hidden(text, place.line, file)) is not None:
        return hidden
    advice = next((fix for part, fix in _ADVICE.items() if part in problem), "check the lines around it")
    if place is None:
        return InputError(f"broken YAML: {problem}", file=file, fix=advice)
    if place.index >= len(text):  # libyaml sees a line more than the file has
        return _at(text, len(text.rstrip()), f"broken YAML: {problem}", file, advice)
    line, column = place.line + 1, place.column + 1
    return InputError(f"broken YAML: {problem}", file=file, line=line, column=column, fix=advice)


def _hidden(text: str, line: int, file: str) -> InputError | None:
    """Blame what looks like a space and is none, in the line that libyaml gave up at (0-based) or the one before."""
    lines = re.split("\r\n|\r|\n", text)
    for number in (line - 1, line):
        found = lookalike(lines[number]) if 0 <= number < len(lines) else None
        if found is not None:
            index, name = found
            message = f"broken YAML: {name} stands here, which is no space to YAML"
            fix = "replace it by a plain space, or remove it"
            return InputError(message, file=file, line=number + 1, column=index + 1, fix=fix)
    return None
