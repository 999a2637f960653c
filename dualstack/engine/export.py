"""The policy pack as a folder that stands alone: the pack, and a copy of this package in it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from dualstack.engine.pack import CORE, PARTS, SOURCE
from dualstack.errors import InputError

DESCRIBED: Final = "PulumiPolicy.yaml"
_FILES: Final = (*PARTS, DESCRIBED, "requirements.txt")
_STAGE: Final = ".export-"
_OWN: Final = (*_FILES, CORE.name)
"""What an export writes; anything else in the folder, such as its environment, stays."""


def export_pack(target: Path) -> list[Path]:
    """Write the pack with its core, for plain Pulumi: ``--policy-pack TARGET``, ``pulumi policy publish``.

    An earlier export is replaced; what others put beside it stays.

    Args:
        target: the folder; made where it is not there.

    Returns:
        What stands in the folder now and came from here.

    Raises:
        InputError: there is no pack to copy, or the folder holds something else, or cannot be written.
    """
    if not (SOURCE / DESCRIBED).is_file():
        fix = "run this in a clone of dualstack"
        raise InputError("the policy pack is not there", file=str(SOURCE), fix=fix)
    if target.exists() and not _replaceable(target):
        fix = "name a folder that is not there, an empty one, or an earlier export"
        raise InputError("the folder holds something else", file=str(target), fix=fix)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for left in target.glob(f"{_STAGE}*"):  # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_STAGE, dir=target) as name:
            stage = Path(name)
            for part in _FILES:
                _copy(SOURCE / part, stage / part)
            _copy(CORE, stage / CORE.name)
            for part in _OWN:
                _swap(stage / part, target / part)
    except OSError as error:
        why = f"the pack cannot be written: {error.strerror or error}"
        raise InputError(why, file=str(target), fix="name a folder that you can write") from None
    return [target / part for part in _OWN]


def _replaceable(target: Path) -> bool:
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir()}
    return not names or {"dualstack_policies", DESCRIBED} <= names


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _swap(new: Path, old: Path) -> None:
    """Put the new one in the old one's place; between the two steps there is none, never a half."""
    if old.is_symlink() or old.is_file():
        old.unlink()
    elif old.is_dir():
        old.rename(new.with_name(f"{new.name}.old"))
    new.rename(old)
