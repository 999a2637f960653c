"""Progress to the engine, which shows it on the resource's line."""

from __future__ import annotations

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """The engine's log, opened when first used; never the reason why an operation fails."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None

    def info(self, urn: str, text: str, passing: bool) -> None:
        """Show a line.

        Args:
            urn: of the resource.
            text: the line.
            passing: whether the next line replaces it.
        """
        if not self._address:
            return
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=passing)
        try:
            self._stub.Log(request, timeout=5)
        except grpc.RpcError:
            return
