"""The pack's own environment, and the pack as a process in it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi.runtime.proto import analyzer_pb2_grpc

from dualstack.engine.pack import SOURCE, pack_python
from dualstack.errors import InputError
from tests import PROJECT


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python of the pack's environment; made where it is not there yet."""
    try:
        return pack_python(SOURCE, print)
    except InputError as error:
        pytest.skip(f"{error}")


@contextlib.contextmanager
def served(python: Path, folder: Path = SOURCE, **environment: str) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """Start the pack as the engine does, and give the way to ask it."""
    process = subprocess.Popen(
        [python, "-P", "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(folder)],
        env={"PATH": os.defpath, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        port = process.stdout.readline().strip()
        assert port.isdecimal(), process.stderr.read()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.kill()
        process.communicate(timeout=20)


@pytest.fixture
def pack(python: Path) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """A fresh process of the pack."""
    with served(python) as stub:
        yield stub
