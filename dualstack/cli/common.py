"""What the commands share: options, and the way from SITE to a checked site."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.check.sites import load_site, site_name
from dualstack.cli.errors import tell
from dualstack.document.hiding import Veil
from dualstack.errors import InputError, NoSiteError, quoted
from dualstack.stack.layers import LayerStore
from dualstack.stack.project import find_project, is_path, list_sites


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


class PreviewFormat(StrEnum):
    """How ``preview`` answers."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class CheckFormat(StrEnum):
    """How ``check`` answers."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class PlanFormat(StrEnum):
    """How ``plan`` answers."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    SVG = "svg"
    MERMAID = "mermaid"


class DnsFormat(StrEnum):
    """How ``dns`` answers."""

    ZONE = "zone"
    NSUPDATE = "nsupdate"
    CSV = "csv"
    HOSTS = "hosts"
    JSON = "json"


class VerifyFormat(StrEnum):
    """How ``verify`` answers."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    PROMETHEUS = "prometheus"


class From(StrEnum):
    """Where ``verify`` begins its connections."""

    HERE = "here"
    SSH_JUMP = "ssh-jump"


def complete_site(incomplete: str) -> list[str]:
    """Offer the project's sites to the shell."""
    try:
        return [name for name in list_sites(find_project(Path.cwd())) if name.startswith(incomplete)]
    except InputError:
        return []


def complete_rule(incomplete: str) -> list[str]:
    """Offer the rules' ids to the shell."""
    from dualstack.rules import all_rules

    return [name for name in all_rules() if name.startswith(incomplete.upper())]


SiteArgument = Annotated[
    str,
    typer.Argument(
        metavar="SITE",
        help="A stack name, such as demo, or the path of a stack file.",
        autocompletion=complete_site,
        show_default=False,
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project", help="Folder of the project; else the one with Pulumi.yaml, here or above.", metavar="DIR"
    ),
]


class Mode(StrEnum):
    """How Ironic is known."""

    ADDRESS = "address"
    HOSTNAME = "hostname"


def complete_release(incomplete: str) -> list[str]:
    """Offer the releases to the shell."""
    from dualstack.releases import RELEASES

    return [name for name in RELEASES.names if name.startswith(incomplete)]


FormatOption = Annotated[Format, typer.Option("--format", help="How to answer.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Go on although the site has errors.")]


def the_project(project: Path | None, *sites: str) -> Path:
    """Return the project's folder: the one named, else that of a stack file given by its path, else the current one.

    Raises:
        InputError: there is no Pulumi.yaml in the folder, or above the current one; or the sites are of several
            projects.
    """
    if project is None:
        found = sorted({folder for site in sites for folder in _project_of(site)})
        if len(found) > 1:
            listed = " and ".join(map(str, found))
            raise InputError(f"these sites are of several projects: {listed}", fix="name those of one at a time")
        return found[0] if found else find_project(Path.cwd())
    if not (project / "Pulumi.yaml").is_file():
        raise InputError("no Pulumi.yaml in this folder", file=str(project), fix="name the project's own folder")
    return project.absolute()


def _project_of(site: str) -> list[Path]:
    """Return the folder of the project around a stack file that is given by its path; none where nothing is there."""
    try:
        if is_path(site) and Path(site).is_file():
            return [find_project(Path(site).absolute().parent)]
    except (InputError, OSError, ValueError):  # no project around it; no path at all
        pass
    return []


def chosen(project: Path, sites: list[str] | None, all_sites: bool) -> list[str]:
    """Return the sites that are named, or with ``--all`` those of the project.

    Raises:
        InputError: none is named, or some beside ``--all``, or two stack files would make the same folder.
    """
    if not sites and not all_sites:
        raise InputError("no site is named", fix="name sites, or take all of the project with --all")
    if sites and all_sites:
        raise InputError("sites are named beside --all", fix="leave one of the two out")
    if all_sites:
        names = list_sites(project)
        if not names:
            raise InputError("the project has no sites", file=str(project), fix="make one with dualstack new")
        return names
    names = [site_name(Path(site)) if is_path(site) else site for site in sites or ()]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"the site {quoted(twice)} is named twice", fix="name it once")
    return list(sites or ())


def load_sites(project: Path, names: list[str], store: LayerStore) -> tuple[list[Checked], list[InputError]]:
    """Read and check several sites; one that cannot be read does not hide the others."""
    checked: list[Checked] = []
    unreadable: list[InputError] = []
    for name in names:
        try:
            checked.append(load_site(project, name, store))
        except InputError as error:
            unreadable.append(error)
    return checked, unreadable


def without_strangers(unreadable: list[InputError]) -> list[InputError]:
    """Say in a line which stack files hold no site, as those of other programs do not, and return the other errors."""
    for error in unreadable:
        if isinstance(error, NoSiteError):
            tell(f"{error.file} is skipped: it has no dualstack:site")
    return [error for error in unreadable if not isinstance(error, NoSiteError)]


def print_json(document: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(document, indent=2, ensure_ascii=False))


def refuse(checked: Checked, force: bool | None, output: Format, what: str) -> None:
    """Stop with exit code 1 where a site has errors and nobody said ``--force``; tell the findings first.

    A site of which nothing could be computed stops in any case. ``force`` is None for a command without that option.
    """
    if not is_refused(checked, force):
        return
    if output is Format.JSON:
        from dualstack.answer.json_answer import plan_json

        veil = Veil()
        print_json(veil.shown(plan_json(veiled(checked, veil), None)))
    else:
        tell_refused(checked, force, what)
    raise typer.Exit(1)


def is_refused(checked: Checked, force: bool | None) -> bool:
    """Tell whether a site's errors stop a command; see ``refuse``."""
    return checked.failed and not (force and checked.plan is not None)


def tell_refused(checked: Checked, force: bool | None, what: str) -> None:
    """Tell a person the findings of a site, and what was not done because of them."""
    from dualstack.answer.style import Style
    from dualstack.cli.text import findings_text

    print(findings_text([checked], Style.of(sys.stderr)), file=sys.stderr)
    ways = "mend the errors" if force is None or checked.plan is None else "mend the errors, or go on with --force"
    tell(f"{checked.name} is not {what}: {ways}")


def worst(sites: Iterable[Checked], strict: bool) -> int:
    """Return the exit code for findings: 1 for errors, with ``strict`` for warnings, too."""
    severities = {finding.severity.value for checked in sites for finding in checked.findings}
    return int("error" in severities or (strict and "warning" in severities))
