"""The one writer of YAML: from data, quoted so that no reader of YAML takes text for anything else.

EIB reads with Go's yaml.v3 (YAML 1.2 with leftovers of 1.1), nm-configurator with serde_yaml (1.2), other tools with
YAML 1.1, where ``12:34:56:12:34:56`` is a number and ``no`` is false. So text stays without quotes only where it is
made of harmless characters, begins with a letter and is no word that any version knows; everything else is quoted.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import yaml

from dualstack.document.scalars import NUMBER_STARTS, WORDS, NumberError, plain_number

if TYPE_CHECKING:
    from yaml import SafeDumper as _Base
else:
    try:
        from yaml import CSafeDumper as _Base
    except ImportError:  # PyYAML without libyaml: slower, same output
        from yaml import SafeDumper as _Base

_HARMLESS: Final = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./+=-]| (?=[A-Za-z0-9_/]))*")
"""Text that may stand without quotes: no colon, so no address; no first digit, sign or dot, so no number or date."""
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What some version takes for a boolean or null, in whatever case."""
_BLOCK: Final = re.compile(r"(?=[^ \n])(?:[ -~]*[!-~])?(?:\n(?:[ -~]*[!-~])?)+")
"""Lines that a literal block keeps: printable ASCII, no space at an end of line or before the first word."""
_WIDE: Final = 1 << 20  # lines are never folded


def is_plain_safe(text: str) -> bool:
    """Tell whether every version of YAML reads unquoted text as just that text."""
    return _HARMLESS.fullmatch(text) is not None and text.lower() not in _WORDS


_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@` ")
_COLONS: Final = re.compile(r"[-+]?[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2})+")
"""What YAML 1.1 may take for a number to base 60, and MAC addresses, which are always written alike."""


def one_line(value: Any) -> str:
    """Write plain data in one line as a person would: quoted only where YAML needs it, in flow style."""
    return _flow(value, inside=False)


def in_flow(value: Any) -> str:
    """Write plain data as it may stand within brackets or braces; see ``one_line``."""
    return _flow(value, inside=True)


def _flow(value: Any, *, inside: bool) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_flow(key, inside=True)}: {_flow(item, inside=True)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flow(item, inside=True) for item in value)}]"
    if isinstance(value, str) and _may_be_bare(value, inside):
        return value
    return json.dumps(value, ensure_ascii=False)


def _may_be_bare(text: str, inside: bool) -> bool:
    if text in WORDS or text.lower() in _WORDS or text[0] in _INDICATORS or text[-1] in ": " or not text.isprintable():
        return False
    if ": " in text or " #" in text or "," in text or _COLONS.fullmatch(text):
        return False
    if inside and any(char in ":[]{}" for char in text):
        return False
    if text[0] not in NUMBER_STARTS:
        return True
    try:
        return plain_number(text) == (text, False)
    except NumberError:
        return False


def _style(text: str) -> str | None:
    if is_plain_safe(text):
        return None
    if "\n" in text and not text.endswith("\n\n") and _BLOCK.fullmatch(text):
        return "|"
    return '"'


class _Dumper(_Base):
    """Keeps the order of keys, takes frozen trees, and never writes an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))

    def mapping(self, data: Mapping[Any, Any]) -> yaml.MappingNode:
        pairs = [(self.key(key), self.represent_data(value)) for key, value in data.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)

    def key(self, data: Any) -> yaml.Node:
        node: yaml.Node = self.represent_data(data)
        if isinstance(node, yaml.ScalarNode) and node.style == "|":
            node.style = '"'  # a block as a key is lawful, but hardly anything reads it
        return node

    def sequence(self, data: Sequence[Any]) -> yaml.SequenceNode:
        items = [self.represent_data(item) for item in data]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=False)


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_multi_representer(str, lambda dumper, data: dumper.text(str(data)))
_Dumper.add_representer(dict, _Dumper.mapping)
_Dumper.add_representer(MappingProxyType, _Dumper.mapping)
_Dumper.add_representer(list, _Dumper.sequence)
_Dumper.add_representer(tuple, _Dumper.sequence)


def dump(data: Any, comment: str = "") -> str:
    """Write YAML: block style, keys in their order, no aliases, ending in a line feed.

    Args:
        data: dicts, mapping proxies, lists, tuples, text, numbers, booleans and None, as deep as you like.
        comment: lines to put above, without ``#``.

    Raises:
        TypeError: there is something else in it, such as a secret that was not resolved.
    """
    stream = io.StringIO()
    for line in comment.splitlines():
        stream.write(f"# {line}".rstrip() + "\n")
    try:
        yaml.dump(data, stream, _Dumper, default_flow_style=False, sort_keys=False, allow_unicode=True, width=_WIDE)
    except yaml.representer.RepresenterError as error:
        raise TypeError(f"YAML has no form for a {type(error.args[-1]).__name__}") from None
    return stream.getvalue()
