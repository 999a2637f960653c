"""``dualstack:image:Build``: an image that the release's EIB container makes of the rendered directory."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from dualstack.document.holes import UNKNOWN
from dualstack.tokens import BUILD, INTERRUPTED
from provider.frame import fields
from provider.frame.compare import differences
from provider.frame.handler import Diff, Failure, Kind, ResourceError, report, warn
from provider.image import base_image, builder, eib_stage
from provider.image import written_here as here
from provider.image.build_log import BuildLog, Redactor, last_line

KNOWN: Final = ("directory", "digest", "baseImage", "builder", "secrets")
HASHED: Final = ("directory", "digest", "baseImage", "builder")
RECIPE: Final = "1"
"""Part of the hash; another one is another image of the same inputs."""
BUILD_SECONDS: Final = 2 * 3600.0
"""All container images of a release are downloaded; ``custom_timeouts`` says otherwise."""
CACHE: Final = ".eib-cache"


class BuildHandler:
    """Builds beside the finished images, and gives an image its name once it is whole.

    An image is updated in place although its path changes: as a replacement, an image that comes back after a failed
    deployment would be deleted as the old one of its own successor.
    """

    token = BUILD

    def check(self, inputs: dict[str, Any]) -> tuple[dict[str, Any], list[Failure]]:
        """Judge the inputs."""
        failures = [*fields.unknown_keys(inputs, KNOWN), *fields.project_path(inputs, "directory")]
        failures += fields.hexadecimal(inputs, "digest")
        name = inputs.get("baseImage")
        if name is not UNKNOWN and not (isinstance(name, str) and re.fullmatch(r"(?!\.)[^/\0:,]+", name)):
            failures.append(Failure("baseImage", "must be the name of a file, without folders, colons and commas"))
        image = inputs.get("builder")
        if image is not UNKNOWN and not (
            isinstance(image, str) and re.fullmatch(r"[^\s-]\S*(:[\w.-]+|@sha256:\w+)", image)
        ):
            failures.append(
                Failure("builder", "must be a container image with its version, such as registry/eib:1.3.3")
            )
        elif image is not UNKNOWN and str(image).endswith(":latest"):
            failures.append(Failure("builder", "must be pinned; latest is another builder every day"))
        secrets = inputs.get("secrets", [])
        if secrets is not UNKNOWN and not isinstance(secrets, list):
            failures.append(Failure("secrets", "must be a list of texts"))
        return inputs, failures

    def diff(self, id: str, old_inputs: dict[str, Any], old_state: dict[str, Any], new_inputs: dict[str, Any]) -> Diff:
        """Compare what the image's name is a hash of, the base image's content too, where that is on this machine."""
        old = {key: old_state[key] for key in HASHED if key in old_state}
        new: dict[str, Any] = {key: new_inputs[key] for key in HASHED if key in new_inputs}
        detailed: dict[str, Kind] = dict(differences(old, new))
        if detailed:
            return Diff(True, detailed=detailed)
        if not old_state.get("image"):
            return Diff(True)  # a run was killed while it built
        if not old_state.get("size"):
            # No input changes, and the engine shows a path that is no input's as deleted: so words, and no path.
            report(f"{old_state['image']} is missing or cut off: it is built again", passing=False)
            return Diff(True)
        if not _same_base(new, old_state):
            report(f"the base image {new['baseImage']} holds something else than before", passing=False)
            detailed["baseImage"] = "update"
        return Diff(bool(detailed), detailed=detailed)

    def create(self, inputs: dict[str, Any], preview: bool, timeout: float) -> tuple[str, dict[str, Any]]:
        """Build, or take the image that a run before this one built of the same inputs."""
        if preview:
            return "", self._preview(inputs, {})
        return f"{Path(inputs['directory']).name}.image", _build(inputs, timeout)

    def read(
        self, id: str, inputs: dict[str, Any], state: dict[str, Any]
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        """Look whether the image is there, as long as it was."""
        if not state:
            raise ResourceError(
                "an image cannot be imported; the next `up` takes it, where it was built of the same inputs"
            )
        image = Path(state["image"])
        if not state["image"]:
            return id, inputs, state  # a run was killed while it built: the next one takes or makes it
        if not image.exists() and not here.noted(str(image.parent)):
            report(f"{image} is not on this machine: not looked at", passing=False)
            return id, inputs, state
        if not image.is_file() or image.stat().st_size != state.get("size"):
            # Not "gone": what is made anew has no path at preview, and the disk and the machine would show as replaced.
            return id, inputs, {**state, "size": 0}
        return id, inputs, state

    def update(
        self,
        id: str,
        old_state: dict[str, Any],
        old_inputs: dict[str, Any],
        new_inputs: dict[str, Any],
        preview: bool,
        timeout: float,
    ) -> dict[str, Any]:
        """Build the new image, then remove the old one: a volume is made of a copy."""
        if preview:
            return self._preview(new_inputs, old_state)
        state = _build(new_inputs, timeout)
        if old_state.get("image") != state["image"]:
            for path in (old_state.get("image"), old_state.get("log")):
                if path:
                    Path(path).unlink(missing_ok=True)
                    with suppress(OSError):
                        Path(path).parent.rmdir()
        for other in _directories(old_state) - {old_state["directory"], new_inputs["directory"]}:
            remove_images(Path(other))
        return state

    def delete(self, id: str, state: dict[str, Any], timeout: float) -> None:
        """Remove images and logs of this site, those of failed and killed builds too, and nothing else."""
        for directory in _directories(state):
            remove_images(Path(directory))

    def _preview(self, inputs: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """Tell early what a build on this machine lacks; a preview elsewhere needs none of it."""
        told = [builder.missing()]
        directory, name = inputs["directory"], inputs["baseImage"]
        if UNKNOWN not in (directory, name) and base_image.find(Path(directory), name) is None:
            told.append(base_image.missing(Path(directory), name))
        for words in told:
            if words:
                warn(f"`up` will fail here: {words}")
        if old.get("image") and all(inputs[key] == old.get(key) for key in HASHED) and _same_base(inputs, old):
            return {**old, **inputs, "size": UNKNOWN}  # only the file is missing; it gets the same name
        return {**inputs, "image": UNKNOWN, "log": UNKNOWN, "size": UNKNOWN, "baseSha256": UNKNOWN}


def _directories(state: Mapping[str, Any]) -> set[str]:
    """Give the EIB directories whose images are of a state, those of runs that were killed too."""
    return {str(each["directory"]) for each in (state, *state.get(INTERRUPTED, ()))}


def folder_of(directory: Path) -> Path:
    """Give the folder of a site's images, by its EIB directory."""
    return directory.with_name(f"{directory.name}.image")


