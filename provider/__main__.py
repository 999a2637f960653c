"""The provider process: ``python -m provider ENGINE_ADDRESS``, started by ``provider/pulumi-resource-dualstack``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc.aio  # type: ignore[import-untyped]
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from dualstack.engine.environment import OUTER_TMPDIR
from provider.frame.handler import CANCELLED
from provider.frame.servicer import Servicer

THREADS = 64
"""Calls at one time; the default, a handful, would let hosts that are waited for hold up everything else."""
_OF_THE_ENGINE = (
    "PULUMI_CONFIG", "PULUMI_CONFIG_SECRET_KEYS", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_ACCESS_TOKEN",
)  # fmt: skip
"""What the engine gives its plugins, in clear: the config is read from the resources' inputs alone."""
_THREAD = "call"
GRACE = 10.0
"""Seconds that running calls get at the end; DNS calls and cancelled waits need less."""


async def serve(args: list[str], servicer: type[Servicer]) -> None:
    """Serve until the process is told to end, or its parent is gone."""
    # Where the launcher tells it, the parent is known although it may be gone by now.
    parent = int(os.environ.pop("DUALSTACK_STARTED_BY", "") or os.getppid())
    loop = asyncio.get_running_loop()
    executor = ThreadPoolExecutor(THREADS, thread_name_prefix=_THREAD)
    loop.set_default_executor(executor)
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
    end = loop.time() + GRACE
    await server.stop(GRACE)
    # An engine that is gone took its calls with it, and their threads work on: such as one that empties a BMC's drive.
    executor.shutdown(wait=False, cancel_futures=True)
    while any(one.name.startswith(_THREAD) for one in threading.enumerate()) and loop.time() < end:
        await asyncio.sleep(0.05)


def main(servicer: type[Servicer] = Servicer) -> None:
    """Run, and end without waiting for threads that hang."""
    sys.stdout = sys.stderr
    _own_environment()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(serve(sys.argv[1:], servicer))
    os._exit(0)


def _own_environment() -> None:
    """Take out what builders that are started here must not get: the stack's secrets, a folder that goes too early."""
    for name in _OF_THE_ENGINE:
        os.environ.pop(name, None)
    outer = os.environ.pop(OUTER_TMPDIR, None)
    if outer:
        os.environ["TMPDIR"] = outer
    elif outer is not None:
        os.environ.pop("TMPDIR", None)


if __name__ == "__main__":
    main()
