"""A resource monitor and an engine within the program's process: they keep what is sent, and answer for providers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from google.protobuf import json_format  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2
from pulumi.runtime.rpc_manager import RPCManager

from dualstack.offline.recording import Call, Registration
from dualstack.offline.redact import plain, secret, wire
from dualstack.tokens import STACK

T = TypeVar("T")
Kind = Literal["resource", "invoke", "call", "read"]
_TURN: ContextVar[int | None] = ContextVar("dualstack_offline_turn", default=None)

# As the engine's, but without transforms, hooks and what else makes the engine call back into the program.
_FEATURES = [
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
]


@dataclass(frozen=True, slots=True)
class Question:
    """What the program wants to know from a provider."""

    kind: Kind
    type: str
    """Type token of the resource, or the function's token."""
    name: str
    """Name of the resource; empty for a function."""
    inputs: Mapping[str, Any]
    """Plain data. Secrets are hidden, except in a function's arguments, which the SDK sends in clear."""
    preview: bool


Answer = Callable[[Question], Mapping[str, Any] | None]
"""Tells output properties (a resource's beside its inputs, ``id`` too) or a function's result; None for none.
``[unknown]`` and ``[secret]`` in it are such values."""


class DuplicateUrnError(Exception):
    """Two resources of one URN, which the engine refuses as well."""


class Turns(RPCManager):
    """Counts the program's own calls, so that their order is known whenever the requests get through.

    The SDK calls ``do_rpc`` when a resource is constructed and when ``register_outputs`` is called; the request follows
    later, when all its inputs are there.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._count = 0
        self._body = asyncio.current_task()

    def do_rpc(
        self, name: str, rpc_function: Callable[..., Awaitable[T]]
    ) -> Callable[..., Awaitable[tuple[T, Exception]]]:
        """As in the base class; the request's own task is told its turn."""
        self._count += 1
        turn = self._count if asyncio.current_task() is self._body else None

        async def in_turn(*args: Any, **kwargs: Any) -> T:
            _TURN.set(turn)
            return await rpc_function(*args, **kwargs)

        return super().do_rpc(name, in_turn)


