"""``dualstack:image:Directory``: the rendered EIB directory on the machine that deploys."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from dualstack.document.holes import UNKNOWN
from dualstack.eib import MARKER, File, ProjectFiles, Tree, write_tree
from dualstack.eib.disk import digest_of
from dualstack.eib.remove import remove_tree
from dualstack.eib.survey import marker_of, parents
from dualstack.eib.tree import check_path
from dualstack.errors import InputError
from dualstack.tokens import DIRECTORY, INTERRUPTED
from provider.frame import fields
from provider.frame.compare import differences, join
from provider.frame.handler import Diff, Failure, Kind, ResourceError, Secret, report
from provider.image import written_here as here

STAMP: Final = ".dualstack.digest"
"""In the directory: the digest that it was written with. Whoever writes the directory otherwise takes it away, so a
build sees whether it builds what it was told to build."""
KNOWN: Final = ("site", "path", "files")
_SHOWN: Final = 1 << 20  # bytes of a file changed by hand that go into state


@contextmanager
def told() -> Iterator[None]:
    """Make the core's errors about files those of the resource."""
    try:
        yield
    except InputError as error:
        raise ResourceError(str(error)) from error


class DirectoryHandler:
    """Writes the directory through the same code as ``dualstack render``; never replaced, only updated."""

    token = DIRECTORY

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Judge the inputs."""
        failures = [
            *fields.unknown_keys(inputs, KNOWN),
            *fields.text(inputs, "site"),
            *fields.project_path(inputs, "path"),
        ]
        files = inputs.get("files")
        if isinstance(files, dict):
            for path, file in files.items():
                failures += _file_failures(path, file, files)
        elif files is not UNKNOWN:
            failures.append(Failure("files", "must be a map from path to file"))
        return inputs, failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare file by file with what was written, or with what the last refresh found."""
        old = {key: old_state[key] for key in KNOWN if key in old_state}
        detailed: dict[str, Kind] = dict(differences(old, new_inputs))
        if INTERRUPTED in old_state and not detailed:
            return Diff(True)
        if not detailed and _digest(new_inputs, old_state.get("salt", "")) != old_state.get("digest"):
            # No input changes, and the engine shows a path that is no input's as deleted: so words, and no path.
            report(f"{new_inputs['path']} was written by something else since: it is written again", passing=False)
            return Diff(True)
        return Diff(bool(detailed), detailed=detailed)

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Write the directory, or adopt one that was rendered for the same site."""
        _refuse_other_site(inputs)
        if preview:
            # The salt is not drawn yet, and with it the digest is another one.
            return "", {**_private(inputs), "digest": UNKNOWN}
        salt = secrets.token_hex(16)
        return str(inputs["path"]), _write(inputs, salt)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Look at each file of ours; what others put there is theirs and no drift."""
        path = str(state.get("path", id))
        place = Path.cwd() / path
        marker = marker_of(place)
        there = place.is_dir() and any(place.iterdir())
        if not state and not there:
            return None, {}, {}
        if marker is None and state and not here.noted(path):
            return _not_here(id, inputs, state, f"{path} is not on this machine")
        if there and marker is None:
            words = f"{path} holds files, but its {MARKER} is gone, so nobody knows which are dualstack's"
            raise ResourceError(f"{words}; remove {path}, or move it away, and refresh again")
        if not there and INTERRUPTED in state and not state["files"]:
            return None, {}, {}  # a run was killed before it wrote anything
        site = str(state.get("site") or (marker or {}).get("site"))
        before, found = state.get("files", {}), {}
        salt = str(state.get("salt") or secrets.token_hex(16))
        stamp = _stamped(place)
        # A directory that is gone is one without files, and keeps its salt: made anew, it would have another digest,
        # and with that the image, the disk and the machine would be replaced. So is one that is another site's now.
        if marker is not None and marker.get("site") == site:
            ours = _files(place, marker["files"], before)
            if stamp not in ("", state.get("digest")) and stamp == _digest({"files": ours}, salt):
                return _not_here(id, inputs, state, f"{path} is as another deployment left it")
            found = ours | _files(place, {*before} - {*marker["files"]}, before)
            if stamp == state.get("digest"):
                here.note(path)
        now = {"site": site, "path": path, "files": dict(sorted(found.items()))}
        after = {**_private(now), "salt": Secret(salt), "digest": stamp}
        if len(_places(state)) > 1:
            after[INTERRUPTED] = state[INTERRUPTED]
        return id, _private(now), after

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Write what changed; a directory that moves is written anew first, then the old one goes."""
        _refuse_other_site(new_inputs, str(old_state.get("site")))
        salt = str(old_state.get("salt") or secrets.token_hex(16))
        if preview:
            digest = _digest(new_inputs, salt) if "salt" in old_state else UNKNOWN
            return {**_private(new_inputs), "salt": Secret(salt), "digest": digest}
        state = _write(new_inputs, salt, str(old_state.get("site")))
        for place in _places(old_state) - _places(new_inputs):
            _remove(*place)
        return state

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Remove the files that we wrote, and the directory where nothing else is in it."""
        for place in _places(state):
            _remove(*place)


