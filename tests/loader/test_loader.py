"""The loader: what it reads, where it says things are, and what it refuses, each with a place and a fix."""

from __future__ import annotations

import pytest

from dualstack.document.loader import load_text
from dualstack.document.origins import Origin, Path, find_origin
from tests.loader.support import SITE, refused, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nUll", "nUll"),
        ("true", True), ("True", True), ("FALSE", False),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("Off", "Off"), ("y", "y"),
        ("0", 0), ("-5", -5), ("+7", 7), ("0o17", 15), ("0x1F", 31),
        ("18446744073709551615", 2**64 - 1), ("-9223372036854775808", -(2**63)),
        ("3.5", 3.5), ("3.10", 3.1), (".5", 0.5), ("-1.5e3", -1500), ("1e3", 1000), ("2.0", 2), ("1e21", 1e21),
        ("12:34:56:12:34:56", "12:34:56:12:34:56"), ("34:8a:b1:4b:16:e7", "34:8a:b1:4b:16:e7"), ("1:30", "1:30"),
        ("192.168.100.10/24", "192.168.100.10/24"), ("10.42.0.0", "10.42.0.0"), ("fd00::1", "fd00::1"),
        ("1.2.3", "1.2.3"), ("v1.2", "v1.2"), ("0x", "0x"), ("0o8", "0o8"), ("1e", "1e"), ("--", "--"), (".", "."),
        ('"3.10"', "3.10"), ("'true'", "true"), ("! 12", "12"), ("!!str 12", "12"), ("!!int 12", 12),
        ("!!float 12", 12), ("!!bool true", True), ("!!null ~", None), ("!!map {b: 1}", {"b": 1}), ("!!seq [1]", [1]),
        ("|\n  x\n  y\n", "x\ny\n"), (">-\n  x\n  y\n", "x y"), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, expected: object) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        "# nothing\n",
        "---\n",
        "~\n",
        "null",
        "{}",
        "--- {}\n...\n",
        b"",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf# x\n",
    ],
)
def test_an_empty_file_is_an_empty_mapping(content: str | bytes) -> None:
    document = load_text(content, "f.yaml")
    assert document.data == {}
    assert find_origin(document.origins, ("a",)) is not None


def test_places_of_values_and_keys() -> None:
    document = load_text(SITE, "f.yaml")
    site: Path = ("config", "dualstack:site")
    expected: dict[Path, tuple[int, int, int, int]] = {
        ("config",): (3, 3, 2, 1),
        site: (4, 5, 3, 3),
        (*site, "release"): (4, 14, 4, 5),
        (*site, "nodes"): (6, 7, 5, 5),
        (*site, "nodes", 0): (6, 9, 6, 9),
        (*site, "nodes", 0, "interfaces", 0, "mac"): (8, 31, 8, 26),
        (*site, "dns", "resolvers", 1): (9, 39, 9, 39),
    }
    for path, (line, column, key_line, key_column) in expected.items():
        assert document.origins[path] == Origin("f.yaml", line, column), path
        assert document.key_origins[path] == Origin("f.yaml", key_line, key_column), path


def test_origins_hold_every_value_in_order() -> None:
    origins = load_text("b: {d: 1, c: [2, {e: 3}]}\na: 4\n").origins
    paths: list[Path] = [(), ("b",), ("b", "d"), ("b", "c"), ("b", "c", 0), ("b", "c", 1), ("b", "c", 1, "e"), ("a",)]
    assert list(origins) == paths
    assert len(origins) == len(paths)
    assert ("b", "x") not in origins
    assert ("b", 0) not in origins
    assert ("b", "c", 2) not in origins
    assert ("b", "c", -1) not in origins
    assert ("b", "d", "x") not in origins


def test_the_origin_of_what_is_missing_is_that_of_what_is_around_it() -> None:
    document = load_text(SITE, "f.yaml")
    missing: Path = ("config", "dualstack:site", "nodes", 0, "interfaces", 0, "ipv4", "address")
    assert find_origin(document.origins, missing) == Origin("f.yaml", 8, 13)
    assert find_origin(document.key_origins, missing) == Origin("f.yaml", 8, 13)
    assert find_origin(dict(document.origins), missing) == Origin("f.yaml", 8, 13)
    assert find_origin({}, missing) is None
    assert find_origin(document.key_origins, ("config", "dualstack:site", "mode")) == Origin("f.yaml", 4, 5)


def test_line_ends_and_byte_order_mark_change_nothing() -> None:
    plain = load_text(SITE, "f.yaml")
    for content in (SITE.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + SITE.encode(), "\ufeff" + SITE):
        other = load_text(content, "f.yaml")
        assert other.data == plain.data
        assert dict(other.origins) == dict(plain.origins)


def test_columns_count_characters() -> None:
    assert load_text("{é😀: 1, b: 2}\n", "f").key_origins[("b",)] == Origin("f", 1, 9)


def test_aliases_give_independent_values_placed_where_they_were_written() -> None:
    document = load_text("a: &x {l: [1]}\nb: *x\nc: [*x]\n&k d: 1\ne: *k\n", "f")
    assert document.data == {"a": {"l": [1]}, "b": {"l": [1]}, "c": [{"l": [1]}], "d": 1, "e": "d"}
    document.data["b"]["l"].append(2)
    assert document.data["a"] == {"l": [1]}
    assert document.origins[("c", 0, "l", 0)] == Origin("f", 1, 12)
    assert document.key_origins[("b",)] == Origin("f", 2, 1)


