"""The dumper: what it writes is read back equal by every reader, and quoted where any of them could differ."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dualstack.document.frozen import Secret, freeze
from dualstack.document.loader import load_text
from dualstack.document.yamlio import dump, is_plain_safe

TRAPS = [
    "fd00:100::10", "2001:db8::", "::", "::/0", "2001:10:20:30:40:50:51:10", "12:34:56:12:34:56", "34:8a:b1:4b:16:e7",
    "192.168.100.10/24", "10.0.0.1", "1:30", "190:20:30", "190:20:30.15", "on", "On", "OFF", "yes", "No", "y", "N",
    "true", "True", "FALSE", "null", "Null", "~", "", " ", "=", "<<", "1.3", "1.30", "0644", "0o17", "0x1F", "0b11",
    "1_000", "1e3", "+1", "-1", ".5", "5.", ".inf", "-.Inf", ".nan", ".", "-", "--", "---", "...", "2024-01-01",
    "2024-01-01T00:00:00Z",
    "`ironic`", "@x", "%x", "key:", "a: b", "a #b", "#x", "!x", "&x", "*x", "|", ">", "?", "? a", "- a", "[a]", "{a}",
    "a,b", "'", '"', "\\", "\t", "a\tb", "a ", " a", "a\n", "a\nb", "a\nb\n", "\na", "a\n\n", "a\n b",
    "a \nb", "a\r\nb", "\u00e9", "\u0085", "\u2028", "\ufeff", "\U0001f600",
    "\x7f", "${X}", "{{ x }}", "é: ü",
]  # fmt: skip

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")) | st.sampled_from(TRAPS)
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ODD_WORDS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|~)")


@pytest.mark.parametrize("text", TRAPS)
def test_traps(text: str) -> None:
    written = dump({"key": text, text: "value"})
    assert yaml.safe_load(written) == {"key": text, text: "value"}
    assert load_text(written).data == {"key": text, text: "value"}


def plainly_written(text: str) -> bool:
    return dump({"k": text}) == f"k: {text}\n"


@pytest.mark.parametrize("text", [trap for trap in TRAPS if "\n" not in trap or trap in ("a\nb", "a\nb\n")])
def test_no_trap_is_plain(text: str) -> None:
    assert not plainly_written(text)


@given(TREES)
def test_reads_back_equal(tree: Any) -> None:
    written = dump({"k": tree})
    assert yaml.safe_load(written) == {"k": tree}
    assert load_text(written).data == {"k": tree}
    assert load_text(written).doubts == ()
    assert dump({"k": freeze(tree)}) == written


@given(TREES)
def test_any_root(tree: Any) -> None:
    assert yaml.safe_load(dump(tree)) == tree


@given(TEXT)
def test_never_plain_unless_safe(text: str) -> None:
    if plainly_written(text):
        assert is_plain_safe(text)
        assert yaml.safe_load(f"k: {text}") == {"k": text}
        assert not ODD_WORDS.fullmatch(text)
        assert text[0].isascii() and (text[0].isalpha() or text[0] in "/_")
        assert ":" not in text and "#" not in text


@given(st.from_regex(re.compile(r"[ -~]{0,12}(\n[ -~]{0,12}){0,4}"), fullmatch=True))
def test_lines(text: str) -> None:
    for tree in (text, {"k": text}, [[text]], {"a": [{"b": text}]}):
        written = dump(tree)
        assert yaml.safe_load(written) == tree
    assert load_text(dump({"k": text})).data == {"k": text}


def test_form() -> None:
    tree = MappingProxyType({"z": ("on", 1, None, True), "a": {}, "b": [], "text": "one\ntwo\n", "n": {"y": 2.5}})
    assert dump(tree, comment="first\n\nthird") == (
        '# first\n#\n# third\nz:\n- "on"\n- 1\n- null\n- true\na: {}\nb: []\ntext: |\n  one\n  two\n"n":\n  "y": 2.5\n'
    )


def test_no_aliases_and_long_lines() -> None:
    shared = {"a": ["b"]}
    assert "&" not in dump([shared, shared])
    text = "word " * 200 + "end"
    assert dump({"k": text}) == f"k: {text}\n"


def test_long_keys() -> None:
    for key in ("x" * 200, "x:" * 200, "x\n" * 200):
        assert load_text(dump({key: 1})).data == {key: 1}


def test_unresolved_secret_is_refused() -> None:
    with pytest.raises(TypeError, match="Secret"):
        dump({"password": Secret("key")})
