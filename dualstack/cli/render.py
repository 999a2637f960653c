"""``dualstack render``: the Edge Image Builder directory of a site."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from dualstack.check import Checked
from dualstack.cli.common import Format, print_json
from dualstack.cli.secrets import from_cli, from_files
from dualstack.cli.text import finding_text, findings_text
from dualstack.document import finding_json
from dualstack.eib import (
    DEFINITION,
    LeftOut,
    ProjectFiles,
    Report,
    Tree,
    base_image,
    build_tree,
    marker_of,
    write_tree,
)
from dualstack.errors import InputError, quoted
from dualstack.findings import Finding, Severity
from dualstack.origins import find_origin
from dualstack.plan.model import Plan
from dualstack.rules.secrets import LEFT_OUT
from dualstack.style import Style, counted


def _findings(checked: Checked, left_out: tuple[LeftOut, ...]) -> list[Finding]:
    """Make one finding for each secret that was left out, whatever number of files wants it.

    A warning where EIB stops without it, unless the site has set the rule's severity itself.
    """
    chosen = None
    if checked.site is not None:
        overrides = checked.site.rules
        chosen = overrides.get(LEFT_OUT.id) or overrides.get(LEFT_OUT.id.partition("-")[0])
    by_key: dict[str, list[LeftOut]] = {}
    for left in left_out:
        by_key.setdefault(left.key, []).append(left)
    findings: list[Finding] = []
    for key, places in by_key.items():
        where = "; ".join(f"{left.where} in {left.file}" for left in places)
        finding = LEFT_OUT.at(
            places[0].path,
            f"the secret {key} is left out: {where}",
            f"render again {_way(checked, key)}, to have it in",
            consequence=" ".join(f"{left.follows[0].upper()}{left.follows[1:]}." for left in places),
        )
        if chosen is not None:
            finding = finding.lowered(chosen.level, chosen.because)
        elif any(left.stops for left in places):
            finding = replace(finding, severity=Severity.WARNING)
        origin = find_origin(checked.resolved.origins, places[0].path)
        findings.append(finding.located(*origin) if origin else finding)
    return findings


def _way(checked: Checked, key: str) -> str:
    """Say how a secret gets into the directory; the Pulumi CLI has only those that the stack has."""
    alone = f"with --secret {key}=@FILE"
    if checked.plan is not None and key in checked.plan.secrets:
        return f"with --with-secrets, or {alone}"
    return f"{alone}, or, after pulumi config set --secret dualstack:{key} --stack {checked.name}, with --with-secrets"


def render_site(
    project: Path, checked: Checked, out: Path, *, with_secrets: bool, given: list[str], output: Format
) -> None:
    """Write the directory and tell what was done; the caller has refused a site with errors.

    Raises:
        InputError: a secret or a file of the user is not to be had, or OUT is a directory that dualstack did not write,
            or wrote for another site.
    """
    plan = checked.plan
    if plan is None:
        return
    _refuse_other_site(checked.name, out)
    files = ProjectFiles(project)
    secrets = from_files(given)
    needed = {left.key for left in build_tree(plan, {}, files).left_out}
    if unused := sorted(set(secrets) - needed):
        wanted = ", ".join(sorted(needed)) or "none"
        raise InputError(f"the directory of this site does not need {', '.join(unused)}", fix=f"it can hold: {wanted}")
    if with_secrets:
        secrets |= from_cli(project, checked.name, (needed & plan.secrets) - set(secrets))
    tree = build_tree(plan, secrets, files)
    report = write_tree(tree, out)
    left_out = _findings(checked, tree.left_out)
    if output is Format.JSON:
        told = replace(checked, findings=(*checked.findings, *left_out))
        print_json(_document(told, out, report, [path for path, file in tree.files.items() if file.mode == 0o600]))
        return
    style = Style.of(sys.stdout)
    if report.changed_by_hand:
        # First: it is the one thing that cannot be had again.
        word = style("warning", "yellow", "bold")
        print(f"{word} changed by hand since the last render, and overwritten: {', '.join(report.changed_by_hand)}")
    print(findings_text([checked], style, notes=False))
    for finding in left_out:
        print(finding_text(finding, style))
    print(_summary(checked, out, report, plan, tree))


def _refuse_other_site(name: str, out: Path) -> None:
    marker = marker_of(out)
    held = marker.get("site") if marker else None
    if held not in (None, name):
        message = f"this is the directory of the site {quoted(str(held))}, not of {name}"
        raise InputError(message, file=str(out), fix="choose another directory, or remove this one")


def _document(checked: Checked, out: Path, report: Report, private: list[str]) -> dict[str, object]:
    return {
        "version": 1,
        "site": checked.name,
        "directory": str(out),
        "definition": DEFINITION,
        "written": list(report.written),
        "removed": list(report.removed),
        "kept": list(report.kept),
        "changedByHand": list(report.changed_by_hand),
        "private": private,
        "findings": [finding_json(finding) for finding in checked.findings],
    }


def _summary(checked: Checked, out: Path, report: Report, plan: Plan, tree: Tree) -> str:
    lines = [f"Wrote {counted(len(report.written), 'file')} to {out}"]
    if report.removed:
        lines.append(f"Removed, because no longer wanted: {', '.join(report.removed)}")
    if report.kept:
        lines.append(f"Left as they are, not written by dualstack: {counted(len(report.kept), 'file')}")
    missing = _missing(checked, out, plan, tree)
    if missing:
        lines.append("Still missing for the build:")
        lines += [f"  {item}" for item in missing]
    kind = plan.site.image.type
    lines.append(f"Then build the {kind} image there:" if missing else f"Ready to build the {kind} image there:")
    volume, container = shlex.quote(f"{out.resolve()}:/eib"), plan.release.eib_container
    lines.append(f"  podman run --rm --privileged -v {volume} {container} build --definition-file {DEFINITION}")
    return "\n".join(lines)


def _missing(checked: Checked, out: Path, plan: Plan, tree: Tree) -> list[str]:
    """Say what EIB would stop for: the base image, and secrets that were left out."""
    missing = []
    image = base_image(plan)
    if not os.path.lexists(out / "base-images" / image):
        missing.append(f"the base image: put {image} into {shlex.quote(str(out / 'base-images'))}")
    for key in dict.fromkeys(left.key for left in tree.left_out if left.stops):
        missing.append(f"the secret {key}: render again {_way(checked, key)}")
    return missing
