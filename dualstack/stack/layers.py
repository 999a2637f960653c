"""A site from its stack file, or from the engine's config, with the layers it extends merged in.

One door for both: `resolve_stack` reads the file, `resolve_mapping` takes what the engine gives. A layer is a file
stacks/layers/<name>.yaml that holds a part of a site, without `config:` around it.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dualstack.document.loader import load_file
from dualstack.document.merge import copy, merge
from dualstack.document.origins import Mark, Origin, Origins, Path, Value, find_origin, format_path, origin_of
from dualstack.errors import InputError, NoSiteError, quoted
from dualstack.stack.node_defaults import KEY, Inherited, with_defaults
from dualstack.stack.parts import (
    SITE_KEY,
    LayerStore,
    Part,
    SecretInside,
    is_secret,
    make_part,
    placed_error,
    secret_paths,
)
from dualstack.stack.project import nearest, shown_path

__all__ = [
    "LayerStore", "Resolved", "SecretInside", "find_origin", "format_path", "resolve_mapping", "resolve_stack"
]  # fmt: skip

NAMESPACE: Final = "dualstack:"

_MAX_DEPTH = 64
_CLI_KEYS: Final = frozenset({"encryptionsalt", "encryptedkey", "secretsprovider", "environment"})
"""What the Pulumi CLI writes into a stack file beside `config:`."""


class Removed(NamedTuple):
    """An empty value, where it was written, and the last layer that gives what it takes away."""

    origin: Origin
    layer: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A site with its layers merged.

    Attributes:
        site: The merged mapping, without `extends` and without nulls; nothing in it is shared, it may be changed.
        origins: Where each value of the site was written, in whichever file.
        key_origins: Where each key was written; for findings about the key itself.
        config: Other plain `dualstack:*` values, by name without the namespace.
        config_origins: Where the keys of `config` and of the secrets were written, by name without the namespace.
        secrets: Names of `dualstack:*` keys whose value is secret, without the namespace.
        secrets_inside: Secrets where none may stand.
        removed: What an empty value of the site's own takes away that a layer gives.
        layers: Names of the layers, in the order in which they were applied.
        files: Files that went into it: the layers', then the stack file's.
        inherited: What the nodes have from `nodeDefaults`.
    """

    site: dict[str, Value]
    origins: Origins
    key_origins: Origins
    config: dict[str, Value] = field(default_factory=dict)
    config_origins: dict[str, Origin] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()
    secrets_inside: tuple[SecretInside, ...] = ()
    layers: tuple[str, ...] = ()
    removed: dict[Path, Removed] = field(default_factory=dict)
    files: tuple[pathlib.Path, ...] = ()
    inherited: Inherited = field(default_factory=Inherited)


def resolve_stack(project: pathlib.Path, stack_file: pathlib.Path, store: LayerStore | None = None) -> Resolved:
    """Read a stack file, and merge what its site extends.

    Args:
        project: The project's folder; layers are in `layers` in its folder of stack files.
        stack_file: The file with `config:` and `dualstack:site` in it; it may lie elsewhere.
        store: Layers already read in this run.

    Raises:
        NoSiteError: The file holds no site and looks as if it was not meant to.
        InputError: The file or a layer cannot be read, or the site in it is not where or what it should be.
    """
    store = store or LayerStore(project)
    document = store.given(stack_file) or load_file(stack_file, shown_path(project, stack_file))
    children = document.mark[3]
    config = document.data.get("config")
    if not isinstance(config, dict) or not isinstance(children, dict):
        fix = "start the file with `config:` and write the site below it, under `dualstack:site:`"
        here = document.key_origins.get(("config",)) or Origin(document.file, 1, 1)
        message = "the stack file has no mapping `config:`"
        if config is None and not document.data.keys() - _CLI_KEYS - {"config"}:
            raise NoSiteError(message, file=here.file, line=here.line, column=here.column, fix=fix)
        raise placed_error(message, here, fix)
    config_mark = children["config"]
    config_marks: dict[str, Mark] = config_mark[3] if isinstance(config_mark[3], dict) else {}
    site = config.get(SITE_KEY)
    if not isinstance(site, dict) or is_secret(site):
        raise _no_site(config, origin_of(config_marks[SITE_KEY] if SITE_KEY in config else config_mark, key=True))
    document.refuse_doubts(("config", SITE_KEY))

    others: dict[str, Value] = {}
    places: dict[str, Origin] = {}
    secrets: set[str] = set()
    for key, value in config.items():
        if key.startswith(NAMESPACE) and key != SITE_KEY:
            name = key.removeprefix(NAMESPACE)
            written = origin_of(config_marks[key], key=True)
            if written is not None:
                places[name] = written
            if any(True for _ in secret_paths(value)):
                secrets.add(name)
            else:
                others[name] = value
    own = make_part(site, config_marks[SITE_KEY], stack_file)
    return _resolve(store, own, others, frozenset(secrets), places, (stack_file,))


