"""A BMC in this process, for what vendors' BMCs do and the emulator does not: every answer can be changed."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SYSTEM = "/redfish/v1/Systems/1"
MANAGER = "/redfish/v1/Managers/1"
MAC = "34:8a:b1:4b:20:01"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Odd:
    """Its state, and how it differs from a plain one.

    Attributes:
        power: of the machine.
        port: opened, as by a node that runs, once the machine was started with an image in a drive.
        drives: image by drive; empty where none is in it.
        sent: method, path and body of all that was asked but GET.
        shown: changes what a GET shows, by path.
        answer: answers something else than GET in its own way; None leaves it to the plain one.
        sessions: those that are open.
    """

    power: str = "Off"
    port: int = 0
    drives: dict[str, str] = field(default_factory=lambda: {"Cd": ""})
    boot: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    shown: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    answer: Callable[[str, str, Any], Answer | None] = lambda _method, _path, _body: None
    sessions: set[str] = field(default_factory=set)
    url: str = ""
    _node: socket.socket | None = None

    def resets(self) -> list[str]:
        """Return what was asked to be done with the machine's power."""
        return [body["ResetType"] for _, path, body in self.sent if path.endswith("ComputerSystem.Reset")]

    def plain(self, path: str) -> dict[str, Any] | None:
        """Give a resource as the schemas have it; None where there is none."""
        pages: dict[str, dict[str, Any]] = {
            "/redfish/v1": {
                "Id": "root",
                "Name": "root",
                "RedfishVersion": "1.6.0",
                "UUID": "0",
                "Systems": _to("/redfish/v1/Systems"),
                "Managers": _to("/redfish/v1/Managers"),
                "SessionService": _to("/redfish/v1/SessionService"),
                "Links": {"Sessions": _to("/redfish/v1/SessionService/Sessions")},
            },
            "/redfish/v1/Systems": {"Name": "all", "Members": [_to(SYSTEM)]},
            SYSTEM: {
                "Id": "1",
                "Name": "node",
                "UUID": "da69abcc-dae0-4913-9a7b-d344043097c0",
                "PowerState": self.power,
                "Boot": {
                    "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Cd", "Hdd"],
                    "BootSourceOverrideMode": "UEFI",
                    **self.boot,
                },
                "Links": {"ManagedBy": [_to(MANAGER)]},
                "EthernetInterfaces": _to(f"{SYSTEM}/EthernetInterfaces"),
                "Actions": {
                    "#ComputerSystem.Reset": {
                        "target": f"{SYSTEM}/Actions/ComputerSystem.Reset",
                        "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "ForceRestart"],
                    }
                },
            },
            f"{SYSTEM}/EthernetInterfaces": {"Name": "nics", "Members": [_to(f"{SYSTEM}/EthernetInterfaces/1")]},
            f"{SYSTEM}/EthernetInterfaces/1": {"Id": "1", "Name": "nic", "MACAddress": MAC.upper()},
            MANAGER: {"Id": "1", "Name": "bmc", "VirtualMedia": _to(f"{MANAGER}/VirtualMedia")},
            f"{MANAGER}/VirtualMedia": {
                "Name": "drives",
                "Members": [_to(f"{MANAGER}/VirtualMedia/{name}") for name in self.drives],
            },
            "/redfish/v1/SessionService": {
                "Id": "s",
                "Name": "s",
                "Sessions": _to("/redfish/v1/SessionService/Sessions"),
            },
        }
        found = pages.get(path)
        drive = path.removeprefix(f"{MANAGER}/VirtualMedia/")
        if drive in self.drives:
            found = _drive(drive, self.drives[drive])
        return found

    def did(self, method: str, path: str, body: Any) -> Answer:
        """Do what is asked, and answer."""
        self.sent.append((method, path, body))
        if (own := self.answer(method, path, body)) is not None:
            return own
        name, _, action = path.rpartition("/Actions/")
        drive = name.rpartition("/")[2]
        if action == "VirtualMedia.InsertMedia":
            self.drives[drive] = body["Image"]
        elif action == "VirtualMedia.EjectMedia":
            self.drives[drive] = ""
        elif action == "ComputerSystem.Reset":
            self.power = "On"
            if self._node is None and self.port and any(self.drives.values()):
                self._node = socket.create_server(("127.0.0.1", self.port))
        elif path.endswith("/Sessions"):
            self.sessions.add("/redfish/v1/SessionService/Sessions/1")
            return 201, {"Id": "1", "Name": "s"}
        elif method == "DELETE":
            self.sessions.discard(path)
        elif method == "PATCH":
            self.boot |= body["Boot"]
        return 204, {}

    def stop(self) -> None:
        """End the machine behind it."""
        if self._node is not None:
            self._node.close()


def _to(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def _drive(name: str, image: str) -> dict[str, Any]:
    actions = f"{MANAGER}/VirtualMedia/{name}/Actions/VirtualMedia"
    return {
        "Id": name,
        "Name": name,
        "MediaTypes": ["CD", "DVD"],
        "Image": image or None,
        "Inserted": bool(image),
        "Actions": {
            "#VirtualMedia.InsertMedia": {"target": f"{actions}.InsertMedia"},
            "#VirtualMedia.EjectMedia": {"target": f"{actions}.EjectMedia"},
        },
    }


@contextmanager
def odd(**how: Any) -> Iterator[Odd]:
    """Run one on loopback; ``how`` is what ``Odd`` takes."""
    bmc = Odd(**how)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            path = self.path.rstrip("/")
            found = bmc.plain(path)
            if path in bmc.shown:
                found = bmc.shown[path](found or {})
            self._send(200 if found is not None else 404, {} if found is None else found)

        def _do(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, found = bmc.did(self.command, self.path, json.loads(text or "null"))
            self._send(code, found)

        do_POST = do_PATCH = do_DELETE = _do

        def _send(self, code: int, found: Any) -> None:
            text = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(code)
            if code == 201:
                self.send_header("X-Auth-Token", "a-token")
                self.send_header("Location", next(iter(bmc.sessions)))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    bmc.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield bmc
    finally:
        bmc.stop()
        server.shutdown()
        server.server_close()
        thread.join()
