"""``check --fix``: what is changed is shown, written, and told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dualstack.answer.style import Style
from dualstack.check.mend import Mended, mend
from dualstack.cli.stackfile import replace_text
from dualstack.document.origins import format_path
from dualstack.errors import InputError


def fix_sites(project: Path, sites: Sequence[str], *, layers: bool, dry_run: bool) -> Mended:
    """Make the safe fixes of some sites and write the files, all of them or, at an error, those before it.

    Args:
        project: the project's folder.
        sites: the sites.
        layers: whether layers are edited.
        dry_run: whether nothing is written.

    Raises:
        InputError: a file cannot be read or written, or somebody else changed it meanwhile.
    """
    mended = mend(project, sites, layers=layers)
    for file, path in mended.paths.items() if not dry_run else ():
        if path.read_bytes() != mended.before[file].encode():
            raise InputError("somebody changed the file meanwhile", file=file, fix="run dualstack check --fix again")
        replace_text(path, mended.after[file])
    return mended


def fix_json(mended: Mended, dry_run: bool) -> dict[str, Any]:
    """Return what was done as data."""
    told = [
        {"site": one.site, "rule": one.finding.rule.id, "path": format_path(one.finding.path), "file": one.file}
        for one in mended.made
    ]
    left = [
        {"site": one.site, "rule": one.finding.rule.id, "path": format_path(one.finding.path), "file": one.file}
        | {"fix": one.finding.fix, "usedBy": list(one.used_by)}
        for one in mended.left
    ]
    return {"written": not dry_run, "made": told, "left": left, "difference": mended.difference()}


def fix_text(mended: Mended, dry_run: bool, style: Style) -> str:
    """Return what was done, for people: the difference, then a line for each file, then what is left."""
    lines = [_coloured(line, style) for line in mended.difference().splitlines()]
    for file in mended.before:
        count = _fixes(sum(one.file == file for one in mended.made))
        lines.append(f"{file}: {count} {'would be made' if dry_run else 'made'}")
    if not mended.made:
        lines.append("no fix can be made without a person")
    for left in {(one.file, one.finding.path): one for one in mended.left}.values():
        used = ", ".join(left.used_by[:10]) + (f" and {len(left.used_by) - 10} more" if len(left.used_by) > 10 else "")
        what = f"{format_path(left.finding.path)}: {left.finding.message}; {left.finding.fix}"
        lines.append(f"{left.file} is left as it is ({used} use it; --layers edits it, too): {what}")
    return "\n".join(lines)


def _fixes(count: int) -> str:
    return "1 fix" if count == 1 else f"{count} fixes"


def _coloured(line: str, style: Style) -> str:
    if line.startswith(("---", "+++")):
        return style(line, "bold")
    return style(line, {"+": "green", "-": "red", "@": "dim"}[line[0]]) if line[:1] in ("+", "-", "@") else line
