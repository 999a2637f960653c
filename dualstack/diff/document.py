"""A report as one JSON document; ``version`` grows when its shape changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from dualstack.day2 import Consequence
from dualstack.diff.compare import SiteDiff, Told
from dualstack.diff.facts import facts, rest
from dualstack.diff.operations import Step
from dualstack.diff.report import Report
from dualstack.diff.sections import title
from dualstack.diff.words import headline, lines_of, word_of
from dualstack.document.differ import Change, show_path

VERSION: Final = 2


def report_json(report: Report) -> dict[str, Any]:
    """Give the whole report; secrets are ``[secret]``, and ``secret`` is true where one changed."""
    return {
        "version": VERSION,
        "title": title(report),
        "base": {"ref": report.base.ref, "commit": report.base.id},
        "head": {"commit": report.head or None, "uncommitted": report.dirty},
        "notes": list(report.notes),
        "word": report.word.text,
        "exitCode": report.exit_code,
        "besideSecrets": [asdict(one) for one in report.beside],
        "sites": [_site(site) for site in report.changed],
        "unchanged": list(report.unchanged),
    }


def _site(site: SiteDiff) -> dict[str, Any]:
    document: dict[str, Any] = {
        "site": site.name,
        "status": site.status,
        "word": word_of(site).text,
        "summary": headline(site),
        "reachedBy": list(site.reached_by),
    }
    if site.note is not None:
        document["note"] = site.note
    if site.error is not None:
        return {**document, "error": dict(site.error)}
    left = rest(site)
    told = facts(site)
    return {
        **document,
        "edits": [
            {**_change(fact.edit.change), "place": fact.edit.place, **_consequence(fact.told)}
            for fact in told
            if fact.edit is not None
        ],
        "secrets": {fact.secret[0]: {"what": fact.secret[1], **_consequence(fact.told)} for fact in told if fact.secret}
        or {key: {"what": what} for key, what in site.secrets},
        "happens": [{"word": line.word.text, "text": "".join(line.text)} for line in lines_of(site, inputs=False)],
        "resources": None if site.steps is None else [_step(step, left.inputs[step.urn]) for step in site.steps],
        "values": _changes(left.values),
        "dns": [asdict(records) for records in left.dns],
        "dnsThatFollows": [[records.name, records.type] for records in left.follow],
        "files": [asdict(file) for file in left.files],
        "filesThatFollow": list(left.named),
        "findings": _told(site.findings),
        "violations": None if site.violations is None else _told(site.violations),
        **({"network": site.network[1]} if site.network is not None and site.status == "new" else {}),
    }


def _consequence(told: Consequence) -> dict[str, Any]:
    """Give a consequence; what is away or lost and who must follow only where there is any."""
    document: dict[str, Any] = {"word": told.word.text, "how": told.how, "byUp": told.up}
    document |= {"away": told.away} if told.away else {}
    return document | ({"downstream": told.downstream} if told.downstream else {})


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [_change(change) for change in changes]


def _change(change: Change) -> dict[str, Any]:
    """Give one value; a side that it lacks is left out."""
    document: dict[str, Any] = {"path": show_path(change.path), "secret": change.secret}
    if change.how != "add":
        document["before"] = change.before
    if change.how != "delete":
        document["after"] = change.after
    return document


def _step(step: Step, inputs: Iterable[Change]) -> dict[str, Any]:
    """Give a step with those of its changed inputs that no edit explains."""
    return {
        "urn": step.urn,
        "type": step.type,
        "name": step.name,
        "operation": step.op,
        "because": step.cause or None,
        "changes": _changes(inputs),
        "forcedBy": [show_path(path) for path in step.forced_by],
        "refused": step.blocked,
        "kept": step.kept,
    }


def _told(told: Told) -> dict[str, Any]:
    return {key: [dict(one) for one in getattr(told, key)] for key in ("new", "mended", "remaining")}
