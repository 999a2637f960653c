"""What a run changed in the image's directory and did not bring to the host: a hand does, or a new installation."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dualstack.check.checked import Checked
from dualstack.day2 import Consequence, Setting, Word
from dualstack.day2.rendered import file_consequence
from dualstack.deploy.progress import Change
from dualstack.deploy.properties import MISSING, Property
from dualstack.document.differ import parse_path
from dualstack.eib.tree import HOSTS
from dualstack.tokens import DIRECTORY


@dataclass(frozen=True, slots=True)
class Pending:
    """A file of the directory that the running host does not have like this."""

    file: str
    told: Consequence


def pending(checked: Checked, changes: Iterable[Change]) -> list[Pending]:
    """Give the files that changed and that ``up`` brings to no host, the worst first.

    Of a directory that is made for the first time nothing is pending: its host is installed from it.

    Args:
        checked: the site.
        changes: what a preview or an update told.
    """
    setting = Setting(checked.name, checked.resolved.site)
    found: dict[str, list[str]] = {}
    come: set[str] = set()
    gone: set[str] = set()
    for change in changes:
        if change.type != DIRECTORY or change.op != "update" or change.failed:
            continue
        for path in change.paths:
            steps = parse_path(path)
            if steps[:1] == ("files",) and len(steps) > 1:
                found.setdefault(str(steps[1]), [])
        for one in change.properties:
            steps = parse_path(one.path)
            if steps[:1] == ("files",) and len(steps) > 1:
                found.setdefault(str(steps[1]), []).extend(_lines(one))
                come |= {str(steps[1])} if one.old is MISSING else set()
                gone |= {str(steps[1])} if one.new is MISSING else set()
    was = _before(setting, come, gone)
    told = [Pending(file, file_consequence(setting, file, lines, was)) for file, lines in found.items()]
    left = [one for one in told if not one.told.up and one.told.word is not Word.NOTHING]
    return sorted(left, key=lambda one: (-one.told.word, one.file))


def _before(setting: Setting, come: Collection[str], gone: Collection[str]) -> Setting:
    """Give the site with the nodes that it had: each has a file of its own below ``network/``."""
    nodes = [{"name": name} for name in setting.names if f"{HOSTS}/{name}.yaml" not in come]
    nodes += [{"name": file.split("/")[1].removesuffix(".yaml")} for file in gone if file.startswith(f"{HOSTS}/")]
    return Setting(setting.site, {**setting.source, "nodes": nodes})


def _lines(one: Property) -> list[str]:
    """Give the changed lines of a file's text, signed; none for what is no text."""
    before, after = (side.splitlines() if isinstance(side, str) else [] for side in (one.old, one.new))
    return list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
