"""Running a Pulumi program in this process, without an engine, a CLI or a provider plugin.

Limits, all of the program that is run: no transforms and no resource hooks (the engine would call back for them; the
SDK says that the CLI does not support them), no children of components that live in a plugin, no defaults that a
provider's Check adds, no default providers, and work given to the loop's default executor is done at once, in the same
thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import sys
import threading
import traceback
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from pulumi.runtime import config as pulumi_config
from pulumi.runtime import settings
from pulumi.runtime import stack as pulumi_stack

from dualstack.document.hiding import hide
from dualstack.offline.monitor import Answer, Engine, Monitor, Printed, Turns
from dualstack.offline.recording import Recording, resources_from
from dualstack.offline.redact import Mark, plain, secret_texts
from dualstack.stack.project import ONLINE_VARIABLE

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# sys.path, the working directory, standard output and the environment belong to the process: one run at a time.
_ONE_AT_A_TIME = threading.Lock()


class ProgramError(Exception):
    """The program failed; ``__cause__`` is its own exception. The message holds no secret, the cause may.

    Attributes:
        program: the file that was run.
        file: the file beside or below the program whose line failed, None if the failure was not in one.
        line: that line, counted from 1.
    """

    def __init__(self, message: str, program: Path, file: Path | None, line: int | None) -> None:
        super().__init__(message)
        self.program = program
        self.file = file
        self.line = line


def record(
    program: Path,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    secret_keys: Collection[str] = (),
    preview: bool = True,
    outputs_for: Answer | None = None,
    root: Path | None = None,
    mark: Mark | None = None,
) -> Recording:
    """Runs a program and gives back what it registered.

    The program runs as ``__main__`` in its own directory, which is also first on ``sys.path``. Modules that it imports
    stay imported: another version of them needs another process. Config comes from ``config`` alone, never from the
    environment. Threads take turns.

    Args:
        program: the Python file, usually the project's ``__main__.py``.
        project: the project's name, as in Pulumi.yaml; part of every URN.
        stack: the stack's name; part of every URN.
        config: full keys (``dualstack:site``) to text; objects as JSON, as the engine gives them.
        secret_keys: which of those keys are secret. The value of one may be ``[secret]``, so nothing need be decrypted.
        preview: what the program sees as a preview or not. Output properties are unknown in either; an id is unknown
            in a preview, else the resource's name.
        outputs_for: gets each question that a provider would answer, and may tell output properties and results of
            functions, which are empty otherwise.
        root: the folder with Pulumi.yaml, which the SDK gives as root directory; the program's own where absent.
        mark: what stands for a secret in place of ``[secret]``, so that two recordings can be compared.

    Raises:
        ProgramError: the program raised, or registered one URN twice.
        FileNotFoundError: there is no such file.
        RuntimeError: called inside a running event loop.
    """
    _refuse_running_loop()
    program = program.resolve()
    if not program.is_file():
        raise FileNotFoundError(f"no such program: {program}")
    hidden = secret_texts(config[key] for key in secret_keys if key in config)
    monitor, engine = Monitor(project, stack, preview, outputs_for), Engine()

    async def main() -> None:
        bag = settings.Settings(
            project=project,
            stack=stack,
            monitor=monitor,
            engine=engine,
            dry_run=preview,
            legacy_apply_enabled=False,
            organization="organization",  # what backends without organizations call it
            root_directory=str(root or program.parent),
        )
        settings.configure(bag)
        settings.SETTINGS.rpc_manager = Turns()
        pulumi_config.set_all_config(dict(config), list(secret_keys))
        await pulumi_stack.run_in_stack(lambda: _body(program, module))

    def run() -> None:
        # The SDK keeps its settings in context variables: an empty context is a fresh SDK, and leaves nothing behind.
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.get_loop().set_exception_handler(lambda _loop, _context: None)  # told once, by the exception itself
            # Not Runner.run: that turns Ctrl-C into a cancellation, which a program that computes never notices.
            runner.get_loop().run_until_complete(main())

    module = types.ModuleType("__main__")
    seen: set[str] = set()
    try:
        with _ONE_AT_A_TIME, _process(program, module, engine.log):
            contextvars.Context().run(run)
    except Exception as error:
        for one in monitor.registrations:
            plain(one.request, seen)
        raise _program_error(program, error, hidden | seen) from error
    outputs = dict(monitor.outputs)
    exports = plain(outputs.pop(monitor.stack_urn, {}), seen, mark)
    resources = resources_from(monitor.registrations, outputs, monitor.stack_urn, hidden, seen, mark)
    return Recording(
        resources=resources,
        outputs=hide(exports, hidden),
        events=tuple((kind, hide(urn, hidden)) for kind, urn in monitor.events()),
        log=tuple((severity, hide(text, hidden | seen)) for severity, text in engine.log),
        calls=tuple(sorted(monitor.calls, key=lambda call: (call.kind, call.type, call.name))),
    )


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "dualstack.offline.record() runs an event loop of its own, so it cannot be called inside a running one; "
        "call it with `await asyncio.to_thread(record, ...)`"
    )


class _Loop(asyncio.SelectorEventLoop):
    """Does the work for its default executor at once: no threads, so requests come in the same order in every run."""

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


def _body(program: Path, module: types.ModuleType) -> None:
    module.__file__ = str(program)
    code = compile(program.read_bytes(), str(program), "exec", dont_inherit=True)
    try:
        exec(code, module.__dict__)  # noqa: S102 - the user's own program, as `pulumi up` would run it
    except SystemExit as error:
        if error.code:
            failure = RuntimeError(f"the program called sys.exit({error.code!r})")
            raise failure.with_traceback(error.__traceback__) from error


def _as_imported() -> None:
    settings.Settings("project", "stack", organization="organization", root_directory="root_directory")


@contextlib.contextmanager
def _process(program: Path, module: types.ModuleType, log: list[tuple[str, str]]) -> Iterator[None]:
    """What the language host would set up in a process of its own, taken back afterwards."""
    here = str(program.parent)
    foreign = ("PULUMI_CONFIG", ONLINE_VARIABLE)
    config = {key: os.environ.pop(key) for key in list(os.environ) if key.startswith(foreign)}
    arguments, sys.argv = sys.argv, [str(program)]
    main, sys.modules["__main__"] = sys.modules["__main__"], module
    sys.path.insert(0, here)
    try:
        with contextlib.chdir(here), contextlib.closing(Printed(log)) as printed, contextlib.redirect_stdout(printed):
            yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(here)
        sys.argv, sys.modules["__main__"] = arguments, main
        os.environ.update(config)
        # The SDK caches what it learns of each resource class, and through a class of the program itself all that the
        # run made would stay; and what is set in an empty context becomes its default everywhere, so it is set back.
        module.__dict__.clear()
        contextvars.Context().run(_as_imported)


def _program_error(program: Path, error: Exception, hidden: Collection[str]) -> ProgramError:
    """The line is the innermost one in the project, this package and a virtual environment in it left out."""
    file, line = None, None
    ours = Path(__file__).resolve().parent
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(program.parent) and "site-packages" not in path.parts and not path.is_relative_to(ours):
            file, line = path, frame.lineno
    where = f"{file.relative_to(program.parent)}:{line}: " if file else ""
    return ProgramError(hide(f"{where}{type(error).__name__}: {error}", hidden), program, file, line)
