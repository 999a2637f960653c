"""The provider process: ``python -m provider ENGINE_ADDRESS``, started by ``provider/pulumi-resource-dualstack``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc.aio  # type: ignore[import-untyped]
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from dualstack.engine.environment import OUTER_TMPDIR
from provider.frame.handler import CANCELLED
from provider.frame.servicer import Servicer

THREADS = 64
"""Calls at one time; the default, a handful, would let hosts that are waited for hold up everything else."""
GRACE = 10.0
"""Seconds that running calls get at the end; DNS calls and cancelled waits need less."""


async def serve(args: list[str], servicer: type[Servicer]) -> None:
    """Serve until the process is told to end, or its parent is gone."""
    # Where the launcher tells it, the parent is known although it may be gone by now.
    parent = int(os.environ.pop("DUALSTACK_STARTED_BY", "") or os.getppid())
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="call"))
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    engine = next((item for item in args if not item.startswith("-")), "")
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer(args, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    # The port is the one thing that the engine reads from stdout; what a library may print goes to stderr from here on.
    with contextlib.suppress(BrokenPipeError):  # the engine is gone, which is seen right below
        os.write(1, f"{port}\n".encode())
    while not ended.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(ended.wait(), timeout=1)
        except TimeoutError:
            continue
    CANCELLED.set()
    await server.stop(GRACE)


def main(servicer: type[Servicer] = Servicer) -> None:
    """Run, and end without waiting for threads that hang."""
    sys.stdout = sys.stderr
    outer = os.environ.pop(OUTER_TMPDIR, None)
    if outer:
        os.environ["TMPDIR"] = outer
    elif outer is not None:
        os.environ.pop("TMPDIR", None)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(serve(sys.argv[1:], servicer))
    os._exit(0)


if __name__ == "__main__":
    main()
