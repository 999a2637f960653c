"""What stops a command before any rule can run: input that cannot be read."""

from __future__ import annotations

import pathlib
import traceback

_LONGEST_SHOWN = 60


class InputError(Exception):
    """Input that cannot be read: a missing file, broken YAML, an unknown layer, a circle of layers.

    The command line answers with exit code 2. What *can* be read but is wrong is a finding, never this.

    Attributes:
        message: What is wrong, one sentence in plain words, without a full stop.
        file: The file as shown to people, or None where no file is concerned.
        line: Line in the file, 1-based, or None where unknown.
        column: Column in the line, 1-based, counted in characters, or None where unknown.
        fix: What to do about it, one sentence without a full stop, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        fix: str | None = None,
    ) -> None:
        """Keep the parts; `str()` puts them together."""
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.fix = fix

    def __str__(self) -> str:
        """Give `file:line:column: message; fix`, leaving out what is not known."""
        place = ""
        if self.file is not None:
            known = [self.file, *(str(number) for number in (self.line, self.column) if number is not None)]
            place = ":".join(known) + ": "
        return place + self.message + (f"; {self.fix}" if self.fix else "")

    def as_dict(self) -> dict[str, str | int | None]:
        """Give the parts for JSON; every key is always there, unknown ones are None."""
        return {
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "fix": self.fix,
        }


class NoSiteError(InputError):
    """A stack file without a site: it belongs to another program, or its site is still to be written."""


class UnexpectedError(InputError):
    """A fault of dualstack's own at one site: that site's error, not that of the others beside it."""

    def __init__(self, error: Exception, file: str | None = None) -> None:
        """Tell the kind of an exception and where it was raised; never its text, which may hold a secret.

        Args:
            error: the exception.
            file: the file that was read, as shown to people.
        """
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if "dualstack" in pathlib.PurePath(frame.filename).parts] or frames
        place = f" in {pathlib.PurePath(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
        message = f"dualstack itself failed here, with {type(error).__name__}{place}"
        super().__init__(message, file=file, fix="please report it, with the value that it stumbled over")


def quoted(text: str) -> str:
    """Give text from a file so that it can stand in a message: in backticks, short, nothing unprintable.

    Text from a file may hold escape sequences; a terminal must never get to see them raw.
    """
    short = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
    return f"`{short}`" if short.isprintable() else "`" + ascii(short)[1:-1] + "`"
