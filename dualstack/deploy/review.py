"""A preview as Markdown for a pull request: what would be lost first, values before and after, no secrets."""

from __future__ import annotations

import difflib
import html
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.deploy.pending import Pending, pending
from dualstack.deploy.progress import Change, Progress, container
from dualstack.deploy.properties import MISSING, SECRET, Property
from dualstack.diff.escape import code, fenced, plain, visible
from dualstack.diff.kinds import kind_of
from dualstack.document.findings import Finding, Severity
from dualstack.document.hiding import Veil, without_secrets
from dualstack.document.holes import UNKNOWN
from dualstack.document.origins import format_path

BUDGET: Final = 65_536 - 1024
"""Characters of the document: what GitHub takes in a comment, and room for who posts it to add a mark and a link."""

_ORDER: Final = ("replace", "delete", "discard", "update", "create", "import", "read")
_LOSES: Final = frozenset({"replace", "delete", "discard"})
_WORDS: Final = {"discard": "forget"}
_MOST_ROWS: Final = 100
_MOST_LINES: Final = 80
_SHORT: Final = 120
_LONGEST: Final = 500


def preview_markdown(checked: Checked, progress: Progress, error: str | None) -> str:
    """Give the document.

    Args:
        checked: the site; one with errors was not previewed.
        progress: what the engine told.
        error: why the preview failed; None where it did not.
    """
    veil = Veil()
    veiled(checked, veil)  # for the texts that messages must not repeat
    changes = sorted(progress.changes, key=_rank)
    parts = ["\n\n".join(_head(checked, progress, changes, None if error is None else veil.shown(veil.words(error))))]
    if checked.failed:
        parts.append(f"#### Findings\n\n{_findings(checked.findings)}")
    if progress.violations:
        parts.append(_violations(progress, veil))
    if changes:
        parts.append(_overview(changes))
    if waits := pending(checked, changes):
        parts.append(_pending(waits))
    parts += [_detail(change) for change in changes if change.properties]
    worth = [finding for finding in checked.findings if finding.severity is not Severity.INFO]
    if worth and not checked.failed:
        parts.append(_details(f"Findings ({len(worth)})", _findings(worth)))
    # The program tells its findings as warnings, too.
    rules = tuple(f"[{finding.rule.id}]" for finding in checked.findings)
    warnings = [line for line in progress.warnings if not line.endswith(rules)]
    if warnings:
        parts.append(
            _details(f"Warnings ({len(warnings)})", fenced([veil.shown(veil.words(line)) for line in warnings], ""))
        )
    pointer = (
        f"*Cut to fit a comment: {{count}} parts are left out; {code(f'dualstack preview {checked.name}')} has all.*"
    )
    return _fitted(parts, pointer) + "\n"


def _pending(waits: Sequence[Pending]) -> str:
    """Tell what ``up`` does not bring to the running host."""
    rows = [
        [
            f"**{one.told.word.text}**" if one.told.word.takes else one.told.word.text,
            code(one.file),
            _words(one.told.how),
            _words(one.told.away),
        ]
        for one in waits[:_MOST_ROWS]
    ]
    words = "`up` writes these files of the image, and the running host keeps what it has until somebody does it:"
    return f"#### Not by `up`\n\n{words}\n\n{_table(('', 'File', 'How', 'Away or lost'), rows)}"


def lost(change: Change) -> str | None:
    """Name what a change takes away that holds something: ``host``, ``disk`` or ``network``; None for any other."""
    return kind_of(change.type, {}).role if change.op in {"replace", "delete"} else None


def _rank(change: Change) -> tuple[object, ...]:
    order = _ORDER.index(change.op) if change.op in _ORDER else len(_ORDER)
    return lost(change) is None, container(change.urn), order, change.type, change.name


def _head(checked: Checked, progress: Progress, changes: list[Change], error: str | None) -> Iterator[str]:
    counts = {op: sum(change.op == op for change in changes) for op in _ORDER}
    told = ", ".join(f"{count} to {_WORDS.get(op, op)}" for op, count in counts.items() if count)
    if error is not None:
        told = "failed"
    elif checked.failed:
        told = "not started, the site has errors"
    same = progress.counts.get("same", 0)
    yield f"### Preview of {code(checked.name)}: {told or 'nothing changes'}" + (f", {same} unchanged" if same else "")
    losses = [f"{kind} {code(change.name)}" for change in changes if (kind := lost(change))]
    if losses:
        named = ", ".join(losses[:10]) + (f" and {len(losses) - 10} more" if len(losses) > 10 else "")
        yield f"> [!CAUTION]\n> Replaced or deleted, with what is on it: {named}."
    if error is not None:
        yield "> [!WARNING]\n> Nothing is known of what the failed preview did not reach."
        yield fenced(error.splitlines()[:_MOST_LINES], "")


