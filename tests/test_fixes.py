"""Fixes as data: their words, and the JSON Patch that says the same."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.fixes import Add, Fix, Remove, Rename, Set, remove, rename, write
from dualstack.document.loader import load_text
from dualstack.document.yamlio import one_line

AT = ("nodes", 0, "mac")


@pytest.mark.parametrize(
    ("fix", "text"),
    [
        (write("10.0.0.1/24"), "write 10.0.0.1/24"),
        (write("34:8a:b1:4b:16:e7"), 'write "34:8a:b1:4b:16:e7"'),
        (write(True, path=("dns", "pointers")), "set dns.pointers to true"),
        (write("x", path=AT), "set nodes[0].mac to x"),
        (remove(), "remove it"),
        (remove(", or write another"), "remove it, or write another"),
        (remove(path=("day2",)), "remove day2"),
        (rename("hostname"), "rename it to hostname"),
        (Fix((Set("a"), Remove(("b",)))), "write a and remove b"),
        (Fix((Add(1, ("c",)), Rename("e", ("d",)))), "add 1 to c and rename d to e"),
        (Fix(words="choose one"), "choose one"),
    ],
)  # fmt: skip
def test_words(fix: Fix, text: str) -> None:
    assert str(fix) == text


@pytest.mark.parametrize(
    "value",
    [
        "10.0.0.1/24", "fd00::",
        "::1", "fe80::1", "34:8a:b1:4b:16:e7", "12:34", "no", "null", "", "1e3", "1.5", "007", "a: b",
        "a #b", "#a", " a", "a,b", "[a]", "-", "*a", "caf\u00e9", "\u00a0", "\u2028",
        "a\nb", '"', "'", "v1.34.4+rke2r1", "=", "<<",
        0, 1.5, True, None, [], {}, ["a,b", {"c": "fd00::/8"}], {"a b": [1, "2"]}, "2024-01-01", "0x1f", "1_000",
    ],
)  # fmt: skip
def test_a_value_reads_as_what_it_is(value: Any) -> None:
    for text, wanted in (
        (one_line(value), value),
        (one_line([value]), [value]),
        (one_line({"k": value}), {"k": value}),
    ):
        document = load_text(f"at: {text}\n")
        assert document.data == {"at": wanted}
        assert not document.doubts


def test_a_patch_takes_entries_from_the_end() -> None:
    fix = Fix(
        (Remove(("a", 0)), Remove(("a", 2)), Set(1, ("a", 1)), Set(2, ("b",)), Rename("d", ("c/~",)), Add(3, ("a",)))
    )
    assert fix.patch(()) == [
        {"op": "replace", "path": "/a/1", "value": 1},
        {"op": "add", "path": "/b", "value": 2},
        {"op": "move", "from": "/c~1~0", "path": "/d"},
        {"op": "add", "path": "/a/-", "value": 3},
        {"op": "remove", "path": "/a/2"},
        {"op": "remove", "path": "/a/0"},
    ]


def test_what_must_not_be_shown_is_no_data() -> None:
    fix = Fix((Set("http://u:secret@[fd00::1]"),), shown="write http://[fd00::1]")
    assert (str(fix), fix.patch(AT)) == ("write http://[fd00::1]", [])
