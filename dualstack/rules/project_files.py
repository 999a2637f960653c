"""The rule about the project's own files; it looks at a disk, so nothing here does."""

from __future__ import annotations

from dualstack.findings import Rule, Severity
from dualstack.rules.base import Check

MISSING_FILE = Rule(
    "DS131-missing-file",
    "A file that the site names must be in the project, and readable.",
    Severity.ERROR,
    "The Edge Image Builder directory cannot be written.",
    "dualstack's own: manifests and image.files are copied into the directory",
    firm=True,
)

RULES = (MISSING_FILE,)
CHECKS: tuple[Check, ...] = ()
"""Told by ``dualstack.files_check``, as rules read no files."""