def _findings(findings: Sequence[Finding]) -> str:
    rows = [
        [
            finding.severity.value,
            code(format_path(finding.path) or "(the site)"),
            _words(f"{finding.message}; {finding.fix}"),
            code(finding.rule.id),
        ]
        for finding in findings[:_MOST_ROWS]
    ]
    return _table(("", "Field", "Finding", "Rule"), rows)


def _violations(progress: Progress, veil: Veil) -> str:
    ranked = sorted(progress.violations, key=lambda one: (one.level != "mandatory", one.policy, one.name))
    rows = [
        [
            _words(one.level),
            code(one.policy),
            code(one.name) if one.name else "the stack",
            _words(veil.shown(veil.words(one.message))),
        ]
        for one in ranked[:_MOST_ROWS]
    ]
    return f"#### Policies\n\n{_table(('', 'Policy', 'Resource', 'Violation'), rows)}"


def _overview(changes: list[Change]) -> str:
    rows = [
        [
            f"**{_WORDS.get(change.op, change.op)}**" if change.op in _LOSES else _WORDS.get(change.op, change.op),
            code(change.name),
            code(change.type),
            _reasons(change),
        ]
        for change in changes[:_MOST_ROWS]
    ]
    more = f"\n\n*and {len(changes) - _MOST_ROWS} more*" if len(changes) > _MOST_ROWS else ""
    return _table(("", "Resource", "Type", "Because of"), rows) + more


def _reasons(change: Change) -> str:
    """Name the properties that force a replacement, or else those that change."""
    forced = [one.path for one in change.properties if one.replaces]
    paths = forced or ([] if change.op in {"create", "delete"} else change.paths)
    return ", ".join(map(code, paths[:5])) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")


def _detail(change: Change) -> str:
    short: list[list[str]] = []
    long: list[str] = []
    for one in change.properties:
        old, new = (without_secrets(value) for value in (one.old, one.new))
        mark = " **(replaces)**" if one.replaces and change.op == "replace" else ""
        lines = _lines(one, old, new)
        if lines is None:
            short.append(
                [code(one.path) + mark, _cell(old), _cell(new) + (" (changed)" if old == new == SECRET else "")]
            )
        else:
            block = fenced(lines, "diff")
            long.append(f"{code(one.path)}{mark}\n\n{block}")
    body = [_table(("Property", "Before", "After"), short)] if short else []
    word = _WORDS.get(change.op, change.op)
    # No Markdown is read in a summary.
    return _details(f"{word} <code>{html.escape(visible(change.name))}</code>", "\n\n".join(body + long))


def _lines(one: Property, old: Any, new: Any) -> list[str] | None:
    """Give a line-by-line comparison where values are too long for a table's cells."""
    texts = [_text(value) for value in (old, new)]
    if all(len(text) <= _SHORT and "\n" not in text for text in texts):
        return None
    before, after = (
        [] if value is MISSING or value is UNKNOWN else text.splitlines()
        for value, text in zip((old, new), texts, strict=True)
    )
    if new is UNKNOWN:
        after = ["[known later]"]
    lines = list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]
    lines = [line for line in lines if not line.startswith("@@")] if one.kind != "update" else lines
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], f"… {len(lines) - _MOST_LINES} more lines"]
    return lines


def _words(text: str) -> str:
    return plain(" ".join(text.split()))


def _text(value: Any) -> str:
    if value is MISSING or value is UNKNOWN:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)) and value:
        short = json.dumps(value, ensure_ascii=False)
        return short if len(short) <= _SHORT else json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return json.dumps(value, ensure_ascii=False)


def _cell(value: Any) -> str:
    if value is MISSING:
        return "*none*"
    if value is UNKNOWN:
        return "*known later*"
    text = _text(value)
    # A text that looks like a number or a word of JSON is told from one.
    shown = json.dumps(text, ensure_ascii=False) if isinstance(value, str) and text != SECRET else text
    return code(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _details(summary: str, body: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def _fitted(parts: list[str], pointer: str) -> str:
    """Put parts together as far as they fit, the first always; what is left out is told in one line."""
    kept, room = [parts[0][:BUDGET]], BUDGET - len(parts[0]) - len(pointer) - 20
    for number, part in enumerate(parts[1:], start=1):
        if len(part) + 2 > room:
            kept.append(pointer.replace("{count}", str(len(parts) - number)))
            break
        kept.append(part)
        room -= len(part) + 2
    return "\n\n".join(kept)
