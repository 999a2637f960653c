"""A report as one JSON document; ``version`` grows when its shape changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from dualstack.diff.compare import SiteDiff, Told
from dualstack.diff.operations import Step
from dualstack.diff.properties import Change, show_path
from dualstack.diff.report import Report
from dualstack.diff.sections import title
from dualstack.diff.words import headline, impact_of, lines_of

VERSION: Final = 1


def report_json(report: Report) -> dict[str, Any]:
    """Give the whole report; secrets are ``[secret]``, and ``secret`` is true where one changed."""
    return {
        "version": VERSION,
        "title": title(report),
        "base": {"ref": report.base.ref, "commit": report.base.id},
        "head": {"commit": report.head or None, "uncommitted": report.dirty},
        "notes": list(report.notes),
        "impact": report.impact.word,
        "exitCode": report.exit_code,
        "besideSecrets": [asdict(one) for one in report.beside],
        "sites": [_site(site) for site in report.changed],
        "unchanged": list(report.unchanged),
    }


def _site(site: SiteDiff) -> dict[str, Any]:
    document: dict[str, Any] = {
        "site": site.name,
        "status": site.status,
        "impact": impact_of(site).word,
        "summary": headline(site),
        "reachedBy": list(site.reached_by),
    }
    if site.note is not None:
        document["note"] = site.note
    if site.error is not None:
        return {**document, "error": dict(site.error)}
    return {
        **document,
        "happens": [{"impact": line.impact.word, "text": "".join(line.text)} for line in lines_of(site)],
        "edits": [{**_change(edit.change), "place": edit.place} for edit in site.edits],
        "secrets": dict(site.secrets),
        "resources": None if site.steps is None else [_step(step) for step in site.steps],
        "values": _changes(site.values),
        "dns": [asdict(records) for records in site.dns],
        "files": [asdict(file) for file in site.files],
        "findings": _told(site.findings),
        "violations": None if site.violations is None else _told(site.violations),
        "network": None if site.network is None else dict(zip(("before", "after"), site.network, strict=True)),
    }


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


def _step(step: Step) -> dict[str, Any]:
    return {
        "urn": step.urn,
        "type": step.type,
        "name": step.name,
        "operation": step.op,
        "because": step.cause or None,
        "changes": _changes(step.changes),
        "forcedBy": [show_path(path) for path in step.forced_by],
        "refused": step.blocked,
        "kept": step.kept,
    }


def _told(told: Told) -> dict[str, Any]:
    return {key: [dict(one) for one in getattr(told, key)] for key in ("new", "mended", "remaining")}
