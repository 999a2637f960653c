"""The folder in which EIB works: the rendered directory, but apart from it, so nothing half done is ever in the way.

EIB makes its image in the folder that it reads, under its final name, and leaves the whole combustion folder with its
secrets in ``_build`` there. Here that folder is one of our own beside the finished images: it holds the directory's
files and nothing else (so the image depends on what its name is a hash of), and it goes in one piece, whatever happens.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

from dualstack.eib import DEFINITION, MARKER, disk
from dualstack.eib.survey import marker_of
from provider.frame.handler import ResourceError
from provider.image.image_directory import STAMP

PREFIX: Final = ".work-"
KINDS: Final = ("iso", "raw")
AGAIN: Final = "run `pulumi up --refresh`, which writes it again"


def make_stage(folder: Path, directory: Path, digest: str, name: str) -> tuple[Path, list[str]]:
    """Make the folder from the rendered directory.

    Args:
        folder: in which to make it.
        directory: the rendered directory.
        digest: what it must have been written with.
        name: of the base image, which is not copied: an empty file marks the place over which it is mounted.

    Returns:
        The folder, and the files in the directory that are not ours and so are not in it.

    Raises:
        ResourceError: the directory is not the one that is to be built.
    """
    marker = marker_of(directory)
    if marker is None:
        raise ResourceError(f"{directory} is not on this machine or not dualstack's; {AGAIN}")
    if STAMP not in marker["files"] or (directory / STAMP).read_text().strip() != digest:
        words = f"{directory} was written by something else since, such as `dualstack render`"
        raise ResourceError(f"{words}, and may lack secrets; {AGAIN}")
    stage = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    try:
        left_out = _fill(stage, directory, marker["files"])
        (stage / "base-images").mkdir(exist_ok=True)
        (stage / "base-images" / name).touch()
    except BaseException:
        remove(stage)
        raise
    return stage, left_out


def _fill(stage: Path, directory: Path, ours: Mapping[str, str]) -> list[str]:
    left_out = []
    for path, entry in disk.entries(directory):
        if entry.is_dir(follow_symlinks=False) or path == MARKER:
            continue
        if path not in ours:
            if not path.startswith(("_build/", "base-images/")):
                left_out.append(path)
            continue
        target = stage / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(Path(entry.path), target)
        if target.is_symlink() or disk.digest_of(target) != ours[path]:
            raise ResourceError(f"{directory / path} was changed by hand; {AGAIN}")
    missing = [path for path in ours if not (stage / path).is_file()]
    if missing:
        raise ResourceError(f"{directory / missing[0]} was removed by hand; {AGAIN}")
    return left_out


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target, follow_symlinks=False)


def definition(stage: Path) -> tuple[str, str]:
    """Give the image's type and the name under which EIB leaves it.

    Raises:
        ResourceError: the definition does not say so.
    """
    try:
        data: Any = yaml.safe_load((stage / DEFINITION).read_text())
        kind, output = str(data["image"]["imageType"]), str(data["image"]["outputImageName"])
        if kind not in KINDS or "/" in output:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ResourceError(f"{DEFINITION} in the EIB directory names no image; {AGAIN}") from error
    return kind, output


def leftovers(folder: Path) -> Iterator[Path]:
    """Yield what killed builds left."""
    for path in folder.glob(f"{PREFIX}*"):
        if path.is_dir() and not path.is_symlink():
            yield path


def seed(cache: Path, stage: Path) -> None:
    """Let EIB find what earlier builds downloaded; the same files, so it costs nothing."""
    inside = stage / "_build" / "cache"
    inside.mkdir(parents=True, exist_ok=True)
    if cache.is_dir():
        for path in cache.iterdir():
            with suppress(OSError):
                os.link(path, inside / path.name, follow_symlinks=False)


def harvest(cache: Path, stage: Path) -> None:
    """Keep what a build that succeeded has downloaded.

    Only such a one: releases up to EIB 1.3.2 leave half a file in the cache when a download breaks off, and take it
    for whole the next time (edge-image-builder issue 785).
    """
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        for path in (stage / "_build" / "cache").iterdir():
            with suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    os.link(path, cache / path.name, follow_symlinks=False)


def remove(stage: Path) -> bool:
    """Remove a stage; False where files of another user stay in it."""
    shutil.rmtree(stage, ignore_errors=True)
    return not stage.exists()
