"""YAML events become plain data and a tree of marks, in one pass.

Events come from libyaml one by one, so that a hostile file is given up on as soon as it shows what it is; and values
are resolved here, so that there is no YAML 1.1 anywhere.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

from yaml import events
from yaml._yaml import CParser

from dualstack.document.merge import copy
from dualstack.document.origins import Children, Mark, Place, Value
from dualstack.document.scalars import NUMBER_STARTS, WORDS, NumberError, lookalike, plain_number
from dualstack.errors import InputError, quoted

MAX_DEPTH: Final = 64
"""Deepest nesting of mappings and lists, the top level being 1."""
MAX_VALUES: Final = 50_000
"""Most values in a file; what an alias stands for counts each time."""

_TAGS = "tag:yaml.org,2002:"
_TAGGED: Final[dict[str, tuple[type, ...]]] = {
    _TAGS + "int": (int,),
    _TAGS + "float": (int, float),
    _TAGS + "bool": (bool,),
    _TAGS + "null": (type(None),),
}
_FIX_QUOTE_KEY = "put the key in quotes"


def fail(message: str, file: str, place: Place, fix: str) -> NoReturn:
    """Raise an InputError about a place in a file."""
    raise InputError(message, file=file, line=place.line + 1, column=place.column + 1, fix=fix)


class Composer:
    """Composes one file; the depth of its recursion is bounded by MAX_DEPTH.

    Attributes:
        doubts: Unquoted values that the engine and YAML 1.2 read differently, or people and both, as mark and text, in
            the file's order.
    """

    __slots__ = ("_anchors", "_count", "_file", "_next", "doubts")

    def __init__(self, text: str, file: str) -> None:
        """Start with the text of a file and its name as shown to people."""
        self._next: Any = CParser(text).get_event
        self._file = file
        self._count = 0
        # name -> value, mark, number of values, height; None while the value is still being read
        self._anchors: dict[str, tuple[Value, Mark, int, int] | None] = {}
        self.doubts: list[tuple[Mark, str]] = []

    def document(self) -> tuple[dict[str, Value], Mark]:
        """Read the one document of the file, whose top level is a mapping; nothing or null is an empty one.

        Raises:
            InputError: The YAML is well-formed, but not what this product takes.
            yaml.YAMLError: It is not well-formed.
            UnicodeEncodeError: The text holds half a surrogate pair.
        """
        self._next()  # start of the stream
        start = self._next()
        if start.__class__ is events.StreamEndEvent:
            return {}, (self._file, start.start_mark, start.start_mark, {})
        value, place, children = self._node(self._next(), 0)
        self._next()  # end of the document
        more = self._next()
        if more.__class__ is not events.StreamEndEvent:
            fail("a second document starts here", self._file, more.start_mark, "keep one document a file, remove `---`")
        if value is None:
            value, children = {}, {}
        if not isinstance(value, dict):
            found = "a list" if isinstance(value, list) else "a single value"
            fail(f"the file holds {found}, not a mapping", self._file, place, "start it with `key: value` lines")
        return value, (self._file, place, place, children)

    def _node(self, event: Any, depth: int) -> tuple[Value, Place, Children]:
        """Read the value that starts with `event`, inside `depth` containers."""
        kind = event.__class__
        if kind is events.AliasEvent:
            return self._alias(event, depth)
        anchor: str | None = event.anchor
        before = self._count
        if anchor is not None:
            self._anchors[anchor] = None
        place: Place = event.start_mark
        value: Value
        children: Children = None
        if kind is events.ScalarEvent:
            value = self._scalar(event)
        else:
            is_mapping = kind is events.MappingStartEvent
            if event.tag is not None and event.tag not in ("!", _TAGS + ("map" if is_mapping else "seq")):
                self._foreign_tag(event)
            if depth >= MAX_DEPTH:
                self._too_deep(place)
            value, children = (self._mapping if is_mapping else self._sequence)(depth + 1)
        if anchor is not None:
            mark: Mark = (self._file, place, place, children)
            self._anchors[anchor] = (value, mark, self._count - before + 1, _height(value))
        return value, place, children

    def _mapping(self, depth: int) -> tuple[dict[str, Value], dict[str, Mark]]:
        data: dict[str, Value] = {}
        marks: dict[str, Mark] = {}
        merge: tuple[Place, Value, Children] | None = None
        get, file = self._next, self._file
        while True:
            event = get()
            kind: Any = event.__class__
            if kind is events.MappingEndEvent:
                break
            key_place: Place = event.start_mark
            key = self._key(event)
            event = get()
            kind = event.__class__
            if key is None:
                if merge is not None:
                    self._twice("<<", merge[0], key_place)
                value, _, children = self._node(event, depth)
                merge = (key_place, value, children)
                continue
            if key in data:
                self._twice(key, cast("Place", marks[key][2]), key_place)
            # most values are scalars without an anchor: spare them a call
            if kind is events.ScalarEvent and event.anchor is None:
                data[key] = self._scalar(event)
                marks[key] = (file, event.start_mark, key_place, None)
            else:
                data[key], place, children = self._node(event, depth)
                marks[key] = (file, place, key_place, children)
        if merge is not None:
            self._merge(data, marks, *merge)
        self._add(len(data), event.start_mark)
        return data, marks

    def _sequence(self, depth: int) -> tuple[list[Value], list[Mark]]:
        data: list[Value] = []
        marks: list[Mark] = []
        while True:
            event = self._next()
            kind: Any = event.__class__
            if kind is events.SequenceEndEvent:
                break
            value, place, children = self._node(event, depth)
            data.append(value)
            marks.append((self._file, place, place, children))
            if len(data) > MAX_VALUES:
                break  # what follows need not be read
        self._add(len(data), event.start_mark)
        return data, marks

    def _key(self, event: Any) -> str | None:
        """Read a key; None for the merge key `<<`."""
        value: Value
        kind: Any = event.__class__
        if kind is events.ScalarEvent:
            doubts = len(self.doubts)
            if event.anchor is None:
                value = self._scalar(event)
                if value == "<<" and not event.style and event.tag is None:
                    return None
            else:
                value = self._node(event, 0)[0]
            if not event.style and (hidden := lookalike(event.value)):
                message = f"the key {quoted(event.value)} holds {hidden[1]}"
                fail(message, self._file, event.start_mark, "type the key anew, with plain spaces around it")
            if len(self.doubts) > doubts or not isinstance(value, str):
                fail(f"the key {quoted(event.value)} is no text", self._file, event.start_mark, _FIX_QUOTE_KEY)
            return value
        if kind is events.AliasEvent:
            value = self._alias(event, 0)[0]
            if isinstance(value, str):
                return value
        fail("something other than text stands as a key", self._file, event.start_mark, _FIX_QUOTE_KEY)

    def _merge(
        self, data: dict[str, Value], marks: dict[str, Mark], place: Place, value: Value, children: Children
    ) -> None:
        """Add what the merge key `<<` gives, as yaml.v3 does: written keys win, then earlier mappings of a list."""
        given: list[tuple[Value, Children]] = [(value, children)]
        if isinstance(value, list) and isinstance(children, list):
            given = [(item, mark[3]) for item, mark in zip(value, children, strict=True)]
        for source, places in given:
            if not isinstance(source, dict) or not isinstance(places, dict):
                fail("`<<` takes a mapping, or a list of mappings", self._file, place, "quote the key if text is meant")
            for key, item in source.items():
                if key not in data:
                    data[key] = item
                    marks[key] = places[key]

    def _alias(self, event: Any, depth: int) -> tuple[Value, Place, Children]:
        name: str = event.anchor
        place: Place = event.start_mark
        known = self._anchors.get(name)
        if known is None:
            if name in self._anchors:
                fail(f"the alias {quoted('*' + name)} stands inside what it names", self._file, place, "write it out")
            fix = f"define {quoted('&' + name)} further up, or quote the value if text is meant"
            fail(f"the alias {quoted('*' + name)} names nothing", self._file, place, fix)
        value, mark, size, height = known
        self._add(size, place)  # before it is copied
        if depth + height > MAX_DEPTH:
            self._too_deep(place)
        return copy(value), cast("Place", mark[1]), mark[3]

    def _scalar(self, event: Any) -> str | int | float | bool | None:
        text: str = event.value
        tag: str | None = event.tag
        if not event.style:  # unquoted
            if tag is None:
                if text in WORDS:
                    return WORDS[text]
                if not text.isascii() and lookalike(text):
                    self.doubts.append(((self._file, event.start_mark, event.start_mark, None), text))
                    return text
                return self._number(event, text) if text[0] in NUMBER_STARTS else text
        elif "\0" in text:
            fail("the character U+0000 is not allowed", self._file, event.start_mark, "remove `\\0`")
        if tag is None or tag in ("!", _TAGS + "str"):
            return text
        if tag not in _TAGGED:
            self._foreign_tag(event)
        value = WORDS[text] if text in WORDS else self._number(event, text) if text[0] in NUMBER_STARTS else text
        if not isinstance(value, _TAGGED[tag]) or (isinstance(value, bool) and tag != _TAGS + "bool"):
            shown = quoted(tag.replace(_TAGS, "!!"))
            fail(f"{quoted(text)} is not what the tag {shown} says", self._file, event.start_mark, "remove the tag")
        return value

    def _number(self, event: Any, text: str) -> str | int | float:
        try:
            value, doubtful = plain_number(text)
        except NumberError as error:
            fix = "put it in quotes if text is meant, else write a smaller number"
            fail(f"{quoted(text)} is {error}", self._file, event.start_mark, fix)
        if doubtful:
            self.doubts.append(((self._file, event.start_mark, event.start_mark, None), text))
        return value

    def _add(self, size: int, place: Place) -> None:
        self._count += size
        if self._count > MAX_VALUES:
            fix = "no site needs that; aliases (`*name`) count as often as they are used"
            fail(f"the file holds more than {MAX_VALUES:,} values", self._file, place, fix)

    def _too_deep(self, place: Place) -> NoReturn:
        fail(f"nested more than {MAX_DEPTH} deep", self._file, place, "no site needs that; check the brackets")

    def _foreign_tag(self, event: Any) -> NoReturn:
        shown = quoted(str(event.tag).replace(_TAGS, "!!"))
        fail(f"the tag {shown} is not known", self._file, event.start_mark, "remove the tag, or quote the value")

    def _twice(self, key: str, first: Place, second: Place) -> NoReturn:
        message = f"the key {quoted(key)} stands twice, in line {first.line + 1} and in line {second.line + 1}"
        fail(message, self._file, second, "keep one of the two")


def _height(value: Value) -> int:
    """Count the containers that are nested in a value, itself included."""
    if isinstance(value, dict):
        return 1 + max(map(_height, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_height, value), default=0)
    return 0
