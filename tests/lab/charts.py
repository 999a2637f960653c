"""A chart repository on loopback, by HTTP with an index and as an OCI registry."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

import yaml

PRIVATE: Final = "private"
"""First part of the paths that answer only with the login."""
CONFIG: Final = "application/vnd.cncf.helm.config.v1+json"
LAYER: Final = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"


class Charts:
    """Serves every chart that was added, at every path below which one may look for it."""

    def __init__(self, login: tuple[str, str]) -> None:
        """Choose who may see what is private.

        Args:
            login: user name and password.
        """
        self._authorization = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        self._packages: dict[str, tuple[dict[str, Any], bytes]] = {}
        charts = self

        class Handler(BaseHTTPRequestHandler):
            # Whoever tries TLS first is told in HTTP that this is none: Helm then goes on without.
            default_request_version = "HTTP/1.0"

            def do_GET(self) -> None:
                charts._answer(self)

            do_HEAD = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def url(self) -> str:
        """The repository with an index, for everybody."""
        return f"http://127.0.0.1:{self._server.server_port}/charts"

    @property
    def private(self) -> str:
        """The same, for who has the login."""
        return f"http://127.0.0.1:{self._server.server_port}/{PRIVATE}"

    @property
    def oci(self) -> str:
        """The registry."""
        return f"oci://127.0.0.1:{self._server.server_port}/oci"

    def add(self, chart: Path, version: str, keep: Callable[[str], bool] = lambda _: True) -> None:
        """Pack a chart in a version.

        Args:
            chart: folder, or a package.
            version: in place of the chart's own.
            keep: tells of each file's path in the chart whether it is packed.
        """
        files = {name: data for name, data in _files(chart).items() if keep(name)}
        about = yaml.safe_load(files["Chart.yaml"])
        about["version"] = version
        files["Chart.yaml"] = yaml.safe_dump(about).encode()
        self._packages[f"{about['name']}-{version}"] = (about, _packed(about["name"], files))

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        code, media, data = self._content(request)
        request.send_response(code)
        if code == 401:
            request.send_header("WWW-Authenticate", 'Basic realm="charts"')
        request.send_header("Content-Type", media)
        request.send_header("Content-Length", str(len(data)))
        request.send_header("Docker-Content-Digest", _digest(data))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(data)

    def _content(self, request: BaseHTTPRequestHandler) -> tuple[int, str, bytes]:
        top, _, path = request.path.strip("/").partition("/")
        if top == PRIVATE and request.headers["Authorization"] != self._authorization:
            return 401, "text/plain", b""
        if top == "v2":
            return self._registry(path)
        if path == "index.yaml":
            return 200, "text/yaml", self._index()
        if path.endswith(".tgz") and (found := self._packages.get(path.removesuffix(".tgz"))):
            return 200, "application/gzip", found[1]
        return 404, "text/plain", b""

    def _index(self) -> bytes:
        entries: dict[str, list[dict[str, Any]]] = {}
        for name, (about, package) in self._packages.items():
            entry = {**about, "urls": [f"{name}.tgz"], "digest": hashlib.sha256(package).hexdigest()}
            entries.setdefault(about["name"], []).append(entry)
        return yaml.safe_dump({"apiVersion": "v1", "entries": entries}).encode()

    def _registry(self, path: str) -> tuple[int, str, bytes]:
        """Answer as the distribution specification says: the base, a manifest by tag or digest, a blob."""
        if not path:
            return 200, "application/json", b"{}"
        repository, _, reference = path.partition("/manifests/")
        for about, package in self._packages.values():
            config = json.dumps(about).encode()
            manifest = json.dumps(
                {
                    "schemaVersion": 2,
                    "mediaType": MANIFEST,
                    "config": _descriptor(CONFIG, config),
                    "layers": [_descriptor(LAYER, package)],
                }
            ).encode()
            # A tag cannot hold the plus sign of a version.
            tag = about["version"].replace("+", "_")
            if reference in (tag, _digest(manifest)) and repository.endswith(f"/{about['name']}"):
                return 200, MANIFEST, manifest
            for blob in (config, package):
                if path.endswith(f"/blobs/{_digest(blob)}"):
                    return 200, "application/octet-stream", blob
        return 404, "application/json", b'{"errors": [{"code": "NAME_UNKNOWN"}]}'


def _descriptor(media: str, data: bytes) -> dict[str, Any]:
    return {"mediaType": media, "digest": _digest(data), "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _files(chart: Path) -> dict[str, bytes]:
    if chart.is_dir():
        found = (path for path in sorted(chart.rglob("*")) if path.is_file())
        return {str(path.relative_to(chart)): path.read_bytes() for path in found}
    files = {}
    with tarfile.open(chart) as archive:
        for member in archive.getmembers():
            if (content := archive.extractfile(member)) is not None:
                files[member.name.partition("/")[2]] = content.read()
    return files


def _packed(name: str, files: dict[str, bytes]) -> bytes:
    """Pack files, always to the same bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(raw.getvalue(), mtime=0)
