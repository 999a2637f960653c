"""The provider's frame: Pulumi's calls on one side, handlers with plain values on the other.

The SDK's own servicer drops the old inputs of a call and answers errors with a traceback, so its calls about resources
are answered here; the rest (configuration, schema, version) is the SDK's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.provider.experimental import provider as sdk
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2, status_pb2

from dualstack import __version__
from dualstack.deploy.locks import working
from dualstack.tokens import HELLO
from provider.frame.engine_log import EngineLog
from provider.frame.handler import CANCELLED, REPORT, Diff, Incomplete, ResourceError
from provider.frame.handlers import handler
from provider.frame.wire import Secrets, incoming, outgoing

T = TypeVar("T")
# FAILED_PRECONDITION leaves the resource's state as known; UNKNOWN, which most providers send, makes the engine warn of
# a possibly corrupt state (pulumi sdk/go/common/resource/plugin/provider_plugin.go, resourceStateAndError). Ours is
# always known: whatever an interrupted call did, the same call adopts.
FAILED = grpc.StatusCode.FAILED_PRECONDITION
KINDS = {
    ("add", False): proto.PropertyDiff.ADD,
    ("add", True): proto.PropertyDiff.ADD_REPLACE,
    ("delete", False): proto.PropertyDiff.DELETE,
    ("delete", True): proto.PropertyDiff.DELETE_REPLACE,
    ("update", False): proto.PropertyDiff.UPDATE,
    ("update", True): proto.PropertyDiff.UPDATE_REPLACE,
}


class DualstackProvider(sdk.Provider):
    """What the SDK asks of a provider apart from its resources."""

    async def get_schema(self, request: sdk.GetSchemaRequest) -> sdk.GetSchemaResponse:
        """Give a schema without types: programs use ``provider.resources``, no generated SDK."""
        return sdk.GetSchemaResponse(json.dumps({"name": "dualstack", "version": __version__}))

    async def check_config(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Keep the stack's config out of the provider's state.

        The engine hands the default provider everything in the namespace ``dualstack``: the whole site and its secrets.
        """
        kept = {key: value for key, value in request.new_inputs.items() if key in ("version", "pluginDownloadURL")}
        return sdk.CheckResponse(inputs=kept)

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Ask for secrets as such, and for previews; unknown values come as texts, which is all the SDK can read."""
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True)


class Servicer(ProviderServicer):
    """The calls about resources, and the end."""

    def __init__(self, args: list[str], engine_address: str) -> None:
        super().__init__(args, __version__, DualstackProvider(), engine_address)
        self._log = EngineLog(engine_address)

    async def Check(self, request: proto.CheckRequest, context: grpc.aio.ServicerContext) -> proto.CheckResponse:
        """Normalise and judge inputs."""
        secrets = Secrets()

        def work() -> proto.CheckResponse:
            inputs, failures = handler(_type(request.urn)).check(incoming(request.news, secrets))
            return provider_pb2.CheckResponse(
                inputs=outgoing(inputs, secrets),
                failures=[
                    provider_pb2.CheckFailure(property=item.property, reason=secrets.strike(item.reason))
                    for item in failures
                ],
            )

        return await self._run(request.urn, context, secrets, work)

    async def Diff(self, request: proto.DiffRequest, context: grpc.aio.ServicerContext) -> proto.DiffResponse:
        """Compare."""
        secrets = Secrets()

        def work() -> proto.DiffResponse:
            state = incoming(request.olds, secrets)
            old, new = incoming(request.old_inputs, secrets), incoming(request.news, secrets)
            return _diff_response(handler(_type(request.urn)).diff(request.id, old, state, new))

        return await self._run(request.urn, context, secrets, work)

    async def DiffConfig(self, request: proto.DiffRequest, context: grpc.aio.ServicerContext) -> proto.DiffResponse:
        """Say that no configuration, and no newer version of this code, ever replaces a resource."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    async def Create(self, request: proto.CreateRequest, context: grpc.aio.ServicerContext) -> proto.CreateResponse:
        """Make."""
        secrets = Secrets()

        def work() -> proto.CreateResponse:
            inputs = incoming(request.properties, secrets)
            served = handler(_type(request.urn))
            with _at_work(request.urn, request.preview):
                id_, state = served.create(inputs, request.preview, request.timeout)
            return provider_pb2.CreateResponse(id="" if request.preview else id_, properties=outgoing(state, secrets))

        return await self._run(request.urn, context, secrets, work)

    async def Read(self, request: proto.ReadRequest, context: grpc.aio.ServicerContext) -> proto.ReadResponse:
        """Look."""
        secrets = Secrets()

        def work() -> proto.ReadResponse:
            inputs, state = incoming(request.inputs, secrets), incoming(request.properties, secrets)
            id_, inputs, state = handler(_type(request.urn)).read(request.id, inputs, state)
            if id_ is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=id_, inputs=outgoing(inputs, secrets), properties=outgoing(state, secrets)
            )

        return await self._run(request.urn, context, secrets, work)

    async def Update(self, request: proto.UpdateRequest, context: grpc.aio.ServicerContext) -> proto.UpdateResponse:
        """Change."""
        secrets = Secrets()

        def work() -> proto.UpdateResponse:
            state = incoming(request.olds, secrets)
            # An input that was secret only before is not secret now.
            before, marks = Secrets(texts=secrets.texts), Secrets(texts=secrets.texts)
            old, new = incoming(request.old_inputs, before), incoming(request.news, marks)
            marks.paths |= secrets.paths - before.paths
            served = handler(_type(request.urn))
            with _at_work(request.urn, request.preview):
                state = served.update(request.id, state, old, new, request.preview, request.timeout)
            return provider_pb2.UpdateResponse(properties=outgoing(state, marks))

        return await self._run(request.urn, context, secrets, work)

    async def Delete(self, request: proto.DeleteRequest, context: grpc.aio.ServicerContext) -> empty_pb2.Empty:
        """Remove."""
        secrets = Secrets()

        def work() -> empty_pb2.Empty:
            state = incoming(request.properties, secrets)
            with _at_work(request.urn):
                handler(_type(request.urn)).delete(request.id, state, request.timeout)
            return empty_pb2.Empty()

        return await self._run(request.urn, context, secrets, work)

    async def Invoke(self, request: proto.InvokeRequest, context: grpc.aio.ServicerContext) -> proto.InvokeResponse:
        """Answer the one function, which asks for nothing."""
        if request.tok == HELLO:
            return provider_pb2.InvokeResponse()
        answer: proto.InvokeResponse = await super().Invoke(request, context)
        return answer

    async def Cancel(self, request: empty_pb2.Empty, context: grpc.aio.ServicerContext) -> empty_pb2.Empty:
        """End every wait; the engine ends the process itself once its calls have come back."""
        CANCELLED.set()
        return empty_pb2.Empty()

    async def _run(self, urn: str, context: grpc.aio.ServicerContext, secrets: Secrets, work: Callable[[], T]) -> T:
        """Do the work in a thread, with reports on the resource's line, and errors in plain words."""
        REPORT.set(lambda text, level: self._log.send(urn, secrets.strike(text), level))
        try:
            return await asyncio.to_thread(work)
        except Incomplete as error:
            await _abort_incomplete(context, error, secrets)
        except ResourceError as error:
            await context.abort(FAILED, secrets.strike(str(error)))
        except Exception as error:
            words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            await context.abort(FAILED, secrets.strike(f"dualstack has a defect here, please report it: {words}"))
        raise AssertionError("abort raises")


