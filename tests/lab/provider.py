"""The provider as the engine meets it: the launcher's process, and a client of its gRPC interface."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import grpc  # type: ignore[import-untyped]
from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from tests import PROJECT

LAUNCHER = PROJECT / "provider" / "pulumi-resource-dualstack"
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def secret(value: Any) -> dict[str, Any]:
    """Wrap a value as the engine sends a secret."""
    return {SIGNATURE: SECRET, "value": value}


class ProviderProcess:
    """Started by ``with``; its output is in ``stdout`` and ``stderr`` after the end."""

    def __init__(
        self, launcher: Path = LAUNCHER, *, cwd: Path = PROJECT, engine: str = "127.0.0.1:9", **env: str
    ) -> None:
        self._process = subprocess.Popen(
            [launcher, engine],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **env},
            text=True,
        )
        self.stdout = self.stderr = ""
        assert self._process.stdout is not None
        self.port = self._process.stdout.readline().strip()
        if not self.port.isdigit():
            raise AssertionError(self._process.communicate(timeout=10)[1])
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """Send SIGTERM; give the exit code."""
        self._channel.close()
        if self._process.poll() is None:
            self._process.terminate()
        if self._process.stdout is not None and not self._process.stdout.closed:
            watchdog = threading.Timer(20, self._process.kill)
            watchdog.start()
            self.stdout, self.stderr = self._process.communicate()
            watchdog.cancel()
        return self._process.returncode

    def check(self, token: str, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Give checked inputs and failures by property."""
        answer = self.stub.Check(provider_pb2.CheckRequest(urn=urn(token), news=struct(inputs)), timeout=30)
        return plain(answer.inputs), {item.property: item.reason for item in answer.failures}

    def diff(self, token: str, inputs: Mapping[str, Any], state: Mapping[str, Any], news: Mapping[str, Any]) -> Any:
        """Give the engine's message."""
        request = provider_pb2.DiffRequest(
            urn=urn(token), id="x", old_inputs=struct(inputs), olds=struct(state), news=struct(news)
        )
        return self.stub.Diff(request, timeout=30)

    def create(self, token: str, inputs: Mapping[str, Any], preview: bool = False) -> tuple[str, dict[str, Any]]:
        """Give id and properties."""
        request = provider_pb2.CreateRequest(urn=urn(token), properties=struct(inputs), preview=preview)
        answer = self.stub.Create(request, timeout=60)
        return answer.id, plain(answer.properties)

    def read(self, token: str, id_: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[str, Any, Any]:
        """Give id, inputs and properties."""
        request = provider_pb2.ReadRequest(urn=urn(token), id=id_, inputs=struct(inputs), properties=struct(state))
        answer = self.stub.Read(request, timeout=60)
        return answer.id, plain(answer.inputs), plain(answer.properties)

    def update(
        self, token: str, id_: str, inputs: Mapping[str, Any], state: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the properties."""
        request = provider_pb2.UpdateRequest(
            urn=urn(token), id=id_, old_inputs=struct(inputs), olds=struct(state), news=struct(news)
        )
        return plain(self.stub.Update(request, timeout=60).properties)

    def delete(self, token: str, id_: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        """Delete."""
        request = provider_pb2.DeleteRequest(
            urn=urn(token), id=id_, old_inputs=struct(inputs), properties=struct(state)
        )
        self.stub.Delete(request, timeout=60)


def urn(token: str) -> str:
    """Give a URN as the engine makes it for a child of a component."""
    return f"urn:pulumi:test::dualstack::dualstack:index:ManagementDns${token}::name"


def struct(values: Mapping[str, Any]) -> Any:
    """Turn values into a message."""
    return json_format.ParseDict(dict(values), struct_pb2.Struct())


def plain(message: Any) -> dict[str, Any]:
    """Turn a message into values; secrets stay wrapped."""
    values: dict[str, Any] = json_format.MessageToDict(message)
    return values
