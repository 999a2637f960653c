"""One run of the Pulumi CLI for one site, through the Automation API."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualstack.deploy.backend import Backend
from dualstack.deploy.checkpoint import refuse_broken, restore
from dualstack.deploy.hints import interrupted_create
from dualstack.deploy.interrupts import interrupts
from dualstack.deploy.leftover import left_in_zones, names_in, remove_folders
from dualstack.deploy.living import unkept
from dualstack.deploy.locks import Refused, clear_dead, only_one, wait_for_providers
from dualstack.deploy.progress import Progress
from dualstack.deploy.reasons import last_words, provider_ended, reasons, with_way_out
from dualstack.deploy.settle import OURS, settled
from dualstack.deploy.who import note
from dualstack.document.findings import Severity
from dualstack.document.frozen import REDACTED
from dualstack.document.origins import format_path
from dualstack.engine.environment import OUTER_TMPDIR, child_environment, engine_env
from dualstack.engine.model import Engine, How
from dualstack.engine.pack import policy_pack
from dualstack.plan import Plan
from dualstack.scratch import scratch
from dualstack.stack.project import ONLINE_VARIABLE

if TYPE_CHECKING:
    from pulumi.automation import Stack


class Operation(StrEnum):
    """What is done to a stack."""

    UP = "up"
    PREVIEW = "preview"
    REFRESH = "refresh"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended.

    Attributes:
        error: why it failed, in a line or more; None where it did not.
        outputs: of the stack, after ``up``; a secret is ``[secret]``.
    """

    error: str | None = None
    outputs: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """A site's stack at its backend.

    The committed stack file is only read. The CLI would write a salt of the backend's passphrase into it, so each run
    gives it a copy; and nothing is noted as the user's selected stack.

    Attributes:
        project: folder of the project.
        project_name: as Pulumi.yaml has it.
        name: the stack.
        file: the stack file.
        engine: the CLI.
        backend: where state is.
        plugins: whether the CLI may download plugins; None for what the engine's kind says.
        tell: takes a line about what is done beside the operation.
        policies: config of the policy pack, by policy.
        online: whether a preview may ask others, such as resolvers.
        plan: the site's plan, for what is looked at outside.
        missing: whether there was no stack to work on.
    """

    project: Path
    project_name: str
    name: str
    file: Path
    engine: Engine
    backend: Backend
    plugins: bool | None
    tell: Callable[[str], None]
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    online: bool = False
    plan: Plan | None = None
    missing: bool = field(default=False, init=False)
    _previewed: bool = field(default=False, init=False)

    @property
    def command_prefix(self) -> str:
        """What a shell needs before a plain ``pulumi`` command on this stack."""
        if not self.backend.embedded and self.engine.how is How.PATH:
            return ""
        return f'eval "$(dualstack env{" --backend embedded" if self.backend.asked else ""})" && '

    def run(
        self,
        operation: Operation,
        progress: Progress,
        *,
        clear_pending: bool = False,
        refresh: bool = False,
        restore_checkpoint: bool = False,
    ) -> Result:
        """Do it; the progress gets every event.

        Preview and update run the policy pack. An update has a preview with it first: policies over the whole stack
        come when everything is made, and would stop nothing.

        Args:
            operation: what.
            progress: takes the engine's events.
            clear_pending: with refresh, forget creates that were interrupted.
            refresh: with a preview, look at what is there first; the state stays as it is.
            restore_checkpoint: put a copy in the place of a broken checkpoint first.

        Raises:
            Refused: somebody else is at work on the stack, or it is not there, or its checkpoint is broken, or an
                interrupted create needs a decision.
            InputError: the embedded backend cannot be written.
        """
        changing = operation is not Operation.PREVIEW
        with contextlib.ExitStack() as held:
            if changing:
                held.enter_context(only_one(self.project, self.name))
                if self.backend.files is not None:
                    cancel = f"{self.command_prefix}pulumi cancel --stack {self.name}"
                    clear_dead(self.backend.files, self.project_name, self.name, cancel, self.tell)
            if restore_checkpoint:
                restore(self.backend, self.project_name, self.name, self.tell)
            refuse_broken(self.backend, self.project_name, self.name)
            copy = held.enter_context(scratch("run"))
            held.enter_context(self._environment())
            held.enter_context(_temporary(copy))
            fresh = self._ensure(operation, copy)
            config = copy / "config.yaml"
            shutil.copyfile(self.file, config)
            if fresh and operation in (Operation.REFRESH, Operation.DESTROY):
                if operation is Operation.DESTROY:
                    self._folders()
                self.missing = True
                return Result()
            if operation in (Operation.UP, Operation.PREVIEW) and not fresh:
                self._keeps_its_cluster()
            begun = False
            if changing and not fresh:
                wait_for_providers(self.project, self.name, self.tell)
                begun = self._settle(copy, operation, clear_pending)
            more: dict[str, Any] = {"config_file": str(config)}
            if operation in (Operation.UP, Operation.PREVIEW):
                more |= self._pack(held, copy)
            stack = self._stack()
            held.enter_context(interrupts(self.tell))
            if operation is Operation.UP and not self._previewed:
                before = self._operate(stack, Operation.PREVIEW, Progress(_nothing, planning=True), more)
                if before.error is not None:
                    return before
            if operation is Operation.PREVIEW:
                more["refresh"] = refresh or None
            if operation is Operation.REFRESH:
                more["clear_pending_creates"] = clear_pending
            result = self._operate(stack, operation, progress, more)
            if operation is Operation.UP and provider_ended(progress):
                # What it was at is in no state; the same call again finds it and takes it.
                self.tell("dualstack's own provider ended in the middle of a call: what it was at is taken up again")
                progress.again()
                result = self._operate(stack, operation, progress, more)
                if provider_ended(progress):
                    result = Result(f"{result.error}\n{self._untold(progress)}")
            if operation in (Operation.REFRESH, Operation.DESTROY) and begun and result.error is None:
                result = self._look_outside(operation, progress, config)
            # What was previewed may since have changed: the next update has a preview of its own.
            self._previewed = operation is Operation.PREVIEW and result.error is None
            return result

    def _pack(self, held: contextlib.ExitStack, folder: Path) -> dict[str, Any]:
        """Lay out the policy pack, and give what makes the CLI run it; it is gone when ``held`` ends."""
        pack = held.enter_context(policy_pack(self.engine, self.project, self.tell))
        os.environ["PATH"] += os.pathsep + str(pack.programs)
        config = folder / "policies.json"
        config.write_text(json.dumps(self.policies), encoding="utf-8")
        return {"policy_packs": [str(pack.folder)], "policy_pack_configs": [str(config)]}

    def forget(self) -> None:
        """Remove the stack itself with its history; it must hold no resource."""
        with self._environment(), scratch("run") as folder:
            self._bare(folder)
            # Else the CLI deletes the stack file, too; and not in the project's folder, where that file is.
            self._pulumi("stack", "rm", "--yes", "--preserve-config", "--stack", self.name, folder=folder)

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        """Set the whole process' environment: the Automation API finds its CLI by that alone."""
        before = dict(os.environ)
        variables = engine_env(self.engine, self.project, embedded=self.backend.embedded, acquire_plugins=self.plugins)
        try:
            wanted = child_environment(variables) | self.backend.variables
            if self.online:
                wanted[ONLINE_VARIABLE] = "1"
            os.environ.clear()
            os.environ.update(wanted)
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _bare(self, folder: Path) -> None:
        """Make a folder a project of the same name without a program, for commands that would touch the real one."""
        text = json.dumps({"name": self.project_name, "runtime": "python"})
        (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")

    def _ensure(self, operation: Operation, folder: Path) -> bool:
        """Make the stack where the embedded backend has none; tell whether it was made."""
        if not self.backend.embedded or self.backend.stack_file(self.project_name, self.name) is not None:
            return False
        if operation in (Operation.REFRESH, Operation.DESTROY):
            self.tell(f"the stack {self.name} was never deployed: there is nothing to {operation}")
            return True
        self._bare(folder)
        self._pulumi("stack", "init", "--no-select", self.name, folder=folder)
        return True

    def _stack(self) -> Stack:
        from pulumi.automation import LocalWorkspace, Stack

        class Workspace(LocalWorkspace):
            """Leaves the user's selected stack alone; one that is not there is told by the operation."""

            def select_stack(self, stack_name: str) -> None:
                """Do nothing."""

        return Stack.select(self.name, Workspace(work_dir=str(self.project)))

    def _operate(self, stack: Stack, operation: Operation, progress: Progress, more: Mapping[str, Any]) -> Result:
        from pulumi.automation import CommandError, ConcurrentUpdateError, StackNotFoundError

        # The SDK warns of events that it does not know with all that is in them.
        warnings.filterwarnings("ignore", message="Failed to parse engine event")
        outputs: dict[str, Any] = {}
        try:
            # Secrets are not asked for in the summaries: for these the CLI writes a salt into the real stack file.
            with progress:
                if operation is Operation.UP:
                    if self.backend.files is not None:  # the others keep who it was
                        more = {**more, "message": note()}
                    done = stack.up(on_event=progress.take, show_secrets=False, color="never", **more)
                    outputs = {key: REDACTED if one.secret else one.value for key, one in done.outputs.items()}
                elif operation is Operation.PREVIEW:
                    stack.preview(on_event=progress.take, color="never", **more)
                elif operation is Operation.REFRESH:
                    stack.refresh(on_event=progress.take, show_secrets=False, color="never", **more)
                else:
                    stack.destroy(on_event=progress.take, show_secrets=False, color="never", **more)
        except StackNotFoundError:
            init = f"{self.command_prefix}pulumi stack init {self.name}"
            way = f"create it with the secrets provider of your choice: {init}"
            raise Refused(f"your backend has no stack {self.name}; {way}") from None
        except ConcurrentUpdateError as error:
            cancel = f"{self.command_prefix}pulumi cancel --stack {self.name}"
            who = next((line.strip() for line in str(error).splitlines() if "by " in line and "@" in line), "")
            words = f"another update of {self.name} is running{f' ({who})' if who else ''}"
            raise Refused(f"{words}; wait for it, or, if nothing runs there, run: {cancel}") from None
        except CommandError as error:
            return Result(with_way_out("\n".join(reasons(progress)) or last_words(str(error))))
        except RuntimeError as error:  # a preview that ended before its summary
            return Result(with_way_out("\n".join(reasons(progress)) or str(error)))
        return Result(outputs=outputs)

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._pulumi("stack", "export", "--stack", self.name, folder=self.project))
        return state

    def _keeps_its_cluster(self) -> None:
        """Look whether the site is still that of the cluster that lives.

        Raises:
            Refused: it names another server as the one that makes it.
        """
        if self.plan is None or not self.plan.several:
            return
        for finding in unkept(self._state().get("deployment") or {}, self.plan):
            where = f"{format_path(finding.path)}: {finding.message}; {finding.fix}"
            text = f"{where}. {finding.consequence} [{finding.rule.id}]"
            if finding.severity is Severity.ERROR:
                raise Refused(text)
            self.tell(f"{finding.severity}: {text}")

    def _settle(self, folder: Path, operation: Operation, clear: bool) -> bool:
        """Settle what a killed run had begun: our own by looking for it, others' by asking.

        Returns:
            Whether any run may ever have made something: a stack that was only previewed leaves nothing outside.

        Raises:
            Refused: resources of others were being created.
        """
        state = self._state()
        deployment = state.get("deployment") or {}
        done = settled(deployment)
        begun = bool(deployment.get("resources") or deployment.get("pending_operations"))
        begun = begun or self.backend.updated(self.project_name, self.name)
        if done.others and not (clear and operation is Operation.REFRESH):
            raise Refused(self._undecided(done.others, operation))
        if not done.ours and not done.others:
            return begun
        if done.ours:
            names = ", ".join(done.ours)
            self.tell(f"an earlier run was killed while it was at {names}: what it left is looked for now")
        # The CLI's own way is a refresh that forgets; an import of the state is one that does not.
        file = folder / "state.json"
        file.write_text(json.dumps({**state, "deployment": done.deployment}), encoding="utf-8")
        self._bare(folder)
        self._pulumi("stack", "import", "--stack", self.name, "--file", str(file), folder=folder)
        return begun

    def _look_outside(self, operation: Operation, progress: Progress, config: Path) -> Result:
        """Look for what the plan names and no state knows; folders of ours are removed by ``destroy``."""
        if self.plan is None:
            return Result()
        if operation is Operation.DESTROY:
            self._folders()

        def secret(key: str) -> str | None:
            with contextlib.suppress(Refused):
                arguments = ("config", "get", f"dualstack:{key}", "--stack", self.name, "--config-file", str(config))
                return self._pulumi(*arguments, folder=self.project).removesuffix("\n")
            return None

        found = left_in_zones(self.plan, names_in(progress.resources), secret)
        lines = []
        if found.there:
            lines.append("these are as this site plans them, and no state knows them:")
            lines += [f"  {line}" for line in found.there]
            lines.append(
                f"a run that was interrupted may have made them, or somebody else. If they are this site's: dualstack "
                f"up {self.name} takes them, and dualstack destroy {self.name} then removes them; else remove or leave "
                "them by hand"
            )
        if found.unknown:
            lines += ["it could not be looked at whether records are left:", *(f"  {line}" for line in found.unknown)]
        if operation is Operation.DESTROY and lines:
            return Result("\n".join(lines))
        for line in lines:
            self.tell(line)
        return Result()

    def _folders(self) -> None:
        from provider.frame.handler import ResourceError

        if self.plan is not None:
            try:
                for line in remove_folders(self.project, self.plan):
                    self.tell(line)
            except ResourceError as error:  # a build is at work there
                raise Refused(str(error)) from None

    def _untold(self, progress: Progress) -> str:
        names = ", ".join(one.name for one in progress.changes if one.failed and one.type.startswith(OURS))
        return (
            f"whether {names} is there is in no state: run dualstack up {self.name} again, which takes what is there; "
            f"dualstack destroy {self.name} looks for it, too, as long as the site plans the same"
        )

    def _undecided(self, others: Sequence[Mapping[str, Any]], operation: Operation) -> str:
        """Say what nobody knows, and how to find out."""
        lines = ["an earlier run was interrupted while it created, and nobody knows whether these are there:"]
        lines += [f"  {one['type']} {one['urn'].rpartition('::')[2]}" for one in others]
        for one in others:
            urn = one["urn"]
            lines.append(
                interrupted_create(one)
                or f"if it is there: {self.command_prefix}pulumi import --stack {self.name} {one['type']} "
                f"{urn.rpartition('::')[2]} ID   (or remove it by hand)"
            )
        lines.append(f"then forget the interrupted creates: dualstack refresh {self.name} --clear-pending-creates")
        if operation is Operation.DESTROY:
            lines.append("nothing was removed: it would be said to be gone, and this might be left")
        return "\n".join(lines)

    def secrets(self, keys: Collection[str]) -> dict[str, str]:
        """Ask for secrets of the stack.

        Raises:
            Refused: there is no such stack or key, no login, or no passphrase.
        """
        refuse_broken(self.backend, self.project_name, self.name)
        found = {}
        with self._environment():
            for key in sorted(keys):
                text = self._pulumi("config", "get", f"dualstack:{key}", "--stack", self.name, folder=self.project)
                found[key] = text.removesuffix("\n")
        return found

    def encrypted(self, key: str, value: str) -> str:
        """Encrypt a secret as the stack does; make the stack where the embedded backend has none.

        Returns:
            The stack file as the CLI writes it with the secret; the file itself stays as it is.

        Raises:
            Refused: your own backend has no such stack, no login, or no passphrase.
            InputError: the embedded backend cannot be written.
        """
        with contextlib.ExitStack() as held:
            held.enter_context(only_one(self.project, self.name))
            refuse_broken(self.backend, self.project_name, self.name)
            folder = held.enter_context(scratch("run"))
            held.enter_context(self._environment())
            self._ensure(Operation.UP, folder)
            file = folder / "config.yaml"
            shutil.copyfile(self.file, file)
            words = ("--stack", self.name, "--config-file", str(file), "--secret", f"dualstack:{key}")
            self._pulumi("config", "set", *words, folder=self.project, given=value)
            return file.read_text(encoding="utf-8")

    def _pulumi(self, *arguments: str, folder: Path, given: str | None = None) -> str:
        done = subprocess.run(
            [str(self.engine.program), "--non-interactive", "--color", "never", *arguments],
            cwd=folder,
            input=given or "",  # a secret is never a word of the command line
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            words = last_words(done.stderr)
            if "no stack named" in words:
                init = f"{self.command_prefix}pulumi stack init {self.name}"
                raise Refused(f"your backend has no stack {self.name}; create it: {init}")
            raise Refused(f"`pulumi {' '.join(arguments[:2])}` fails: {words}")
        return done.stdout


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Have the CLI, its plugins and the Automation API put what is temporary into a folder that goes afterwards.

    Some leave kubeconfigs and logs behind. Our own provider goes back to what was set before: it starts builders, which
    want much room, and find their containers by it.
    """
    folder = folder / "tmp"
    folder.mkdir(mode=0o700)
    before = tempfile.tempdir
    os.environ[OUTER_TMPDIR] = os.environ.get("TMPDIR", "")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _nothing(_item: object) -> None:
    """Say nothing."""
