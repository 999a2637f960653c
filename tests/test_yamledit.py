"""Edits in the text of a YAML file: only what is edited changes; what cannot be edited is refused."""

from __future__ import annotations

import pytest

from dualstack.document.fixes import Add, Edit, Remove, Rename, Set
from dualstack.document.yamledit import CannotEdit, edited

TEXT = """\
# head
config:
    a: 1 # one
    'b': "x"  # two
    c: {d: 1, e: [1, 2]} # three
    f:
        - name: g # four
          h: 1
        # between
        - name: i
          j: |
            k
            l
    # before m
    m:
        n: fd00::1

    o:
    # tail
"""


@pytest.mark.parametrize(
    ("edit", "old", "new"),
    [
        (Set(2, ("config", "a")), "a: 1 #", "a: 2 #"),
        (Set("fd00::", ("config", "a")), "a: 1 #", 'a: "fd00::" #'),
        (Set("y", ("config", "b")), '"x"', '"y"'),
        (Set([1], ("config", "b")), '"x"', "[1]"),
        (Set(2, ("config", "c", "d")), "d: 1", "d: 2"),
        (Set("a,b", ("config", "c", "e", 1)), "1, 2", '1, "a,b"'),
        (Set(3, ("config", "c", "z")), "2]}", "2], z: 3}"),
        (Set(3, ("config", "f", 0, "z")), "          h: 1\n", "          h: 1\n          z: 3\n"),
        (Set("x", ("config", "f", 1, "z")), "            l\n", "            l\n          z: x\n"),
        (Set("x", ("config", "m")), "m:\n        n: fd00::1\n", "m: x\n"),
        (Set("x", ("config", "o")), "o:\n", "o: x\n"),
        (Set("x", ("config", "o", "p")), "o:\n", "o: {p: x}\n"),
        (Set("x", ("config", "q", "r")), "o:\n", "o:\n    q:\n      r: x\n"),
        (Add(3, ("config", "c", "e")), "[1, 2]", "[1, 2, 3]"),
        (Add({"name": "z"}, ("config", "f")), "            l\n", "            l\n        - name: z\n"),
        (Remove(("config", "a")), "    a: 1 # one\n", ""),
        (Remove(("config", "c", "d")), "d: 1, ", ""),
        (Remove(("config", "c", "e")), ", e: [1, 2]", ""),
        (Remove(("config", "f", 0)), "        - name: g # four\n          h: 1\n", ""),
        (Remove(("config", "f", 0, "name")), "- name: g # four\n          h", "- h"),
        (Remove(("config", "f", 0, "h")), "          h: 1\n", ""),
        (Remove(("config", "f", 1, "j")), "          j: |\n            k\n            l\n", ""),
        (Remove(("config", "m", "n")), "m:\n        n: fd00::1\n", "m: {}\n"),
        (Rename("bb", ("config", "b")), "'b'", "bb"),
    ],
)
def test_only_what_is_edited_changes(edit: Edit, old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert edited(TEXT, edit) == TEXT.replace(old, new)
    crlf = TEXT.replace("\n", "\r\n")
    assert edited(crlf, edit) == crlf.replace(old.replace("\n", "\r\n"), new.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("a: &x 1\nb: *x\n", Set(2, ("a",))),
        ("a: 1\n", Remove(("b",))),
        ("a: 1\nb: 2\n", Rename("b", ("a",))),
        ("a: [1]\n", Set(2, ("a", 3))),
        ("a: |\n  x\n", Set("y", ("a",))),
        ("- - a\n  - b\n", Remove((0, 0))),
        ("", Set(1, ("a",))),
        ("a: 1\n", Set(1, ("a", "b"))),
        ("a: [\n", Set(1, ("a",))),
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, edit: Edit) -> None:
    with pytest.raises(CannotEdit):
        edited(text, edit)


def test_a_file_without_a_last_line_end() -> None:
    assert edited("a: 1", Set(2, ("b",))) == "a: 1\nb: 2\n"
