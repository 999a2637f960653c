"""Progress to the engine, which shows it on the resource's line."""

from __future__ import annotations

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from provider.frame.handler import Level


class EngineLog:
    """The engine's log, opened when first used; never the reason why an operation fails."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def send(self, urn: str, text: str, level: Level) -> None:
        """Show a line.

        Args:
            urn: of the resource.
            text: the line.
            level: how it is shown.
        """
        if not self._address:
            return
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        severity = engine_pb2.WARNING if level == "warning" else engine_pb2.INFO
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=level == "passing")
        try:
            self._stub.Log(request, timeout=5)
        except grpc.RpcError:
            return
