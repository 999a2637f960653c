"""No input, however broken or hostile, makes anything but a document or an InputError that can be shown."""

from __future__ import annotations

import json
import math
import pathlib
import re
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualstack.document.loader import MAX_BYTES, Document, load_text
from dualstack.document.origins import find_origin, format_path
from dualstack.errors import InputError
from dualstack.stack.layers import resolve_mapping, resolve_stack

VALID = b"""\
# a site
encryptionsalt: v1:abc=:v1:def
config:
  dualstack:site: &site
    extends: [fleet]
    release: "3.5"
    nodes:
      - name: mgmt-1
        interfaces:
          - {name: eth0, mtu: 9000, mac: "34:8a:b1:4b:16:e7", ipv4: {address: 192.168.100.10/24}}
    dns: {resolvers: [192.168.100.53, "fd00:100::53"], ttl: 1e3, on: ~}
  dualstack:rancherBootstrapPassword: {secure: v1:abc}
  other:key: *site
"""
SEEDS = [
    b"", b"\0", b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2 + b"{", b"\xff\xfe", b"\xfe\xff\0a", b"\xed\xa0\x80", b"\r\r\n\r",
    b"%", b"%YAML", b"---", b"...", b"--- ---", b"&a", b"*a", b"&a *a", b"a: &a\nb: *a", b"? ? ?", b": : :", b"- - -",
    b"{", b"[", b"}", b"{{{", b"{[}]",
    b'"\\', b'"\\U00110000"', b"'", b"|", b">+9", b"|\n\t", b"!", b"!<", b"!<x> y", b"!! y", b"!!int", b"!!float x",
    b"!!null x", b"<<", b"<<:", b"<<: *a", b"a: &a {<<: *a}", b"<<: [[]]", b"a: &a {}\n<<: [*a, *a]", b"a: {? b}",
    b"{a, b: , ? c}", b"config: 1", b"config: {dualstack:site: 1}", b"config: {dualstack:site: {extends: 1}}",
    b"config: {dualstack:site: {extends: [1]}}", b"config: {dualstack:site: {extends: [../x]}}",
    b"config: {dualstack:site: {secure: x}}", b"config: {dualstack:site: {a: {secure: {secure: x}}}}",
    b"config: {dualstack:site: {extends: [fleet], nodes: [1], dns: ~}}", b"0x", b"0o", b"-", b"+", b".", b"-.", b"1e",
    b"0_",
    b"a: 1__", b"a: 0b", b"a: 9999-99-99", b"a: 1e-999999", b"a: -0.0", b"a: 0" + b"0" * 5000, b"a: 1e" + b"9" * 5000,
    b"a: 0x" + b"f" * 5000, b"\xc2\x85\xe2\x80\xa8a: b", b"a: \xef\xbb\xbfb", b"\t", b" \t a", b"a:\tb", b"#" * 5000,
    b"[" * 5000, b"{" * 5000, b"- " * 5000, b"? " * 5000, b"a: " * 5000, b"!a " * 5000, b"&a " * 5000, b'"' * 5000,
    b"a: &a [" + b"*a," * 5000, b"{" + b"a: 1, " * 5000, VALID, VALID.decode().encode("utf-16"), VALID[:-30],
    VALID.replace(b"\n", b"\r\n"), VALID.replace(b"    ", b"\t"),
]  # fmt: skip
# what YAML is made of, so that random text gets past the scanner
PIECES = [
    "a", "b", ": ", ":", "\n", "\n  ", "\n    ", "- ", "? ", "{", "}", "[", "]", ", ", "&x ", "*x", "!!str ", "!t ",
    "! ", '"', "'",
    "|\n", ">-\n", "#", " ", "\t", "---\n", "...\n", "<<: ", "~", "010", "1_0", "0x1", ".inf", "9" * 30, "\\", "\0",
    "\ufeff",
    "\u2028", "é", "😀", "config:", "  dualstack:site:", "extends: [fleet]", "{secure: x}", "\r", "%YAML 1.2\n",
]  # fmt: skip

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "stacks/layers").mkdir(parents=True)
    (folder / "stacks/layers/fleet.yaml").write_text("nodes: [{name: mgmt-1, x: {y: 1}}]\ndns: {ttl: 60}\n")
    return folder


def plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(key) is str and plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str)


