"""The official build: downloaded only with the pinned checksum, there as a whole or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from dualstack.engine import official
from dualstack.engine.find import find_engine
from dualstack.engine.model import How, StepError, platform_name
from dualstack.engine.versions import OFFICIAL, Release
from tests.engine.conftest import Machine


def tarball(version: str = "3.259.0") -> bytes:
    """Give what Pulumi's tarballs look like: one folder with programs; and an entry that would leave it."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name in ("pulumi/pulumi", "pulumi/pulumi-language-python", "../../../outside"):
            content = f"#!/bin/sh\necho v{version}\n".encode()
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("pulumi/passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return data.getvalue()


class Host(BaseHTTPRequestHandler):
    """Sends one content for whatever is asked."""

    content: ClassVar[bytes] = b""
    missing: ClassVar[int] = 0
    status: ClassVar[int] = 200
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.content) + self.missing))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def host(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Host]]:
    """A host that can be reached."""
    for name, value in {"content": tarball(), "missing": 0, "status": 200, "asked": []}.items():
        monkeypatch.setattr(Host, name, value)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("DUALSTACK_PULUMI_URL", f"http://127.0.0.1:{server.server_port}/sdk/")
    yield Host
    server.shutdown()
    thread.join()
    server.server_close()


def release(content: bytes, version: str = "3.259.0") -> Release:
    return Release(version, {platform_name(): hashlib.sha256(content).hexdigest()}, "the test")


def test_downloaded_once(machine: Machine, host: type[Host]) -> None:
    pinned = release(host.content)
    engine = official.install(machine.report, release=pinned)
    assert (engine.version, engine.how) == ("3.259.0", How.OFFICIAL)
    assert engine.bin == machine.cache / "dualstack/pulumi" / f"3.259.0-{platform_name()}"
    names = {path.name for path in engine.bin.iterdir()}
    assert names == {"pulumi", "pulumi-language-python", "outside", "dualstack-engine.json"}
    assert not (machine.cache / "outside").exists()
    assert official.install(machine.report, release=pinned) == engine
    assert host.asked == [f"/sdk/pulumi-v3.259.0-{platform_name()}.tar.gz"]


def test_wrong_checksum_is_not_used(machine: Machine, host: type[Host]) -> None:
    machine.go()
    # The real pin, and a host (a captive portal, say) that sends something else.
    engine = find_engine(True, machine.report)
    assert engine.how is How.BUILT
    assert "what it sent has another checksum than the pinned one" in machine.told
    assert f"{OFFICIAL.version}-{platform_name()}" not in machine.kept()


def test_version_without_a_pinned_checksum_is_not_asked_for(machine: Machine, host: type[Host]) -> None:
    with pytest.raises(StepError, match=r"no checksum is pinned for .*, and nothing is downloaded without one"):
        official.install(machine.report, release=Release("3.999.0", {}, "nowhere"))
    assert host.asked == []


@pytest.mark.parametrize(
    ("status", "missing", "why"), [(404, 0, "answered 404 Not Found"), (200, 7, r"broke off \(7 bytes are missing\)")]
)
def test_host_in_trouble(machine: Machine, host: type[Host], status: int, missing: int, why: str) -> None:
    host.status, host.missing = status, missing
    with pytest.raises(StepError, match=why):
        official.install(machine.report, release=release(host.content))
    assert machine.kept() == []


@pytest.mark.parametrize("kind", ["a page", "cut off", "another version"])
def test_pinned_but_not_an_engine(machine: Machine, host: type[Host], kind: str) -> None:
    content = {"a page": b"<html>log in first</html>", "cut off": tarball()[:-80], "another version": tarball("3.1.0")}[
        kind
    ]
    host.content = content
    with pytest.raises(StepError, match=r"it cannot be unpacked|what was made says it is 3\.1\.0, not 3\.259\.0"):
        official.install(machine.report, release=release(content))
    assert machine.kept() == []


def test_broken_engine_in_the_cache_is_made_again(machine: Machine, host: type[Host]) -> None:
    engine = official.install(machine.report, release=release(host.content))
    engine.program.write_text("#!/bin/sh\nexit 1\n")
    assert official.install(machine.report, release=release(host.content)) == engine
    assert len(host.asked) == 2


def test_mirror_is_http(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUALSTACK_PULUMI_URL", "file:///srv")
    with pytest.raises(StepError, match="not an address that begins with https"):
        official.install(machine.report)


def test_cache_that_others_could_write_to(machine: Machine, host: type[Host]) -> None:
    folder = machine.cache / "dualstack"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    official.install(machine.report, release=release(host.content))
    assert folder.stat().st_mode & 0o777 == 0o700


def test_cache_that_cannot_be_written(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine.folder / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine.folder / "file"))
    with pytest.raises(StepError, match="cannot be used: Not a directory"):
        official.install(machine.report)
