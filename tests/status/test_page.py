"""Text and page: nothing hostile gets out of a name or an answer, nothing is told by colour alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from dualstack.status.html import MARKS, html
from dualstack.status.model import Deployed, SiteStatus, Stack, Todo
from dualstack.status.text import text
from dualstack.status.words import Mood, failed, mood_of
from dualstack.verify.model import Kind, Result, Word
from tests import PROJECT
from tests.status.samples import FULL, NOW, answers, fleet

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "[bold red]paris[/]",
    "[/nothing]",
    ":warning:",
    "a\x1b[31mred\x1b[0m",
    "\u202egnp.exe",
    "{{ 7 * 7 }}",
    "</style><style>body{display:none}",
    "a\nb",
)
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects elements, their attributes and the text; sees that each element is closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of each element of a name."""
        return [attributes for name, attributes in self.elements if name == tag]


def hostile(said: str) -> SiteStatus:
    """Return a site that says this wherever somebody else can say something."""
    result = Result(Kind.API, said, said, Word.FAILED, said, "ipv6", said, said, said)
    pending = replace(result, word=Word.PENDING, kind=Kind.MACHINE)
    todo = Todo(said, fleet()[1].stack.todo[0].word, said, up=False)
    stack = Stack(Deployed.DIFFERS, said, 3, (todo,), running=said, last=fleet()[0].stack.last)
    return SiteStatus(said, "", FULL, "address", (said,), 0, stack, [result, pending])


@pytest.mark.parametrize("said", HOSTILE)
def test_what_others_say_is_only_text(said: str) -> None:
    page = html([hostile(said), SiteStatus(said, said)], NOW)
    parsed = Page(page)
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in parsed.elements}
    assert len(parsed.of("style")) == 1
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    for width in (80, None):
        told = text([hostile(said), SiteStatus(said, said)], width=width, colour=False)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", told)
    assert said in told or not said.isprintable()


def test_the_page_needs_nothing_beside_it() -> None:
    page = html(fleet(), NOW)
    parsed = Page(page)
    assert parsed.of("html") == [{"lang": "en"}]
    assert "default-src 'none'" in str([one.get("content") for one in parsed.of("meta")])
    assert "width=device-width" in str(parsed.of("meta"))
    assert not parsed.of("link")
    assert not re.search(r"url\(|@import|https?://", page)
    assert all((one["href"] or "").startswith("#site-") for one in parsed.of("a"))
    places = {one["href"] for one in parsed.of("a")}
    assert places == {f"#{one['id']}" for one in parsed.of("details")}


def test_the_page_is_for_everybody() -> None:
    """Headers have a scope, tables a caption or a heading; what a colour says, a sign and words say, too."""
    page = html(fleet(), NOW)
    parsed = Page(page)
    assert all(one.get("scope") in ("col", "row") for one in parsed.of("th"))
    assert parsed.of("caption")
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    pills = re.findall(r'<span class="pill (\w+)"><span class="mark" aria-hidden="true">(.)</span>([^<]+)<', page)
    assert {mood: mark for mood, mark, _ in pills} == {mood.value: MARKS[mood] for mood in Mood}
    assert all(words.strip() for _, _, words in pills)
    assert len(set(MARKS.values())) == len(Mood)


def contrasts(page: str) -> Iterator[tuple[str, str, float]]:
    """Yield each colour of text with what it stands on, by the contrast of WCAG 2.2 (1.4.3)."""

    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    schemes = [
        dict(re.findall(r"--([\w-]+): (#\w{3,6})", block)) for block in re.findall(r":root \{(.*?)\}", page, re.S)
    ]
    for scheme in schemes[:2]:
        pairs = [(mood, f"{mood}-bg") for mood in ("good", "wait", "bad", "quiet")]
        pairs += [(ink, ground) for ink in ("ink", "dim", "link") for ground in ("page", "card", "soft")]
        pairs += [(mood, ground) for mood in ("wait", "bad") for ground in ("card", "soft")]
        for ink, ground in pairs:
            one, other = sorted((light(scheme[ink]), light(scheme[ground])))
            yield ink, ground, (other + 0.05) / (one + 0.05)


def test_text_can_be_read_in_both_schemes() -> None:
    found = list(contrasts(html(fleet(), NOW)))
    assert len(found) == 34
    assert [(ink, ground, round(ratio, 2)) for ink, ground, ratio in found if ratio < 4.5] == []


def test_both_families_stand_side_by_side() -> None:
    page = html([fleet()[2]], NOW)
    row = re.search(r'<tr><th scope="row">api</th>(.*?)</tr>', page, re.S)
    assert row is not None
    cells = re.findall(r"<td>.*?</td>", row[1])
    assert ["1 ok" in cells[0], "1 of 1 failed" in cells[1]] == [True, True]


def test_nothing_is_broken_where_nothing_was_deployed_and_nothing_answers() -> None:
    dead = [replace(result, word=Word.FAILED) for result in answers()]
    never = replace(fleet()[0], stack=Stack(Deployed.NEVER), results=dead)
    assert (failed(never), mood_of(never)) == (False, Mood.QUIET)
    # Installed by hand, from a rendered directory, it lives all the same.
    assert failed(replace(never, results=[*dead[1:], answers()[0]]))
    assert failed(replace(never, stack=fleet()[0].stack))


def test_what_is_of_neither_family_stands_under_both() -> None:
    page = html([fleet()[3]], NOW)
    assert '<th scope="row">machine</th><td colspan="2">' in page


def test_a_terminal_of_80_columns_has_a_line_a_site() -> None:
    lines = text(fleet(), width=80, colour=False).splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[1:9]] == [site.name for site in fleet()]


def test_a_pipe_has_a_line_a_site_however_long() -> None:
    long = replace(fleet()[0], name="a" * 300)
    lines = text([long], width=None, colour=False).splitlines()
    assert lines[1].startswith("a" * 300 + "  3.6.0 full until 2027-05-27")


def test_many_failures_are_counted() -> None:
    many = [replace(result, word=Word.FAILED, seen=f"no {index}") for index, result in enumerate(answers() * 3)]
    told = text([replace(fleet()[0], results=many)], width=None, colour=False)
    assert told.count("  failed ") == 5
    assert "and 25 more that failed: dualstack verify paris" in told


def test_colour_is_for_terminals() -> None:
    assert "\x1b[" not in text(fleet(), width=80, colour=False)
    assert "\x1b[" in text(fleet(), width=80, colour=True)


def test_the_mood_of_each_sample() -> None:
    assert {site.name: mood_of(site) for site in fleet()} == {
        "paris": Mood.GOOD,
        "lyon": Mood.WAIT,
        "lille": Mood.BAD,
        "nantes": Mood.WAIT,
        "brest": Mood.BAD,
        "metz": Mood.QUIET,
        "nice": Mood.BAD,
        "toulon": Mood.BAD,
    }


def test_the_picture_in_the_documentation_is_what_comes_out() -> None:
    page = (PROJECT / "docs/status.md").read_text(encoding="utf-8")
    assert f"```\n{text(fleet()[:5], width=80, colour=False)}\n```" in page
