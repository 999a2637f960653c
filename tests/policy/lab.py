"""The real engine over a generic program: a provider that takes any resource, and previews with the pack."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from dualstack.engine.environment import child_environment, engine_env
from dualstack.engine.model import Engine
from dualstack.engine.pack import Pack
from tests.policy.stacks import STACK, Resource

SECONDS = 120
FOREIGN = ("PULUMI_", "DUALSTACK_")
VIOLATION = re.compile(r"- \[(\w+)\](?: \[[^]]*\])*\s+(DS[0-9]{3})-\S+\s+\(([^)]*)\)")


class Anything(provider_pb2_grpc.ResourceProviderServicer):
    """A provider for every type, in a preview."""

    def Attach(self, _request: Any, _context: Any) -> Any:
        """The engine is there."""
        return empty_pb2.Empty()

    def Handshake(self, _request: Any, _context: Any) -> Any:
        """Secrets as such."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """There is nothing to end."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """Any version."""
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetSchema(self, _request: Any, _context: Any) -> Any:
        """No types."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "any"}))

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        """Keep all."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:
        """No difference."""
        return provider_pb2.DiffResponse()

    def Configure(self, _request: Any, _context: Any) -> Any:
        """Secrets as such, and previews."""
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, _context: Any) -> Any:
        """Keep all."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, _request: Any, _context: Any) -> Any:
        """No difference."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Create(self, request: Any, _context: Any) -> Any:
        """Make nothing, and say that it is there."""
        return provider_pb2.CreateResponse(id="" if request.preview else "made", properties=request.properties)

    def Delete(self, _request: Any, _context: Any) -> Any:
        """There was nothing."""
        return empty_pb2.Empty()


@contextlib.contextmanager
def provider() -> Iterator[int]:
    """Serve it within this process; the engine attaches to the port."""
    server = grpc.server(ThreadPoolExecutor(16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Anything(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@dataclass(frozen=True)
class Said:
    """How a preview ended.

    Attributes:
        code: its exit code.
        violations: level, number of the policy, and what the engine puts in brackets: type and name.
        text: all that was printed.
    """

    code: int
    violations: set[tuple[str, str, str]]
    text: str

    def stopped_by(self) -> set[str]:
        """The policies that stop it."""
        return {policy for level, policy, _ in self.violations if level == "mandatory"}


class Lab:
    """A project with the program, and its stack."""

    def __init__(self, folder: Path, engine: Engine, pack: Pack, port: int) -> None:
        """Make them below an empty folder."""
        self.folder, self._pack = folder, pack
        shutil.copy(Path(__file__).with_name("program.py"), folder / "__main__.py")
        (folder / "Pulumi.yaml").write_text("name: lab\nruntime: python\n", encoding="utf-8")
        ours = engine_env(engine, folder, acquire_plugins=False)
        clean = {key: value for key, value in child_environment(ours).items() if not key.startswith(FOREIGN)}
        self._environment = clean | ours
        self._environment["PATH"] += f"{os.pathsep}{pack.programs}"
        names = ("libvirt", "kubernetes", "dualstack")
        self._environment["PULUMI_DEBUG_PROVIDERS"] = ",".join(f"{name}:{port}" for name in names)
        self.run("stack", "init", STACK)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``pulumi``."""
        program = shutil.which("pulumi", path=self._environment["PATH"])
        assert program is not None
        return subprocess.run(
            [program, "--non-interactive", "--color", "never", *arguments],
            cwd=self.folder,
            env=self._environment | {"DUALSTACK_LAB_STACK": str(self.folder / "stack.json")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def ask(
        self,
        stack: Sequence[Resource],
        config: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        pack: bool = True,
        command: Sequence[str] = ("preview",),
    ) -> Said:
        """Preview a stack, with the pack or without it."""
        (self.folder / "stack.json").write_text(json.dumps(stack), encoding="utf-8")
        (self.folder / "policies.json").write_text(json.dumps(config or {}), encoding="utf-8")
        options = ["--policy-pack", str(self._pack.folder), "--policy-pack-config", "policies.json"] if pack else []
        done = self.run(*command, *options)
        text = done.stdout + done.stderr
        return Said(done.returncode, set(VIOLATION.findall(text)), text)
