"""Parts of a site, one a file, and the layers of a project, each read once."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from dualstack.document.frozen import REDACTED
from dualstack.document.loader import Document, load_file, load_text
from dualstack.document.merge import merge
from dualstack.document.origins import Mark, Origin, Origins, Path, Value, origin_of
from dualstack.errors import InputError, quoted
from dualstack.stack.project import layers_dir, shown_path, unknown_layer

SITE_KEY: Final = "dualstack:site"
MAX_CHAIN: Final = 32
"""Most layers that may extend one another in a row."""

_LAYER_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_FIX_EXTENDS = "write a list of layer names, like `extends: [fleet, europe]`"


class SecretInside(NamedTuple):
    """A secret where none may stand: in the site's mapping or in a layer. Its value is not kept.

    Attributes:
        path: Where it stands in the merged site, or, if a later layer overrode it, in its own file's part of the site.
        origin: Where it was written; None if it came from the engine.
    """

    path: Path
    origin: Origin | None


class Part(NamedTuple):
    """A part of a site as one file has it, `extends` taken out."""

    data: dict[str, Value]
    marks: dict[str, Mark]
    place: Mark
    extends: list[tuple[str, Origin | None]]
    secrets: list[SecretInside]
    path: pathlib.Path


class LayerStore:
    """The layers of one project, each read once; make one a run, and give it to every site.

    Attributes:
        project: The project's folder.
    """

    def __init__(self, project: pathlib.Path, texts: Mapping[str, str] | None = None) -> None:
        """Start empty; nothing is read before a site asks for it.

        Args:
            project: The project's folder.
            texts: What is read in place of some files, by their names as shown to people.
        """
        self.project = project
        self._texts = texts or {}
        self._parts: dict[str, Part] = {}
        self._orders: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._merged: dict[tuple[str, ...], tuple[dict[str, Value], dict[str, Mark]]] = {(): ({}, {})}

    def given(self, path: pathlib.Path) -> Document | None:
        """Read the text that was given in place of a file; None where none was."""
        shown = shown_path(self.project, path)
        return load_text(self._texts[shown], shown) if shown in self._texts else None

    def part(self, name: str, asked: Origin | None) -> Part:
        """Give a layer; `asked` is where it is extended.

        Raises:
            InputError: There is no such layer, or it cannot be read.
        """
        known = self._parts.get(name)
        if known is not None:
            return known
        path = self.project / layers_dir(self.project) / f"{name}.yaml"
        if not path.exists():
            message, fix = unknown_layer(self.project, name)
            raise placed_error(message, asked, fix)
        document = self.given(path) or load_file(path, shown_path(self.project, path))
        document.refuse_doubts()
        for key in ("config", SITE_KEY):
            if key in document.data:
                fix = f"remove the line `{key}:` and write what stands below it at the left margin"
                raise placed_error(
                    f"a layer is a bare part of a site, without `{key}:`", document.key_origins[(key,)], fix
                )
        part = self._parts[name] = make_part(document.data, document.mark, path)
        return part

    def order(self, extends: Iterable[tuple[str, Origin | None]]) -> tuple[str, ...]:
        """Give the layers to apply, first to last: what a layer extends comes before it, each layer once.

        Raises:
            InputError: A layer is unknown or cannot be read, or they extend one another in a circle.
        """
        wanted = list(extends)
        names = tuple(name for name, _ in wanted)
        if names not in self._orders:
            done: dict[str, None] = {}
            for name, asked in wanted:
                self._visit(name, asked, (), done)
            self._orders[names] = tuple(done)
        return self._orders[names]

    def _visit(self, name: str, asked: Origin | None, chain: tuple[str, ...], done: dict[str, None]) -> None:
        if name in done:
            return
        if name in chain:
            circle = " -> ".join([*chain[chain.index(name) :], name])
            raise placed_error(f"layers extend one another in a circle: {circle}", asked, f"remove {quoted(name)} here")
        if len(chain) >= MAX_CHAIN:
            raise placed_error(f"more than {MAX_CHAIN} layers extend one another in a row", asked, "join some of them")
        for other, place in self.part(name, asked).extends:
            self._visit(other, place, (*chain, name), done)
        done[name] = None

    def merged(self, names: tuple[str, ...]) -> tuple[dict[str, Value], dict[str, Mark]]:
        """Give these layers merged in this order (as `order` gave them), and their marks; not to be changed."""
        known = self._merged.get(names)
        if known is None:
            known = self._merged[()]
            for count, name in enumerate(names, 1):
                before, known = known, self._merged.get(names[:count])
                if known is None:
                    part = self._parts[name]
                    known = self._merged[names[:count]] = merge(*before, part.data, part.marks)
        return known

    def secrets(self, names: tuple[str, ...]) -> list[SecretInside]:
        """Give the secrets that stand in these layers, by their path in the layer."""
        return [secret for name in names for secret in self._parts[name].secrets]

    def files(self, names: tuple[str, ...]) -> tuple[pathlib.Path, ...]:
        """Give the files of these layers."""
        return tuple(self._parts[name].path for name in names)


def make_part(data: dict[str, Value], mark: Mark, path: pathlib.Path | None) -> Part:
    """Take `extends` and the values of secrets out of a part of a site; `data` is changed, marks are not."""
    children = mark[3]
    marks = dict(children) if isinstance(children, dict) else {}
    extends = _extends(data.pop("extends", None), marks.pop("extends", mark))
    found: list[SecretInside] = []
    for where in list(secret_paths(data)):
        found.append(SecretInside(where, Origins(mark).get(where)))
        holder: Value = data
        for step in where:
            holder = holder[step]
        holder["secure"] = REDACTED
    return Part(data, marks, mark, extends, found, path or pathlib.Path())


def _extends(value: Value, mark: Mark) -> list[tuple[str, Origin | None]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise placed_error("`extends` is no list", origin_of(mark), _FIX_EXTENDS, mark[0])
    marks = mark[3] if isinstance(mark[3], list) else []
    found: list[tuple[str, Origin | None]] = []
    for name, item in zip(value, marks, strict=True):
        place = origin_of(item)
        if not isinstance(name, str):
            raise placed_error(f"`extends` holds {quoted(str(name))}, which is no text", place, _FIX_EXTENDS, mark[0])
        if not _LAYER_NAME.fullmatch(name):
            fix = "give the name of a layer's file without `.yaml`: letters, digits, dot, dash, underscore"
            raise placed_error(f"{quoted(name)} is no name of a layer", place, fix, mark[0])
        found.append((name, place))
    return found


def is_secret(value: Value) -> bool:
    """Tell whether a value of a stack file is one that the CLI encrypted: `{secure: <text>}`."""
    # the engine's own test: sdk/go/common/resource/config/object.go, isSecureValue
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("secure"), str)


def secret_paths(value: Value, path: Path = ()) -> Iterator[Path]:
    """Give the paths of all secrets in a value."""
    steps: Iterable[tuple[str | int, Value]]
    if isinstance(value, dict):
        if is_secret(value):
            yield path
            return
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return
    for step, item in steps:
        if item.__class__ is dict or item.__class__ is list:
            yield from secret_paths(item, (*path, step))


def placed_error(message: str, place: Origin | None, fix: str, file: str | None = None) -> InputError:
    """Make an error about a place; `file` is named where there is none."""
    if place is None:
        return InputError(message, file=file, fix=fix)
    return InputError(message, file=place.file, line=place.line, column=place.column, fix=fix)
