"""The loader: bounds, files that cannot be read, what the engine reads otherwise, and how errors read."""

from __future__ import annotations

import os
import pathlib

import pytest

from dualstack.document.composer import MAX_DEPTH, MAX_VALUES
from dualstack.document.loader import MAX_BYTES, load_file, load_text
from dualstack.document.origins import Path, format_path
from dualstack.errors import InputError
from tests.loader.support import refused


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> str:
        return "a: " + "[" * (depth - 1) + "]" * (depth - 1)

    assert load_text(nested(MAX_DEPTH)).data
    assert "deep" in refused(nested(MAX_DEPTH + 1)).message
    assert "deep" in refused("a: " + "[" * 100_000).message
    assert "deep" in refused("- " * 100_000).message


def test_depth_counts_what_aliases_stand_for() -> None:
    half = MAX_DEPTH // 2
    lists = "[" * half
    inner = f"a: &x {lists}{']' * half}\n"
    assert load_text(f"{inner}b: {'[' * (half - 1)}*x{']' * (half - 1)}\n").data
    error = refused(f"{inner}b: {lists}*x{']' * half}\n")
    assert "deep" in error.message
    assert error.line == 2


def test_the_number_of_values_is_bounded_aliases_counted_each_time() -> None:
    items = ", ".join(["1"] * (MAX_VALUES - 1))
    assert len(load_text(f"a: [{items}]\n").data["a"]) == MAX_VALUES - 1
    assert f"{MAX_VALUES:,}" in refused(f"a: [{items}, 1]\n").message

    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20))
    error = refused(bomb)
    assert "alias" in (error.fix or "")
    assert error.line == 5  # 9 + 9*10 + ... : the fifth line would go beyond


def test_a_merge_bomb_is_bounded_too() -> None:
    bomb = "a0: &a0 {" + ", ".join(f"k{n}: {n}" for n in range(100)) + "}\n"
    bomb += "".join(f"b{n}: {{<<: *a0}}\n" for n in range(600))
    assert f"{MAX_VALUES:,}" in refused(bomb).message


def test_size_is_bounded(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * (MAX_BYTES - 5))
    assert load_file(path).data == {"a": 1}
    path.write_bytes(b"a: 1\n" + b"#" * (MAX_BYTES - 4))
    with pytest.raises(InputError, match="1 MiB"):
        load_file(path)
    assert "1 MiB" in refused("#" * (MAX_BYTES + 1)).message


@pytest.mark.parametrize("size", [(1 << 14) - 1, 1 << 14, (1 << 14) + 1, 1 << 16])
def test_files_around_the_first_read_come_whole(tmp_path: pathlib.Path, size: int) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: " + b"x" * (size - 3))
    assert load_file(path).data["a"] == "x" * (size - 3)


def test_files_that_cannot_be_read(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="does not exist") as missing:
        load_file(tmp_path / "none.yaml")
    assert missing.value.file == str(tmp_path / "none.yaml")
    assert missing.value.line is None
    with pytest.raises(InputError, match="folder"):
        load_file(tmp_path)
    for name in ("n" * 300, "a\0b"):
        with pytest.raises(InputError, match="cannot be read"):
            load_file(tmp_path / name)
    with pytest.raises(InputError) as shown:
        load_file(tmp_path / "none.yaml", "stacks/none.yaml")
    assert str(shown.value).startswith("stacks/none.yaml: ")


def test_a_pipe_of_the_shell_can_be_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a: 1\n")
    os.close(writing)
    try:
        assert load_file(pathlib.Path(f"/dev/fd/{reading}")).data == {"a": 1}
    finally:
        os.close(reading)


