"""The project around the sites: where it is, which sites it holds, which file a name means."""

from __future__ import annotations

import functools
import os
import pathlib
import posixpath
from typing import Final

from dualstack.document.loader import load_file
from dualstack.errors import InputError, quoted

PROJECT_FILE: Final = "Pulumi.yaml"
STACKS: Final = "stacks"
"""The folder of the stack files where Pulumi.yaml has no `stackConfigDir`."""
ONLINE_VARIABLE: Final = "DUALSTACK_ONLINE"
"""`1` in the environment lets a preview ask resolvers; `pulumi -c` would write into the stack file."""

_PREFIX, _SUFFIX = "Pulumi.", ".yaml"
_MOST_NAMES_SHOWN = 10


def find_project(start: pathlib.Path) -> pathlib.Path:
    """Find the project by walking up from a folder (or file) to the one that holds Pulumi.yaml.

    Raises:
        InputError: There is none up to the root.
    """
    here = start.absolute()
    for folder in (here, *here.parents):
        if _is_file(folder / PROJECT_FILE):
            return folder
    fix = "go into the project's folder, or name it with --project DIR"
    raise InputError(f"no {PROJECT_FILE} here or in a folder above", file=str(start), fix=fix)


def stacks_dir(project: pathlib.Path) -> str:
    """Give the folder of the stack files, relative to the project's: `stackConfigDir` in Pulumi.yaml, else `stacks`.

    Raises:
        InputError: Pulumi.yaml cannot be read, or `stackConfigDir` is no relative path.
    """
    file = project / PROJECT_FILE
    try:
        found = file.stat()
    except (OSError, ValueError):
        return STACKS
    return _stacks_dir(file, (found.st_mtime_ns, found.st_size, found.st_ino))


def layers_dir(project: pathlib.Path) -> str:
    """Give the folder of the layers, relative to the project's: `layers` in the folder of the stack files.

    Raises:
        InputError: As `stacks_dir`.
    """
    return posixpath.normpath(f"{stacks_dir(project)}/layers")


@functools.lru_cache(maxsize=16)
def _stacks_dir(file: pathlib.Path, stamp: tuple[int, ...]) -> str:
    """Read it once; the stamp is part of the cache's key, so that a changed file is read again."""
    document = load_file(file, PROJECT_FILE)
    given = document.data.get("stackConfigDir")
    if given is None or given == "":
        return STACKS
    if not isinstance(given, str) or given.startswith("/") or "\0" in given:
        place = document.origins.get(("stackConfigDir",))
        line, column = (place.line, place.column) if place else (None, None)
        message = f"stackConfigDir is {quoted(str(given))}, which is no relative path"
        fix = f"write the folder of the stack files as seen from this one: stackConfigDir: {STACKS}"
        raise InputError(message, file=PROJECT_FILE, line=line, column=column, fix=fix)
    return posixpath.normpath(given)


def list_sites(project: pathlib.Path) -> list[str]:
    """Give the stack names of the project's sites, sorted; empty if there are none.

    Raises:
        InputError: As `stacks_dir`.
    """
    return _names(project / stacks_dir(project), _PREFIX, _SUFFIX)


def is_path(site: str) -> bool:
    """Tell whether SITE is the path of a stack file rather than a stack's name."""
    return "/" in site or os.sep in site or site.endswith((".yaml", ".yml"))


def site_file(project: pathlib.Path, site: str) -> pathlib.Path:
    """Find the stack file that SITE means.

    Args:
        project: The project's folder.
        site: A stack name (`demo` is Pulumi.demo.yaml in the folder of stack files), or the path to a stack file, as
            anything is that holds a slash or ends in `.yaml` or `.yml`; a file name alone may also stand for one in the
            folder of stack files.

    Raises:
        InputError: There is no such file; stack names that come near are named.
    """
    stacks = stacks_dir(project)
    if is_path(site):
        given = pathlib.Path(site)
        for path in (given, project / stacks / given.name):
            if _is_file(path) and (path is given or given.name == site):
                return path
        fix = f"give a path from the current folder, or a stack name: {_listed(list_sites(project))}"
        raise InputError("the stack file does not exist", file=site, fix=fix)
    path = project / stacks / f"{_PREFIX}{site}{_SUFFIX}"
    if site and _is_file(path):
        return path
    shown = posixpath.normpath(f"{stacks}/{_PREFIX}") + f"{site}{_SUFFIX}"
    raise InputError(f"there is no site {quoted(site)}", file=shown, fix=_advice(site, list_sites(project), "site"))


def list_layers(project: pathlib.Path) -> list[str]:
    """Give the names of the project's layers, sorted; empty if there are none."""
    return _names(project / layers_dir(project), "", _SUFFIX)


def unknown_layer(project: pathlib.Path, name: str) -> tuple[str, str]:
    """Give message and fix for a layer that does not exist."""
    folder = layers_dir(project)
    message = f"there is no layer {quoted(name)} in {folder}"
    if not list_layers(project):
        return message, f"there is no layer at all yet: create {folder}/{name}.yaml, or remove the name"
    return message, _advice(name, list_layers(project), "layer")


def shown_path(project: pathlib.Path, path: pathlib.Path) -> str:
    """Give a file's name as shown to people: from the project's folder if it lies there, else as given.

    The same on every machine and from every folder, so that output can be compared.
    """
    inside = os.path.abspath(project).rstrip(os.sep) + os.sep  # noqa: PTH100 (a few times cheaper, once a site)
    full = os.path.abspath(path)  # noqa: PTH100
    return full[len(inside) :].replace(os.sep, "/") if full.startswith(inside) else str(path)


def nearest(name: str, known: list[str]) -> str | None:
    """Give the known name that comes nearest to a misspelt one, if any comes near."""
    import difflib  # 5 ms that only a misspelt name needs to pay

    found = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.6)
    return found[0] if found else None


def _advice(name: str, known: list[str], what: str) -> str:
    if not known:
        return "there is none yet: create that file"
    near = nearest(name, known)
    return (f"write {quoted(near)}; " if near else "") + f"each {what} that exists: {_listed(known)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:_MOST_NAMES_SHOWN])
    more = len(names) - _MOST_NAMES_SHOWN
    return (shown or "there is none yet") + (f" and {more} more" if more > 0 else "")


def _names(folder: pathlib.Path, prefix: str, suffix: str) -> list[str]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return []
    long_enough = len(prefix) + len(suffix)
    return sorted(
        entry.name[len(prefix) : -len(suffix)]
        for entry in entries
        if entry.name.startswith(prefix)
        and entry.name.endswith(suffix)
        and len(entry.name) > long_enough
        # Whatever cannot be read is told when it is: a link to nowhere must not make a site vanish.
        and not _is_dir(entry)
    )


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _is_file(path: pathlib.Path) -> bool:
    """Tell whether there is something to read; a pipe counts, so that `<(...)` of a shell works."""
    try:
        return os.path.lexists(path) and not path.is_dir()
    except (OSError, ValueError):  # a name too long, or one with a NUL
        return False
