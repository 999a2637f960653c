"""The whole comparison: which sites, and what happens to each."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dualstack.answer.style import counted
from dualstack.day2 import Word
from dualstack.diff.beside import Beside, beside, outside
from dualstack.diff.compare import SiteDiff, Told, compare_site
from dualstack.diff.environment import base_python, code_root
from dualstack.diff.fleet import add_clashes
from dualstack.diff.git import Commit, Repository
from dualstack.diff.planning import Side, Snapshot, take
from dualstack.diff.selection import Selection, select
from dualstack.diff.words import loses_host, takes, word_of
from dualstack.errors import InputError, quoted
from dualstack.stack.project import PROJECT_FILE, list_sites

NOTHING, ERRORS, UNUSABLE, CHANGES, DESTRUCTIVE = 0, 1, 2, 3, 4
"""Exit codes: nothing changed, error findings, unusable input or base, changes, changes that take something away."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a change does.

    Attributes:
        base: the revision compared with.
        head: the current commit, short; empty where there is none.
        dirty: whether the work tree has more than that commit.
        notes: what a reader must know of the comparison itself.
        sites: those that the change reaches, the worst first; one that it reaches may be unchanged.
        untouched: the names of the others.
        beside: what changes and is no site's own part: it may run beside the secrets of every site.
    """

    base: Commit
    head: str
    dirty: bool
    notes: tuple[str, ...]
    sites: tuple[SiteDiff, ...]
    untouched: tuple[str, ...]
    beside: tuple[Beside, ...] = ()

    @property
    def changed(self) -> tuple[SiteDiff, ...]:
        """The sites at which anything differs."""
        return tuple(site for site in self.sites if site.status != "unchanged")

    @property
    def unchanged(self) -> tuple[str, ...]:
        """The names of all sites at which nothing differs, sorted."""
        return tuple(sorted([*self.untouched, *(site.name for site in self.sites if site.status == "unchanged")]))

    @property
    def word(self) -> Word:
        """The worst that happens at any site."""
        return max((word_of(site) for site in self.sites), default=Word.NOTHING)

    @property
    def exit_code(self) -> int:
        """The command's exit code."""
        if any(site.status == "unreadable" for site in self.sites):
            return UNUSABLE
        if any(has_errors(one) for site in self.sites for one in (site.findings, site.violations) if one):
            return ERRORS
        if any(takes(site) for site in self.sites):
            return DESTRUCTIVE
        return CHANGES if self.changed or self.beside else NOTHING


def has_errors(found: Told) -> bool:
    """Tell whether there are errors now: new ones, or such as the base had."""
    return any(finding["severity"] == "error" for finding in found.now)


def make_report(project: Path, ref: str | None, wanted: Sequence[str], tell: Callable[[str], None]) -> Report:
    """Compare the work tree with a revision.

    Args:
        project: the project's folder.
        ref: the base, anything that git resolves to a commit; None for where the branch left the default one.
        wanted: sites by name; all where none is named.
        tell: told what takes long.

    Raises:
        InputError: the base, or the project at either revision, cannot be used.
    """
    repository = Repository(project)
    commit = repository.default_base() if ref is None else repository.commit(ref)
    here = repository.inside
    inside = "" if here == "." else f"{here}/"
    changed = repository.changed(commit, here)
    paths = [path[len(inside) :] for path in changed if path.startswith(inside)]
    with repository.tree(commit) as (tree, lacking):
        base = tree / here
        there = (base / PROJECT_FILE).is_file()
        if there and code_root(base) is None and (copy := code_root(project)) not in (None, project):
            # A clone of dualstack beside the sites, which git does not know, is the same for both.
            _link(copy, base / copy.name)
        selection = select(paths, base if there else None, project, wanted)
        _refuse_unknown(wanted, [project, *([base] if there else [])])
        around = [path for path in changed if not path.startswith(inside) and outside(path)]
        run = beside(repository, commit, tree, [*around, *(f"{inside}{path}" for path in selection.beside)])
        before, now, notes = _snapshots(base if there else None, project, selection, tell)
        add_clashes(base if there else None, before.sites, project, now.sites)
    notes += lacking
    types = {**before.types, **now.types}
    sites = [
        compare_site(name, before.sites.get(name), now.sites.get(name), types, paths_to)
        for name, paths_to in selection.touched.items()
    ]
    if commit.ahead:
        lacks = f"{ref} has {counted(commit.ahead, 'commit')} that this branch lacks"
        fix = f"merge it, or compare with $(git merge-base {ref} HEAD)"
        notes.append(f"{lacks}, and what they change shows the wrong way round; {fix}")
    return Report(
        commit,
        repository.head(),
        repository.dirty(),
        tuple(notes),
        tuple(sorted(sites, key=_order)),
        selection.untouched,
        run,
    )


def _link(copy: Path, place: Path) -> None:
    with contextlib.suppress(OSError):
        place.rmdir()  # a submodule's, empty
    if not place.exists():
        place.symlink_to(copy)


def _refuse_unknown(wanted: Sequence[str], projects: Sequence[Path]) -> None:
    known = {name for project in projects for name in list_sites(project)}
    if unknown := [site for site in wanted if site not in known]:
        listed = ", ".join(map(quoted, unknown))
        raise InputError(f"neither revision has a site {listed}", fix="see dualstack sites")


def _snapshots(
    base: Path | None, head: Path, selection: Selection, tell: Callable[[str], None]
) -> tuple[Snapshot, Snapshot, list[str]]:
    if base is None or not list_sites(base):
        before, now = take(Side(head, Path(), ()), _head(head, selection))
        return before, now, ["the base has no dualstack sites here: everything is new"]
    side = Side(base, base_python(base, head, tell) if selection.base else Path(), selection.base)
    before, now = take(side, _head(head, selection))
    if now.incomparable:
        raise InputError(now.incomparable, fix="run the dualstack of this revision, or update the project's own")
    return before, now, [f"{before.incomparable}: everything is new"] if before.incomparable else []


def _head(project: Path, selection: Selection) -> Side:
    return Side(project, Path(sys.executable), selection.head)


def _order(site: SiteDiff) -> tuple[object, ...]:
    errors = any(finding["severity"] == "error" for finding in site.findings.new)
    bad = (site.status != "unreadable", not takes(site), -word_of(site), not loses_host(site), not errors)
    return (site.status == "unchanged", *bad, site.name)
