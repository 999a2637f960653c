"""What nmstate takes at each key: a small language of forms, and the rule that tells what has another form.

A form judges one value and yields findings. The values are free YAML of any type. An empty (null) value is right where
nmstate takes it for an absent one: not for switches and for numbers that may stand in quotes. Where nmstate reads text
as a number or a switch, so does the form.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix, remove, rename, write
from dualstack.rules.blame import as_text, shown
from dualstack.rules.network.nmstate_view import is_list, is_switch, parsed, parsed_network, whole

FORM = Rule(
    "DS059-nmstate-form",
    "Raw nmstate must have nmstate's own form.",
    Severity.ERROR,
    "nm-configurator reads the file strictly and refuses it, and the image is not built.",
    "nmstate 2.2.60 (deny_unknown_fields); nm-configurator src/generate_conf.rs",
    firm=True,
)
RULES = (FORM,)

Form = Callable[[At[object]], Findings]


def unknown_keys(item: At[Mapping[str, object]], known: Iterable[str], rule: Rule = FORM) -> Findings:
    """Judge the keys of one mapping."""
    words = sorted(known)
    for key in item.value:
        if key not in words:
            near = difflib.get_close_matches(str(key), words, 1, 0.7)
            fix = rename(near[0]) if near else remove(f"; nmstate knows {', '.join(words) or 'no keys'} here")
            yield rule.at((*item.path, str(key)), f"nmstate does not know the key {shown(key)} here", fix)


def quote(value: object) -> Fix | str:
    """Give the fix for a value that is to be text."""
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return write(str(value)) if plain else "write text"


def anything(item: At[object]) -> Findings:
    """Take every value: judged elsewhere, or not at all."""
    yield from ()


def text(item: At[object]) -> Findings:
    """Take text."""
    if item.value is not None and not isinstance(item.value, str):
        yield FORM.at(item.path, f"{shown(item.value)} is no text", quote(item.value))


def switch(item: At[object]) -> Findings:
    """Take true and false, and what nmstate reads so: 0, 1 and text."""
    if not is_switch(item.value):
        yield FORM.at(item.path, f"{shown(item.value)} is neither true nor false", "write true or false")


def boolean(item: At[object]) -> Findings:
    """Take true and false only."""
    if item.value is not None and not isinstance(item.value, bool):
        yield FORM.at(
            item.path, f"{shown(item.value)} is neither true nor false", "write true or false, without quotes"
        )


def address(item: At[object]) -> Findings:
    """Take a bare address."""
    if item.value is not None and parsed(item.value) is None:
        yield FORM.at(item.path, f"{shown(item.value)} is no address", "write an IPv4 or IPv6 address")


def prefix(item: At[object]) -> Findings:
    """Take a prefix; nmstate clears its host bits, and takes an empty text for none."""
    if item.value not in (None, "") and parsed_network(item.value) is None:
        yield FORM.at(item.path, f"{shown(item.value)} is no prefix", "write an IPv4 or IPv6 prefix")


def number(least: int, most: int, quoted: bool = True, rule: Rule = FORM) -> Form:
    """Take a whole number of a range, in quotes too unless ``quoted`` is false."""

    def form(item: At[object]) -> Findings:
        value = whole(item.value)
        inside = value is not None and least <= value <= most
        if (inside and (quoted or not isinstance(item.value, str))) or (item.value is None and not quoted):
            return
        if inside:
            yield rule.at(item.path, f"{shown(item.value)} in quotes is text", write(value))
            return
        what = f"from {least} to {most}" if most < 2**31 else f"of {least} or more"
        yield rule.at(item.path, f"{shown(item.value)} is no whole number {what}", f"write a whole number {what}")

    return form


def one_of(*words: str, numbers: bool = False, rule: Rule = FORM) -> Form:
    """Take one of several words; with ``numbers`` also the place of the word, as the kernel counts."""

    def form(item: At[object]) -> Findings:
        place = whole(item.value) if numbers else None
        if item.value is None and not numbers:
            return
        if (isinstance(item.value, str) and item.value in words) or (place is not None and 0 <= place < len(words)):
            return
        near = difflib.get_close_matches(str(item.value), words, 1, 0.6)
        fix = write(near[0]) if near else f"write one of {', '.join(words)}"
        yield rule.at(item.path, f"{shown(item.value)} is none of {', '.join(words)}", fix)

    return form


def mapping(keys: Mapping[str, Form], *wanted: str, rule: Rule = FORM, open_: bool = False) -> Form:
    """Take a mapping.

    Args:
        keys: form of each key that may stand there.
        wanted: keys that must stand there.
        rule: the rule that tells an unknown key.
        open_: true where nmstate passes over keys that it does not know.
    """

    def form(item: At[object]) -> Findings:
        body = item.value
        if body is None:
            return
        if not isinstance(body, Mapping):
            example = ", ".join(f"{key}: ..." for key in (wanted or sorted(keys)[:2]))
            yield FORM.at(item.path, f"{shown(body)} is no mapping", f"write {{{example}}}")
            return
        if not open_:
            yield from unknown_keys(At(item.path, body), keys, rule)
        for key in wanted:
            if body.get(key) is None:
                yield FORM.at((*item.path, key), f"{key} is missing", f"add {key}")
        for key, judge in keys.items():
            if key in body:
                yield from judge(At((*item.path, key), body[key]))

    return form


def listed(form_of_each: Form, example: str = "...") -> Form:
    """Take a list."""

    def form(item: At[object]) -> Findings:
        if item.value is None:
            return
        if not is_list(item.value):
            fix = f"write [{as_text(item.value)}]" if isinstance(item.value, str | int) else f"write [{example}]"
            yield FORM.at(item.path, f"{shown(item.value)} is no list", fix)
            return
        for index, entry in enumerate(item.value):
            if entry is None:
                yield FORM.at((*item.path, index), "the entry is empty", remove())
            else:
                yield from form_of_each(At((*item.path, index), entry))

    return form
