"""A site put into a stack file: a new one, or one that the Pulumi CLI made for its secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dualstack.document.loader import Document, load_text
from dualstack.document.wholefile import replace_file
from dualstack.document.yamlio import dump
from dualstack.errors import InputError
from dualstack.stack.parts import SITE_KEY, is_secret

_INDENT = 2


def read_stack_file(file: Path, shown: str) -> tuple[str, Document]:
    """Read a stack file that is to get a site; one that is absent reads as empty.

    Raises:
        InputError: it cannot be read, or has a site.
    """
    from dualstack.document.loader import load_file

    if not os.path.lexists(file):
        return "", load_text("", shown)
    load_file(file, shown)  # refuses what is no file, and broken YAML
    text = file.read_bytes().decode("utf-8-sig")
    document = load_text(text, shown)
    config = document.data.get("config")
    if config is not None and not isinstance(config, dict):
        raise InputError("`config` is no mapping", file=shown, fix="write the stack's config keys below `config:`")
    if config and SITE_KEY in config:
        raise InputError("this site is there already", file=shown, fix="choose another name, or edit the file")
    return text, document


def secret_names(document: Document) -> list[str]:
    """Return the names of the stack's secrets."""
    config = document.data.get("config") or {}
    return [key for key, value in config.items() if is_secret(value)]


def with_site(text: str, document: Document, site: dict[str, Any]) -> str:
    """Return the text of a stack file with a site in it.

    What was there stays as it was written; where that cannot be done, it is written again from its data.

    Args:
        text: the file as it is; may be empty.
        document: the same, read.
        site: the mapping for ``dualstack:site``.
    """
    data = document.data
    wanted = {**data, "config": {SITE_KEY: site, **(data.get("config") or {})}}
    try:
        kept = _inserted(text, document, site)
        if load_text(kept).data == load_text(dump(wanted)).data:
            return kept
    except InputError:  # written in a style in which lines cannot just be put in
        pass
    return dump(wanted)


def with_secret(text: str, document: Document, key: str, written: str) -> str:
    """Return the text of a stack file with a secret in it.

    What was there stays as it was written; where that cannot be done, it is what the Pulumi CLI wrote.

    Args:
        text: the file as it is.
        document: the same, read.
        key: the secret's config key.
        written: the file as the Pulumi CLI wrote it with the secret, and with what it needs to decrypt it.
    """
    wanted = load_text(written).data
    try:
        kept = _with_secret(text, document, key, wanted)
        if load_text(kept).data == wanted:
            return kept
    except (InputError, KeyError):
        pass
    return written


def _with_secret(text: str, document: Document, key: str, wanted: Mapping[str, Any]) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    config = document.data.get("config") or {}
    secure = wanted["config"][key]["secure"]
    first = next((document.key_origins.get(("config", one)) for one in config), None)
    indent = first.column - 1 if first is not None else _INDENT
    block = [f"{' ' * indent}{key}:\n", f"{' ' * indent}  secure: {secure}\n"]
    there = document.key_origins.get(("config", key))
    if there is not None:
        end = there.line
        while end < len(lines) and lines[end].strip() and len(lines[end]) - len(lines[end].lstrip()) > indent:
            end += 1
        lines[there.line - 1 : end] = block
    elif "config" in document.data:
        at = document.key_origins[("config",)].line
        lines[at:at] = block
    else:
        lines += ["config:\n", *block]
    # What the CLI needs to decrypt it: before all else, as it writes them.
    new = [name for name in wanted if name != "config" and wanted[name] != document.data.get(name)]
    if any(name in document.data for name in new):
        raise KeyError(new[0])
    return "".join([*(f"{name}: {wanted[name]}\n" for name in new), *lines])


def _inserted(text: str, document: Document, site: dict[str, Any]) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    if "config" not in document.data:
        return "".join(lines) + _block({"config": {SITE_KEY: site}}, 0)
    config = document.data["config"] or {}
    first = next((document.key_origins.get(("config", key)) for key in config), None)
    indent = first.column - 1 if first is not None else _INDENT
    at = document.key_origins[("config",)].line  # the line after it: comments of the next key stay with that
    return "".join([*lines[:at], _block({SITE_KEY: site}, indent), *lines[at:]])


def _block(data: dict[str, Any], indent: int) -> str:
    plain = dump(data).replace(f'"{SITE_KEY}":', f"{SITE_KEY}:", 1)  # as the Pulumi CLI writes keys
    return "".join(f"{' ' * indent}{line}" for line in plain.splitlines(keepends=True))


def replace_text(file: Path, text: str) -> None:
    """Write a file in one step; a link stays one, and what it leads to keeps its mode. A pipe or device is written to.

    Raises:
        InputError: it cannot be written.
    """
    target = Path(os.path.realpath(file))
    try:
        if file.exists() and not file.is_file() and not file.is_dir():
            file.write_text(text, encoding="utf-8")
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        fix = "check free space and permissions"
        raise InputError(f"it cannot be written: {error.strerror}", file=str(file), fix=fix) from None
