"""A real etcd of several members on loopback, asked by its own gateway to gRPC; ``etcdctl`` may ask it besides.

Clients need a certificate, as RKE2's do, and find the files in a folder laid out as RKE2's is.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.lab.authority import Authority
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
        self.tls = folder / "tls/etcd"
        """Has what RKE2's folder of this name has: ``server-ca.crt`` and a certificate for clients with its key."""
        self.tls.mkdir(parents=True)
        authority = Authority("etcd-server-ca")
        (self.tls / "server-ca.crt").write_bytes(authority.pem)
        for name in ("server-client", "server"):
            key, begin, shown = authority.issue(["127.0.0.1"]).partition("-----BEGIN CERTIFICATE")
            (self.tls / f"{name}.key").write_text(key)
            (self.tls / f"{name}.crt").write_text(begin + shown)
        self._trust = ssl.create_default_context(cafile=str(self.tls / "server-ca.crt"))
        self._trust.load_cert_chain(self.tls / "server-client.crt", self.tls / "server-client.key")
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

    def at(self, name: str) -> str:
        """Give where a member listens for clients, as ``etcdctl`` writes an endpoint."""
        return f"127.0.0.1:{self.ports[name][0]}"

    def start(self, name: str, members: list[str], state: str) -> None:
        """Start a member, with an empty folder where it was never started."""
        client = f"https://{self.at(name)}"
        cluster = ",".join(f"{member}={self.peer(member)}" for member in members)
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [
                    *(str(self._program), "--name", name, "--data-dir", str(self.folder / name)),
                    *("--listen-client-urls", client, "--advertise-client-urls", client),
                    *("--listen-peer-urls", self.peer(name), "--initial-advertise-peer-urls", self.peer(name)),
                    *("--cert-file", str(self.tls / "server.crt"), "--key-file", str(self.tls / "server.key")),
                    *("--trusted-ca-file", str(self.tls / "server-ca.crt"), "--client-cert-auth"),
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
        url = f"https://{self.at(name)}/v3/{path}"
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._trust)
        )
        request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")
        ended = time.monotonic() + START_SECONDS
        while True:
            try:
                with opener.open(request, timeout=20) as answer:
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
