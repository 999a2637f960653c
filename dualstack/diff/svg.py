"""A site's network as an SVG picture: three columns of boxes, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from dualstack.diff.escape import visible
from dualstack.diff.picture import GROUPS, Box, Document, boxes, edges

_CHAR, _LINE, _PAD, _GAP, _COLUMNS_APART = 7.3, 18, 12, 22, 90
"""Pixels: a character at 12 px in a monospace font, a line, around text, between boxes, between columns."""
_STYLES: Final = {
    "changed": ("#fff3c4", "#b7791f"),
    "new": ("#d8f5df", "#1a7f37"),
    "gone": ("#ffdcd7", "#b42318"),
    "": ("#f6f8fa", "#59636e"),
}
_DASHES: Final = {"---": "", "-->": "", "-.->": ' stroke-dasharray="4"'}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A box with its place, in pixels."""

    box: Box
    lines: tuple[str, ...]
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return 2 * _PAD + _LINE * (len(self.lines) + 1)


def svg(before: Document | None, after: Document | None) -> str:
    """Give the picture of a site's network, compared where both sides are given; see ``picture.boxes``."""
    placed, width, height = _place(boxes(before, after))
    by_key = {item.box.key: item for item in placed}
    body = [_edge(by_key[one], by_key[other], arrow) for one, arrow, other in edges(by_key)]
    body += [_box(item) for item in placed]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="ui-monospace, monospace" font-size="12" fill="#1f2328">'
    )
    return "\n".join([head, *body, "</svg>"])


def _place(found: Sequence[Box]) -> tuple[list[_Placed], float, float]:
    placed: list[_Placed] = []
    x, lowest = float(_PAD), 0.0
    for group, _ in GROUPS:
        members = [(box, tuple(visible(f"{row.label}: {row.text}") for row in box.rows)) for box in found]
        members = [(box, lines) for box, lines in members if box.group == group]
        if not members:
            continue
        longest = max(len(line) for box, lines in members for line in (box.title, *lines))
        width, y = longest * _CHAR + 2 * _PAD, float(_PAD)
        for box, lines in members:
            item = _Placed(box, lines, x, y, width)
            placed.append(item)
            y += item.height + _GAP
        lowest = max(lowest, y - _GAP)
        x += width + _COLUMNS_APART
    return placed, x - _COLUMNS_APART + _PAD, lowest + _PAD


def _box(item: _Placed) -> str:
    fill, stroke = _STYLES[item.box.status]
    lines: list[Any] = [
        f'<rect x="{item.x:.0f}" y="{item.y:.0f}" width="{item.width:.0f}" height="{item.height:.0f}" rx="6" '
        f'fill="{fill}" stroke="{stroke}"/>'
    ]
    for index, text in enumerate((visible(item.box.title), *item.lines)):
        y = item.y + _PAD + _LINE * (index + 0.75)
        weight = "" if index else ' font-weight="bold"'
        lines.append(f'<text x="{item.x + _PAD:.0f}" y="{y:.0f}"{weight} xml:space="preserve">{escape(text)}</text>')
    return "\n".join(lines)


def _edge(one: _Placed, other: _Placed, arrow: str) -> str:
    """Draw a line between the sides that face each other; in one column, along its right side."""
    if one.x > other.x:
        one, other = other, one
    start = one.x + one.width
    end = other.x if other.x > one.x else other.x + other.width
    y1, y2 = one.y + one.height / 2, other.y + other.height / 2
    bend = start + _COLUMNS_APART / 2
    path = f"M{start:.0f} {y1:.0f} C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f} {end:.0f} {y2:.0f}"
    return f'<path d="{path}" fill="none" stroke="#8c959f"{_DASHES[arrow]}/>'
