"""What a machine says may be anything: nothing of it ends in an error, or reaches a terminal as it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstack.verify.machine.reading import SCRIPT, parsed
from dualstack.verify.model import Word
from tests.verify.machine.said import judged, site

NAMES = ("ifname", "address", "addr_info", "local", "family", "prefixlen", "scope", "dst", "gateway", "dev", "metric",
         "nexthops", "via", "table", "type", "permaddr", "linkinfo", "nodes", "parts", "version", "site")  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | st.just("default")
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)
PLAN = site()


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["addresses", "ipv4", "ipv6", "stamp"]), ANYTHING)
def test_any_data_is_judged(name: str, data: Any) -> None:
    found = judged(PLAN, lambda said: said.update({name: json.dumps(data)}))

    assert found
    assert all(one.word is Word.OK or one.fix for one in found)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["clock", "host", "resolvers", "synchronized", "user", "stamp", "ipv6"]), st.text(max_size=40))
def test_any_text_is_judged(name: str, text: str) -> None:
    assert judged(PLAN, lambda said: said.update({name: text}))


def test_what_it_says_does_nothing_to_a_terminal() -> None:
    bad = "\x1b[31m\nlyon"

    def fault(said: dict[str, Any]) -> None:
        said["stamp"] = json.dumps({"version": 1, "site": bad, "nodes": {bad: {}}, "parts": {}})
        said["addresses"][1]["ifname"] = bad
        said["host"] = bad

    told = [text for one in judged(PLAN, fault) for text in (one.at, one.asked, one.seen, one.fix)]
    assert any("lyon" in text for text in told)
    assert all(text.isprintable() for text in told)


def line(name: str, code: int, text: str) -> str:
    return f"{name} {code} {base64.b64encode(text.encode()).decode()}\n"


def test_lines_that_are_no_answers_are_left_out() -> None:
    said = "Welcome!\n" + line("user", 0, "0") + "x y z\n\n" + line("stamp", 1, "cat: no\x1b[1m such file")
    found = parsed(said)

    assert found.texts == {"user": "0"}
    assert found.failures == {"stamp": "cat: no\\x1b[1m such file"}
    assert found.root


@pytest.mark.parametrize("said", ["", "This account is not available.\n", line("clock", 0, "1")])
def test_a_login_that_runs_something_else(said: str) -> None:
    with pytest.raises(ValueError, match="another command"):
        parsed(said)


@pytest.mark.parametrize("word", [" > ", ">>", "rm ", "tee", "restart", "mkdir", "touch", "install"])
def test_the_command_only_reads(word: str) -> None:
    assert word not in SCRIPT
