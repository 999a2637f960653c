"""One process for every provider that is stood in for: ``python -m tests.lab.standins.serve NAME ENGINE_ADDRESS``."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from dualstack.document.frozen import freeze
from dualstack.plan.ironic import read_ironic
from dualstack.rules.ironic.ironic_rendered import expected
from tests.lab.standins.control import VARIABLE, Call, Control, Operation
from tests.lab.standins.kinds import CONFIG_MAP, CONFIG_REPLACED_BY, DOMAIN, KINDS, NETWORK, RELEASE, VOLUME, replaces
from tests.lab.standins.values import diff_response, differences, name, outputs, real_name, token, values


class StandInError(Exception):
    """What the real provider would say."""


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Keeps inputs as outputs, and a world in which a name is there once."""

    def __init__(self, provider: str, control: Control) -> None:
        self._provider = provider
        self._control = control

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """The version that the SDK asks for."""
        spec = importlib.util.find_spec(f"pulumi_{self._provider}")
        assert spec is not None and spec.origin is not None
        wanted = json.loads(Path(spec.origin).with_name("pulumi-plugin.json").read_text())
        return plugin_pb2.PluginInfo(version=wanted["version"])

    def GetSchema(self, _request: Any, _context: Any) -> Any:
        """Without types: nobody asks."""
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self._provider}))

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        """Keep all."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:
        """Replace by what the real one is replaced by."""
        paths = dict(differences(values(request.old_inputs or request.olds), values(request.news)))
        paths.pop("version", None)  # the plugin's own
        return diff_response(paths, [path for path in paths if path in CONFIG_REPLACED_BY.get(self._provider, ())])

    def Configure(self, request: Any, _context: Any) -> Any:
        """Secrets as such, and previews; each cluster is a world of its own where the test wants that."""
        if cluster := request.variables.get("kubernetes:config:clusterIdentifier"):
            self._control = self._control.cluster(cluster)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptOutputs=False)

    def Check(self, request: Any, _context: Any) -> Any:
        """Keep all; a type that is not known here is an error, not a resource that silently works."""
        if token(request.urn) not in KINDS:
            failure = provider_pb2.CheckFailure(reason=f"no stand-in knows {token(request.urn)}")
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, _context: Any) -> Any:
        """Compare inputs; as in the bridge, a replacement is delete-before-create since the name is given."""
        kind = KINDS[token(request.urn)]
        paths = dict(differences(values(request.old_inputs), values(request.news)))
        return diff_response(paths, [path for path in paths if replaces(kind, path)])

    def Create(self, request: Any, context: Any) -> Any:
        """Make it in the world, where its name must be free."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)

        def work() -> Any:
            type_, given = token(request.urn), values(request.properties)
            kind = KINDS[type_]
            known = real_name(kind, request.urn, given)
            file = self._control.thing(type_, known)
            if file.exists() and type_ == RELEASE:
                raise StandInError("cannot re-use a name that is still in use")
            if file.exists() and not kind.adopts:
                raise StandInError(f"operation failed: {type_.split(':')[-1].lower()} '{known}' already exists")
            self._needs(type_, given)
            id_ = known if kind.stable_id else f"{known}#{self._control.count(type_, known)}"
            self._put(file, type_, id_, given)
            return provider_pb2.CreateResponse(id=id_, properties=outputs(kind, request.properties))

        return self._call("create", request, context, work)

    def Update(self, request: Any, context: Any) -> Any:
        """Take the new inputs."""
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        paths = tuple(path for path, _ in differences(values(request.old_inputs), values(request.news)))

        def work() -> Any:
            type_ = token(request.urn)
            file = self._find(type_, request.id)
            if file is None:
                raise StandInError(f"{request.id} not found")
            self._put(file, type_, request.id, values(request.news))
            return provider_pb2.UpdateResponse(properties=outputs(KINDS[token(request.urn)], request.news))

        return self._call("update", request, context, work, paths)

    def Delete(self, request: Any, context: Any) -> Any:
        """Take it out of the world; by path, a volume that was made anew goes as well as the old one."""

        def work() -> Any:
            type_ = token(request.urn)
            file = self._find(type_, request.id)
            if file is not None:
                file.unlink()
                if type_ == RELEASE:
                    # What it had made goes along.
                    for thing in self._control.folder.glob(f"world/*/{quote(request.id.partition('/')[0])}%2F*.json"):
                        thing.unlink()
                if type_ == VOLUME and "source" not in values(request.properties):
                    # The cluster was on it; on an image nothing is ever written.
                    for thing in self._control.folder.glob("world/kubernetes*/*.json"):
                        thing.unlink()
            elif not KINDS[type_].forgives:
                raise StandInError(f"error retrieving {request.id}: not found")
            return empty_pb2.Empty()

        return self._call("delete", request, context, work)

    def Read(self, request: Any, context: Any) -> Any:
        """Give the state back while it is in the world."""

        def work() -> Any:
            file = self._find(token(request.urn), request.id)
            if file is None:
                return provider_pb2.ReadResponse()
            if request.properties.fields:
                return provider_pb2.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)
            # An import.
            given = json.loads(file.read_text())["inputs"]
            found, state = struct_pb2.Struct(), struct_pb2.Struct()
            found.update(given)
            state.update({**given, "__inputs": given} if token(request.urn) == CONFIG_MAP else given)
            return provider_pb2.ReadResponse(id=request.id, inputs=found, properties=state)

        return self._call("read", request, context, work)

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """Nothing to end."""
        return empty_pb2.Empty()

    def _needs(self, type_: str, given: Mapping[str, Any]) -> None:
        """See that what a VM refers to is there."""
        wanted = [(NETWORK, item.get("networkId")) for item in given.get("networkInterfaces", ())]
        wanted += [(VOLUME, item.get("volumeId")) for item in given.get("disks", ())]
        for other, id_ in wanted if type_ == DOMAIN else ():
            if id_ is not None and self._find(other, id_) is None:
                raise StandInError(f"{other.split(':')[-1]} not found: {id_}")

    def _put(self, file: Path, type_: str, id_: str, given: Mapping[str, Any]) -> None:
        """Write a thing of the world; the inputs of a release, or a text of values, hold secrets and are left out."""
        hidden = type_ == RELEASE or "valuesContent" in given.get("spec", {})
        file.write_text(json.dumps({"id": id_, "inputs": {} if hidden else given}))
        if type_ == RELEASE and given["name"] == "metal3":
            values = freeze(given["values"])
            for name_, keys in expected(read_ironic(values), values).items():
                data = {key: text for key, text in keys.items() if text is not None}
                own = {"metadata": {"name": name_, "namespace": given["namespace"]}, "data": data}
                id_ = f"{given['namespace']}/{name_}"
                self._control.thing(CONFIG_MAP, id_).write_text(json.dumps({"id": id_, "inputs": own}))

    def _find(self, type_: str, id_: str) -> Path | None:
        return next((file for file in self._things(type_) if json.loads(file.read_text())["id"] == id_), None)

    def _things(self, type_: str) -> list[Path]:
        return list(self._control.thing(type_, "x").parent.glob("*.json"))

    def _reachable(self) -> bool:
        """Tell whether the cluster answers: there never was a VM that it runs on, or that one is on its network."""
        networks = {json.loads(file.read_text())["id"] for file in self._things(NETWORK)}
        machines = [json.loads(file.read_text())["inputs"] for file in self._things(DOMAIN)]
        attached = [item["networkId"] for machine in machines for item in machine["networkInterfaces"]]
        gone = not machines and any(self._control.thing(DOMAIN, "x").parent.glob("*.count"))
        return not gone and set(attached) <= networks

    def _call(self, operation: Operation, request: Any, context: Any, work: Any, paths: tuple[str, ...] = ()) -> Any:
        def note(phase: str) -> None:
            if token(request.urn) == CONFIG_MAP:
                return  # read at each update
            self._control.note(Call(operation, token(request.urn), name(request.urn), id_, phase, paths))

        def trouble(after: bool) -> None:
            for fault in self._faults(operation, request.urn, after):
                if fault.do == "fail":
                    raise StandInError(fault.message)
                note("held")
                while fault in self._control.faults():
                    time.sleep(0.05)

        id_ = getattr(request, "id", "")
        note("start")
        try:
            trouble(after=False)
            if self._provider == "kubernetes" and not self._reachable():
                raise StandInError("Kubernetes cluster is unreachable: no answer from its API server")
            answer = work()
            trouble(after=True)
        except StandInError as error:
            note("failed")
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        id_ = getattr(answer, "id", id_)
        note("end")
        return answer

    def _faults(self, operation: Operation, urn: str, after: bool) -> list[Any]:
        wanted = (token(urn), name(urn), operation, after)
        return [
            fault
            for fault in self._control.faults()
            if wanted == (fault.type, fault.name, fault.operation, fault.after)
        ]


def main() -> None:
    """Serve until told to end, or until the engine is gone."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    server = grpc.server(ThreadPoolExecutor(16))
    control = Control(Path(os.environ[VARIABLE]))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(sys.argv[1], control), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    parent = os.getppid()
    while not ended.wait(0.2) and os.getppid() == parent:
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
