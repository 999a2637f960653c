"""``dualstack render``: the Edge Image Builder directory of a site."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from dualstack.answer.json_answer import finding_json
from dualstack.answer.style import Style, counted
from dualstack.check.checked import Checked, placed
from dualstack.check.sites import load_site
from dualstack.cli.common import Format, is_refused, print_json, tell_refused, without_strangers
from dualstack.cli.errors import tell
from dualstack.cli.secrets import from_cli
from dualstack.cli.text import finding_text, findings_text
from dualstack.document.findings import Finding, Severity
from dualstack.eib import (
    DEFINITION,
    File,
    LeftOut,
    ProjectFiles,
    Report,
    Tree,
    base_image,
    build_tree,
    some,
    write_tree,
)
from dualstack.eib.join import RUNBOOK, joining, runbook
from dualstack.errors import InputError, NoSiteError
from dualstack.plan.model import Plan
from dualstack.plan.server import TOKEN_KEY
from dualstack.rules.secret.written_secrets import LEFT_OUT
from dualstack.rules.severities import chosen
from dualstack.stack.layers import LayerStore

_LACKS: Final = re.compile(r"the stack has no secret (?:dualstack:)?([\w-]+)")
"""How rules word that a secret is not set (DS105, DS279, DS293)."""


def _findings(checked: Checked, left_out: tuple[LeftOut, ...]) -> list[Finding]:
    """Make one finding for each secret that was left out, whatever number of files wants it.

    A warning where EIB stops without it, unless the site has set the rule's severity itself.
    """
    override = chosen(LEFT_OUT, checked.site.rules) if checked.site is not None else None
    by_key: dict[str, list[LeftOut]] = {}
    for left in left_out:
        by_key.setdefault(left.key, []).append(left)
    findings: list[Finding] = []
    for key, places in by_key.items():
        where = "; ".join(f"{left.where} in {left.file}" for left in places)
        finding = LEFT_OUT.at(
            places[0].path,
            f"the secret {key} is left out: {where}",
            f"render again {_way(checked.name, checked.plan, key)}, to have it in",
            consequence=" ".join(f"{left.follows[0].upper()}{left.follows[1:]}." for left in places),
        )
        if override is not None:
            finding = finding.lowered(override.level, override.because)
        elif any(left.stops for left in places):
            finding = replace(finding, severity=Severity.WARNING)
        findings.append(placed(finding, checked.resolved))
    return findings


def _way(name: str, plan: Plan | None, key: str) -> str:
    """Say how a secret gets into the directory; the Pulumi CLI has only those that the stack has."""
    alone = f"with --secret {key}=@FILE"
    if plan is not None and key in plan.secrets:
        return f"with --with-secrets, or {alone}"
    made = " --generate" if key == TOKEN_KEY else ""
    return f"{alone}, or, after dualstack secret set {name} {key}{made}, with --with-secrets"


@dataclass(frozen=True, slots=True)
class How:
    """What the command line says, the same for each site."""

    secrets: Mapping[str, str]
    """Read from files, by config key."""
    with_secrets: bool = False
    overwrite: bool = False
    force: bool = False
    join: str | None = None
    """Name of the one node that is to join a living cluster; None renders the whole site."""
    output: Format = Format.TEXT


def render_site(project: Path, checked: Checked, out: Path, how: How) -> None:
    """Write the directory of one site and tell what was done; the caller has refused a site with errors.

    Raises:
        InputError: a secret or a file of the user is not to be had, or OUT is a directory that dualstack did not write,
            wrote for another site, or wrote before somebody edited it.
    """
    if checked.plan is None:
        return
    plan, beside = checked.plan, dict[str, File]()
    if how.join is not None:
        plan = joining(checked.plan, how.join)
        beside = {RUNBOOK: File(runbook(checked.plan, how.join).encode())}
        checked = replace(checked, plan=plan)
    needed = _needed(project, plan)
    if unused := sorted(set(how.secrets) - needed):
        wanted = ", ".join(sorted(needed)) or "none"
        raise InputError(f"the directory of this site does not need {', '.join(unused)}", fix=f"it can hold: {wanted}")
    tree, report = _write(project, checked.name, plan, out, how, beside)
    checked = _without_given(checked, how)
    if how.output is Format.JSON:
        print_json({"version": 1, **_document(checked, out, report, tree)})
    else:
        print(_text(checked, out, report, tree))


def render_sites(project: Path, names: Sequence[str], out: Path, how: How) -> int:
    """Write the directory of each site into a folder of its name; one that fails does not keep the others from theirs.

    A stack file without a site, as those of other programs are, is skipped.

    Returns:
        The exit code: 2 where something could not be read or written, else 1 where a site has errors.
    """
    store, code = LayerStore(project), 0
    unused, documents = set(how.secrets), list[dict[str, object]]()
    for name in names:
        try:
            checked = load_site(project, name, store)
            if is_refused(checked, how.force) or checked.plan is None:
                code = max(code, 1)
                documents.append({"site": checked.name, "findings": [finding_json(one) for one in checked.findings]})
                tell_refused(checked, how.force, "rendered")
                continue
            place = out / checked.name
            tree, report = _write(project, checked.name, checked.plan, place, how)
        except NoSiteError as error:
            without_strangers([error])
        except InputError as error:
            code = 2
            documents.append({"site": name, "error": error.as_dict()})
            tell(f"{name} is not rendered: {error}")
        else:
            unused -= _needed(project, checked.plan)
            checked = _without_given(checked, how)
            documents.append(_document(checked, place, report, tree))
            if how.output is Format.TEXT:
                print(_text(checked, place, report, tree))
    if how.output is Format.JSON:
        print_json({"version": 1, "sites": documents})
    if unused:
        tell(f"no directory needs {', '.join(sorted(unused))}")
    return code


def _without_given(checked: Checked, how: How) -> Checked:
    """Leave out that the stack lacks a secret which this run was given."""
    left = [one for one in checked.findings if not ((told := _LACKS.search(one.message)) and told[1] in how.secrets)]
    return replace(checked, findings=tuple(left))


def _needed(project: Path, plan: Plan) -> set[str]:
    """Return the config keys of all secrets that the directory can hold."""
    return {left.key for left in build_tree(plan, {}, ProjectFiles(project)).left_out}


def _write(
    project: Path, stack: str, plan: Plan, out: Path, how: How, beside: Mapping[str, File] = MappingProxyType({})
) -> tuple[Tree, Report]:
    needed = _needed(project, plan)
    secrets = {key: value for key, value in how.secrets.items() if key in needed}
    if how.with_secrets:
        secrets |= from_cli(project, stack, (needed & plan.secrets) - set(secrets))
    tree = build_tree(plan, secrets, ProjectFiles(project))
    if any(left.key == TOKEN_KEY for left in tree.left_out):
        message = f"several nodes need the secret {TOKEN_KEY}: without it EIB makes another token at each build"
        raise InputError(message, fix=f"render {_way(stack, plan, TOKEN_KEY)}")
    whole = replace(tree, files={**tree.files, **beside})
    return tree, write_tree(whole, out, keep_edits=not how.overwrite, keep_sites=True, waits=tell)


def _text(checked: Checked, out: Path, report: Report, tree: Tree) -> str:
    style = Style.of(sys.stdout)
    lines = []
    if report.changed_by_hand:
        # First: it is the one thing that cannot be had again.
        word = style("warning", "yellow", "bold")
        lines.append(f"{word} changed by hand since the last render, and overwritten: {some(report.changed_by_hand)}")
    lines.append(findings_text([checked], style, notes=False))
    lines += [finding_text(finding, style) for finding in _findings(checked, tree.left_out)]
    return "\n".join([*lines, _summary(checked, out, report, tree)])


def _document(checked: Checked, out: Path, report: Report, tree: Tree) -> dict[str, object]:
    findings = (*checked.findings, *_findings(checked, tree.left_out))
    return {
        "site": checked.name,
        "directory": str(out),
        "definition": DEFINITION,
        "written": list(report.written),
        "removed": list(report.removed),
        "kept": list(report.kept),
        "changedByHand": list(report.changed_by_hand),
        "private": [path for path, file in tree.files.items() if file.mode == 0o600],
        "findings": [finding_json(finding) for finding in findings],
    }


def _summary(checked: Checked, out: Path, report: Report, tree: Tree) -> str:
    plan = checked.plan
    if plan is None:
        return ""
    lines = [f"Wrote {counted(len(report.written), 'file')} to {out}"]
    if report.removed:
        lines.append(f"Removed, because no longer wanted: {some(report.removed)}")
    if report.kept:
        lines.append(f"Left as they are, not written by dualstack: {some(report.kept)}")
    missing = _missing(checked, out, plan, tree)
    if missing:
        lines.append("Still missing for the build:")
        lines += [f"  {item}" for item in missing]
    kind = plan.site.image.type
    lines.append(f"Then build the {kind} image there:" if missing else f"Ready to build the {kind} image there:")
    volume, container = shlex.quote(f"{out.resolve()}:/eib"), plan.release.eib_container
    lines.append(f"  podman run --rm --privileged -v {volume} {container} build --definition-file {DEFINITION}")
    if plan.initializer not in plan.nodes:
        lines.append(f"Then follow {out / RUNBOOK}: it has what to do before and after, with this node's names.")
    return "\n".join(lines)


def _missing(checked: Checked, out: Path, plan: Plan, tree: Tree) -> list[str]:
    """Say what EIB would stop for: the base image, and secrets that were left out."""
    missing = []
    image = base_image(plan)
    if not os.path.lexists(out / "base-images" / image):
        missing.append(f"the base image: put {image} into {shlex.quote(str(out / 'base-images'))}")
    for key in dict.fromkeys(left.key for left in tree.left_out if left.stops):
        missing.append(f"the secret {key}: render again {_way(checked.name, checked.plan, key)}")
    return missing
