"""``check --fix``: the fixes that are safe, made in the files where the values stand.

A fix is made where its edits are all of it and nobody has to choose, where every value of it stands in one file, and
where a trial shows that the finding goes and no error comes. What says where a machine is, or what it is made of
(``_OF_MACHINES``), is only ever written in another form that means the same.
"""

from __future__ import annotations

import difflib
import pathlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from dualstack.address.parsing import parse_address, parse_interface
from dualstack.check.checked import Checked, check_site
from dualstack.check.named_files import with_files
from dualstack.check.sites import site_name
from dualstack.document.findings import Finding, Severity
from dualstack.document.fixes import Edit, Remove, Rename, Set
from dualstack.document.hiding import Veil
from dualstack.document.origins import Origin, Origins, Path, Value
from dualstack.document.yamledit import CannotEdit, edited, places
from dualstack.errors import InputError
from dualstack.rules.address.address_text import SYNTAX
from dualstack.rules.site.site_form import BAD_VALUE, MISSING, UNKNOWN_KEY, WRONG_TYPE
from dualstack.stack.layers import LayerStore, Resolved, resolve_stack
from dualstack.stack.parts import SITE_KEY
from dualstack.stack.project import layers_dir, list_sites, shown_path, site_file

_MOST: Final = 500
"""Most fixes of one run; each is tried by itself."""
_OF_MACHINES: Final[tuple[Path, ...]] = (
    ("nodes",),
    ("nodeDefaults",),
    ("host",),
    ("cluster", "pods"),
    ("cluster", "services"),
    ("cluster", "nodeMask"),
    ("cluster", "server"),
    ("cluster", "cni"),
    ("provisioning", "bmcs"),
    ("provisioning", "hostname"),
    ("provisioning", "persistence"),
    ("rancher", "hostname"),
    ("image", "installDevice"),
    ("image", "diskSize"),
    ("image", "type"),
    ("image", "baseImage"),
)
"""What readdresses, rebuilds or wipes a machine when it changes."""
_FORM: Final = {rule.id for rule in (UNKNOWN_KEY, WRONG_TYPE, MISSING, BAD_VALUE, SYNTAX)}
"""Rules about values that no other rule could see yet: what these tell then was there before."""


@dataclass(frozen=True, slots=True)
class Made:
    """A fix that was made, or would be."""

    site: str
    finding: Finding
    file: str


@dataclass(frozen=True, slots=True)
class Left:
    """A fix of a layer that nobody asked to edit."""

    site: str
    finding: Finding
    file: str
    used_by: tuple[str, ...]


@dataclass(slots=True)
class Mended:
    """What ``check --fix`` did, or would do."""

    made: list[Made] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    """Texts of the changed files as they were, by name."""
    after: dict[str, str] = field(default_factory=dict)
    paths: dict[str, pathlib.Path] = field(default_factory=dict)

    def difference(self) -> str:
        """Return the unified difference of all files, without the secrets that stand in them in clear."""
        veil, parts = Veil(), list[str]()
        for file, old in self.before.items():
            lines, new = (veil.text(text).splitlines(keepends=True) for text in (old, self.after[file]))
            for line in difflib.unified_diff(lines, new, f"a/{file}", f"b/{file}"):
                parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
        shown: str = veil.shown("".join(parts))
        return shown


def mend(project: pathlib.Path, sites: Sequence[str], *, layers: bool) -> Mended:
    """Find the fixes to make; nothing is written.

    Args:
        project: the project's folder.
        sites: stack names, or paths of stack files.
        layers: whether values that stand in layers are mended there.
    """
    mender = _Mender(project, layers)
    for site in sites:
        with suppress(InputError):  # told by the check that follows
            mender.run(site)
    return mender.mended


def each_alone(project: pathlib.Path, checked: Checked) -> list[tuple[Finding, str, str, str]]:
    """Try each safe fix of a site by itself, as ``check --fix`` would make it in the stack file; nothing is written.

    Returns:
        The finding, its file's name, and that file's text as it is and as it would be.
    """
    found = []
    file = checked.resolved.files[-1] if checked.resolved.files else None
    for finding in checked.findings if file is not None else ():
        place = _one_file(finding, checked.resolved) if _safe(finding, checked) else None
        if file is None or place != shown_path(project, file):
            continue
        mender = _Mender(project, layers=False)
        if mender._tried(file, checked, finding, place) is not None:
            found.append((finding, place, mender.mended.before[place], mender.mended.after[place]))
    return found


