"""A real Kubernetes API server with its etcd on loopback: no controllers, no nodes, Services of both families.

By hand, until Enter is pressed: ``python -m tests.lab.kube FOLDER``.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final, Self

import pytest
import yaml

from tests.lab.bind import free_port
from tests.lab.tools import needed

SERVICES: Final = ("10.43.0.0/16", "fd00:43::/112")
"""Service addresses, IPv4 first."""
STORE, PEER = "unix://client:1", "unix://peer:1"
"""etcd's sockets, named so in the lab's folder: no port that somebody else could take, no door for others."""
START_SECONDS: Final = 60.0
SYSTEM: Final = ("default", "kube-node-lease", "kube-public", "kube-system")


class Gone(Exception):
    """There is no such object."""


class Kube:
    """One API server; ``start`` again after ``stop`` keeps address, tokens and objects."""

    def __init__(self, folder: Path) -> None:
        """Choose programs and tokens.

        Args:
            folder: private.
        """
        self.folder = folder
        self._programs = {name: _server(name) for name in ("etcd", "kube-apiserver")}
        self._openssl = needed("openssl")
        self.tokens = (secrets.token_hex(16), secrets.token_hex(16))
        """Both are an administrator's; the second one is for a kubeconfig that was renewed."""
        self.port = 0
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start both, and wait until the API server is ready; on another port where somebody was quicker."""
        if not (self.folder / "account.key").exists():
            self._run_openssl("genrsa", "-out", "account.key", "2048")
            self._run_openssl("rsa", "-in", "account.key", "-pubout", "-out", "account.pub")
            rows = [f"{token},admin-{number},{number},system:masters" for number, token in enumerate(self.tokens)]
            (self.folder / "tokens.csv").write_text("\n".join(rows) + "\n")
        self._spawn("etcd", *self._etcd())
        for _ in range(5):
            kept = self.port
            self.port = kept or free_port()
            self._spawn("kube-apiserver", *self._apiserver())
            if self._ready():
                return
            self._end("kube-apiserver")
            if kept or "address already in use" not in self.log():
                break
            self.port = 0
        told = self.log()
        self.stop()
        raise AssertionError(told[-4000:])

    def stop(self) -> None:
        """End both; what was stored is kept."""
        for name in ("kube-apiserver", "etcd"):
            self._end(name)

    @property
    def url(self) -> str:
        """Address of the API server."""
        return f"https://127.0.0.1:{self.port}"

    def kubeconfig(self, token: int = 0, server: str | None = None) -> str:
        """Give a kubeconfig.

        Args:
            token: which of the tokens.
            server: another address than the server's own.
        """
        authority = self.folder / "certificates/apiserver.crt"
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "lab",
                "clusters": [
                    {
                        "name": "lab",
                        "cluster": {"server": server or self.url, "certificate-authority": str(authority)},
                    }
                ],
                "users": [{"name": "admin", "user": {"token": self.tokens[token]}}],
                "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "admin"}}],
            }
        )

    def call(self, method: str, path: str, body: Any = None, media: str = "application/json") -> Any:
        """Ask the API; give its answer.

        Raises:
            Gone: there is no such object.
        """
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.tokens[1]}", "Content-Type": media},
        )
        trust = ssl.create_default_context(cafile=str(self.folder / "certificates/apiserver.crt"))
        ended = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(request, timeout=20, context=trust) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    told = error.read().decode(errors="replace")
                if error.code == 404:
                    raise Gone(path) from None
                # What a definition has just brought is not served at once.
                if error.code != 429 or time.monotonic() > ended:
                    raise AssertionError(f"{method} {path}: {error.code} {told}") from None
            time.sleep(0.5)

    def get(self, path: str) -> Any:
        """Give an object, or None."""
        try:
            return self.call("GET", path)
        except Gone:
            return None

    def patch(self, path: str, body: Any) -> Any:
        """Change an object by a JSON merge patch."""
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def names(self, kind: str, namespace: str | None = None, group: str = "api/v1") -> list[str]:
        """Give the names of the objects of a kind, such as ``configmaps``."""
        place = f"namespaces/{namespace}/" if namespace else ""
        return sorted(item["metadata"]["name"] for item in self.call("GET", f"/{group}/{place}{kind}")["items"])

    def releases(self, namespace: str) -> dict[str, str]:
        """Give the statuses of Helm's records, such as ``metal3.v1`` to ``deployed``."""
        items = self.call("GET", f"/api/v1/namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm")["items"]
        return {
            item["metadata"]["name"].removeprefix("sh.helm.release.v1."): item["metadata"]["labels"]["status"]
            for item in items
        }

    def clear(self) -> None:
        """Remove what tests made: their namespaces with all that is in them, and definitions of other kinds."""
        definitions = "apis/apiextensions.k8s.io/v1"
        for name in self.names("customresourcedefinitions", group=definitions):
            definition = self.call("GET", f"/{definitions}/customresourcedefinitions/{name}")
            self._free(definition["spec"])
            self.call("DELETE", f"/{definitions}/customresourcedefinitions/{name}")
        for group, kind in (
            ("apis/rbac.authorization.k8s.io/v1", "clusterroles"),
            ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings"),
            ("apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations"),
            ("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations"),
        ):
            for name in self.names(kind, group=group):
                if not name.startswith(("system:", "cluster-admin", "admin", "edit", "view")):
                    self.call("DELETE", f"/{group}/{kind}/{name}")
        for name in self.names("namespaces"):
            if name not in SYSTEM:
                self._remove(name)
        # Definitions go once their objects are gone; until then the next test cannot make one of the same name.
        ended = time.monotonic() + 30
        while self.names("customresourcedefinitions", group=definitions):
            assert time.monotonic() < ended, "definitions of other kinds stay"
            time.sleep(0.2)

    def _free(self, kind: Any) -> None:
        """Take the finalizers off the objects of a definition: who would act on them is not here."""
        group = f"apis/{kind['group']}/{kind['versions'][0]['name']}"
        plural = kind["names"]["plural"]
        for item in self.call("GET", f"/{group}/{plural}")["items"]:
            metadata = item["metadata"]
            place = f"namespaces/{metadata['namespace']}/" if "namespace" in metadata else ""
            if metadata.get("finalizers"):
                self.patch(f"/{group}/{place}{plural}/{metadata['name']}", {"metadata": {"finalizers": None}})

    def _remove(self, namespace: str) -> None:
        """Do what the namespace controller would."""
        place = f"/api/v1/namespaces/{namespace}"
        for group, resources in self._namespaced():
            for resource in resources:
                for name in self.names(resource, namespace, group):
                    with contextlib.suppress(Gone):
                        self.call("DELETE", f"/{group}/namespaces/{namespace}/{resource}/{name}")
        self.call("DELETE", place)
        found = self.get(place)
        if found is not None:
            found["spec"]["finalizers"] = []
            self.call("PUT", f"{place}/finalize", found)

    def _namespaced(self) -> list[tuple[str, list[str]]]:
        groups = ["api/v1", "apis/rbac.authorization.k8s.io/v1", "apis/batch/v1", "apis/apps/v1"]
        groups.append("apis/networking.k8s.io/v1")
        kinds = []
        for group in groups:
            found = self.call("GET", f"/{group}")["resources"]
            verbs = {"list", "delete"}
            kinds.append((group, [i["name"] for i in found if i["namespaced"] and verbs <= set(i["verbs"])]))
        return kinds

    def log(self) -> str:
        """Give what the API server logged."""
        return (self.folder / "kube-apiserver.log").read_text(errors="replace")

    def _etcd(self) -> list[str]:
        return [
            f"--data-dir={self.folder}/etcd",
            f"--listen-client-urls={STORE}",
            f"--advertise-client-urls={STORE}",
            f"--listen-peer-urls={PEER}",
            f"--initial-advertise-peer-urls={PEER}",
            f"--initial-cluster=default={PEER}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver(self) -> list[str]:
        return [
            f"--etcd-servers={STORE}",
            "--bind-address=127.0.0.1",
            f"--secure-port={self.port}",
            # Stored, not used: a machine without a default route has no address to choose.
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={self.folder}/certificates",
            f"--service-cluster-ip-range={','.join(SERVICES)}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={self.folder}/account.key",
            f"--service-account-key-file={self.folder}/account.pub",
            f"--token-auth-file={self.folder}/tokens.csv",
            "--authorization-mode=RBAC",
            "--anonymous-auth=false",
            "--enable-priority-and-fairness=false",
            # Nobody here makes the default account of a namespace.
            "--disable-admission-plugins=ServiceAccount",
        ]

    def _run_openssl(self, *arguments: str) -> None:
        subprocess.run([self._openssl, *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def _spawn(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [self._programs[name], *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            # An API server waits for open watches.
            process.kill()
            process.wait(timeout=20)

    def _ready(self) -> bool:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._processes["kube-apiserver"].poll() is None:
            with contextlib.suppress(OSError, AssertionError, ValueError):
                # Only our server knows our token.
                if self.call("GET", "/version")["major"] and not self._missing():
                    return True
            time.sleep(0.1)
        return False

    def _missing(self) -> set[str]:
        return {"default", "kube-system"} - set(self.names("namespaces"))


def _server(name: str) -> str:
    """Give the path of a server, or skip the test; Debian has no current one of either."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on PATH (an official build, or one whose version is stamped): no API server here")
    return found


def main() -> None:
    """Run one by hand."""
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        with Kube(folder) as kube:
            file = folder / "kubeconfig"
            file.write_text(kube.kubeconfig())
            print(f"{kube.url} is ready; export KUBECONFIG={file}\nEnter ends it.", flush=True)
            with contextlib.suppress(KeyboardInterrupt):
                sys.stdin.readline()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
