"""Findings as people read them: the field and the fix first, then what would break, then where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dualstack.answer.style import Style, counted
from dualstack.check.checked import Checked
from dualstack.document.findings import Finding, Severity
from dualstack.document.origins import format_path

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def place(finding: Finding) -> str:
    """Return ``file:line:column`` as editors and terminals make links of it; empty where nothing is known."""
    known = [finding.file, finding.line, finding.column]
    return ":".join(str(part) for part in known if part is not None)


def _living(checked: Checked, finding: Finding) -> str:
    """Say what the fix takes where the site lives already; empty where it is nothing much, or no field's value."""
    from dualstack.day2 import Edited, Setting, Word, consequence

    setting = Setting(checked.name, checked.resolved.site)
    told = [consequence(setting, Edited(edit.path or finding.path)) for edit in finding.mend.placed(finding.path)]
    worst = max(told, key=lambda one: one.word, default=None)
    if worst is None or worst.word < Word.JOIN:
        return ""
    lost = f": {worst.away}" if worst.away else ""
    return f"  On a living site: {worst.word.text}{lost}".replace("`", "")


def finding_text(finding: Finding, style: Style, living: str = "") -> str:
    """Return one finding in three or four lines, and what its fix takes on a living site where that is said."""
    severity = style(finding.severity.value, _COLOURS[finding.severity], "bold")
    path = style(format_path(finding.path) or "(the site)", "bold")
    lines = [f"{severity} {path}: {finding.message}; {finding.fix}", f"  {finding.consequence}"]
    if finding.because is not None:
        lines.append(f"  Lowered from {finding.rule.severity} by this site: {finding.because}")
    if living:
        lines.append(living)
    lines.append("  " + style("  ".join(part for part in (finding.rule.id, place(finding)) if part), "dim"))
    return "\n".join(lines)


def summary(findings: Iterable[Finding]) -> str:
    """Return ``2 errors, 1 warning``; ``no findings`` where there are none."""
    kinds = [finding.severity for finding in findings]
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    told = [counted(kinds.count(kind), noun) for kind, noun in nouns.items() if kind in kinds]
    return ", ".join(told) or "no findings"


def findings_text(sites: Sequence[Checked], style: Style, *, notes: bool = True) -> str:
    """Return the findings of sites; a site without any takes one line.

    Args:
        sites: the sites.
        style: colour or none.
        notes: whether findings of severity info are told, or only counted.
    """
    blocks: list[str] = []
    for checked in sites:
        mark = style("✗", "red") if checked.failed else style("✓", "green")
        head = f"{mark} {style(checked.name, 'bold')}: {summary(checked.findings)}"
        shown = [finding for finding in checked.findings if notes or finding.severity is not Severity.INFO]
        if len(shown) < len(checked.findings):
            head += f" (notes: dualstack check {checked.name})"
        told = [finding_text(finding, style, _living(checked, finding)) for finding in shown]
        blocks.append("\n".join([head, *told]))
        if checked.site is None:
            blocks.append("  The other rules have not run: nothing can be computed before this is mended.")
    return "\n".join(blocks)
