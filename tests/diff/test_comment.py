"""The comment: its length, and that no value of a pull request is read as markup."""

from __future__ import annotations

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dualstack.diff.compare import Edit, SiteDiff, Told, compare_site
from dualstack.diff.escape import Code, code, fenced, markdown, plain
from dualstack.diff.git import Commit
from dualstack.diff.html import html
from dualstack.diff.markdown import LIMIT, MARK, comment
from dualstack.diff.picture import boxes, mermaid
from dualstack.diff.report import Report
from dualstack.document.differ import Change

NASTY = [
    "a|b",
    "a\\|b",
    "`a`",
    "``` a",
    "</details><script>alert(1)</script>",
    "<!-- a",
    "@octocat",
    "#12 and owner/repo#3",
    "**a** _b_ [c](https://example.com) ![d](x)",
    " a ",
    "\\",
    "a\nb",
    "a\u202eb\x1b[31m",
    ":100:",
    "| --- |",
    "",
]
BASE = Commit("main", "0123456789abcdef", 0)
NETWORK: dict[str, Any] = {
    "pods": {"ipv4": "10.42.0.0/16", "ipv6": "fd12::/48"},
    "services": {"ipv4": "10.96.0.0/12", "ipv6": "fd13::/112"},
    "nodes": [{"name": "mgmt-1", "interfaces": [{"name": "eth0", "ipv4": "1.2.3.4/24", "ipv6": None, "gateways": []}]}],
    "resolvers": ["1.2.3.1"],
    "rancher": "rancher.example.com",
    "ironic": "https://1.2.3.4:6385",
    "machines": [{"name": "rack-1", "bmc": "1.2.4.1", "media": "http://1.2.3.4"}],
    "virtual": {"mode": "nat", "addresses": ["1.2.3.0/24", "fd00::/64"]},
}


def tokens(text: str) -> list[Token]:
    """Parse as GitHub does, tables and HTML in it, and give every token."""
    parsed = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    return [one for token in parsed for one in [token, *(token.children or [])]]


def site(name: str, *edits: tuple[str, Any, Any], **more: Any) -> SiteDiff:
    made = [Edit(Change((path,), "update", before, after), "stacks/x.yaml:1") for path, before, after in edits]
    return SiteDiff(name, "changed", ("stacks/x.yaml",), edits=tuple(made), **more)


def report(*sites: SiteDiff, **more: Any) -> Report:
    return Report(BASE, "fedcba9876", False, (), sites, (), **more)


def shown(text: str) -> str:
    """Give what a reader sees of a text that holds nothing invisible."""
    return text.replace("\n", "⏎").replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")


@pytest.mark.parametrize("text", NASTY)
def test_values_are_shown_as_they_are(text: str) -> None:
    found = tokens(f"| a | b |\n| --- | --- |\n| {code(text)} | second |\n")
    cells = [token for token in found if token.type == "inline"][2:]
    assert len(cells) == 2, "the value ends its cell"
    assert cells[1].content == "second"
    children = cells[0].children or []
    if children[0].type == "code_inline":
        seen = children[0].content
    else:
        html_tokens = [token.content for token in children if token.type == "html_inline"]
        assert html_tokens in ([], ["<code>", "</code>"])
        assert {token.type for token in children} <= {"text", "text_special", "html_inline"}
        seen = "".join(token.content for token in children if token.type != "html_inline")
    assert seen == (shown(text) or "(empty)")


@pytest.mark.parametrize("text", NASTY)
def test_values_in_words(text: str) -> None:
    """In a sentence, too: nothing is markup, and no mention or reference is left."""
    for made in (plain(f"x {text} y"), markdown((f"x {text} y",))):
        found = [token for token in tokens(made) if token.type != "inline"]
        kinds = {token.type for token in found}
        assert kinds <= {"paragraph_open", "paragraph_close", "text", "text_special", "code_inline", "html_inline"}
        assert all(token.content in ("<code>", "</code>") for token in found if token.type == "html_inline")
        words = "".join(token.content for token in found if token.type in ("text", "text_special"))
        assert not re.search(r"[@#]\w", words)