def _not_here(
    id: str, inputs: dict[str, Any], state: dict[str, Any], words: str
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Leave the state as it is: what only the machine that deployed has is no drift elsewhere."""
    report(f"{words}: not looked at", passing=False)
    return id, inputs, _private({**state, "salt": Secret(state["salt"])} if "salt" in state else state)


def _files(place: Path, names: Iterable[str], before: Mapping[str, Any]) -> dict[str, Any]:
    """Give those of the files that are on the disk."""
    listed = {name: _found(place, name, before.get(name)) for name in sorted({*names} - {STAMP})}
    return {name: file for name, file in listed.items() if file is not None}


def _places(state: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Give path and site of every directory that is of a state, those of runs that were killed too."""
    all_ = (state, *state.get(INTERRUPTED, ()))
    return {(str(each["path"]), str(each["site"])) for each in all_ if "path" in each and "site" in each}


def _remove(path: str, site: str) -> None:
    place = Path.cwd() / path
    if not place.exists():
        report(f"{path} is not on this machine: where it was written, it stays, with its secrets", passing=False)
    with told():
        removed = remove_tree(place, site)
    here.forget(path)
    if removed.kept:
        report(f"{path} stays: it holds files that dualstack did not write", passing=False)


def _file_failures(path: str, file: Any, files: Mapping[str, Any]) -> Iterator[Failure]:
    place = join("files", path)
    try:
        check_path(path)
    except InputError as error:
        yield Failure(place, str(error))
        return
    if path in (MARKER, STAMP):
        yield Failure(place, "is a name that dualstack keeps for itself; rename the file")
    for parent in parents(path):
        if parent in files:
            yield Failure(place, f"needs the folder {parent}, which is a file here; rename one of them")
    if file is UNKNOWN:
        return
    if not isinstance(file, dict):
        yield Failure(place, "must be a map with mode, and content or source")
        return
    yield from fields.unknown_keys(file, ("mode", "content", "source", "sha256"), place)
    mode = file.get("mode")
    if mode is not UNKNOWN and not (isinstance(mode, str) and re.fullmatch("0[4-7][0-7]{2}", mode)):
        yield Failure(f"{place}.mode", "must be permissions in octal that let the owner read, such as 0644")
    if ("content" in file) == ("source" in file):
        yield Failure(place, "must have one of content and source")
    elif "source" in file:
        yield from (Failure(f"{place}.{item.property}", item.reason) for item in fields.project_path(file, "source"))
        yield from fields.hexadecimal(file, "sha256", place)
    elif file["content"] is not UNKNOWN and not isinstance(file["content"], str):
        yield Failure(f"{place}.content", "must be a text")


def _refuse_other_site(inputs: Mapping[str, Any], before: str | None = None) -> None:
    if inputs["path"] is UNKNOWN or inputs["site"] is UNKNOWN:
        return
    place = Path.cwd() / str(inputs["path"])
    marker = marker_of(place)
    site = marker.get("site") if marker else None
    if site is not None and site not in (inputs["site"], before):
        words = f"{inputs['path']} is the directory of the site {site}, not of {inputs['site']}"
        raise ResourceError(f"{words}; destroy the stack that made it, or move it away")
    if marker is None and place.is_dir() and any(place.iterdir()):
        words = f"{inputs['path']} is not empty, and dualstack did not write it"
        raise ResourceError(f"{words}; move it away, or remove it")
    if place.exists() and not place.is_dir():
        raise ResourceError(f"{inputs['path']} is a file; move it away")


def _write(inputs: dict[str, Any], salt: str, before: str | None = None) -> dict[str, Any]:
    """Write the directory and give the state."""
    digest = _digest(inputs, salt)
    files = {path: _file(file) for path, file in inputs["files"].items()}
    files[STAMP] = File(f"{digest}\n".encode())
    tree = Tree(inputs["site"], MappingProxyType(dict(sorted(files.items()))))
    here.note(str(inputs["path"]))
    with told():
        done = write_tree(tree, Path.cwd() / inputs["path"])
    if changed := [path for path in done.changed_by_hand if path != STAMP]:
        report(f"written again, after changes by hand: {', '.join(changed)}", passing=False)
    if done.left_behind:
        report(f"could not be put back, their place is taken: {', '.join(done.left_behind)}", passing=False)
    return {**_private(inputs), "salt": Secret(salt), "digest": digest}


def _file(file: Mapping[str, Any]) -> File:
    mode = int(file["mode"], 8)
    if "source" not in file:
        return File(file["content"].encode(), mode)
    with told():
        source = ProjectFiles(Path.cwd()).file(file["source"]).content
    if digest_of(source) != file["sha256"]:
        raise ResourceError(f"{file['source']} changed while this ran; run it again")
    return File(source, mode)


def _digest(inputs: Mapping[str, Any], salt: str) -> Any:
    """Give the digest over paths, modes and contents; UNKNOWN where one of them is not known yet.

    It stands in state in clear, and so do all contents but the secret ones: keyed with a salt that is secret, or a weak
    password could be guessed from it.
    """
    files = inputs["files"]
    if files is UNKNOWN:
        return UNKNOWN
    rows = []
    for path, file in sorted(files.items()):
        if file is UNKNOWN or UNKNOWN in file.values():
            return UNKNOWN
        given = file.get("sha256") or hashlib.sha256(file["content"].encode()).hexdigest()
        rows.append([path, file["mode"], given])
    return hmac.new(bytes.fromhex(salt), json.dumps(rows).encode(), hashlib.sha256).hexdigest()


def _private(state: Mapping[str, Any]) -> dict[str, Any]:
    """Mark the contents of files that only their owner may read."""
    files = state["files"]
    if files is not UNKNOWN:
        files = {path: _marked(file) for path, file in files.items()}
    return {**state, "files": files}


def _marked(file: Any) -> Any:
    if file is UNKNOWN or file.get("mode") is UNKNOWN or "content" not in file or int(file["mode"], 8) & 0o077:
        return file
    return {**file, "content": Secret(file["content"])}


def _found(place: Path, name: str, before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Give a file as it is on the disk, in the form in which it was given; None where no plain file is there."""
    path = place / name
    if any((place / parent).is_symlink() for parent in parents(name)):
        return None
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return None
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        if before is not None and "source" in before:
            return {"mode": mode, "source": before["source"], "sha256": digest_of(path)}
        if status.st_size > _SHOWN:
            return {"mode": mode, "sha256": digest_of(path)}
        return {"mode": mode, "content": path.read_bytes().decode(errors="replace")}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ResourceError(f"{path} cannot be read: {error.strerror}; check its permissions") from error


def _stamped(place: Path) -> str:
    try:
        return (place / STAMP).read_text().strip()
    except (OSError, ValueError):
        return ""
