"""``dualstack status``: the sites of the project as they are, a line each."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualstack.answer.style import Style
from dualstack.cli.common import (
    Format,
    FormatOption,
    ProjectOption,
    complete_site,
    print_json,
    the_project,
    without_strangers,
)
from dualstack.cli.deploy_commands import BackendOption, EngineOption
from dualstack.cli.env import EngineChoice
from dualstack.cli.errors import UNREADABLE, AnsweredError, tell
from dualstack.cli.packages import need_packages
from dualstack.cli.progress import ProgressLine
from dualstack.deploy.choice import BackendChoice
from dualstack.errors import InputError, NoSiteError

if TYPE_CHECKING:
    from dualstack.check.checked import Checked
    from dualstack.status.model import SiteStatus


def status(
    sites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SITE...", help="Sites; all of the project where none is named.", autocompletion=complete_site
        ),
    ] = None,
    probe: Annotated[
        bool,
        typer.Option("--probe/--no-probe", help="Ask the living sites as verify does, or ask nobody."),
    ] = True,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page there, too.")
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    output: FormatOption = Format.TEXT,
    project: ProjectOption = None,
) -> None:
    """Show each site as it is: support, what is deployed, answers over both families, what is pending, the last up.

    Exit codes: 0 nothing is broken, 1 something is: an answer, the last up, a site's rules; 2 a site or its stack could
    not be read.
    """
    from dualstack.check.checked import Checked
    from dualstack.check.sites import load_site
    from dualstack.stack.layers import LayerStore
    from dualstack.stack.project import list_sites
    from dualstack.status.model import SiteStatus as Site
    from dualstack.status.words import failed, unreadable

    folder = the_project(project, *sites or ())
    wanted = list(dict.fromkeys(sites or list_sites(folder)))
    store, checked, broken = LayerStore(folder), list[Checked](), list[Site]()
    for name in wanted:
        try:
            checked.append(load_site(folder, name, store))
        except NoSiteError as error:
            if sites:
                broken.append(Site(name, error=str(error)))
            else:
                without_strangers([error])
        except InputError as error:
            broken.append(Site(name, error=str(error)))
    if not checked and not broken:
        raise InputError("the project has no sites", file=str(folder), fix="make one with dualstack new")
    found = {one.name: one for one in broken}
    found |= {one.name: one for one in _collected(folder, checked, probe=probe, engine=engine, backend=backend)}
    told = [found[name] for name in sorted(found)]
    now = datetime.now(UTC)
    if page is not None:
        from dualstack.cli.stackfile import replace_text
        from dualstack.status.html import html

        replace_text(page, html(told, now))
    if output is Format.JSON:
        from dualstack.status.document import status_json

        print_json(status_json(told, now))
    else:
        from dualstack.status.text import text

        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        print(text(told, width=width, colour=Style.of(sys.stdout).colour))
    if any(map(unreadable, told)):
        raise AnsweredError(UNREADABLE)
    raise AnsweredError(int(any(map(failed, told))))


def _collected(
    project: Path, checked: list[Checked], *, probe: bool, engine: EngineChoice, backend: BackendChoice | None
) -> list[SiteStatus]:
    from dualstack.deploy.backend import choose_backend
    from dualstack.record import project_name
    from dualstack.status.collect import Asked, collect
    from dualstack.status.stacks import Reader, UnreadableError, by_engine, from_files
    from dualstack.today import today
    from dualstack.verify.model import Way

    if probe:
        need_packages("status", "leave the network alone with --no-probe")
    place = choose_backend(project, backend)
    reader: Reader
    if place.files is not None:
        reader = from_files(place, project_name(project))
    else:
        from dualstack.engine.find import EngineMissing, find_engine

        try:
            cli = find_engine(engine is EngineChoice.BUILT, lambda line: tell(f"engine: {line}"))
            reader = by_engine(place, cli, project)
        except EngineMissing as error:
            why = f"its backend is not one in files, and there is no Pulumi CLI to ask it with: {error}"

            def reader(_stack: str) -> None:
                raise UnreadableError(why)

    with ProgressLine() as progress:
        return collect(Asked(project, reader, Way() if probe else None, today()), checked, progress.steps)
