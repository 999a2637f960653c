"""Whether the files that a site names are in the project: the one check that looks at the disk."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import replace

from dualstack.check import Checked
from dualstack.errors import InputError
from dualstack.findings import Finding
from dualstack.origins import Path, find_origin
from dualstack.rules.project_files import MISSING_FILE
from dualstack.site import Site


def with_files(project: pathlib.Path, checked: Checked) -> Checked:
    """Return a checked site with a finding for each of its files that is not to be had."""
    site = checked.site
    if site is None or (site.image.files is None and not site.manifests):
        return checked
    told = {finding.path for finding in checked.findings}
    found = [finding for finding in missing_files(project, site) if finding.path not in told]
    if not found:
        return checked
    placed = [_placed(finding, checked) for finding in found]
    return replace(checked, findings=tuple(sorted((*checked.findings, *placed), key=_order)))


def missing_files(project: pathlib.Path, site: Site) -> Iterator[Finding]:
    """Tell which files of the site are missing, or could not be read.

    Args:
        project: the project's folder; paths in the site are relative to it.
        site: the site.
    """
    # The command starts without what these import; most sites name no files.
    from dualstack.eib.definition import is_url
    from dualstack.eib.files import ProjectFiles

    files = ProjectFiles(project)
    for index, manifest in enumerate(site.manifests):
        if not is_url(manifest):
            try:
                files.file(manifest)
            except InputError as error:
                yield _finding(project, ("manifests", index), manifest, "the manifest", error)
    if site.image.files is not None:
        try:
            for _ in files.folder(site.image.files):
                pass
        except InputError as error:
            yield _finding(project, ("image", "files"), site.image.files, "the folder", error)


def _finding(project: pathlib.Path, path: Path, given: str, what: str, error: InputError) -> Finding:
    there = "" if error.file in (None, given) else f" ({error.file})"
    if (project / given).exists():
        fix = f"{error.fix}, or remove {given} from the site" if error.fix else f"remove {given} from the site"
        return MISSING_FILE.at(path, f"{what} {given} cannot be taken: {error.message}{there}", fix)
    return MISSING_FILE.at(path, f"{what} {given} does not exist", f"create {project / given}, or remove {given} here")


def _placed(finding: Finding, checked: Checked) -> Finding:
    origin = find_origin(checked.resolved.origins, finding.path)
    return finding.located(*origin) if origin else finding


def _order(finding: Finding) -> tuple[object, ...]:
    """Sort as the site's check does: worst first, then in the order of the file."""
    place = (finding.file or "", finding.line or 0, finding.column or 0)
    return (finding.severity.rank, *place, finding.rule.id, [str(step) for step in finding.path])