def test_what_could_wait_for_ever_is_refused_at_once(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name, kind in (("pipe", "this is a pipe"), ("link", "this is a device"), ("folder", "this is a folder")):
        with pytest.raises(InputError, match=kind) as caught:
            load_file(tmp_path / name)
        assert caught.value.fix


@pytest.mark.parametrize(
    "text",
    ["010", "-007", "0b101", "0B1", "0X1f", "0O17", "-0x1f", "1_000", "1_0.5", "0x_ff", "2024-01-01",
     "2024-1-1T10:00:00Z"],
)  # fmt: skip
def test_what_the_engine_reads_differently_is_doubtful(text: str) -> None:
    document = load_text(f"a: 1\nb:\n  c: [{text}]\n", "f")
    with pytest.raises(InputError) as caught:
        document.refuse_doubts()
    assert (caught.value.line, caught.value.column) == (3, 7)
    assert "quotes" in (caught.value.fix or "")
    with pytest.raises(InputError):
        document.refuse_doubts(("b", "c"))
    document.refuse_doubts(("a",))
    document.refuse_doubts(("x", "y"))
    assert not load_text(f"a: '{text}'\n").doubts


def test_doubts_are_found_through_aliases() -> None:
    document = load_text("a: &x [010]\nb: *x\n")
    with pytest.raises(InputError):
        document.refuse_doubts(("b",))


@pytest.mark.parametrize("text", ["0", "-0", "0.5", "00.5", "0o17", "0x1f", "a_1", "12:30", "1-2", "2024-13", "_1"])
def test_what_the_engine_reads_alike_is_not_doubtful(text: str) -> None:
    assert not load_text(f"a: {text}\n").doubts


def test_an_error_reads_well_and_gives_its_parts() -> None:
    error = refused("a: 1\na: 2\n")
    assert str(error) == "f.yaml:2:1: the key `a` stands twice, in line 1 and in line 2; keep one of the two"
    assert error.as_dict() == {
        "message": "the key `a` stands twice, in line 1 and in line 2",
        "file": "f.yaml",
        "line": 2,
        "column": 1,
        "fix": "keep one of the two",
    }
    assert str(InputError("no")) == "no"
    assert str(InputError("no", file="f", fix="do")) == "f: no; do"
    assert str(InputError("no", line=3)) == "no"


def test_messages_hold_no_escape_sequences_and_are_short() -> None:
    error = refused('"\\e[31m' + "x" * 500 + '": 1\n"\\e[31m' + "x" * 500 + '": 1\n')
    assert str(error).isprintable()
    assert len(str(error)) < 250


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("nodes", 0, "interfaces", 0, "ipv6", "address"), "nodes[0].interfaces[0].ipv6.address"),
        (("charts", "a.b", "x"), 'charts["a.b"].x'),
        (("a b",), '["a b"]'),
        (("charts", "cert-manager"), "charts.cert-manager"),
        (("a", "0"), 'a["0"]'),
        (("a", 'say "hi"'), 'a["say \\"hi\\""]'),
        (("a", ""), 'a[""]'),
        (("é",), '["é"]'),
        (("a", "\x9b31m"), 'a["\\u009b31m"]'),
    ],
)
def test_paths_read_well(path: Path, text: str) -> None:
    assert format_path(path) == text


NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"a:\n {NBSP} b: 1\n", (2, 2)),
        (f"a:\n  b: 1\n {NBSP}c: 2\n", (3, 2)),
        (f"a:{NBSP}1\nb: 2\n", (1, 3)),
        ("a:\u20031\nb: 2\n", (1, 3)),
        (f"a:\n  -{NBSP}b: 1\n    c: 2\n", (2, 3)),
        (f"a{NBSP}: 1\n", (1, 1)),
        ("a\u200bb: 1\n", (1, 1)),
    ],
)
def test_a_space_that_is_none_is_named_where_it_stands(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"U\+[0-9A-F]{4} \(") as caught:
        load_text(text, "f")
    assert ((caught.value.line, caught.value.column), "plain space" in str(caught.value.fix)) == (place, True)


@pytest.mark.parametrize(
    "value",
    [f"address{NBSP}", f"{NBSP}address", f"24{NBSP}", f"on{NBSP}# comment", "add\u200bress", "\ufeffx", "a\u00adb"],
)
def test_a_value_with_a_space_that_is_none_is_refused_in_a_site(value: str) -> None:
    document = load_text(f"a: 1\nb: {value}\n", "f")
    document.refuse_doubts(("a",))
    with pytest.raises(InputError, match="which is part of the value") as caught:
        document.refuse_doubts(("b",))
    assert (caught.value.line, caught.value.column) == (2, 4)
    assert not load_text(f"b: '{value}'\n'{value}': 1\n").doubts


def test_words_of_other_languages_are_text() -> None:
    assert not load_text("a: Zürich «été»\nb: \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\nключ: 漢字\n").doubts
