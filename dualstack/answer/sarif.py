"""Findings as SARIF 2.1.0 (OASIS, 2020): what code scanning shows on the lines of a pull request.

A finding in a layer is one result, however many sites extend the layer. Places are relative to the repository's root.
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from dualstack import __version__
from dualstack.check.checked import Checked
from dualstack.check.mend import each_alone
from dualstack.document.findings import Finding, Rule, Severity
from dualstack.document.hiding import Veil
from dualstack.document.origins import Path as Steps
from dualstack.document.origins import find_origin, format_path
from dualstack.errors import InputError

if TYPE_CHECKING:
    from dualstack.policies import Verdict

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS: Final = 5000
"""GitHub shows no more of a run, and refuses a file with more than 25,000 ("SARIF support for code scanning")."""
MOST_SITES: Final = 20
"""Sites that a message names; ``properties.sites`` has all."""

_ROOT: Final = "%SRCROOT%"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEMS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
UNREADABLE: Final = Rule(
    id="DS000-unreadable",
    title="A stack file and its layers must be readable.",
    severity=Severity.ERROR,
    consequence="Nothing of the site is checked, and no command works with it.",
    source="dualstack",
)
"""Stands for input that stops a check before any rule can run; no site can lower it."""


@dataclass(slots=True)
class _Result:
    """One finding with the sites that have it."""

    finding: Finding
    names: str
    """Its path, with the names of list items in place of their numbers."""
    sites: list[str] = field(default_factory=list)
    change: tuple[str, str, str] | None = None
    """File, its text, and its text with the fix made: where ``check --fix`` would make it."""


def sarif_log(
    sites: Iterable[Checked],
    unreadable: Iterable[InputError],
    project: Path,
    verdicts: Mapping[str, Verdict | None] | None = None,
) -> dict[str, Any]:
    """Give the log of one run over some sites.

    Args:
        sites: the sites that were checked.
        unreadable: what kept others from being checked.
        project: the project's folder; the repository is the folder around it that holds ``.git``, else itself.
        verdicts: what policies say of the sites' resources, by site.
    """
    root = _repository(project)
    results = _results(sites, unreadable, verdicts or {}, project)
    shown = results[:MOST_RESULTS]
    rules: dict[str, Rule] = {}
    for result in shown:
        rules.setdefault(result.finding.rule.id, result.finding.rule)
    order = {rule: index for index, rule in enumerate(sorted(rules))}
    count: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dualstack",
                        "semanticVersion": __version__,
                        "rules": [_rule(rules[name]) for name in order],
                    }
                },
                # The category by which code scanning tells this tool's runs from others'.
                "automationDetails": {"id": "dualstack/"},
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(results)],
                "results": [_result(result, order, count, project, root) for result in shown],
            }
        ],
    }


def _results(
    sites: Iterable[Checked], unreadable: Iterable[InputError], verdicts: Mapping[str, Verdict | None], project: Path
) -> list[_Result]:
    """Gather equal findings, worst first, then by place."""
    found: dict[tuple[object, ...], _Result] = {}
    for checked in sites:
        changes = {id(one): change for one, *change in each_alone(project, checked)}
        for told in (*checked.findings, *_violations(checked, verdicts.get(checked.name))):
            finding = told
            if told.file is None and checked.resolved.files:
                # Code scanning refuses a result without a place.
                finding = told.located(str(checked.resolved.files[-1]), 1, None)
            key: tuple[object, ...]
            key = (finding.rule.id, finding.severity, finding.file, finding.line, finding.column, finding.path)
            key += (finding.message, finding.fix, finding.consequence, finding.because)
            result = found.setdefault(key, _Result(finding, _named(finding.path, checked.resolved.site)))
            result.sites.append(checked.name)
            if (change := changes.get(id(told))) is not None:
                result.change = (change[0], change[1], change[2])
    for error in unreadable:
        finding = UNREADABLE.at((), error.message, error.fix or "mend the file")
        finding = finding.located(error.file, error.line, error.column)
        found.setdefault((UNREADABLE, str(error)), _Result(finding, ""))
    return sorted(found.values(), key=_rank)


def _violations(checked: Checked, verdict: Verdict | None) -> Iterator[Finding]:
    """Give what resources break as findings at the site as a whole: a resource stands in no file."""
    for one in verdict.violations if verdict is not None else ():
        severity = Severity.WARNING if one.level.value == "advisory" else Severity.ERROR
        path = (one.given.name, *one.finding.path)
        told = replace(one.finding, path=path, severity=severity)
        origin = find_origin(checked.resolved.origins, ())
        yield told.located(*origin) if origin else told


def _rank(result: _Result) -> tuple[object, ...]:
    one = result.finding
    return one.severity.rank, one.file or "", one.line or 0, one.column or 0, one.rule.id, result.names, one.message


def _result(result: _Result, order: dict[str, int], count: Counter[str], project: Path, root: Path) -> dict[str, Any]:
    finding = result.finding
    file = _uri(finding.file or "Pulumi.yaml", project, root)
    region = {"startLine": finding.line or 1} | ({"startColumn": finding.column} if finding.column else {})
    # Neither line nor message: the same finding stays the same one when lines move or a value is still wrong.
    mark = hashlib.sha256("\0".join((finding.rule.id, file["uri"], result.names)).encode()).hexdigest()[:16]
    count[mark] += 1
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": order[finding.rule.id],
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(result)},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": region}}],
        # The only name that code scanning compares.
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:{count[mark]}"},
        "properties": {"path": format_path(finding.path), "sites": result.sites},
        **_fixes(result, project, root),
    }


def _fixes(result: _Result, project: Path, root: Path) -> dict[str, Any]:
    """Give the fix as replaced lines; none where one of them holds what must not be shown (3.55, 3.56, 3.57)."""
    if result.change is None:
        return {}
    name, before, after = result.change
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    replacements = []
    for what, start, end, first, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        text = "".join(new[first:last])
        if what == "equal":
            continue
        # The end of the file is behind its last character: there is no line after that to name.
        if end == len(old) and not before.endswith("\n"):
            return {}
        region = {"startLine": start + 1, "startColumn": 1, "endLine": end + 1, "endColumn": 1}
        replacements.append({"deletedRegion": region, "insertedContent": {"text": text}})
        if Veil().text(text, yaml=True) != text:
            return {}
    change = {"artifactLocation": _uri(name, project, root), "replacements": replacements}
    return {"fixes": [{"description": {"text": result.finding.fix}, "artifactChanges": [change]}]}


def _message(result: _Result) -> str:
    finding = result.finding
    path = format_path(finding.path)
    parts = [f"{path + ': ' if path else ''}{finding.message}; {finding.fix}.", finding.consequence]
    if finding.because is not None:
        parts.append(f"Lowered from {finding.rule.severity} by the site: {finding.because}.")
    if result.sites:
        named, more = ", ".join(result.sites[:MOST_SITES]), len(result.sites) - MOST_SITES
        parts.append(
            f"{'Site' if len(result.sites) == 1 else 'Sites'}: {named}{f' and {more} more' if more > 0 else ''}."
        )
    # Text from a site must not become a link (3.11.6: "[text](target)" is one in plain text, too).
    return " ".join(parts).replace("](", "] (")


def _rule(rule: Rule) -> dict[str, Any]:
    firm = "It is firm: a site cannot lower it." if rule.firm or rule is UNREADABLE else ""
    lines = [rule.title, rule.consequence, f"Source: {rule.source}", firm]
    more = "" if rule is UNREADABLE else f"More: `dualstack explain {rule.id.partition('-')[0]}`"
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title} {rule.consequence}"},
        "help": {
            "text": "\n".join(line for line in lines if line),
            "markdown": "\n\n".join(line for line in (*lines, more) if line),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["dual-stack"], "precision": "very-high", "problem.severity": _PROBLEMS[rule.severity]},
    }


def _invocation(results: Sequence[_Result]) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": not any(result.finding.rule is UNREADABLE for result in results)
    }
    if len(results) > MOST_RESULTS:
        text = f"{len(results) - MOST_RESULTS} more findings, none of them worse, are left out; see dualstack check."
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    return invocation


def _named(path: Steps, data: Any) -> str:
    """Write a path with the names of named items, so that it stays the same when one is put before them."""

    def steps() -> Iterator[str | int]:
        here = data
        for step in path:
            try:
                here = here[step]
            except (KeyError, IndexError, TypeError):
                here = None
            name = here.get("name") if isinstance(step, int) and isinstance(here, dict) else None
            yield name if isinstance(name, str) else step

    return format_path(tuple(steps()))


def _repository(project: Path) -> Path:
    folder = Path(os.path.abspath(project))  # noqa: PTH100
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _uri(file: str, project: Path, root: Path) -> dict[str, str]:
    """Give a file's place: below the repository's root where it lies there, else as it is."""
    # Lexically: a link keeps the name by which git knows it.
    path = Path(os.path.abspath(project.absolute() / file))  # noqa: PTH100
    if path.is_relative_to(root):
        return {"uri": quote(path.relative_to(root).as_posix()), "uriBaseId": _ROOT}
    return {"uri": path.as_uri()}
