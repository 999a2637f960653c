"""Many runs in one process, failing programs, and what a run leaves behind: nothing."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import os
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.runtime import settings

from dualstack.offline import DuplicateUrnError, ProgramError, record
from dualstack.offline.monitor import Monitor
from tests.offline.support import PROGRAMS, run, urn


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_two_hundred_sites_in_one_process() -> None:
    run("chain")
    before = open_files(), threading.active_count()
    seconds = []
    for number in range(200):
        start = time.perf_counter()
        recording = record(
            PROGRAMS / "chain.py", project="proj", stack=f"site-{number}", config={}, preview=number % 2 == 0
        )
        seconds.append(time.perf_counter() - start)
        assert len(recording.resources) == 12
        assert all(resource.urn.startswith(f"urn:pulumi:site-{number}::proj::") for resource in recording.resources)
        assert recording.outputs["count"] == 3
    assert (open_files(), threading.active_count()) == before
    assert sorted(seconds)[100] < 0.3, "the median run; about 0.01 s on an idle core"


@pytest.mark.parametrize("how", ["not", "body", "apply"])
def test_nothing_of_a_run_stays_in_memory(how: str) -> None:
    with contextlib.suppress(ProgramError):
        run("raising", {"how": how, "password": "canary-in-memory"})
    run("chain")
    gc.collect()
    assert [found for found in gc.get_objects() if isinstance(found, Monitor)] == []
    fresh = contextvars.Context()
    assert fresh.run(lambda: settings.SETTINGS.monitor) is None
    assert fresh.run(settings.get_stack) == "stack"


def test_the_same_input_gives_the_same_recording() -> None:
    for program in ("chain", "secrets", "options", "unknowns"):
        assert len({repr(run(program, {"canary": "x-12345"})) for _ in range(25)}) == 1


@pytest.mark.parametrize(
    ("how", "message", "cause", "line"),
    [
        ("body", "raising.py:14: KeyError: 'lost pw'", KeyError, 14),
        ("apply", "raising.py:14: KeyError: 'lost in a callback'", KeyError, 14),
        ("exit", "raising.py:24: RuntimeError: the program called sys.exit('no site')", RuntimeError, 24),
        ("input", "unexpected input of type object for value in Thing", ValueError, None),
    ],
)
def test_a_failing_program_gives_its_own_exception_and_the_next_run_is_clean(
    how: str, message: str, cause: type[Exception], line: int | None
) -> None:
    before = open_files()
    for _ in range(3):
        with pytest.raises(ProgramError) as caught:
            run("raising", {"how": how, "password": "pw"})
        assert message in str(caught.value)
        assert isinstance(caught.value.__cause__, cause)
        assert caught.value.line == line
        assert caught.value.file == (PROGRAMS / "raising.py" if line else None)
        assert caught.value.program == PROGRAMS / "raising.py"
        del caught
    assert [resource.name for resource in run("raising", {"how": "not"}).resources] == ["first"]
    gc.collect()  # a task whose failure nobody asked for speaks up here
    assert open_files() == before


def test_one_urn_twice_is_refused_as_by_the_engine() -> None:
    with pytest.raises(
        ProgramError, match="Duplicate resource URN 'urn:pulumi:site::proj::test:index:Thing::first'"
    ) as e:
        run("raising", {"how": "twice"})
    assert isinstance(e.value.__cause__, DuplicateUrnError)


def test_leaving_early_without_an_error_is_fine() -> None:
    assert [resource.urn for resource in run("raising", {"how": "done"}).resources] == [urn("test:index:Thing::first")]


def test_process_state_is_put_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("PULUMI_CONFIG", '{"proj:how": "body"}')
    monkeypatch.setenv("PULUMI_CONFIG_PROJ_HOW", "body")
    (tmp_path / "helper_of_the_program.py").write_text("NAME = 'imported'\n")
    (tmp_path / "program.py").write_text(
        "import os, sys, pulumi, helper_of_the_program\n"
        "pulumi.export('seen', [os.getcwd(), sys.argv, pulumi.Config().get('how'), helper_of_the_program.NAME])\n"
        "pulumi.export('root', pulumi.runtime.get_root_directory())\n"
        "print('one\\ntwo', end='')\n"
    )

    def state() -> list[object]:
        return [Path.cwd(), [*sys.path], [*sys.argv], {**os.environ}, sys.stdout, sys.modules["__main__"]]

    before = state()
    recording = record(Path("../program.py"), project="proj", stack="site", config={})
    assert state() == before
    program = str(tmp_path / "program.py")
    assert recording.outputs == {"root": str(tmp_path), "seen": [str(tmp_path), [program], None, "imported"]}
    assert recording.log == (("stdout", "one"), ("stdout", "two"))
    monkeypatch.delitem(sys.modules, "helper_of_the_program")


def test_an_asynchronous_program(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import asyncio, threading, pulumi\n"
        "async def main():\n"
        "    await asyncio.sleep(0)\n"
        "    a = pulumi.ComponentResource('test:index:A', 'a')\n"
        "    pulumi.log.info('half way', a)\n"
        "    here = threading.get_ident()\n"
        "    return {'same': await asyncio.to_thread(threading.get_ident) == here}\n"
        "pulumi.run(main)\n"
    )
    recording = record(tmp_path / "program.py", project="proj", stack="site", config={})
    assert (recording.outputs, recording.log) == ({"same": True}, (("info", "half way"),))
    assert recording.events == (("register", urn("test:index:A::a")),)


def test_whatever_the_caller_did_with_the_sdk() -> None:
    def busy() -> int:
        settings.ROOT.set(object())  # type: ignore[arg-type]  # what is left after Pulumi's own set_mocks
        return len(run("chain").resources)

    assert contextvars.copy_context().run(busy) == 12


def test_threads_take_turns() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: run("chain", preview=n % 2 == 0), range(12)))
    assert {len(recording.resources) for recording in found} == {12}


def test_no_warnings_and_no_loop_left() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run("options")
        gc.collect()
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()


def test_the_core_does_not_import_pulumi() -> None:
    code = "import sys, dualstack; sys.exit(any(name.partition('.')[0] == 'pulumi' for name in sys.modules))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
