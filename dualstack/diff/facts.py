"""What a change means at a site, each fact once: the edited values, and of all that follows what they do not explain.

An edit explains a difference elsewhere where the difference is its own: the old text with the edit's new value in
place of the old one. That holds only where nothing but stack files and layers reaches the site: a changed program, or
a changed file that the site names, may do anything, so that then everything is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dualstack.day2 import Consequence, Edited, Setting, Word, consequence, secret_consequence
from dualstack.day2.paths import field_path, model_fields
from dualstack.day2.rendered import STAMP, file_consequence
from dualstack.diff.compare import Edit, FileChange, Records, SiteDiff
from dualstack.diff.operations import Step
from dualstack.document.differ import Change
from dualstack.document.holes import UNKNOWN_WORD
from dualstack.tokens import DIRECTORY, PROVIDER, RELEASE

_VALUELESS: Final = re.compile(r"(- )?[\w.\"-]+:")


@dataclass(frozen=True, slots=True)
class Fact:
    """An edited value, secret or file with its consequence.

    Attributes:
        edit: the value; None for a secret and for a file.
        secret: name of the config key and what happened to it.
        file: a file of the image directory that no edit explains.
    """

    told: Consequence
    edit: Edit | None = None
    secret: tuple[str, str] | None = None
    file: FileChange | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """What follows and is explained by no edit.

    Attributes:
        values: computed values.
        dns: records.
        follow: records that the edits explain.
        inputs: changed inputs of each step, by its URN.
        files: files of the image directory whose lines are told.
        named: paths of the others that changed.
    """

    values: tuple[Change, ...]
    dns: tuple[Records, ...]
    follow: tuple[Records, ...]
    inputs: Mapping[str, tuple[Change, ...]]
    files: tuple[FileChange, ...]
    named: tuple[str, ...]


def setting_of(site: SiteDiff) -> Setting:
    """Give the site as it is now, for the table."""
    return Setting(site.name, (site.head or {}).get("source") or {})


def facts(site: SiteDiff) -> list[Fact]:
    """Give the facts of a site that was there before, the worst first."""
    if site.status != "changed":
        return []
    setting = setting_of(site)
    was = Setting(site.name, site.source or {})
    found = [Fact(consequence(setting, _edited(edit), was), edit=edit) for edit in site.edits]
    found += [Fact(secret_consequence(setting, name), secret=(name, word)) for name, word in site.secrets]
    if not only_edits(site):
        found += [Fact(file_consequence(setting, file.path, file.lines or (), was), file=file) for file in site.files]
    return sorted(found, key=lambda fact: -fact.told.word)


def _edited(edit: Edit) -> Edited:
    return Edited(edit.change.path, edit.change.before, edit.change.after)


def only_edits(site: SiteDiff) -> bool:
    """Tell whether nothing but the site's own values and secrets changes: its stack file, and layers, reach it."""
    layers = {f"{name}.yaml" for name in (site.head or {}).get("layers", ())}
    return bool(site.edits or site.secrets) and all(
        name == f"Pulumi.{site.name}.yaml" or (name in layers and folder.endswith("layers"))
        for folder, _, name in (path.rpartition("/") for path in site.reached_by)
    )


def default_of(change: Change) -> Any:
    """Give the default that a value takes the place of, or leaves; None where there is none to show."""
    if change.how == "update":
        return None
    node = model_fields().get(field_path(change.path))
    return node.default if node is not None and not isinstance(change.path[-1], int) else None


def rest(site: SiteDiff) -> Rest:
    """Give what no edit explains."""
    told = _Told(site)
    values = tuple(change for change in site.values if not told.explains(change))
    told.add((change.before, change.after) for change in values)
    dns = tuple(one for one in site.dns if not told.explains_records(one))
    told.add((before, after) for one in dns for before, after in _sides(one))
    inputs: dict[str, tuple[Change, ...]] = {}
    for step in site.steps or ():
        own = [change for change in step.changes if not bulky(step, change)]
        inputs[step.urn] = tuple(change for change in own if change.after == UNKNOWN_WORD or not told.explains(change))
    told.add((change.before, change.after) for changes in inputs.values() for change in changes)
    files = tuple(file for file in site.files if not told.explains_file(file))
    named = tuple(file.path for file in site.files if file not in files)
    return Rest(values, dns, tuple(one for one in site.dns if one not in dns), inputs, files, named)