def judge(content: str | bytes, project: pathlib.Path) -> Document | None:
    """Load, resolve, and look at whatever came of it."""
    try:
        document = load_text(content, "f.yaml")
        document.refuse_doubts()
    except InputError as error:
        assert str(error).isprintable()
        assert error.file == "f.yaml"
        assert error.fix
        assert (error.line is None) == (error.column is None)
        text = content.decode(errors="replace") if isinstance(content, bytes) else content
        lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
        assert error.line is None or 1 <= error.line <= len(lines), error
        assert error.column is None or 1 <= error.column <= max(map(len, re.split("[\r\n]", text))) + 1, error
        return None
    assert plain(document.data)
    json.dumps(document.data)
    for path in document.origins:
        here: Any = document.data
        for step in path:
            here = here[step]
        assert format_path(path).isprintable()
        assert find_origin(document.origins, path) is not None
    if not isinstance(content, bytes):
        content = content.encode()
    stack = project / "stacks/Pulumi.fuzz.yaml"
    stack.write_bytes(content)
    for run in (partial(resolve_stack, project, stack), partial(resolve_mapping, project, document.data)):
        try:
            resolved = run()
        except InputError as error:
            assert str(error).isprintable()
            assert error.fix
        else:
            assert plain(resolved.site)
            for path in resolved.origins:
                here = resolved.site
                for step in path:
                    here = here[step]
    return document


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_seeds(seed: bytes, project: pathlib.Path) -> None:
    judge(seed, project)


def test_the_valid_seed_is_read(project: pathlib.Path) -> None:
    assert judge(VALID, project) is not None
    assert resolve_stack(project, project / "stacks/Pulumi.fuzz.yaml").layers == ("fleet",)


@quick
@given(content=st.binary(max_size=300))
def test_random_bytes(content: bytes, project: pathlib.Path) -> None:
    judge(content, project)


@quick
@given(content=st.text(st.characters(), max_size=200))
def test_random_text(content: str, project: pathlib.Path) -> None:
    judge(content, project)


@quick
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60))
def test_random_yaml(pieces: list[str], project: pathlib.Path) -> None:
    judge("".join(pieces), project)


@quick
@given(data=st.data())
def test_a_valid_file_damaged(data: st.DataObject, project: pathlib.Path) -> None:
    content = bytearray(VALID)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        gone = data.draw(st.integers(0, 8))
        piece = data.draw(st.sampled_from(PIECES).map(str.encode) | st.binary(max_size=4))
        content[at : at + gone] = piece
    judge(bytes(content), project)


# escapes and what YAML 1.1 took for line ends are no matter of JSON
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters, max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(characters, max_size=8)
        | st.sampled_from(["name", "extends", "secure", "<<", "values"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def as_the_engine_has_it(value: Any) -> Any:
    """Whole floats come out of the engine's JSON as integers."""
    if isinstance(value, dict):
        return {key: as_the_engine_has_it(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_the_engine_has_it(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


@quick
@given(data=st.dictionaries(st.text("abc", max_size=3), values, max_size=5))
def test_what_json_writes_is_read_back(data: dict[str, Any], project: pathlib.Path) -> None:
    document = judge(json.dumps(data, ensure_ascii=False), project)
    assert document is not None
    assert document.data == as_the_engine_has_it(data)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * MAX_BYTES, b"{" * MAX_BYTES, b"- " * (MAX_BYTES // 2), b"? " * (MAX_BYTES // 2),
        b"a: " * (MAX_BYTES // 3),
        b"a:\n" * (MAX_BYTES // 3), b"- a\n" * (MAX_BYTES // 4), b"a: [" + b"[]," * (MAX_BYTES // 3 - 9) + b"]",
        b"a: " + b"x" * (MAX_BYTES - 3), b'a: "' + b"\\u00e9" * (MAX_BYTES // 6 - 9) + b'"', b"&a" * (MAX_BYTES // 2),
        b"!" * MAX_BYTES, b"\n" * MAX_BYTES, b" " * MAX_BYTES, b"\t" * MAX_BYTES, b"\0" * MAX_BYTES, b"%" * MAX_BYTES,
        b"a: |\n" + b" x\n" * (MAX_BYTES // 3 - 9), b"{a: &x [" + b"*x," * (MAX_BYTES // 3 - 9), b"'" * MAX_BYTES,
        "".join(f"k{n}: v\n" for n in range(49_000)).encode(), b"\xff" * MAX_BYTES, b"9" * MAX_BYTES, b"a: 0" * 200_000,
    ],
    ids=range(24),
)  # fmt: skip
def test_huge_files_end(content: bytes) -> None:
    """With an answer; in what is bounded there is nothing that could go on for long."""
    try:
        load_text(content, "f.yaml")
    except InputError as error:
        assert error.fix
