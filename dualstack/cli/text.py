"""Findings as people read them: the field and the fix first, then what would break, then where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dualstack.check import Checked
from dualstack.findings import Finding, Severity
from dualstack.origins import format_path
from dualstack.style import Style, counted

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def place(finding: Finding) -> str:
    """Return ``file:line:column`` as editors and terminals make links of it; empty where nothing is known."""
    known = [finding.file, finding.line, finding.column]
    return ":".join(str(part) for part in known if part is not None)


def finding_text(finding: Finding, style: Style) -> str:
    """Return one finding in three or four lines."""
    severity = style(finding.severity.value, _COLOURS[finding.severity], "bold")
    path = style(format_path(finding.path) or "(the site)", "bold")
    lines = [f"{severity} {path}: {finding.message}; {finding.fix}", f"  {finding.consequence}"]
    if finding.because is not None:
        lines.append(f"  Lowered from {finding.rule.severity} by this site: {finding.because}")
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
        blocks.append("\n".join([head, *(finding_text(finding, style) for finding in shown)]))
        if checked.site is None:
            blocks.append("  The other rules have not run: nothing can be computed before this is mended.")
    return "\n".join(blocks)
