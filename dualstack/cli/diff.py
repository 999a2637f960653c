"""``dualstack diff``: what a change does to each site that it reaches."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dualstack.check.sites import site_name
from dualstack.cli.common import ProjectOption, complete_site, print_json, the_project
from dualstack.cli.errors import AnsweredError, tell
from dualstack.cli.stackfile import replace_text
from dualstack.errors import InputError
from dualstack.stack.project import find_project, is_path


class DiffFormat(StrEnum):
    """How the comparison is told."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


def complete_base(incomplete: str) -> list[str]:
    """Offer branches and tags to the shell."""
    from dualstack.diff.git import Repository

    try:
        names = Repository(find_project(Path.cwd())).names()
    except (InputError, ValueError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def diff(
    sites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SITE...",
            help="Sites; all that the change reaches where none is named.",
            autocompletion=complete_site,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="REF",
            help="What to compare with: a branch, tag or commit of git; else where this branch left the default one.",
            autocompletion=complete_base,
        ),
    ] = None,
    output: Annotated[
        DiffFormat, typer.Option("--format", help="How to answer; markdown fits a pull request's comment.")
    ] = DiffFormat.TEXT,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the whole as an HTML page there, too.")
    ] = None,
    artifact: Annotated[
        str | None,
        typer.Option("--artifact", metavar="TEXT", help="Where readers find the whole, if the comment is cut; a URL."),
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Show what the work tree changes at each site, compared with another revision; no engine, no credentials.

    Exit codes: 0 nothing changes, 1 error findings, 2 unusable input or base, 3 changes, 4 changes that take something
    away: an outage, a rebuild, a site that is removed.
    """
    from dualstack.diff.report import make_report

    folder = the_project(project, *sites or ())
    names = [site_name(Path(site)) if is_path(site) else site for site in sites or ()]
    report = make_report(folder, base, names, tell)
    if output is DiffFormat.JSON:
        from dualstack.diff.document import report_json

        print_json(report_json(report))
    elif output is DiffFormat.MARKDOWN:
        from dualstack.diff.markdown import comment

        whole = artifact or (page.name if page else f"dualstack diff --base {report.base.short} --format html")
        print(comment(report, whole), end="")
    elif output is DiffFormat.HTML:
        from dualstack.diff.html import html

        print(html(report), end="")
    else:
        from dualstack.answer.style import Style
        from dualstack.diff.text import page as text_page

        print(text_page(report, Style.of(sys.stdout)))
    if page is not None:
        from dualstack.diff.html import html

        replace_text(page, html(report))
    raise AnsweredError(report.exit_code)
