"""The commands that go through the engine: their options and help."""

from __future__ import annotations

from typing import Annotated

import typer

from dualstack.cli.common import Format, FormatOption, PreviewFormat, ProjectOption, SiteArgument, the_project
from dualstack.cli.env import EngineChoice
from dualstack.deploy.choice import BackendChoice
from dualstack.errors import InputError

EngineOption = Annotated[
    EngineChoice,
    typer.Option(
        "--engine",
        help="Pulumi CLI: auto, on PATH, in the cache, or downloaded; built, else also built from Go modules.",
    ),
]
BackendOption = Annotated[
    BackendChoice | None,
    typer.Option(
        "--backend",
        help="Where state is: own, as pulumi login or PULUMI_BACKEND_URL say; embedded, files in .dualstack. "
        "Where nothing is said: own if there is one, else embedded.",
        show_default=False,
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed without a terminal.")]
ExpectOption = Annotated[bool, typer.Option("--expect-no-changes", help="Exit with 3 where anything changes.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: dualstack preview demo --expect-no-changes")(preview)
    app.command(epilog="Example: dualstack up demo --yes")(up)
    app.command(epilog="Example: dualstack refresh demo --expect-no-changes")(refresh)
    app.command(epilog="Example: dualstack destroy demo --yes --forget")(destroy)


def preview(
    site: SiteArgument,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    expect_no_changes: ExpectOption = False,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask what is there first, so that changes by others show; state stays.")
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask resolvers for the records that others keep; wrong ones are warnings.")
    ] = False,
    output: Annotated[
        PreviewFormat, typer.Option("--format", help="How to answer; markdown is for a pull request.")
    ] = PreviewFormat.TEXT,
    project: ProjectOption = None,
) -> None:
    """Show what up would make, change and remove, with Pulumi; nothing is changed."""
    from dualstack.cli.deploy import Wanted, deploy
    from dualstack.deploy.session import Operation

    wanted = Wanted(
        engine,
        backend,
        output=Format.JSON if output is PreviewFormat.JSON else Format.TEXT,
        markdown=output is PreviewFormat.MARKDOWN,
        expect_no_changes=expect_no_changes,
        refresh=refresh,
        online=online,
    )
    deploy(the_project(project, site), site, Operation.PREVIEW, wanted)


def up(
    site: SiteArgument,
    yes: YesOption = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Then ask the living site, as verify does; its exit code is the answer."),
    ] = False,
    wait: Annotated[
        float | None,
        typer.Option("--wait", metavar="MINUTES", min=0, help="With --verify: ask again so long, until nothing fails."),
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    output: FormatOption = Format.TEXT,
    project: ProjectOption = None,
) -> None:
    """Make a site real with Pulumi; the stack file is checked first and never written."""
    if wait is not None and not verify:
        raise InputError("--wait says how long --verify asks", fix="add --verify, or leave it out")
    from dualstack.cli.deploy import Wanted, deploy
    from dualstack.cli.verified import MINUTES
    from dualstack.deploy.session import Operation

    minutes = (MINUTES if wait is None else wait) if verify else None
    wanted = Wanted(engine, backend, yes=yes, output=output, verify=minutes)
    deploy(the_project(project, site), site, Operation.UP, wanted)


def refresh(
    site: SiteArgument,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    expect_no_changes: ExpectOption = False,
    clear_pending_creates: Annotated[
        bool, typer.Option("--clear-pending-creates", help="Forget creates that an interrupted run had begun.")
    ] = False,
    restore_checkpoint: Annotated[
        bool, typer.Option("--restore-checkpoint", help="Put a copy in the place of a state that a kill broke, first.")
    ] = False,
    output: FormatOption = Format.TEXT,
    project: ProjectOption = None,
) -> None:
    """Compare Pulumi's state with what is there, and note what was changed by hand; the next up mends it."""
    from dualstack.cli.deploy import Wanted, deploy
    from dualstack.deploy.session import Operation

    wanted = Wanted(
        engine,
        backend,
        output=output,
        expect_no_changes=expect_no_changes,
        clear_pending=clear_pending_creates,
        restore_checkpoint=restore_checkpoint,
    )
    deploy(the_project(project, site), site, Operation.REFRESH, wanted)


def destroy(
    site: SiteArgument,
    yes: YesOption = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Then remove the stack and its history, too; the stack file stays.")
    ] = False,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    output: FormatOption = Format.TEXT,
    project: ProjectOption = None,
) -> None:
    """Remove everything that Pulumi made for a site."""
    from dualstack.cli.deploy import Wanted, deploy
    from dualstack.deploy.session import Operation

    wanted = Wanted(engine, backend, yes=yes, output=output, forget=forget)
    deploy(the_project(project, site), site, Operation.DESTROY, wanted)
