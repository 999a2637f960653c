"""What a program does first, since the rest of its start takes as long."""

from __future__ import annotations

import contextlib
import threading

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import get_monitor

from dualstack.collector import spare_collector
from dualstack.tokens import HELLO


def start_provider() -> None:
    """Let the engine start our provider while this process still imports and computes.

    The engine starts a provider when something of its package is asked for, and both processes import Pulumi's SDK:
    in a row they are the longest part of a preview. A provider that does not start is told by the first resource.
    """
    monitor = get_monitor()
    if isinstance(monitor, resource_pb2_grpc.ResourceMonitorStub):  # else another process than the program's own
        spare_collector()
        threading.Thread(target=_greet, args=(monitor,), name="provider's start", daemon=True).start()


def _greet(monitor: resource_pb2_grpc.ResourceMonitorStub) -> None:
    with contextlib.suppress(grpc.RpcError):
        monitor.Invoke(resource_pb2.ResourceInvokeRequest(tok=HELLO))
