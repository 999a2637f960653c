"""Which sites a change reaches: its stack file, its layers, the files that it names, or the program itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dualstack.errors import InputError
from dualstack.layers import LayerStore, resolve_stack
from dualstack.project import layers_dir, list_sites, site_file, stacks_dir

ROOT_FILES: Final = frozenset({"Pulumi.yaml", "pyproject.toml"})
"""Files at the project's root that say how the program runs, beside ``*.py`` and ``requirements*.txt``."""
BESIDE: Final = frozenset({"tests", "docs", "bench", "build", "ci"})
"""Folders that no program runs from."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is to be planned.

    Attributes:
        touched: for each site that the change reaches, the paths that reach it, from the project's folder.
        untouched: the other sites.
        base: the touched sites that the base has.
        head: the touched sites that there are now.
    """

    touched: Mapping[str, tuple[str, ...]]
    untouched: tuple[str, ...]
    base: tuple[str, ...]
    head: tuple[str, ...]


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
    paths = list(changed)
    projects = [project for project in (base, head) if project is not None]
    there = [_names(project) for project in projects]
    sites = sorted(set(wanted) or set().union(*there))
    program = [path for path in paths if _of_program(path, projects)]
    reached: dict[str, list[str]] = {site: list(program) for site in sites}
    rest = [path for path in paths if path not in set(program)]
    for project in projects if rest else []:
        for site, path in _reached(project, sites, rest):
            reached[site].append(path)
    before = there[0] if base is not None else frozenset()
    touched = {site: tuple(dict.fromkeys(found)) for site, found in reached.items() if found or site not in before}
    return Selection(
        touched=touched,
        untouched=tuple(site for site in sites if site not in touched),
        base=tuple(site for site in touched if site in before),
        head=tuple(site for site in touched if site in there[-1]),
    )


def _names(project: Path) -> frozenset[str]:
    return frozenset(list_sites(project))


def _of_program(path: str, projects: list[Path]) -> bool:
    """Tell whether a path belongs to what every site is planned with: the program, and packages beside it."""
    top, _, below = path.partition("/")
    if not below:
        if path in ROOT_FILES or any((project / path).is_dir() for project in projects):  # a folder is a submodule
            return True
        return path.endswith(".py") or (path.startswith("requirements") and path.endswith(".txt"))
    if (
        top in BESIDE
        or top.startswith(".")
        or any(f"{stacks_dir(project)}/".startswith(f"{top}/") for project in projects)
    ):
        return False
    # Templates and data of a package count as much as its modules.
    return path.endswith(".py") or any(
        next((project / top).glob(pattern), None) is not None for project in projects for pattern in ("*.py", "*/*.py")
    )


def _reached(project: Path, sites: list[str], paths: list[str]) -> Iterator[tuple[str, str]]:
    """Yield site and path wherever one of the paths is part of a site at this revision."""
    folder, layers = stacks_dir(project), layers_dir(project)
    stack_files = {f"{folder}/Pulumi.{site}.yaml".removeprefix("./"): site for site in sites}
    others = []
    for path in paths:
        if path in stack_files:
            yield stack_files[path], path
        else:
            others.append(path)
    # Only now is every site read: most changes are of one site.
    if not others:
        return
    layer_paths = {path for path in others if path.startswith(f"{layers}/".removeprefix("./"))}
    store = LayerStore(project)
    for site in sites:
        try:
            resolved = resolve_stack(project, site_file(project, site), store)
        except InputError:
            # Whatever it would reach; a file that cannot be read is told when it is planned.
            yield from ((site, path) for path in sorted(layer_paths))
            continue
        root = project.resolve()
        used = {
            file.resolve().relative_to(root).as_posix()
            for file in resolved.files
            if file.resolve().is_relative_to(root)
        }
        named = list(_named(resolved.site))
        for path in others:
            if path in used or any(path == name or path.startswith(f"{name}/") for name in named):
                yield site, path


def _named(site: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files and folders of the project that a site names, as it writes them."""
    manifests, image = site.get("manifests"), site.get("image")
    given = list(manifests) if isinstance(manifests, list) else []
    if isinstance(image, Mapping):
        given.append(image.get("files"))
    for name in given:
        if isinstance(name, str) and name and "://" not in name:
            yield Path(name).as_posix().rstrip("/")
