"""Which sites a change reaches: its stack file, its layers, the files that it names, or the program itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dualstack.errors import InputError
from dualstack.stack.layers import LayerStore, resolve_stack
from dualstack.stack.project import layers_dir, list_sites, site_file, stacks_dir

BESIDE: Final = frozenset({"tests", "docs", "bench", "build", "ci"})
"""Folders that no program runs from; a Python file in them counts all the same, since a program may import it."""
WORDS: Final = (".md", ".rst", ".adoc")
"""Ends of names of files for people."""
_MOST_LINKS: Final = 40
"""Links that a path may lead through, as Linux has it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be planned.

    Attributes:
        touched: for each site that the change reaches, the paths that reach it, from the project's folder.
        untouched: the other sites.
        base: the touched sites that the base has.
        head: the touched sites that there are now.
        beside: changed paths that no site's own part tells: whatever may run when a site is deployed.
    """

    touched: Mapping[str, tuple[str, ...]]
    untouched: tuple[str, ...]
    base: tuple[str, ...]
    head: tuple[str, ...]
    beside: tuple[str, ...] = ()


def select(changed: Iterable[str], base: Path | None, head: Path, wanted: Iterable[str] = ()) -> Selection:
    """Choose the sites.

    Args:
        changed: paths that differ, from the project's folder; what lies outside it is not among them.
        base: the project's folder in the base; None where it had none.
        head: the project's folder now.
        wanted: the sites that the user named; all where none is.

    Raises:
        InputError: the project's folder of stack files cannot be told.
    """
    paths = list(dict.fromkeys(changed))
    projects = [project for project in (base, head) if project is not None]
    there = [frozenset(list_sites(project)) for project in projects]
    everyone = sorted(set(wanted).union(*there))
    reached: dict[str, list[str]] = {site: [] for site in everyone}
    own = {_stack_file(project, site): site for project in projects for site in everyone}
    for path in paths:
        if path in own:
            reached[own[path]].append(path)
    rest = [path for path in paths if path not in own]
    # Only now is every site read: most changes are of one site.
    read = [_Reads(project, everyone) for project in projects] if rest else []
    for path in rest:
        through = [site for site in everyone if any(one.reaches(site, path) for one in read)]
        program = _runs(path, projects) or not (through or _for_people(path) or any(one.has(path) for one in read))
        for site in everyone if program and not _aside(path) else through:
            reached[site].append(path)
    before = there[0] if base is not None else frozenset()
    sites = sorted(set(wanted)) or everyone
    touched = {site: tuple(reached[site]) for site in sites if reached[site] or site not in before}
    beside = (path for path in rest if _runs(path, projects) or not any(one.has(path) for one in read))
    return Selection(
        touched=touched,
        untouched=tuple(site for site in sites if site not in touched),
        base=tuple(site for site in touched if site in before),
        head=tuple(site for site in touched if site in there[-1]),
        beside=tuple(path for path in beside if not _for_people(path)),
    )


def _stack_file(project: Path, site: str) -> str:
    return f"{stacks_dir(project)}/Pulumi.{site}.yaml".removeprefix("./")


def _for_people(path: str) -> bool:
    return path.endswith(WORDS) or path.partition("/")[0] in ("tests", "docs", "bench")


def _aside(path: str) -> bool:
    """Tell whether a path lies where no program runs from."""
    top, _, below = path.partition("/")
    return not path.endswith(".py") and bool(below) and (top in BESIDE or top.startswith("."))


def _runs(path: str, projects: list[Path]) -> bool:
    """Tell whether a path belongs to what runs, also where a site names it as one of its files."""
    top, _, below = path.partition("/")
    if _for_people(path):
        return False
    if path.endswith(".py"):
        return True
    if not below or top.startswith(".") or top == "ci":
        return top not in {stacks_dir(project) for project in projects}
    if top in BESIDE or any(f"{stacks_dir(project)}/".startswith(f"{top}/") for project in projects):
        return False
    # Templates and data of a package count as much as its modules.
    return any(
        next((project / top).glob(pattern), None) is not None for project in projects for pattern in ("*.py", "*/*.py")
    )


class _Reads:
    """Which paths of a project each of its sites reads, at one revision."""

    def __init__(self, project: Path, sites: Iterable[str]) -> None:
        self._root = project.resolve()
        self._stacks, self._layers = stacks_dir(project), layers_dir(project)
        self._known: dict[str, frozenset[str]] = {}
        self._sites: dict[str, frozenset[str] | None] = {}
        self._folders: set[str] = set()
        store = LayerStore(project)
        for site in sites:
            try:
                resolved = resolve_stack(project, site_file(project, site), store)
            except InputError:
                self._sites[site] = None
                continue
            files = [os.path.relpath(file, project) for file in resolved.files]
            named = list(_named(resolved.site))
            self._folders |= {name.rpartition("/")[0] for name in named} - {""}
            self._sites[site] = frozenset().union(*(self._through(path) for path in (*files, *named)))

    def reaches(self, site: str, path: str) -> bool:
        """Tell whether a site reads a path, or something below it or in it."""
        read = self._sites[site]
        if read is None:
            # Whatever it would read of the layers; a file that cannot be read is told when it is planned.
            return path.startswith(f"{self._layers}/".removeprefix("./"))
        return path in read or any(path[: cut + 1] in read for cut, char in enumerate(path) if char == "/")

    def has(self, path: str) -> bool:
        """Tell whether a path is one of those that sites are made of: theirs to name, or to extend."""
        if any(self.reaches(site, path) for site in self._sites if self._sites[site] is not None):
            return True
        within = path.startswith(f"{self._layers}/".removeprefix("./")) and path.endswith(".yaml")
        return within or any(path.startswith(f"{folder}/") for folder in self._folders)

    def _through(self, path: str) -> frozenset[str]:
        """Give what is read for a path, from the project: links on the way, the file itself; of a folder with a slash.

        Each comes with the folders above it, since a submodule or a link may stand in the place of any.
        """
        if path not in self._known:
            found: set[str] = set()
            real = self._follow(path, found)
            if real.is_dir() and real != self._root and real.is_relative_to(self._root):
                found.add(f"{real.relative_to(self._root).as_posix()}/")
                for folder, folders, files in os.walk(real):
                    inside = Path(folder)
                    for name in (*folders, *files):
                        if (inside / name).is_symlink():
                            self._follow(os.path.relpath(inside / name, self._root), found)
            self._known[path] = frozenset(found)
        return self._known[path]

    def _follow(self, path: str, found: set[str]) -> Path:
        """Walk a path as the system does, and note each link, file and folder that lies in the project."""
        here, todo, links = self._root, list(reversed(Path(path).parts)), 0
        while todo:
            step = todo.pop()
            here = Path(step) if step == "/" else here.parent if step == ".." else here / step
            if here != self._root and here.is_relative_to(self._root):
                found.add(here.relative_to(self._root).as_posix())
            if here.is_symlink() and (links := links + 1) <= _MOST_LINKS:
                todo += reversed(here.readlink().parts)
                here = here.parent
        return here


def _named(site: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files and folders of the project that a site names, as it writes them."""
    manifests, image = site.get("manifests"), site.get("image")
    given = list(manifests) if isinstance(manifests, list) else []
    if isinstance(image, Mapping):
        given.append(image.get("files"))
    for name in given:
        if isinstance(name, str) and name and "://" not in name and "\0" not in name:
            yield Path(name).as_posix().rstrip("/")
