"""The frame around a handler of the test's own: marks of secrets, words of errors, reports, unfinished work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from dualstack.document.holes import UNKNOWN, Unreadable
from provider.frame import handlers as registry
from provider.frame.handler import CANCELLED, Cancelled, Diff, Failure, Incomplete, Secret, report
from provider.frame.servicer import Servicer
from provider.frame.wire import Secrets, incoming, outgoing
from tests.lab.provider import UNKNOWN as WIRE_UNKNOWN
from tests.lab.provider import plain, secret, struct, urn

TOKEN = "dualstack:test:Fake"
PASSWORD = "correct horse battery"


class Fake:
    """Does what ``do`` says."""

    token = TOKEN
    do: Callable[[dict[str, Any]], Any]

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        return inputs, [Failure("a", f"not {PASSWORD}")]

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        return Diff(True, ("files",), True, {'files["a/b.yaml"].content': "add", "mode": "delete", "list[0]": "update"})

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        state: dict[str, Any] = type(self).do(inputs)
        return "id", state

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        return id, inputs, state

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        return {**old_state, **new_inputs}

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        raise KeyError(f"no {PASSWORD}")


class Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what the provider reports."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bool, str]] = []

    def Log(self, request: Any, context: Any) -> Any:
        self.lines.append((request.message, request.ephemeral, request.urn))
        return empty_pb2.Empty()


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[Engine, Any]]:
    """An engine, and a client of the frame that reports to it."""
    served = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(served, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    ready, ended = threading.Event(), threading.Event()
    port = 0

    async def serve() -> None:
        nonlocal port
        frame = grpc.aio.server()
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer([], address), frame)
        port = frame.add_insecure_port("127.0.0.1:0")
        await frame.start()
        ready.set()
        await asyncio.to_thread(ended.wait)
        await frame.stop(1)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    registry.HANDLERS[TOKEN] = "tests.provider.test_frame:Fake"
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield served, provider_pb2_grpc.ResourceProviderStub(channel)
    del registry.HANDLERS[TOKEN]
    ended.set()
    thread.join(10)
    server.stop(None)


def create(stub: Any, do: Callable[[dict[str, Any]], Any], **inputs: Any) -> dict[str, Any]:
    Fake.do = staticmethod(do)
    return plain(stub.Create(provider_pb2.CreateRequest(urn=urn(TOKEN), properties=struct(inputs))).properties)


def test_values_become_plain_and_back() -> None:
    secrets = Secrets()
    sent = {"a": 1, "b": 1.5, "c": True, "d": None, "e": [1, {"f": None, "g": "x"}], "h": WIRE_UNKNOWN, "i": secret(7)}
    values = incoming(struct(sent), secrets)

    assert values == {"a": 1, "b": 1.5, "c": True, "e": [1, {"g": "x"}], "h": UNKNOWN, "i": 7}
    assert isinstance(values["a"], int)
    expected = {key: value for key, value in sent.items() if key != "d"} | {"e": [1, {"g": "x"}]}
    assert plain(outgoing(values, secrets)) == expected


def test_an_unknown_value_is_neither_true_nor_false() -> None:
    with pytest.raises(Unreadable, match="known only after the deployment"):
        bool(UNKNOWN)


def test_secrets_are_marked_where_they_go(engine: tuple[Engine, Any]) -> None:
    state = create(
        engine[1],
        lambda inputs: {**inputs, "log": f"used {PASSWORD}!", "same": PASSWORD, "own": Secret("x"), "plain": "x"},
        files={"a/b": {"content": secret(PASSWORD), "mode": "0600"}},
        short=secret("x"),
    )
    assert state == {
        "files": {"a/b": {"content": secret(PASSWORD), "mode": "0600"}},
        "short": secret("x"),
        "log": secret(f"used {PASSWORD}!"),
        "same": secret(PASSWORD),
        "own": secret("x"),
        "plain": "x",
    }


def test_what_is_secret_no_more_is_marked_no_more(engine: tuple[Engine, Any]) -> None:
    request = provider_pb2.UpdateRequest(
        urn=urn(TOKEN),
        old_inputs=struct({"a": secret("x")}),
        olds=struct({"a": secret("x"), "output": secret("y")}),
        news=struct({"a": "x", "b": secret("z")}),
    )
    state = plain(engine[1].Update(request).properties)
    assert state == {"a": "x", "b": secret("z"), "output": secret("y")}


def test_secrets_are_struck_out_of_failures_errors_and_reports(engine: tuple[Engine, Any]) -> None:
    served, stub = engine
    checked = stub.Check(provider_pb2.CheckRequest(urn=urn(TOKEN), news=struct({"a": secret(PASSWORD)})))
    assert checked.failures[0].reason == "not [secret]"

    def works(inputs: dict[str, Any]) -> dict[str, Any]:
        report(f"waits with {inputs['a']}")
        report("stays", passing=False)
        return {}

    create(stub, works, a=secret(PASSWORD))
    assert served.lines[-2:] == [("waits with [secret]", True, urn(TOKEN)), ("stays", False, urn(TOKEN))]

    with pytest.raises(grpc.RpcError) as caught:
        stub.Delete(provider_pb2.DeleteRequest(urn=urn(TOKEN), properties=struct({"a": secret(PASSWORD)})))
    assert caught.value.details() == "dualstack has a defect here, please report it: KeyError: 'no [secret]'"


def test_what_is_unfinished_stays_in_state(engine: tuple[Engine, Any]) -> None:
    def works(inputs: dict[str, Any]) -> dict[str, Any]:
        raise Incomplete(f"half of {PASSWORD}", "half-id", inputs)

    with pytest.raises(grpc.RpcError) as caught:
        create(engine[1], works, a=secret(PASSWORD))
    details = dict(caught.value.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    failed = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(failed)
    assert (failed.id, list(failed.reasons)) == ("half-id", ["half of [secret]"])
    assert plain(failed.properties) == {"a": secret(PASSWORD)}


def test_a_diff_names_paths_and_what_replaces(engine: tuple[Engine, Any]) -> None:
    diff = engine[1].Diff(provider_pb2.DiffRequest(urn=urn(TOKEN), id="x"))
    kinds = {path: provider_pb2.PropertyDiff.Kind.Name(item.kind) for path, item in diff.detailedDiff.items()}
    assert kinds == {'files["a/b.yaml"].content': "ADD_REPLACE", "mode": "DELETE", "list[0]": "UPDATE"}
    assert (list(diff.replaces), list(diff.diffs)) == (["files"], ["files", "list", "mode"])
    assert diff.deleteBeforeReplace


def test_cancel_ends_waits(engine: tuple[Engine, Any]) -> None:
    def works(inputs: dict[str, Any]) -> dict[str, Any]:
        if CANCELLED.wait(10):
            raise Cancelled("the wait was interrupted")
        return {}

    timer = threading.Timer(0.2, engine[1].Cancel, [empty_pb2.Empty()])
    timer.start()
    try:
        with pytest.raises(grpc.RpcError) as caught:
            create(engine[1], works)
    finally:
        timer.join()
        CANCELLED.clear()
    assert caught.value.details() == "the wait was interrupted"