def test_an_anchor_may_be_defined_again_as_the_engine_allows() -> None:
    assert load_text("a: &x 1\nb: &x 2\nc: *x\n").data["c"] == 2


def test_merge_keys_as_the_engine_has_them() -> None:
    text = """\
one: &one {a: 1, b: 1}
two: &two {b: 2, c: 2}
single: {b: 0, <<: *one}
several: {<<: [*one, *two], d: 0}
inline: {<<: {x: 1}}
quoted: {"<<": 1}
"""
    document = load_text(text, "f")
    assert document.data["single"] == {"a": 1, "b": 0}
    assert document.data["several"] == {"a": 1, "b": 1, "c": 2, "d": 0}
    assert document.data["inline"] == {"x": 1}
    assert document.data["quoted"] == {"<<": 1}
    assert document.origins[("several", "c")] == Origin("f", 2, 21)
    assert document.key_origins[("single", "b")] == Origin("f", 3, 10)


@pytest.mark.parametrize(
    ("content", "line", "column", "words"),
    [
        ("a: 1\nb: 2\n'a': 3\n", 3, 1, "`a` stands twice, in line 1 and in line 3"),
        ("x: {a: 1, a: 2}\n", 1, 11, "`a`"),
        ("<<: {a: 1}\n<<: {b: 1}\n", 2, 1, "`<<`"),
        ("<<: 1\n", 1, 1, "`<<`"),
        ("<<: [1]\n", 1, 1, "`<<`"),
        ("b: 1\n1: 2\n", 2, 1, "`1`"),
        ("{true: 2}\n", 1, 2, "`true`"),
        ("~: 2\n", 1, 1, "`~`"),
        ("010: 2\n", 1, 1, "`010`"),
        ("1_000: 2\n", 1, 1, "`1_000`"),
        ("? [a]\n: 1\n", 1, 3, "key"),
        ("a: &x 1\n*x : 2\n", 2, 1, "key"),
        ("a: *x\n", 1, 4, "`*x`"),
        ("a: &x [1, *x]\n", 1, 11, "inside"),
        ("a: &x {<<: *x}\n", 1, 12, "inside"),
        ("a: !!python/object:os.system x\n", 1, 4, "`!!python/object:os.system`"),
        ("a: !secret x\n", 1, 4, "`!secret`"),
        ("a: !!binary aGk=\n", 1, 4, "`!!binary`"),
        ("a: !!set {b}\n", 1, 4, "`!!set`"),
        ("a: !!map [b]\n", 1, 4, "`!!map`"),
        ("a: !!int x\n", 1, 4, "`!!int`"),
        ("a: !!int true\n", 1, 4, "`!!int`"),
        ("a: !!float\n", 1, 4, "`!!float`"),
        ("a: !e!x y\n", 1, 4, "tag"),
        ("- a\n", 1, 1, "list"),
        ("\nhello\n", 2, 1, "single value"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: .inf\n", 1, 4, "`.inf`"),
        ("a: -.INF\n", 1, 4, "`-.INF`"),
        ("a: [.nan]\n", 1, 5, "`.nan`"),
        ("a: 1e999\n", 1, 4, "double"),
        ("a: 18446744073709551616\n", 1, 4, "64 bits"),
        ("a: -9223372036854775809\n", 1, 4, "64 bits"),
        (f"a: {'9' * 5000}\n", 1, 4, "64 bits"),
        (f"a: {'0' * 5000}\n", 1, 4, "64 bits"),
        (f"a: 0x{'f' * 5000}\n", 1, 4, "64 bits"),
        ('a: "\\0"\n', 1, 4, "U+0000"),
        ("a: 1\nb: x\0y\n", 2, 5, "U+0000"),
        (b"a: 1\r\nb: \xc2\x9b31m\n", 2, 4, "U+009B"),
        (b"a: 1\nb: \xc3\xa9\xff\n", 2, 5, "UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00", 1, 1, "U+007F"),
        (b"\xff\xfea\x00:\x00", 1, 1, "UTF-16"),
        ("a: 1\nb: \ud800\n", 2, 4, "surrogate"),
        ("a: @x\n", 1, 4, "broken YAML"),
        ("a:\n\tb: c\n", 2, 1, "broken YAML"),
        ("a: `x`\n", 1, 4, "broken YAML"),
        ("a\nb: 1\n", 2, 2, "broken YAML"),
        ("a: b: c\n", 1, 5, "broken YAML"),
        ("a: - b\n", 1, 4, "broken YAML"),
        ('ok: 1\na: "open\nb: 2\n', 2, 4, "broken YAML"),
        ("a: [1, 2\nb: 3\n", 2, 2, "broken YAML"),
        ("ok: 1\na: [1, 2\n\n", 2, 4, "broken YAML: while parsing a flow sequence, did not find"),
        ("ok: 1\na: {b", 2, 4, "broken YAML"),
        ("a: {\n\n", 1, 5, "broken YAML"),
        ('a: "\\ud800"\n', 1, 7, "broken YAML"),
        ('a: "\\xg0"\n', 1, 7, "broken YAML"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "broken YAML"),
    ],
)  # fmt: skip
def test_refusals_name_place_and_fix(content: str | bytes, line: int, column: int, words: str) -> None:
    error = refused(content)
    assert (error.line, error.column) == (line, column), error
    assert words in error.message
