"""Values from a pull request in Markdown: shown as they are, never read as markup, mention or reference."""

from __future__ import annotations

import re


class Code(str):
    """A part of a text that is a value or a name: shown as such, never as markup."""

    __slots__ = ()


Text = tuple[str | Code, ...]
"""Words and values; whoever shows them escapes each in its own way."""


_SPAN = re.compile(r"[^`|\\\s](?:[^`|\\\n]*[^`|\\\s])?")
"""What may stand between two backticks, in a table, too; the rest is written with entities."""
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


def visible(text: str) -> str:
    """Give a text in which nothing is invisible: control and direction characters are written out."""
    return "".join(char if char.isprintable() else _written_out(char) for char in text)


def _written_out(char: str) -> str:
    return {"\n": "⏎", "\t": "⇥"}.get(char) or char.encode("unicode_escape", "backslashreplace").decode()


def shortened(before: str, after: str, longest: int) -> tuple[str, str]:
    """Give two texts that differ, cut where they are long: around the first difference, so that it is always seen."""
    if len(before) <= longest and len(after) <= longest:
        return before, after
    same = next(
        (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other),
        min(len(before), len(after)),
    )
    start = max(0, same - longest // 3)

    def cut(text: str) -> str:
        piece = text[start : start + longest - 2]
        return ("…" if start else "") + piece + ("…" if start + len(piece) < len(text) else "")

    return cut(before), cut(after)


def code(text: str) -> str:
    """Give a value as code; fit for a table."""
    shown = visible(text)
    if _SPAN.fullmatch(shown):
        return f"`{shown}`"
    return f"<code>{_PUNCTUATION.sub(lambda match: f'&#{ord(match[0])};', shown)}</code>" if shown else "(empty)"


def plain(text: str) -> str:
    """Give words that may hold values; a value between backticks becomes code."""
    parts = re.split(r"`([^`]*)`", text)
    return "".join(code(part) if index % 2 else _words(part) for index, part in enumerate(parts))


def _words(text: str) -> str:
    # A mention or a reference is looked for after the entities are read, so something has to stand in between.
    apart = re.sub(r"[@#](?=\w)", lambda match: f"{match[0]}\u200b", text)
    marked = "".join(char if char == "\u200b" else visible(char) for char in apart)
    return re.sub(r"[\\`*_{}\[\]<>#|&~@$]", lambda match: f"&#{ord(match[0])};", marked)


def markdown(text: Text) -> str:
    """Give words and values as Markdown."""
    return "".join(code(part) if isinstance(part, Code) else _words(part) for part in text)


def fenced(lines: list[str], language: str) -> str:
    """Give lines as a code block that none of them can end."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *shown, fence])
