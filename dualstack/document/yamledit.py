"""Small edits in the text of a YAML file: what is not edited keeps every byte, comments and quotes included.

An edit works on the text alone, by where the parser says that things start and end. Its caller compares what the new
text means with what was wanted: a form that is not foreseen here is refused, never spoilt.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeAlias

import yaml

from dualstack.document.fixes import Add, Edit, Fix, Rename, Set
from dualstack.document.origins import Path, Value
from dualstack.document.yamlio import dump, in_flow, one_line

Node: TypeAlias = Any  # yaml.Node; its types say too little of a mapping's pairs

_DASH = re.compile(r"[ ]*-[ ]+")


class CannotEdit(ValueError):
    """The text has a form in which this edit cannot be made."""


def edited(text: str, edit: Edit) -> str:
    """Return the text with one edit made.

    Args:
        text: YAML.
        edit: the edit, with its path in the file.

    Raises:
        CannotEdit: it has a form in which it cannot be made.
    """
    try:
        wanted = Fix((edit,)).applied(_data(text), ())
        new = _Text(text).made(edit, edit.path or ())
        if _data(new) == wanted:
            return new
    except (yaml.YAMLError, LookupError, TypeError, ValueError) as error:
        raise CannotEdit(str(error)) from error
    raise CannotEdit("the text would mean something else")


def _data(text: str) -> dict[str, Value]:
    from dualstack.document.loader import load_text
    from dualstack.errors import InputError

    try:
        return load_text(text).data
    except InputError as error:
        raise CannotEdit(str(error)) from error


def find(root: Node, path: Path) -> tuple[Node, list[Node]]:
    """Return the node at a path, and those around it; raises ``LookupError`` where there is none."""
    around: list[Node] = []
    node = root
    for step in path:
        around.append(node)
        if isinstance(node, yaml.MappingNode) and isinstance(step, str):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
        if node is None:
            raise LookupError(step)
    return node, around


def places(text: str) -> dict[tuple[Path, int, int], int]:
    """Return the index of each list entry by the list's path and the entry's place (line and column, 1-based)."""
    found: dict[tuple[Path, int, int], int] = {}

    def walk(node: Node, path: Path) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                found[path, item.start_mark.line + 1, item.start_mark.column + 1] = index
                walk(item, (*path, index))

    try:
        walk(yaml.compose(text, Loader=yaml.SafeLoader), ())
    except (yaml.YAMLError, RecursionError) as error:
        raise CannotEdit(str(error)) from error
    return found


class _Text:
    """A text with its nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_end = "\r\n" if "\r\n" in text else "\n"
        self.root: Node = yaml.compose(text, Loader=yaml.SafeLoader)
        if self.root is None:
            raise CannotEdit("the file is empty")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise CannotEdit("it has aliases")

    def made(self, edit: Edit, path: Path) -> str:
        if isinstance(edit, Set):
            if not self._has(path):
                return self._inserted(path, edit.value)
            node, around = find(self.root, path)
            return self._replaced(node, edit.value, bool(around) and around[-1].flow_style)
        if isinstance(edit, Add):
            if not self._has(path):
                return self._inserted(path, [edit.value])
            return self._appended(find(self.root, path)[0], edit.value)
        node, around = find(self.root, path)
        holder = around[-1]
        if isinstance(edit, Rename):
            key = next(key for key, value in holder.value if value is node)
            return self._with(key.start_mark.index, key.end_mark.index, one_line(edit.key))
        return self._removed(node, holder)

    def _with(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new.replace("\n", self.line_end) + self.text[end:]

    def _last(self, node: Node) -> int:
        """Return where a node's own text ends; a block's end mark stands after the comments behind it."""
        while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
            node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
        end = int(node.end_mark.index)
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return len(self.text[:end].rstrip()) if block else end

    def _line(self, index: int) -> int:
        """Return where the line of a place starts."""
        return self.text.rfind("\n", 0, index) + 1

    def _next_line(self, index: int) -> int:
        """Return where the line after a place starts."""
        end = self.text.find("\n", index)
        return len(self.text) if end < 0 else end + 1

    def _replaced(self, node: Node, value: Value, inside: bool) -> str:
        start, end = node.start_mark.index, self._last(node)
        new = in_flow(value) if inside else one_line(value)
        if isinstance(node, yaml.ScalarNode):
            if node.style in ("|", ">"):
                raise CannotEdit("a block of text")
            if node.style == "'" and isinstance(value, str) and "'" not in value and value.isprintable():
                new = f"'{value}'"
            elif node.style == '"' and isinstance(value, str):
                new = json.dumps(value, ensure_ascii=False)
        elif not node.flow_style:
            # Up to the colon or dash before it, over line ends.
            start = len(self.text[:start].rstrip())
        space = "" if self.text[start - 1 : start] in ("", " ", "[", "{") else " "
        return self._with(start, end, space + new)

    def _has(self, path: Path) -> bool:
        try:
            find(self.root, path)
        except LookupError:
            return False
        return True

    def _inserted(self, path: Path, value: Value) -> str:
        """Put a key into the nearest mapping around it that is there."""
        count = len(path) - 1
        while not self._has(path[:count]):
            count -= 1
        node, around = find(self.root, path[:count])
        key, *below = path[count:]
        for step in reversed(below):
            value = {step: value}
        if not isinstance(key, str):
            raise CannotEdit("an entry that is not there")
        if isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~") and node.style is None:
            return self._replaced(node, {key: value}, bool(around) and around[-1].flow_style)
        if not isinstance(node, yaml.MappingNode):
            raise CannotEdit("no mapping")
        if node.flow_style:
            pair = in_flow({key: value})[1:-1]
            return self._put_last(node, pair)
        first = node.value[0][0]
        return self._put_line(node, first.start_mark.column, dump({key: value}))

    def _appended(self, node: Node, value: Value) -> str:
        if isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~"):
            return self._replaced(node, [value], inside=False)
        if not isinstance(node, yaml.SequenceNode):
            raise CannotEdit("no list")
        if node.flow_style:
            return self._put_last(node, in_flow(value))
        return self._put_line(node, node.start_mark.column, dump([value]))

    def _put_last(self, node: Node, new: str) -> str:
        if not node.value:
            return self._with(node.start_mark.index + 1, node.end_mark.index - 1, new)
        last = node.value[-1]
        end = self._last(last[1] if isinstance(last, tuple) else last)
        return self._with(end, end, f", {new}")

    def _put_line(self, node: Node, indent: int, block: str) -> str:
        at = self._next_line(self._last(node))
        before = "" if at == 0 or self.text[at - 1] == "\n" else "\n"
        lines = "".join(" " * indent + line for line in block.splitlines(keepends=True))
        return self._with(at, at, before + lines)

    def _removed(self, node: Node, holder: Node) -> str:
        pairs = holder.value
        place = next(i for i, item in enumerate(pairs) if item is node or (isinstance(item, tuple) and item[1] is node))
        starts = [(item[0] if isinstance(item, tuple) else item).start_mark.index for item in pairs]
        if len(pairs) == 1:
            return self._replaced(holder, {} if isinstance(holder, yaml.MappingNode) else [], inside=False)
        if holder.flow_style:
            if place + 1 < len(pairs):
                return self._with(starts[place], starts[place + 1], "")
            before = pairs[place - 1]
            return self._with(self._last(before[1] if isinstance(before, tuple) else before), self._last(node), "")
        line, lead = self._line(starts[place]), ""
        if isinstance(holder, yaml.SequenceNode):
            if not _DASH.fullmatch(self.text[line : starts[place]]):
                raise CannotEdit("more than one dash in a line")
        elif self.text[line : starts[place]].strip():
            # The first key of an entry: the next one takes its place behind the dash.
            if place + 1 == len(pairs):
                raise CannotEdit("the key stands behind something else")
            lead = self.text[line : starts[place]]
            return self._with(line, starts[place + 1], lead)
        return self._with(line, self._next_line(self._last(node)), "")
