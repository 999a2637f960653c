"""Every fix that names a value works: applied to the input that caused it, whatever test that input comes from."""

from __future__ import annotations

from typing import Any

from dualstack.check.causes import CAUSES
from dualstack.check.checked import Checked, check_site
from dualstack.document.findings import Finding, Severity
from dualstack.document.fixes import Remove, Rename, Set
from dualstack.document.origins import format_path
from dualstack.rules.address.address_text import SYNTAX
from dualstack.rules.ironic.bmc_addresses import ADDRESS as BMC_ADDRESS
from dualstack.rules.network.nmstate_schema import FORM as NMSTATE_FORM
from dualstack.rules.site.site_form import BAD_VALUE, MISSING, UNKNOWN_KEY, WRONG_TYPE
from dualstack.stack.layers import resolve_mapping
from tests import PROJECT

_FORM = {rule.id for rule in (UNKNOWN_KEY, WRONG_TYPE, MISSING, BAD_VALUE, SYNTAX, BMC_ADDRESS, NMSTATE_FORM)}
"""What other rules tell about a value once these are mended was there before."""
_seen: set[tuple[object, ...]] = set()


def _errors(checked: Checked) -> set[tuple[str, str]]:
    return {(f.rule.id, format_path(f.path)) for f in checked.findings if f.severity is Severity.ERROR}


def _left(checked: Checked, finding: Finding) -> int:
    """Count the errors that say the same at a place; behind an entry that goes, others move up."""
    place = finding.path[:-1] if finding.path and isinstance(finding.path[-1], int) else finding.path
    errors = [f for f in checked.findings if f.severity is Severity.ERROR and f.rule.id == finding.rule.id]
    return sum(f.path[: len(place)] == place and f.message == finding.message for f in errors)


def problem(data: dict[str, Any], before: Checked, finding: Finding, secrets: tuple[str, ...]) -> str | None:
    """Apply a finding's fix to a site's mapping; tell what is wrong then, None where nothing is."""
    if not finding.mend.edits:
        return None
    try:
        mended = finding.mend.applied(data, finding.path)
    except (LookupError, TypeError) as error:
        return f"cannot be applied: {error!r}"
    after = check_site("test", resolve_mapping(PROJECT, mended, secrets=secrets))
    # Where a person has to choose, other errors may be what keeps a value from counting.
    alone = finding.mend.whole or {rule for rule, _ in _errors(before)} == {finding.rule.id}
    if finding.severity is Severity.ERROR and alone and _left(after, finding) >= _left(before, finding):
        return "is there as before"
    held = [cause for cause in CAUSES if cause.shown(finding)]
    new = _errors(after) - _errors(before)
    new = {(rule, path) for rule, path in new if not any(rule[:5] in cause.echoes for cause in held)}
    judged = before.site is not None and finding.rule.id not in _FORM and not _moved(finding)
    if new and finding.mend.whole and judged:
        return f"brings {sorted(new)}"
    return None


def _moved(finding: Finding) -> bool:
    """True where a value was under a name that nobody read: what rules say of it was there before."""
    edits = finding.mend.placed(finding.path)
    if any(isinstance(edit, Rename) for edit in edits):
        return True
    gone = [edit.path or () for edit in edits if isinstance(edit, Remove)]
    return bool(gone) and any(isinstance(edit, Set) for edit in edits)


def hold(data: dict[str, Any], before: Checked, secrets: tuple[str, ...]) -> None:
    """Raise ``AssertionError`` where a fix does not work; each is tried once a session."""
    for finding in before.findings:
        key = (finding.rule.id, finding.path, finding.message, finding.fix)
        if key in _seen:
            continue
        _seen.add(key)
        wrong = problem(data, before, finding, secrets)
        told = f"{finding.rule.id} {format_path(finding.path)}: {finding.message}; {finding.fix}"
        assert wrong is None, f"{told} -> {wrong}"