def remove_images(directory: Path) -> list[str]:
    """Remove images and logs of a site, those of failed and killed builds too, and nothing else; give their names."""
    folder, site, removed = folder_of(directory), directory.name, list[str]()
    here.forget(str(folder))
    if not folder.is_dir():
        return []
    with _locked(folder):
        _clear(folder, site)
        ours = re.compile(re.escape(site) + r"-[0-9a-f]{16}\.(iso|raw|log)")
        for path in sorted(folder.iterdir()):
            if ours.fullmatch(path.name):
                path.unlink()
                removed.append(path.name)
    with suppress(OSError):
        folder.rmdir()
    return removed


def _same_base(inputs: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Tell whether the base image is the one that was built of; where it is not on this machine, it is taken to be."""
    base = base_image.find(Path(inputs["directory"]), inputs["baseImage"])
    try:
        return base is None or base_image.digest(base) == state.get("baseSha256")
    except OSError:
        return True


def _build(inputs: dict[str, Any], timeout: float) -> dict[str, Any]:
    directory = Path(inputs["directory"])
    site, folder = directory.name, folder_of(directory)
    base = base_image.find(directory, inputs["baseImage"])
    if base is None:
        raise ResourceError(base_image.missing(directory, inputs["baseImage"]))
    report(f"reading {base}")
    base_digest = base_image.digest(base)
    parts = [RECIPE, inputs["digest"], base_digest, inputs["builder"]]
    name = f"{site}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
    log = folder / f"{name}.log"
    here.note(str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _clear(folder, site)
        image = _finished(folder, name)
        if image is None:
            image = _make(inputs, folder, name, base, timeout or BUILD_SECONDS)
        size = image.stat().st_size
    return {**inputs, "image": image.as_posix(), "log": log.as_posix(), "size": size, "baseSha256": base_digest}


def _finished(folder: Path, name: str) -> Path | None:
    """Give the image of this name, where its log says that it was finished and it is as long as it was then."""
    for kind in eib_stage.KINDS:
        image = folder / f"{name}.{kind}"
        if image.is_file() and last_line(folder / f"{name}.log") == _done(image.name, image.stat().st_size):
            report(f"{image} is there already", passing=False)
            return image
    return None


def _done(name: str, size: int) -> str:
    return f"dualstack: finished {name}, {size} bytes"


def _make(inputs: dict[str, Any], folder: Path, name: str, base: Path, timeout: float) -> Path:
    if words := builder.missing():
        raise ResourceError(words)
    directory, base_name = Path(inputs["directory"]), inputs["baseImage"]
    stage, left_out = eib_stage.make_stage(folder, directory, inputs["digest"], base_name)
    if left_out:
        listed = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        report(f"not in the image, because not of the site: {listed}; put them where image.files says", passing=False)
    log = BuildLog(folder / f"{name}.log", Redactor(inputs.get("secrets", [])))
    cache = folder.parent / CACHE
    try:
        kind, output = eib_stage.definition(stage)
        eib_stage.seed(cache, stage)
        container = _container(folder, directory.name)
        line = builder.command(container, inputs["builder"], stage, base, base_name)
        log.note("$ podman " + " ".join(line[1:]))
        code = builder.run(line, container, timeout, lambda text: report(f"EIB: {log.write(text)}"))
        errors = log.append(stage / "_build")
        if code != 0:
            raise ResourceError(_failure(code, log, errors, inputs["builder"]))
        made, image = stage / output, folder / f"{name}.{kind}"
        if made.is_symlink() or not made.is_file() or made.stat().st_size == 0:
            raise ResourceError(f"the builder ended well but left no image {output}; see {log.path}")
        eib_stage.harvest(cache, stage)
        _finish(made, image, log)
        return image
    finally:
        log.close()
        if not eib_stage.remove(stage):
            words = f"{stage} holds files of another user, secrets among them"
            warn(f"{words}; remove it: sudo rm -r {stage.resolve()}")


def _finish(made: Path, image: Path, log: BuildLog) -> None:
    """Give the image its name, once it and its log are on the disk."""
    with suppress(PermissionError):  # made by a podman of another user
        made.chmod(0o600)  # the secrets of the directory are in it
        with made.open("rb+") as stream:
            os.fsync(stream.fileno())
    log.finish(_done(image.name, made.stat().st_size))
    made.replace(image)


def _failure(code: int, log: BuildLog, errors: list[str], image: str) -> str:
    reasons = {
        125: f"podman could not run {image}: is the registry reachable from here, and is a login needed",
        137: "the builder was killed: is there enough memory",
    }
    what = f"signal {-code}" if code < 0 else f"exit code {code}"
    head = reasons.get(code, "the image could not be built") + f" ({what}); the whole log is {log.path}"
    return "\n".join([head, *(f"  {line}" for line in log.meaningful(errors))])


def _container(folder: Path, site: str) -> str:
    """Name the container after the site and this clone, so that a build that was orphaned by a kill is found again."""
    clone = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:8]
    return f"dualstack-{re.sub('[^A-Za-z0-9_.-]', '-', site)}-{clone}"


def _clear(folder: Path, site: str) -> None:
    """Take away what killed builds left; their containers first, which may still write."""
    left = list(eib_stage.leftovers(folder))
    if left:
        builder.stop(_container(folder, site))
    for stage in left:
        eib_stage.remove(stage)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep a second build of the same site out.

    Raises:
        ResourceError: one is running.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                words = f"another build is at work in {folder}; wait for its end, then run this again"
                raise ResourceError(words) from error
        yield
    finally:
        os.close(handle)
