"""Why an operation failed, out of what the engine and the CLI said."""

from __future__ import annotations

import re
from typing import Final

from dualstack.deploy.progress import CANCELLED, Progress

_NO_PLUGIN: Final = re.compile(r"no resource plugin 'pulumi-resource-([^']+)' found .*? at version (v[^ ]+)")

_GONE: Final = re.compile(r"code = Unavailable|error reading from server|connection error|transport is closing")
"""What gRPC says of a process that ended in a call, or before it."""


def reasons(progress: Progress) -> list[str]:
    """Give what stopped an operation: errors, and policies that nobody may break."""
    broken = [one for one in progress.violations if one.level == "mandatory"]
    told = [f"policy {one.policy}: {one.message.partition(chr(10))[2] or one.message}" for one in broken]
    return [*progress.errors, *told]


def provider_ended(progress: Progress) -> bool:
    """Tell whether our own provider was gone in the middle of a call: killed, or out of memory."""
    failed = {one.name for one in progress.changes if one.failed and one.type.startswith("dualstack:")}
    return any(
        line.startswith(f"{name}: ") and _GONE.search(line) is not None for name in failed for line in progress.errors
    )


def with_way_out(error: str) -> str:
    """Add what to do about a provider plugin that is not there."""
    lines = [error]
    for name, version in dict(_NO_PLUGIN.findall(error)).items():
        way = f"install it: pulumi plugin install resource {name} {version}"
        lines.append(f"put pulumi-resource-{name} on PATH, or {way}; an official Pulumi CLI does so by itself")
    return "\n".join(lines)


def last_words(text: str) -> str:
    """Take the CLI's own error lines out of what it said; all of it where there are none."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("stderr: ") for line in lines if line.removeprefix("stderr: ").startswith("error: ")]
    said = list(dict.fromkeys(line.removeprefix("error: ") for line in errors)) or lines[-3:]
    told = [line for line in said if not CANCELLED.search(line)]
    return "\n".join(told) or ("it was interrupted" if said else "it gave no reason")