class _Mender:
    def __init__(self, project: pathlib.Path, layers: bool) -> None:
        self.project, self.layers = project, layers
        self.mended = Mended()
        self._users: dict[str, list[str]] | None = None

    def run(self, site: str) -> None:
        file = site_file(self.project, site)
        tried: set[tuple[object, ...]] = set()
        checked = self._checked(file, self.mended.after)
        for _ in range(_MOST):
            safe = (one for one in checked.findings if _key(one) not in tried and _safe(one, checked))
            finding = next(safe, None)
            if finding is None:
                return
            tried.add(_key(finding))
            place = _one_file(finding, checked.resolved)
            if place is None:
                continue
            if place != shown_path(self.project, file) and not self.layers:
                self.mended.left.append(Left(checked.name, finding, place, tuple(self.users(place))))
                continue
            checked = self._tried(file, checked, finding, place) or checked

    def _checked(self, file: pathlib.Path, texts: Mapping[str, str]) -> Checked:
        resolved = resolve_stack(self.project, file, LayerStore(self.project, texts))
        return with_files(self.project, check_site(site_name(file), resolved))

    def _tried(self, file: pathlib.Path, checked: Checked, finding: Finding, place: str) -> Checked | None:
        """Make a fix where that takes the finding away and brings no error, to any site that has the file."""
        path = next(path for path in checked.resolved.files if shown_path(self.project, path) == place)
        old = self.mended.after.get(place)
        try:
            text = old if old is not None else path.read_bytes().decode()
            base = () if path != file else ("config", SITE_KEY)
            new = _with_edits(text, finding, checked.resolved, base)
            texts = {**self.mended.after, place: new}
            after = self._checked(file, texts)
            if _key(finding) in map(_key, after.findings):
                return None
            if finding.rule.id not in _FORM and _errors(after) - _errors(checked):
                return None
            for other in self.users(place) if path != file else ():
                stack = site_file(self.project, other)
                before = _errors(self._checked(stack, self.mended.after))
                if _errors(self._checked(stack, texts)) - before:
                    return None
        except (CannotEdit, InputError, UnicodeDecodeError):
            return None
        self.mended.before.setdefault(place, text)
        self.mended.after[place], self.mended.paths[place] = new, path
        self.mended.made.append(Made(checked.name, finding, place))
        return after

    def users(self, layer: str) -> list[str]:
        """Return the project's sites that use a layer, by its file's name."""
        if self._users is None:
            self._users = {}
            store = LayerStore(self.project)
            for name in list_sites(self.project):
                try:
                    resolved = resolve_stack(self.project, site_file(self.project, name), store)
                except InputError:
                    continue
                for each in resolved.layers:
                    self._users.setdefault(f"{layers_dir(self.project)}/{each}.yaml", []).append(name)
        return self._users.get(layer, [])


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.rule.id, finding.path, finding.message


def _errors(checked: Checked) -> set[tuple[object, ...]]:
    return {(f.rule.id, f.path) for f in checked.findings if f.severity is Severity.ERROR}


def _safe(finding: Finding, checked: Checked) -> bool:
    """True where a fix may be made without asking anybody."""
    if not finding.mend.whole or finding.mend.shown:
        return False
    return all(_harmless(edit, checked.resolved.site) for edit in finding.mend.placed(finding.path))


def _harmless(edit: Edit, site: Value) -> bool:
    path = edit.path or ()
    if isinstance(edit, Rename) or not any(path[: len(kept)] == kept for kept in _OF_MACHINES):
        return True
    return isinstance(edit, Set) and same_meaning(_value(site, path), edit.value)


def _value(data: Value, path: Path) -> Value:
    for step in path:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return None
    return data


def same_meaning(old: Value, new: Value) -> bool:
    """True where two values are one value in two forms: an address, a MAC, a number or a word in quotes."""
    if isinstance(old, list):
        return same_meaning(",".join(map(str, old)), new)
    if old is None or isinstance(old, dict) or isinstance(new, dict | list):
        return False
    return _meaning(str(old)) == _meaning(str(new))


def _meaning(text: str) -> tuple[str, ...]:
    return tuple(_part(part) for part in text.split(",") if part.strip())


def _part(text: str) -> str:
    text = text.strip().lower()
    bare = text.replace("[", "").replace("]", "") if "://" not in text else text
    try:
        return str(parse_interface(bare)) if "/" in bare else str(parse_address(bare))
    except ValueError:
        pass
    digits = "".join(char for char in text if char not in "-:.")
    return digits if len(digits) == 12 and not set(digits) - set("0123456789abcdef") else text


def _one_file(finding: Finding, resolved: Resolved) -> str | None:
    """Return the file in which everything that a fix edits stands; None where that is not one file."""
    files = {place.file if (place := _place(edit, resolved)) else None for edit in finding.mend.placed(finding.path)}
    return files.pop() if len(files) == 1 else None


def _place(edit: Edit, resolved: Resolved) -> Origin | None:
    path = edit.path or ()
    if isinstance(edit, Remove | Rename):
        return resolved.key_origins.get(path)
    return next((found for count in range(len(path), -1, -1) if (found := resolved.origins.get(path[:count]))), None)


def _with_edits(text: str, finding: Finding, resolved: Resolved, base: Path) -> str:
    """Return a file's text with a fix made in it; ``base`` is where the site, or its part, stands there."""
    edits = [
        replace(edit, path=_path_in_file(text, base, edit.path or (), resolved.origins))
        for edit in finding.mend.ordered(finding.path)
    ]
    for edit in edits:
        text = edited(text, edit)
    return text


def _path_in_file(text: str, base: Path, path: Path, origins: Origins) -> Path:
    """Return where the value at a path of the merged site stands in one file: its lists have other indexes."""
    known = places(text)
    found = base
    for count, step in enumerate(path, 1):
        here: str | int | None = step
        if isinstance(step, int):
            origin = origins.get(path[:count])
            here = known.get((found, origin.line, origin.column)) if origin is not None else None
        if here is None:
            raise CannotEdit("the entry stands in another file")
        found = (*found, here)
    return found
