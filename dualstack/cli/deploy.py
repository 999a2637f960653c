"""``dualstack up``, ``preview``, ``refresh`` and ``destroy``: the engine's work on one site, told line by line."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import typer

from dualstack.answer.json_answer import finding_json
from dualstack.answer.style import Style
from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.check.sites import load_site
from dualstack.cli.common import Format, print_json, refuse
from dualstack.cli.env import EngineChoice
from dualstack.cli.errors import AnsweredError, tell
from dualstack.cli.outcome import closing, outcome
from dualstack.cli.packages import need_packages
from dualstack.cli.questions import can_ask
from dualstack.cli.text import findings_text
from dualstack.cli.verified import Proof
from dualstack.deploy.backend import choose_backend
from dualstack.deploy.choice import BackendChoice
from dualstack.deploy.hints import with_ways_out
from dualstack.deploy.locks import Refused
from dualstack.deploy.progress import Change, Progress, word
from dualstack.deploy.review import preview_markdown
from dualstack.deploy.session import Operation, Result, Session
from dualstack.document.hiding import Veil
from dualstack.document.loader import load_file
from dualstack.engine.find import find_engine
from dualstack.errors import InputError
from dualstack.plan import Plan
from dualstack.policies import config_of
from dualstack.record import project_name
from dualstack.stack.project import site_file

CHANGES = 3
"""Exit code for changes where none were expected."""
_DONE = {
    Operation.UP: "deployed",
    Operation.PREVIEW: "previewed",
    Operation.REFRESH: "refreshed",
    Operation.DESTROY: "destroyed",
}
_COLOURS = {"create": "green", "update": "yellow", "delete": "red", "replace": "yellow", "FAILED": "red"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for.

    Attributes:
        engine: which CLI.
        backend: where state is; None to choose.
        yes: do not ask.
        output: text or JSON.
        markdown: answer with a document for a pull request in place of text.
        expect_no_changes: changes are exit code 3.
        clear_pending: forget interrupted creates.
        restore_checkpoint: with refresh, put a copy in the place of a broken checkpoint first.
        forget: after destroy, remove the stack and its history, too.
        refresh: with a preview, look at what is there first.
        online: with a preview, ask resolvers for records that others keep.
        verify: after an update, ask the site for so many minutes until it answers as planned; None: not at all.
    """

    engine: EngineChoice
    backend: BackendChoice | None
    yes: bool = False
    output: Format = Format.TEXT
    markdown: bool = False
    expect_no_changes: bool = False
    clear_pending: bool = False
    restore_checkpoint: bool = False
    forget: bool = False
    refresh: bool = False
    online: bool = False
    verify: float | None = None

    @property
    def document(self) -> bool:
        """Whether standard output is for one document."""
        return self.markdown or self.output is Format.JSON


def deploy(project: Path, site: str, operation: Operation, wanted: Wanted) -> None:
    """Run an operation; ends with an exit code other than 0 unless all went well.

    Raises:
        InputError: no engine, no program, no way to ask, or input that cannot be read.
    """
    if wanted.verify is not None:
        need_packages("up --verify", "leave --verify out")
    checked = load_site(project, site)
    teller = _Teller(operation, wanted.document)
    # The other two run no program: what a newer rule finds must not keep a site from being removed.
    if checked.plan is None or (checked.failed and operation in (Operation.UP, Operation.PREVIEW)):
        _refuse(project, checked, operation, wanted, Progress(teller.say))
        return
    if not wanted.document:
        print(findings_text([checked], teller.style, notes=False), flush=True)
    _needs_program(project)
    asks = operation in (Operation.UP, Operation.DESTROY) and not wanted.yes
    if asks and not (can_ask() and sys.stdout.isatty() and wanted.output is Format.TEXT):
        # A preview shows what up would do, nothing of a destroy.
        look = f"look with dualstack preview {checked.name}, then add --yes"
        raise InputError(
            f"{operation} changes things, and there is no terminal to ask on",
            fix=look if operation is Operation.UP else "add --yes to remove everything that Pulumi made for the site",
        )
    backend = choose_backend(project, wanted.backend)
    engine = find_engine(wanted.engine is EngineChoice.BUILT, teller.engine)
    teller.engine(f"backend: {backend}")
    file = site_file(project, site)
    plugins = None if needs_plugins(checked.plan) else False
    own_name = project_name(project)
    settings = config_of(checked)
    session = Session(project, own_name, checked.name, file, engine, backend, plugins, teller.line, settings)
    session.online, session.plan = wanted.online, checked.plan
    try:
        if asks:
            _ask(session, operation, teller)
        teller.operation = operation
        progress = Progress(teller.say, planning=operation is Operation.PREVIEW)
        result = session.run(
            operation,
            progress,
            clear_pending=wanted.clear_pending,
            refresh=wanted.refresh,
            restore_checkpoint=wanted.restore_checkpoint,
        )
        if operation is Operation.DESTROY and wanted.forget and result.error is None and not session.missing:
            session.forget()
        if result.error is not None:
            result = replace(result, error=with_ways_out(result.error, checked.plan, session.command_prefix, own_name))
    except Refused as error:
        _end(project, checked, operation, wanted, teller, Progress(teller.say), Result(str(error)))
        return
    _end(project, checked, operation, wanted, teller, progress, result)