def test_a_block_that_nothing_ends() -> None:
    lines = ["a", "```", "````` b", "</details>"]
    blocks = [token for token in tokens(fenced(lines, "diff")) if token.type == "fence"]
    assert [block.content.splitlines() for block in blocks] == [lines]


@pytest.mark.parametrize("text", NASTY)
def test_a_whole_comment(text: str) -> None:
    """The HTML in it is its own, whatever names and values are."""
    name = text or "x"
    finding = {
        "rule": "DS001",
        "severity": "error",
        "path": text,
        "message": text,
        "fix": text,
        "file": name,
        "line": 1,
    }
    network = {**NETWORK, "rancher": text or None}
    one = site(name, (name, "before", text), findings=Told(new=(finding,)), network=(NETWORK, network))
    made = comment(report(one), "artifact")
    inside = [token.content for token in tokens(made) if token.type.startswith("html")]
    assert all(
        re.fullmatch(r"<!-- dualstack diff -->|</?(details|summary|code)( open)?>|<details.*</summary>", part.strip())
        for part in inside
    ), inside
    assert not [token for token in tokens(made) if token.type in ("link_open", "image")]
    page = html(report(one))
    assert "<script" not in page
    assert "&lt;script" in page or "script" not in text


def test_the_picture() -> None:
    """No label can be ended, and both values of what changed are in it."""
    after = {**NETWORK, "pods": {"ipv4": "10.52.0.0/16", "ipv6": "fd12::/48"}, "rancher": 'x"]; click b0 "y'}
    text = mermaid(NETWORK, after)
    assert "10.42.0.0/16 → 10.52.0.0/16" in text
    assert all(line.count('"') in (0, 2, 4) for line in text.splitlines())
    assert 'click b0 "y' not in text
    changed = {box.title for box in boxes(NETWORK, after) if box.status == "changed"}
    assert changed == {"pods", "Rancher"}
    gone = {**NETWORK, "virtual": None}
    assert [box.title for box in boxes(NETWORK, gone) if box.status == "gone"] == ["virtual network"]
    assert {box.status for box in boxes(None, NETWORK)} == {""}


def test_alike_sites_are_told_once() -> None:
    made = comment(report(*(site(f"site{number}", ("a", 1, 2)) for number in range(40))), "artifact")
    assert "`site0` and 39 sites alike" in made
    assert made.count("`1` → `2`") == 1
    assert "and 27 more" in made
    assert "Cut to fit" not in made


@pytest.mark.parametrize("count", [1, 300])
def test_it_fits_a_comment(count: int) -> None:
    """Every site has its line or is counted, the worst have their details, and a pointer says where the rest is."""
    long = "x" * 300
    sites = [
        site(f"site{number:03d}", *((f"{index} {long}", number, long) for index in range(60)))
        for number in range(count)
    ]
    made = comment(report(*sites), "the artifact `diff.html`")
    assert len(made) <= LIMIT
    assert made.startswith(MARK)
    assert "`site000`" in made
    if count > 1:
        assert "250 sites more" in made
        assert "The whole is in the artifact `diff.html`" in made
    assert len(comment(report(*sites), "x", limit=6_000)) <= 6_000


def test_a_changed_secret_is_no_value() -> None:
    sides = [{"values": {"a": f"x [secret:{mark * 16}] y"}, "source": {}, "findings": []} for mark in "ab"]
    one = compare_site("x", sides[0], sides[1], {})
    change = one.values[0]
    assert (change.before, change.after, change.secret) == ("x [secret] y", "x [secret] y", True)
    for made in (comment(report(one), "x"), html(report(one))):
        assert "changed (secret)" in made
        assert "secret:a" not in made


def test_words_for_values() -> None:
    assert markdown((Code("a"), " → ", Code("b"))) == "`a` → `b`"
