"""What the tests of the EIB directory share."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from provider.image.image_directory import DirectoryHandler
from tests.provider.handlers import checked, plain

HANDLER = DirectoryHandler()
SECRET = "canary-7d1f-bootstrap"
OUT = Path("build/paris")


def inputs(**changes: Any) -> dict[str, Any]:
    files: dict[str, Any] = {
        "definition.yaml": {"mode": "0600", "content": f"password: {SECRET}\n"},
        "network/node.yaml": {"mode": "0644", "content": "interfaces: []\n"},
        "custom/scripts/run.sh": {"mode": "0755", "content": "#!/bin/sh\n"},
        "rpms/a.rpm": {"mode": "0644", "source": "mine/a.rpm", "sha256": hashlib.sha256(b"\xff\x00rpm").hexdigest()},
    }
    files.update(changes.pop("files", {}))
    files = {path: file for path, file in files.items() if file is not None}
    return checked(HANDLER, {"site": "paris", "path": str(OUT), "files": files, **changes})


def made(given: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    id_, state = HANDLER.create(given or inputs(), False, 0)
    return id_, plain(state)


def on_disk(out: Path = OUT) -> set[str]:
    return {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir() or path.is_symlink()}


def refreshed(id_: str, state: dict[str, Any]) -> dict[str, Any]:
    found, _, after = HANDLER.read(id_, {key: state[key] for key in ("site", "path", "files")}, state)
    assert found == id_
    return dict(plain(after))


def changes(state: dict[str, Any], new: dict[str, Any] | None = None) -> dict[str, str]:
    new = new or inputs()
    diff = HANDLER.diff("x", new, state, new)
    assert diff.replaces == ()
    if diff.changes and not diff.detailed:
        return {"": "update"}
    assert diff.changes is bool(diff.detailed)
    return dict(diff.detailed)
