"""Rules about secrets in what is written."""

from __future__ import annotations

from dualstack.document.findings import Rule, Severity

LEFT_OUT = Rule(
    "DS120-secret-left-out",
    "A rendered directory must hold a secret only where it was asked to.",
    Severity.INFO,
    "What needs the secret does without it: eib build cannot pull a chart from a repository that wants the login.",
    "dualstack's own: secrets are config keys beside the site",
)

RULES = (LEFT_OUT,)
"""Told by ``dualstack render`` alone, where it is known which secrets were given; a warning where EIB would stop."""
