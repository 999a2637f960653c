"""Files of the site's own in RKE2's ``config.yaml.d``: judged as if their keys stood in ``cluster.server``.

RKE2 reads ``config.yaml``, which EIB writes, and over it every ``*.yaml`` and ``*.yml`` of that folder in the order of
their names; a later key wins, one with a plus adds (k3s ``pkg/configfilearg``).
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from dualstack.document.findings import Finding
from dualstack.document.fixes import Fix
from dualstack.document.frozen import thaw
from dualstack.document.loader import load_text
from dualstack.document.origins import Path, format_path
from dualstack.errors import InputError
from dualstack.plan import make_plan
from dualstack.plan.model import Plan
from dualstack.rules import Subject, run_checks
from dualstack.rules.server.server_keys import DROP_IN
from dualstack.site import Site

FOLDER: Final = "os-files/etc/rancher/rke2/config.yaml.d"
_AT: Final[Path] = ("image", "files")


def drop_in_findings(project: pathlib.Path, plan: Plan) -> Iterator[Finding]:
    """Tell what the files make wrong that was not wrong without them.

    Args:
        project: the project's folder.
        plan: the site's plan.
    """
    server: dict[str, Any] = thaw(plan.site.cluster.server)
    owners: dict[str, str] = {}
    for name, text in _files(project, plan):
        try:
            data = load_text(text).data
        except InputError as error:
            message = f"{name}: {error.message}"
            yield DROP_IN.at(_AT, message, f"write a YAML mapping into {name}, or remove it").located(name, None, None)
            continue
        _lay(server, data)
        owners |= {str(key).removesuffix("+"): name for key in data}
    if not owners:
        return
    known = {(finding.rule.id, finding.path, finding.message) for finding in run_checks(Subject(plan.site, plan))}
    site = plan.site.model_copy(update={"cluster": plan.site.cluster.model_copy(update={"server": server})})
    for finding in _judged(site, plan):
        if (finding.rule.id, finding.path, finding.message) not in known:
            yield _told(finding, owners)


def _files(project: pathlib.Path, plan: Plan) -> Iterator[tuple[str, str]]:
    from dualstack.eib import ProjectFiles

    folder = plan.site.image.files
    found: dict[str, str] = {}
    with suppress(InputError, OSError):
        for path, file in ProjectFiles(project).folder(folder) if folder is not None else ():
            if path.rpartition("/")[0] == FOLDER and path.endswith((".yaml", ".yml")):
                found[path] = file.first().decode(errors="replace")
    yield from sorted((f"{folder}/{path}", text) for path, text in found.items())


def _judged(site: Site, plan: Plan) -> Iterator[Finding]:
    yield from run_checks(Subject(site, make_plan(plan.name, site, plan.secrets)))


def _lay(server: dict[str, Any], data: Mapping[str, Any]) -> None:
    """Lay a file's keys over those that are there."""
    for key, value in data.items():
        if str(key).endswith("+"):
            server[key] = [*_listed(server.get(key)), *_listed(value)]
        else:
            server.pop(f"{key}+", None)
            server[key] = value


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def _told(finding: Finding, owners: Mapping[str, str]) -> Finding:
    """Return the finding at the field that brings the files, with the file that holds the key."""
    path, key = finding.path, ""
    if path[:2] == ("cluster", "server") and len(path) > 2:
        key = str(path[2]).removesuffix("+")
    file = owners.get(key)
    if file is None:
        file = next(iter(owners.values()))
        message = f"with {', '.join(dict.fromkeys(owners.values()))}: {format_path(path)}: {finding.message}"
        moved = Finding(finding.rule, finding.severity, _AT, message, Fix(words=finding.fix), finding.consequence)
    else:
        message = f"{file}: {format_path(path[2:])}: {finding.message}"
        fix = Fix(words=f"in {file}: {finding.fix}")
        moved = Finding(finding.rule, finding.severity, _AT, message, fix, finding.consequence)
    return moved.located(file, None, None)
