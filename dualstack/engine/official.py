"""The official build: one pinned version, taken only if its checksum is the pinned one.

Does what Pulumi's installer does (download a tarball, unpack it), without running a script that nobody has pinned.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import Final

from dualstack.engine.cache import cache_folder, finish, kept, locked, staged
from dualstack.engine.model import Engine, How, Report, StepError, platform_name
from dualstack.engine.versions import OFFICIAL, Release

HOSTS: Final = (
    "https://get.pulumi.com/releases/sdk",
    f"https://github.com/pulumi/pulumi/releases/download/v{OFFICIAL.version}",
)
"""Where the tarballs lie, under the same names and with the same content."""
MIRROR_VARIABLE: Final = "DUALSTACK_PULUMI_URL"
"""Environment variable: the address of a folder with the tarball, asked in place of Pulumi's; the checksum stays."""

_SECONDS: Final = 10
_CHUNK: Final = 1 << 18
_MOST_BYTES: Final = 1 << 30


def cached(release: Release = OFFICIAL) -> Engine | None:
    """Give the official build from the cache; None where it is not there."""
    return kept(_folder(release), release.version, How.OFFICIAL)


def install(report: Report, *, release: Release = OFFICIAL) -> Engine:
    """Give the official build, from the cache or else from where Pulumi keeps it.

    Args:
        report: takes a line for each thing done.
        release: the version and its checksums.

    Raises:
        StepError: no checksum is pinned for this platform, the hosts cannot be reached, or what they sent is not it.
    """
    folder = _folder(release)
    if engine := kept(folder, release.version, How.OFFICIAL):
        return engine
    platform = platform_name()
    checksum = release.sha256.get(platform)
    if checksum is None:
        raise StepError(f"no checksum is pinned for {platform}, and nothing is downloaded without one")
    with locked(folder, report):
        # Whoever held the lock may have made it meanwhile.
        if engine := kept(folder, release.version, How.OFFICIAL):
            return engine
        with staged(folder) as stage:
            tarball = stage / "download"
            _download(release.file(platform), checksum, tarball, report)
            report("unpacking it")
            _unpack(tarball, stage)
            tarball.unlink()
            finish(stage, release.version, How.OFFICIAL)
    return Engine(folder, release.version, How.OFFICIAL)


def _folder(release: Release) -> Path:
    return cache_folder("pulumi") / f"{release.version}-{platform_name()}"


def _download(file: str, checksum: str, target: Path, report: Report) -> None:
    mirror = os.environ.get(MIRROR_VARIABLE)
    failures: list[str] = []
    for host in [mirror.rstrip("/")] if mirror else HOSTS:
        if not host.startswith(("https://", "http://")):
            raise StepError(f"{MIRROR_VARIABLE} is not an address that begins with https:// or http://")
        report(f"downloading {host}/{file}")
        try:
            found = _fetch(f"{host}/{file}", target)
        except (OSError, HTTPException) as error:
            failures.append(f"{host}: {_reason(error)}")
            continue
        if found == checksum:
            return
        target.unlink()
        failures.append(f"{host}: what it sent has another checksum than the pinned one ({found[:12]}...), not used")
    raise StepError("; ".join(failures))


def _fetch(url: str, target: Path) -> str:
    """Write what an address sends to a file; return its SHA-256."""
    digest = hashlib.sha256()
    size = 0
    request = urllib.request.Request(url, headers={"User-Agent": "dualstack"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer, target.open("wb") as file:  # noqa: S310
        while chunk := answer.read(_CHUNK):
            size += len(chunk)
            if size > _MOST_BYTES:
                raise OSError(f"it sends more than {_MOST_BYTES} bytes")
            digest.update(chunk)
            file.write(chunk)
        if answer.length:
            raise OSError(f"{answer.length} bytes are missing")
    return digest.hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return f"cannot be reached ({getattr(error.reason, 'strerror', None) or error.reason})"
    return f"broke off ({error})"


def _unpack(tarball: Path, target: Path) -> None:
    """Take the programs out of the one folder of the tarball; the checksum has said that it is Pulumi's."""
    try:
        with tarfile.open(tarball) as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                content = archive.extractfile(member) if member.isfile() else None
                if content is None or path.name in {"", ".", "..", tarball.name}:
                    continue
                with content, (target / path.name).open("wb") as file:
                    shutil.copyfileobj(content, file)
                (target / path.name).chmod(0o755)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise StepError(f"it cannot be unpacked: {error}") from None
