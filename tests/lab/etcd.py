"""A real etcd of several members on loopback, asked as ``etcdctl`` asks it: by its own gateway to gRPC."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.lab.bind import free_port
from tests.lab.tools import needed

START_SECONDS = 60.0


class Etcd:
    """A cluster of named members; each can be killed and started again."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        """Choose ports; nothing runs yet.

        Args:
            folder: private.
            names: of the members.
        """
        self._program, self.folder = needed("etcd"), folder
        self.ports = {name: (free_port(), free_port()) for name in names}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        for name in self.ports:
            self.start(name, list(self.ports), "new")
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self.kill(name)

    def peer(self, name: str) -> str:
        """Give where a member listens for the others."""
        return f"http://127.0.0.1:{self.ports[name][1]}"

    def start(self, name: str, members: list[str], state: str) -> None:
        """Start a member, with an empty folder where it was never started."""
        client = f"http://127.0.0.1:{self.ports[name][0]}"
        cluster = ",".join(f"{member}={self.peer(member)}" for member in members)
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [
                    *(str(self._program), "--name", name, "--data-dir", str(self.folder / name)),
                    *("--listen-client-urls", client, "--advertise-client-urls", client),
                    *("--listen-peer-urls", self.peer(name), "--initial-advertise-peer-urls", self.peer(name)),
                    *("--initial-cluster", cluster, "--initial-cluster-state", state, "--unsafe-no-fsync"),
                ],
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """Kill a member: its machine is lost."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def ask(self, name: str, path: str, body: dict[str, Any]) -> Any:
        """Ask a member.

        Raises:
            AssertionError: it refuses, or does not answer.
        """
        url = f"http://127.0.0.1:{self.ports[name][0]}/v3/{path}"
        request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")
        ended = time.monotonic() + START_SECONDS
        while True:
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    told = error.read().decode(errors="replace")
                # A cluster that has no leader yet, or one that was just reconfigured.
                if error.code != 503 or time.monotonic() > ended:
                    raise AssertionError(f"{path}: {error.code} {told}") from None
            except OSError as error:
                if time.monotonic() > ended:
                    raise AssertionError(f"{path}: {error}") from None
            time.sleep(0.3)

    def members(self, name: str) -> dict[str, str]:
        """Give the members by name with their ids, as ``etcdctl member list`` does; one not yet started has no name."""
        return {one.get("name", ""): one["ID"] for one in self.ask(name, "cluster/member/list", {})["members"]}

    def put(self, name: str, key: str) -> None:
        """Store something: a majority must agree."""
        encoded = base64.b64encode(key.encode()).decode()
        self.ask(name, "kv/put", {"key": encoded, "value": encoded})

    def keys(self, name: str) -> int:
        """Count what is stored, as a majority has it."""
        first = base64.b64encode(b"\0").decode()
        return int(self.ask(name, "kv/range", {"key": first, "range_end": first, "count_only": True}).get("count", 0))