class Monitor:
    """Stands for the engine's resource monitor; its methods are called with the protocol's messages."""

    def __init__(self, project: str, stack: str, preview: bool, answer: Answer | None) -> None:
        self._answer = answer
        self._preview = preview
        self._prefix = f"urn:pulumi:{stack}::{project}"
        self._states: dict[str, tuple[str, Any]] = {}
        self._events: list[tuple[int | None, str, str]] = []
        self.stack_urn = f"{self._prefix}::{STACK}::{project}-{stack}"
        self.registrations: list[Registration] = []
        self.outputs: dict[str, Mapping[str, Any]] = {}
        self.calls: list[Call] = []

    def events(self) -> list[tuple[str, str]]:
        """What happened to which URN, in the order of the program's calls, those of callbacks last."""

        def key(event: tuple[int | None, str, str]) -> tuple[bool, int, str, bool]:
            turn, kind, urn = event
            return turn is None, turn or 0, urn, kind != "register"

        return [(kind, urn) for _, kind, urn in sorted(self._events, key=key) if urn != self.stack_urn]

    def RegisterResource(self, request: Any) -> Any:
        """Keeps the request; as in the engine, the outputs of a resource are its inputs, and a component has none."""
        urn = self._new_urn(request)
        request.ClearField("sourcePosition")  # where the program stands on this machine is no part of what it wants
        request.ClearField("stackTrace")
        self.registrations.append(Registration(urn, json_format.MessageToDict(request), _TURN.get()))
        self._events.append((_TURN.get(), "register", urn))
        response = resource_pb2.RegisterResourceResponse(urn=urn)
        if request.custom:
            extra = self._ask("resource", request.type, request.name, request.object)
            id_ = str(extra.pop("id", request.name))
            response.id = "" if self._preview else id_
            response.unknown = True  # so that output properties that nobody tells are not None outside a preview
            self._fill(response.object, request.object, extra, request.additionalSecretOutputs)
        self._states[urn] = (response.id, response.object)
        return response

    def RegisterResourceOutputs(self, request: Any) -> None:
        """Keeps the outputs of a component or of the stack."""
        self._events.append((_TURN.get(), "outputs", request.urn))
        self.outputs[request.urn] = json_format.MessageToDict(request.outputs)

    def ReadResource(self, request: Any) -> Any:
        """Answers with the properties asked for, and what the callback knows beside."""
        urn = self._new_urn(request)
        self.calls.append(Call("read", request.type, request.name))
        response = resource_pb2.ReadResourceResponse(urn=urn)
        extra = self._ask("read", request.type, request.name, request.properties)
        extra.pop("id", None)
        self._fill(response.properties, request.properties, extra, request.additionalSecretOutputs)
        self._states[urn] = (request.id, response.properties)
        return response

    def Invoke(self, request: Any) -> Any:
        """Answers a function with what the callback knows, else with nothing."""
        response = resource_pb2.ResourceInvokeResponse()
        result = getattr(response, "return")
        if request.tok == "pulumi:pulumi:getResource":
            urn = request.args["urn"]
            if urn not in self._states:
                raise LookupError(f"unknown resource {urn}")
            id_, state = self._states[urn]
            result.update({"urn": urn, "id": id_, "state": state})
            return response
        self.calls.append(Call("invoke", request.tok))
        result.update(self._ask("invoke", request.tok, "", request.args))
        return response

    def Call(self, request: Any) -> Any:
        """Answers a method of a resource with what the callback knows, else with nothing."""
        self.calls.append(Call("call", request.tok))
        response = provider_pb2.CallResponse()
        getattr(response, "return").update(self._ask("call", request.tok, "", request.args))
        return response

    def GetDeploymentInfo(self, _request: Any) -> Any:
        """Tells what this monitor is able to do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def RegisterPackage(self, request: Any) -> Any:
        """Names a parameterized package so that one can tell which it is."""
        given = request.parameterization
        name, version = given.name or request.name, given.version or request.version
        return resource_pb2.RegisterPackageResponse(ref=f"{name}@{version}")

    def SignalAndWaitForShutdown(self, _request: Any) -> None:
        """There is nothing to wait for."""

    def _new_urn(self, request: Any) -> str:
        above = request.parent.split("::")[2] if request.parent else STACK
        chain = request.type if above == STACK else f"{above}${request.type}"
        urn = f"{self._prefix}::{chain}::{request.name}"
        if urn in self._states:
            raise DuplicateUrnError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        self._states[urn] = ("", {})
        return urn

    def _ask(self, kind: Kind, type_: str, name: str, given: Any) -> dict[str, Any]:
        if self._answer is None:
            return {}
        inputs = plain(json_format.MessageToDict(given))
        answer = self._answer(Question(kind, type_, name, inputs, self._preview))
        return {key: wire(value) for key, value in (answer or {}).items()}

    @staticmethod
    def _fill(target: Any, given: Any, extra: Mapping[str, Any], secrets: Any) -> None:
        target.CopyFrom(given)
        if extra:
            target.update(extra)
        if hidden := [key for key in secrets if key in target]:
            outputs = json_format.MessageToDict(target)
            target.update({key: secret(outputs[key]) for key in hidden})


class Engine:
    """Stands for the engine's own service: keeps messages instead of printing them."""

    _SEVERITIES: ClassVar = {engine_pb2.INFO: "info", engine_pb2.WARNING: "warning", engine_pb2.ERROR: "error"}

    def __init__(self) -> None:
        self.log: list[tuple[str, str]] = []

    def Log(self, request: Any) -> None:
        """Keeps a message; debug messages, most of them the SDK's own, are dropped."""
        if request.severity in self._SEVERITIES:
            self.log.append((self._SEVERITIES[request.severity], request.message))

    def RequirePulumiVersion(self, _request: Any) -> None:
        """No CLI, so no version to refuse."""


class Printed(io.TextIOBase):
    """A standard output that keeps each line as a log message, as the engine does."""

    def __init__(self, log: list[tuple[str, str]]) -> None:
        self._log = log
        self._rest = ""

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str, /) -> int:
        """Keeps whole lines; what follows the last one waits for its end."""
        *lines, self._rest = (self._rest + text).split("\n")
        self._log.extend(("stdout", line) for line in lines)
        return len(text)

    def close(self) -> None:
        """Keeps what was written without an end of line."""
        if self._rest:
            self.write("\n")
        super().close()
