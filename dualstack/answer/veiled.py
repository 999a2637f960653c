"""A checked site as it may be shown: marks stand for what it holds of secrets in clear, and so for all that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dualstack.check.checked import Checked, check_site
from dualstack.document.findings import Finding
from dualstack.document.frozen import REDACTED
from dualstack.document.hiding import Path, Veil, names_a_secret


def veiled(checked: Checked, veil: Veil) -> Checked:
    """Give the site with marks, planned anew; the same where it has no secret in clear.

    Its findings are those of the site itself: only the plan is of the marks.
    """
    resolved, start = checked.resolved, len(veil.places)
    site = veil.tree(resolved.site)
    clear = checked.not_encrypted
    config = {
        key: veil.tree(value, (f"dualstack:{key}",), secret=key in clear or names_a_secret(key))
        for key, value in resolved.config.items()
    }
    places = veil.places[start:]
    if not places:
        return checked
    planned = check_site(checked.name, replace(resolved, site=site, config=config))
    return replace(planned, findings=tuple(_discreet(finding, places) for finding in checked.findings))


def _discreet(finding: Finding, places: Sequence[tuple[Path, str]]) -> Finding:
    """Hide a secret in the words about its own place; elsewhere the same text is no secret."""
    message, fix, follows = finding.message, finding.fix, finding.consequence
    for path, secret in places:
        if path[: len(finding.path)] == finding.path or finding.path[: len(path)] == path:
            message, fix, follows = (text.replace(secret, REDACTED) for text in (message, fix, follows))
    if (message, fix, follows) == (finding.message, finding.fix, finding.consequence):
        return finding
    mend = finding.mend if fix == finding.fix else replace(finding.mend, shown=fix)
    return replace(finding, message=message, mend=mend, consequence=follows)
