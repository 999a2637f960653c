"""``dualstack render``: the Edge Image Builder directory of a site."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from dualstack.check import Checked
from dualstack.cli.common import Format, print_json
from dualstack.cli.secrets import from_cli, from_files
from dualstack.cli.text import Style, counted, finding_text, findings_text
from dualstack.document import finding_json
from dualstack.eib import DEFINITION, LeftOut, ProjectFiles, Report, build_tree, write_tree
from dualstack.errors import InputError
from dualstack.findings import Finding
from dualstack.origins import find_origin
from dualstack.rules.secrets import LEFT_OUT


def _findings(checked: Checked, left_out: tuple[LeftOut, ...]) -> list[Finding]:
    """Make one finding for each secret that was left out, whatever number of files wants it."""
    by_key: dict[str, list[LeftOut]] = {}
    for left in left_out:
        by_key.setdefault(left.key, []).append(left)
    findings: list[Finding] = []
    for key, places in by_key.items():
        where = "; ".join(f"{left.where} in {left.file}" for left in places)
        finding = LEFT_OUT.at(
            places[0].path,
            f"the secret {key} is left out: {where}",
            f"render with --with-secrets, or with --secret {key}=@FILE, to have it in",
            consequence=" ".join(f"{left.follows[0].upper()}{left.follows[1:]}." for left in places),
        )
        origin = find_origin(checked.resolved.origins, places[0].path)
        findings.append(finding.located(*origin) if origin else finding)
    return findings


def render_site(
    project: Path, checked: Checked, out: Path, *, with_secrets: bool, given: list[str], output: Format
) -> None:
    """Write the directory and tell what was done; the caller has refused a site with errors.

    Raises:
        InputError: a secret or a file of the user is not to be had, or OUT is a directory that dualstack did not write.
    """
    plan = checked.plan
    if plan is None:
        return
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
    print(findings_text([checked], style, notes=False))
    for finding in left_out:
        print(finding_text(finding, style))
    print(_summary(out, report, plan.release.eib_container, plan.site.image.type))


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


def _summary(out: Path, report: Report, container: str, kind: str) -> str:
    lines = [f"Wrote {counted(len(report.written), 'file')} to {out}"]
    if report.removed:
        lines.append(f"Removed, because no longer wanted: {', '.join(report.removed)}")
    if report.changed_by_hand:
        lines.append(f"Changed by hand since the last render, and overwritten: {', '.join(report.changed_by_hand)}")
    if report.kept:
        lines.append(f"Left as they are, not written by dualstack: {counted(len(report.kept), 'file')}")
    lines.append(f"Next: put the base image into {out}/base-images, then build the {kind} image there:")
    lines.append(
        f"  podman run --rm --privileged -v {out.resolve()}:/eib {container} build --definition-file {DEFINITION}"
    )
    return "\n".join(lines)
