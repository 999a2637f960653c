"""What runs in the namespaces of ``tests.lab.control_plane``: an API server, and a controller manager a case.

``python -m tests.lab.control_plane_inside FOLDER``: takes ``request.json`` there and leaves ``answer.json``.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

SERVER: Final = "https://127.0.0.1:6443"
TOKEN: Final = "lab"
ADDRESSES: Final = ("192.168.100.10/32", "fd00:100::10/128")
WAIT: Final = 60.0
"""Seconds for a server to start."""
READY: Final = 8.0
"""Seconds within which a range of Services is ready, once the API server is."""
CONFIG: Final = """apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: "https://127.0.0.1:6443", insecure-skip-tls-verify: true}}]
users: [{name: lab, user: {token: lab}}]
contexts: [{name: lab, context: {cluster: lab, user: lab}}]
current-context: lab
"""
OPENER: Final = urllib.request.build_opener(
    urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
)


def call(path: str, body: Any = None, method: str = "") -> Any:
    """Ask the API server; give its answer, a refusal too."""
    request = urllib.request.Request(
        SERVER + path,
        data=None if body is None else json.dumps(body).encode(),
        method=method or ("GET" if body is None else "POST"),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
    )
    try:
        with OPENER.open(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    return json.loads(text)


class Inside:
    """The servers."""

    def __init__(self, folder: Path) -> None:
        """Read what is wanted."""
        self.folder = folder
        self.wanted: dict[str, Any] = json.loads((folder / "request.json").read_text())

    def start(self, program: str, *arguments: str, log: str = "") -> subprocess.Popen[bytes]:
        """Start a server; its log is ``PROGRAM.log``, or another."""
        with (self.folder / f"{log or program}.log").open("wb") as file:
            return subprocess.Popen(
                [self.wanted["programs"][program], *arguments], stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def said(self, log: str) -> str:
        """Give the last words of a server."""
        lines = (self.folder / f"{log}.log").read_text(errors="replace").strip().splitlines()
        return "\n".join(line for line in lines[-40:] if not line.startswith(("goroutine", "\t")))[-3000:]

    def servers(self) -> subprocess.Popen[bytes]:
        """Start etcd and the API server; give the latter."""
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for address in ADDRESSES:
            subprocess.run(["ip", "addr", "add", address, "dev", "lo"], check=True)
        # The API server wants a default route to find its own address.
        subprocess.run(["ip", "route", "add", "default", "dev", "lo"], check=True)
        at = "http://127.0.0.1:2379"
        peers = "http://127.0.0.1:2380"
        self.start(
            "etcd", "--data-dir", str(self.folder / "etcd"), "--listen-client-urls", at, "--advertise-client-urls", at,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
            "--initial-cluster", f"default={peers}", "--unsafe-no-fsync",
        )  # fmt: skip
        (self.folder / "tokens").write_text(f"{TOKEN},lab,lab,system:masters\n")
        (self.folder / "kubeconfig").write_text(CONFIG)
        return self.start(
            "kube-apiserver", "--etcd-servers", at, "--advertise-address", "192.168.100.10",
            "--service-cluster-ip-range", self.wanted["services"], "--cert-dir", str(self.folder / "certificates"),
            "--service-account-key-file", str(self.folder / "key.pub"),
            "--service-account-signing-key-file", str(self.folder / "key"),
            "--service-account-issuer", "https://kubernetes.default.svc", "--authorization-mode", "AlwaysAllow",
            "--token-auth-file", str(self.folder / "tokens"), "--disable-admission-plugins", "ServiceAccount",
        )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        """Do it all."""
        server = self.servers()

        def ready() -> bool:
            if server.poll() is not None:
                return True
            try:
                return bool(call("/api/v1/namespaces/default").get("kind") == "Namespace")
            except OSError:
                return False

        if not until(ready, WAIT):
            raise RuntimeError("the API server does not start")
        if server.poll() is not None:
            return {"stopped": self.said("kube-apiserver"), "services": {}, "nodes": {}}
        services = {one["metadata"]["name"]: self.service(one) for one in self.wanted["objects"]}
        nodes = {one["name"]: self.nodes(number, one) for number, one in enumerate(self.wanted["nodes"])}
        return {"stopped": None, "services": services, "nodes": nodes}

    def service(self, wanted: dict[str, Any]) -> Any:
        """Make a Service; give its cluster IPs, or why there are none. Ranges become ready after the API server."""
        made: dict[str, Any] = {}

        def taken() -> bool:
            nonlocal made
            made = call("/api/v1/namespaces/default/services", wanted)
            return bool(made["kind"] == "Service")

        return made["spec"]["clusterIPs"] if until(taken, READY) else made["message"]

    def nodes(self, number: int, case: dict[str, Any]) -> dict[str, Any]:
        """Make nodes and a controller manager; give what the nodes got."""
        names = [f"case-{number}-node-{one}" for one in range(1, case["count"] + 1)]
        log = f"manager-{number}"
        services = ["--service-cluster-ip-range", case["services"]] if case["services"] else []
        manager = self.start(
            "kube-controller-manager", "--kubeconfig", str(self.folder / "kubeconfig"), "--secure-port", "0",
            "--controllers", "node-ipam-controller", "--allocate-node-cidrs", "--cluster-cidr", case["pods"],
            "--leader-elect=false", *services, *case["masks"], log=log,
        )  # fmt: skip
        try:
            got: dict[str, list[str]] = {}
            for name in names:
                call("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})

            def refused() -> dict[str, str]:
                events = call("/api/v1/namespaces/default/events")["items"]
                told = {item["involvedObject"]["name"]: item["reason"] for item in events}
                return {name: told[name] for name in names if name in told}

            def settled() -> bool:
                for name in names:
                    got[name] = call(f"/api/v1/nodes/{name}")["spec"].get("podCIDRs", [])
                without = {name for name, blocks in got.items() if not blocks}
                return manager.poll() is not None or without <= refused().keys()

            if not until(settled, WAIT):
                raise RuntimeError(f"{case['name']}: nodes have neither blocks nor events: {got}")
            return {
                "pods": list(got.values()),
                "stopped": None if manager.poll() is None else self.said(log),
                "events": sorted(set(refused().values())),
            }
        finally:
            manager.kill()
            manager.wait()
            for name in names:
                call(f"/api/v1/nodes/{name}", method="DELETE")


def until(ready: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; tell whether it came."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def main() -> None:
    """Run, and leave the answer or why there is none."""
    folder = Path(sys.argv[1])
    try:
        answer = Inside(folder).answer()
    except Exception as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    (folder / "answer.json").write_text(json.dumps(answer, indent=1))


if __name__ == "__main__":
    main()
