"""The catalogue: one file a release in a folder, each read when somebody names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from dualstack.document.loader import load_file
from dualstack.errors import InputError
from dualstack.releases.model import Release
from dualstack.releases.read import PATCH, checked

FOLDER = Path(__file__).parent
"""Where the files are, ``<X.Y.Z>.yaml`` and ``default.yaml``."""


class Catalogue(Mapping[str, Release]):
    """The releases by the name that a site gives: ``X.Y``, whose patch dualstack chooses, or ``X.Y.Z``.

    It has the names X.Y; whoever asks for one that is pinned, finds it, too. ``X.Y`` is the newest patch here.
    Looking one up raises InputError where its file is not whole.
    """

    def __getitem__(self, name: str) -> Release:
        """Return a release; KeyError where the catalogue has none of that name."""
        found = _rolling(FOLDER).get(name, name)
        if found not in _versions(FOLDER):
            raise KeyError(name)
        return _read(FOLDER, found, name)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a file for a name, without reading it."""
        return name in _rolling(FOLDER) or name in _versions(FOLDER)

    def __iter__(self) -> Iterator[str]:
        """Give the names without a patch, oldest first."""
        return iter(_rolling(FOLDER))

    def __reversed__(self) -> Iterator[str]:
        """Give the names without a patch, newest first."""
        return reversed(_rolling(FOLDER))

    def __len__(self) -> int:
        """Count the names without a patch."""
        return len(_rolling(FOLDER))

    @property
    def versions(self) -> tuple[str, ...]:
        """Every release with its patch, oldest first."""
        return _versions(FOLDER)

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever a site may write."""
        return (*self, *self.versions)

    @property
    def default(self) -> str:
        """The release of a site that names none."""
        return _default(FOLDER)

    def newest(self, name: str) -> str:
        """Return the newest patch of the release that a name belongs to."""
        return _rolling(FOLDER)[_without_patch(_rolling(FOLDER).get(name, name))]


RELEASES: Final = Catalogue()


def _without_patch(version: str) -> str:
    return version.rpartition(".")[0]


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@cache
def _versions(folder: Path) -> tuple[str, ...]:
    try:
        names = [path.stem for path in folder.iterdir() if path.suffix == ".yaml"]
    except OSError as error:
        raise InputError(f"the catalogue cannot be read: {error.strerror or error}", file=str(folder)) from None
    return tuple(sorted(filter(PATCH.fullmatch, names), key=_order))


@cache
def _rolling(folder: Path) -> dict[str, str]:
    return {_without_patch(version): version for version in _versions(folder)}


@cache
def _default(folder: Path) -> str:
    name = load_file(folder / "default.yaml").data.get("release")
    if name not in _rolling(folder):
        fix = f"write one of {', '.join(_rolling(folder))}"
        raise InputError("the catalogue has no release of that name", file=str(folder / "default.yaml"), fix=fix)
    return str(name)


@cache
def _read(folder: Path, version: str, name: str) -> Release:
    file = folder / f"{version}.yaml"
    release = checked(load_file(file).data, str(file), name)
    if release.version != version:
        raise InputError(f"it is of release {release.version}", file=str(file), fix="name the file after its release")
    return release