def bulky(step: Step, change: Change) -> bool:
    """Tell whether a change is told better elsewhere: rendered files have their own diff, a version is plumbing."""
    if step.type.startswith(PROVIDER) and change.path == ("version",):
        return True
    if step.type == RELEASE and change.path == ("description",):
        return True  # a digest of the values
    return step.type == DIRECTORY and change.path[0] == "files"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sides(records: Records) -> list[tuple[str | None, str | None]]:
    before, after = ([value for value, _ in side] for side in (records.before, records.after))
    if len(before) == len(after):
        return list(zip(before, after, strict=True))
    return [*((value, None) for value in before), *((None, value) for value in after)]


class _Told:
    """Which texts were told to become which; it grows as more is told."""

    def __init__(self, site: SiteDiff) -> None:
        self._counts = only_edits(site)
        self._secrets = bool(site.secrets)
        self._pairs: list[tuple[str | None, str | None]] = []
        for edit in site.edits:
            default, change = default_of(edit.change), edit.change
            before = change.before if change.how != "add" else default
            after = change.after if change.how != "delete" else default
            self.add([(before, after)])

    def add(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Note what is told; of an address with a prefix length also the address."""
        for before, after in list(pairs):
            sides = [None if side is None or side == "" else _text(side) for side in (before, after)]
            self._pairs.append((sides[0], sides[1]))
            bare = [
                side.rpartition("/")[0] if side and re.fullmatch(r"[0-9a-f.:]+/\d+", side) else None for side in sides
            ]
            if any(bare):
                self._pairs.append((bare[0], bare[1]))

    def explains(self, change: Change) -> bool:
        """Tell whether a difference is one that was told."""
        if not self._counts:
            return False
        if change.secret and change.before == change.after:
            return self._secrets
        sides = [None if value is None else _text(value) for value in (change.before, change.after)]
        return not change.secret and self._same(sides[0], sides[1])

    def explains_records(self, records: Records) -> bool:
        """Tell whether the records of a name were told; a changed TTL is its own fact."""
        if not self._counts or [ttl for _, ttl in records.before] != [ttl for _, ttl in records.after]:
            return False
        return all(before == after or self._same(before, after) for before, after in _sides(records))

    def explains_file(self, file: FileChange) -> bool:
        """Tell whether every changed line of a file was told."""
        if not self._counts or file.how != "update" or file.mode is not None or file.lines is None:
            return False
        if file.path == STAMP:
            return True  # digests of what is told
        if file.secret and not self._secrets:
            return False
        left = [line[1:].strip() for line in file.lines if line.startswith("-")]
        new = [line[1:].strip() for line in file.lines if line.startswith("+")]
        for line in list(left):
            if (match := next((other for other in new if self._same(line, other)), None)) is not None:
                left.remove(line)
                new.remove(match)
        return all(self._alone(line, 0) for line in left) and all(self._alone(line, 1) for line in new)

    def _alone(self, line: str, side: int) -> bool:
        """Tell whether a line that comes or goes holds a told value alone, or none."""
        if _VALUELESS.fullmatch(line):
            return True
        bare = re.sub(r"^(?:- )?(?:[\w.-]+: )?", "", line).strip("\"'")
        return any(pair[side] == bare for pair in self._pairs)

    def _same(self, before: str | None, after: str | None) -> bool:
        if before is None or after is None:
            side = 0 if after is None else 1
            return any(pair[side] == (before, after)[side] for pair in self._pairs)
        whole = before
        for old, new in self._pairs:
            if old is None or new is None:
                continue
            if _replaced(before, old, new) == after:
                return True
            whole = _replaced(whole, old, new)
        return whole == after and whole != before


def _replaced(text: str, old: str, new: str) -> str:
    """Put a new value in place of the old one, where that stands as a whole."""
    return re.sub(rf"(?<![0-9A-Za-z]){re.escape(old)}(?![0-9A-Za-z])", lambda _: new, text)


def worst(found: Sequence[Fact]) -> Word:
    """Give the worst word of facts."""
    return max((fact.told.word for fact in found), default=Word.NOTHING)