def resolve_mapping(
    project: pathlib.Path,
    mapping: Mapping[str, Value],
    secrets: Iterable[str] = (),
    config: Mapping[str, Value] | None = None,
    *,
    file: str = "<config>",
    store: LayerStore | None = None,
) -> Resolved:
    """Take the site from the engine's config, and merge what it extends; values of the mapping have no origin.

    Args:
        project: The project's folder; layers are in its stacks/layers.
        mapping: The value of `dualstack:site`, from JSON; it is not changed.
        secrets: Names of secret keys, with or without the namespace `dualstack:`. If the site itself is among them, a
            secret stands inside it, and where is no longer known: `secrets_inside` then holds the root path.
        config: Other plain values of the namespace, by name.
        file: What errors name in place of a file.
        store: Layers already read in this run.

    Raises:
        InputError: A layer cannot be read, or `extends` is no list of names.
    """
    if not isinstance(mapping, Mapping):
        raise InputError(f"`{SITE_KEY}` is no mapping", file=file, fix="write the site's fields below it")
    names = {name.removeprefix(NAMESPACE) for name in secrets}
    given = dict(mapping)
    mark = _mark(given, file, 0)  # bounds the depth of what is copied then
    own = make_part(copy(given), mark, None)
    if "site" in names:
        own.secrets.append(SecretInside((), None))
    plain = {key.removeprefix(NAMESPACE): copy(value) for key, value in (config or {}).items()}
    return _resolve(store or LayerStore(project), own, plain, frozenset(names - {"site"}), {}, ())


def _resolve(
    store: LayerStore,
    own: Part,
    config: dict[str, Value],
    secrets: frozenset[str],
    places: dict[str, Origin],
    files: tuple[pathlib.Path, ...],
) -> Resolved:
    layers = store.order(own.extends)
    merged, merged_marks = merge(*store.merged(layers), own.data, own.marks)
    data, marks = with_defaults(merged, merged_marks)
    root: Mark = (*own.place[:3], marks)
    origins = Origins(root)
    inside = own.secrets
    from_layers = store.secrets(layers)
    if inside or from_layers:
        inside = [secret for secret in own.secrets if not secret.path]
        inside += [SecretInside(path, origins.get(path)) for path in secret_paths(data)]
        seen = {secret.origin for secret in inside}
        inside += [secret for secret in from_layers if secret.origin not in seen]
    return Resolved(
        site=data,
        origins=origins,
        key_origins=Origins(root, keys=True),
        config=config,
        config_origins=places,
        secrets=secrets,
        secrets_inside=tuple(dict.fromkeys(inside)),
        layers=layers,
        removed=dict(_removed(store, layers, own)),
        files=store.files(layers) + files,
        inherited=Inherited(merged.get(KEY), merged.get("nodes")),
    )


def _removed(store: LayerStore, layers: tuple[str, ...], own: Part) -> Iterator[tuple[Path, Removed]]:
    todo: list[tuple[Path, Value]] = [((), own.data)] if layers else []
    while todo:
        path, value = todo.pop()
        for key, item in value.items():
            here = (*path, key)
            if isinstance(item, dict):
                todo.append((here, item))
            elif item is None:
                giving = [name for name in layers if _gives(store.part(name, None).data, here)]
                origin = Origins((*own.place[:3], own.marks)).get(here)
                if giving and origin is not None:
                    yield here, Removed(origin, giving[-1])


def _gives(data: Value, path: Path) -> bool:
    for step in path:
        if not isinstance(data, dict) or data.get(str(step)) is None:
            return False
        data = data[str(step)]
    return True


def _mark(value: Value, file: str, depth: int) -> Mark:
    """Grow marks without places beside data that came from no file."""
    if depth > _MAX_DEPTH:
        raise InputError(f"`{SITE_KEY}` is nested more than {_MAX_DEPTH} deep", file=file, fix="no site needs that")
    if isinstance(value, dict):
        return file, None, None, {key: _mark(item, file, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return file, None, None, [_mark(item, file, depth + 1) for item in value]
    return file, None, None, None


def _no_site(config: dict[str, Value], place: Origin | None) -> InputError:
    fix = f"write `{SITE_KEY}:` below `config:`, and the site's fields below that"
    if SITE_KEY not in config:
        # The engine takes a bare key for one of the project's namespace.
        meant = "site" if "site" in config else nearest(SITE_KEY, list(config))
        near = meant or next((key for key in config if key.rpartition(":")[2] == "site"), None)
        message = f"the stack file has no `{SITE_KEY}`"
        if near:
            fix = f"rename {quoted(near)} to `{SITE_KEY}`, or write it below `config:`"
        if meant:
            return placed_error(message, place, fix)
        file, line, column = place or (None, None, None)
        return NoSiteError(message, file=file, line=line, column=column, fix=fix)
    if is_secret(config[SITE_KEY]):
        fix = "write it in clear, and keep each secret in a `dualstack:` key of its own"
        return placed_error(f"`{SITE_KEY}` is encrypted", place, fix)
    return placed_error(f"`{SITE_KEY}` is no mapping", place, fix)