def _refuse(project: Path, checked: Checked, operation: Operation, wanted: Wanted, progress: Progress) -> None:
    """Tell the findings of a site with errors in the form of the answer, and stop."""
    if wanted.output is Format.JSON:
        told = document(project, checked, operation, progress, Result("the site has errors"))
        told["findings"] = [finding_json(finding) for finding in veiled(checked, Veil()).findings]
        print_json(told)
        raise typer.Exit(1)
    if wanted.markdown:
        print(preview_markdown(checked, progress, None), end="")
    refuse(checked, None, wanted.output, _DONE[operation])


def needs_plugins(plan: Plan) -> bool:
    """Tell whether the site's program uses provider plugins other than our own, which is in the project."""
    return plan.uses_hypervisor or plan.uses_cluster


class _Teller:
    """Prints: progress to standard output, or to standard error where that is for one document."""

    def __init__(self, operation: Operation, document: bool) -> None:
        self.operation = operation
        self.stream: TextIO = sys.stderr if document else sys.stdout
        self.style = Style.of(self.stream)

    def line(self, text: str) -> None:
        """Print a line."""
        print(text, file=self.stream, flush=True)

    def engine(self, text: str) -> None:
        """Print a line about the engine."""
        self.line(self.style(f"engine: {text}", "dim"))

    def say(self, item: Change | str) -> None:
        """Print what the progress says."""
        if isinstance(item, str):
            self.line(self.style("  " + item.replace("\n", "\n  "), "dim"))
            return
        planning, refresh = self.operation is Operation.PREVIEW, self.operation is Operation.REFRESH
        told = word(item, planning=planning, refresh=refresh)
        colour = _COLOURS.get("FAILED" if item.failed else item.op.split("-")[0], "cyan")
        seconds = "" if item.seconds is None else f"  {item.seconds:.1f} s"
        self.line(
            f"{self.style(told.ljust(8), colour)}  {item.type.ljust(34)}  {self.style(item.name, 'bold')}{seconds}"
        )
        if item.paths and item.op != "create":
            self.line(self.style("          " + ", ".join(item.paths), "dim"))


def _ask(session: Session, operation: Operation, teller: _Teller) -> None:
    """Show what would be done and ask."""
    if operation is Operation.UP:
        teller.operation = Operation.PREVIEW
        progress = Progress(teller.say, planning=True)
        result = session.run(Operation.PREVIEW, progress)
        if result.error is not None:
            raise Refused(result.error)
        question = (
            f"Deploy {session.name}?" if progress.changed else f"Nothing would change. Deploy {session.name} anyway?"
        )
    else:
        question = f"Remove everything that Pulumi made for {session.name}?"
    if not typer.confirm(question):
        teller.line("not confirmed: nothing was changed")
        raise typer.Exit(1)


def _needs_program(project: Path) -> None:
    document = load_file(project / "Pulumi.yaml", "Pulumi.yaml")
    if "main" in document.data:
        place = document.origins.get(("main",))
        raise InputError(
            "main makes Pulumi start the program in another folder, and it would look for the site's files there",
            file=str(project / "Pulumi.yaml"),
            line=place.line if place else None,
            column=place.column if place else None,
            fix="remove main, and let __main__.py here start the program, see docs/sites-repository.md",
        )
    if not (project / "__main__.py").is_file():
        raise InputError(
            "the project holds sites only, and Pulumi needs a program to start",
            file=str(project),
            fix="add the __main__.py of docs/sites-repository.md",
        )


def _end(
    project: Path,
    checked: Checked,
    operation: Operation,
    wanted: Wanted,
    teller: _Teller,
    progress: Progress,
    result: Result,
) -> None:
    """Tell how it ended, and with what exit code."""
    unexpected = wanted.expect_no_changes and result.error is None and progress.changed
    if result.error is not None and operation is not Operation.PREVIEW and progress.changes:
        # What was done before the failure stays, and the next run goes on from there.
        result = replace(result, error=f"{result.error}\nwhat was done before that stays; mend it and run this again")
    proves = wanted.verify is not None and operation is Operation.UP and result.error is None
    proof = Proof(checked, wanted.verify or 0) if proves else None
    if wanted.output is Format.JSON:
        told = document(project, checked, operation, progress, result)
        print_json(told if proof is None else {**told, "verify": proof.json()})
    else:
        if wanted.markdown:
            print(preview_markdown(checked, progress, result.error), end="")
        for line in closing(checked, operation, progress, result, teller.style, project):
            teller.line(line)
        if result.error is not None:
            text = result.error.replace("\n", "\n  ")
            tell(f"{operation} of {checked.name} failed: {text}")
        elif unexpected:
            tell(f"no changes were expected for {checked.name}")
        if proof is not None:
            teller.line(teller.style(f"verify: {checked.name} is asked over both families", "dim"))
            teller.line(proof.text(teller.style))
    if result.error is not None:
        raise typer.Exit(1)
    if unexpected:
        raise typer.Exit(CHANGES)
    if proof is not None:
        raise AnsweredError(proof.exit_code)


def document(
    project: Path, checked: Checked, operation: Operation, progress: Progress, result: Result
) -> dict[str, Any]:
    """Give the JSON answer: every resource that changed, counts, outputs, and the state of both families."""
    return {
        "version": 1,
        "site": checked.name,
        "operation": operation.value,
        "succeeded": result.error is None,
        "error": result.error,
        "changed": progress.changed,
        "counts": progress.counts,
        "resources": [
            {
                "op": one.op,
                "type": one.type,
                "name": one.name,
                "urn": one.urn,
                "paths": one.paths,
                "seconds": None if one.seconds is None else round(one.seconds, 2),
                "failed": one.failed,
            }
            for one in progress.changes
        ],
        "warnings": progress.warnings,
        "outputs": result.outputs,
        "outcome": outcome(progress, project),
    }
