"""What an unquoted YAML scalar means: the YAML 1.2 core schema, as far as the engine agrees with it.

The Pulumi CLI reads stack files with Go's yaml.v3, which is YAML 1.2 with leftovers of 1.1: `010` is 8 there (10 in
YAML 1.2), `1_000` is 1000 and `2024-01-01` a date (text in YAML 1.2). Such values are read as YAML 1.2 has it and
reported as doubtful, so that whoever cares for the value can ask for quotes.
Sources: https://yaml.org/spec/1.2.2/#103-core-schema and resolve.go of gopkg.in/yaml.v3.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
"""Unquoted words that are no text; `yes`, `no`, `on` and `off` are text in YAML 1.2."""

NUMBER_STARTS: Final = frozenset("+-.0123456789")
"""What an unquoted scalar must start with to be anything else than a word or text."""

_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
# what only YAML 1.1 or Go take for a number once the underscores are gone, and dates
_OTHER_BASE = re.compile(r"[-+]?0(?:[bB][01]+|[oO][0-7]+|[xX][0-9a-fA-F]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?")

# Spaces and invisible characters that come along with text copied from pages and mails; no joiners, which words need.
_LOOKALIKE = re.compile("[\u00a0\u00ad\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]")

_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_MOST_DIGITS = 24  # more than any 64-bit integer needs in any base but 2
_FLOATS_STAY_FROM = 1e21


class NumberError(ValueError):
    """A number that no reader keeps as it was written; `str()` says why."""


def _integer(text: str, base: int) -> int:
    if len(text) > _MOST_DIGITS or not _SMALLEST <= (number := int(text, base)) <= _LARGEST:
        raise NumberError("an integer beyond 64 bits")
    return number


def _float(text: str) -> int | float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise NumberError("a number beyond the range of a double")
    # The engine hands config on as JSON, where Go writes 2.0 as 2 (with an exponent from 1e21 on)
    return int(number) if number.is_integer() and abs(number) < _FLOATS_STAY_FROM else number


def plain_number(text: str) -> tuple[str | int | float, bool]:
    """Read an unquoted scalar that starts like a number.

    Args:
        text: The scalar; its first character is one of NUMBER_STARTS.

    Returns:
        The value by YAML 1.2 (the text itself where it is none of its numbers), and whether that is doubtful: other
        readers, the engine among them, read something else.

    Raises:
        NumberError: Infinite, not a number, or beyond 64 bits.
    """
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10), False
    if _LEADING_ZERO.fullmatch(text):
        return _integer(text, 10), True
    if _FLOAT.fullmatch(text):
        return _float(text), False
    if _OCTAL_OR_HEX.fullmatch(text):
        return _integer(text, 0), False
    if _NOT_FINITE.fullmatch(text):
        raise NumberError("infinite or not a number")
    return text, _looks_like_a_number(text)


def _looks_like_a_number(text: str) -> bool:
    bare = text.replace("_", "")
    found = _OTHER_BASE.fullmatch(bare) or _DATE.fullmatch(text) or (_FLOAT.fullmatch(bare) if bare != text else None)
    return found is not None


def lookalike(text: str) -> tuple[int, str] | None:
    """Find what looks like a space, or like nothing, and is neither to YAML.

    Returns:
        Its index and its name in words, or None where there is none.
    """
    found = None if text.isascii() else _LOOKALIKE.search(text)
    if found is None:
        return None
    return found.start(), f"U+{ord(found[0]):04X} ({unicodedata.name(found[0], 'invisible').lower()})"
