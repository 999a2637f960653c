"""The rules about the project's own files; they look at a disk, so nothing here does."""

from __future__ import annotations

from dualstack.document.findings import Rule, Severity

MISSING_FILE = Rule(
    "DS131-missing-file",
    "A file that the site names must be in the project, and readable.",
    Severity.ERROR,
    "The Edge Image Builder directory cannot be written.",
    "dualstack's own: manifests and image.files are copied into the directory",
    firm=True,
)

PLACE_TAKEN = Rule(
    "DS138-place-taken",
    "A file that the site adds to the image must have a place of its own there, and none among the hosts' networks.",
    Severity.ERROR,
    "The Edge Image Builder directory cannot be written.",
    "dualstack's own; nm-configurator src/generate_conf.rs (each file in network/ is a host) and EIB "
    "pkg/combustion/network.go (configure-network.sh there replaces them all)",
    firm=True,
)

RULES = (MISSING_FILE, PLACE_TAKEN)
"""Told by ``dualstack.check.named_files``, as rules read no files."""