def _at_work(urn: str, preview: bool = False) -> contextlib.AbstractContextManager[None]:
    """Let the next run see that something is being changed, should this one lose its engine meanwhile."""
    return contextlib.nullcontext() if preview else working(Path.cwd(), urn.split(":")[2])


def _type(urn: str) -> str:
    """Give the resource's own type: the part of the URN's type chain behind the last ``$``."""
    return urn.split("::")[2].rpartition("$")[2]


def _diff_response(diff: Diff) -> proto.DiffResponse:
    top = {path: path.replace("[", ".").split(".")[0] for path in diff.detailed}
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=list(diff.replaces),
        deleteBeforeReplace=diff.delete_before_replace,
        diffs=sorted(set(top.values())),
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=KINDS[kind, top[path] in diff.replaces])
            for path, kind in diff.detailed.items()
        },
        hasDetailedDiff=True,
    )


async def _abort_incomplete(context: grpc.aio.ServicerContext, error: Incomplete, secrets: Secrets) -> None:
    words = secrets.strike(str(error))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id, properties=outgoing(error.state, secrets), reasons=[words]
    )
    status = status_pb2.Status(code=FAILED.value[0], message=words)
    status.details.add().Pack(detail)
    await context.abort(FAILED, words, (("grpc-status-details-bin", status.SerializeToString()),))
