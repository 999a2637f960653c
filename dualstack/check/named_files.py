"""Whether the image can have the files that a site names: the one check that looks at the disk."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from dualstack.address.family import IPAddress
from dualstack.check.checked import Checked, in_order, placed
from dualstack.document.findings import At, Finding
from dualstack.document.origins import Path, format_path
from dualstack.errors import InputError
from dualstack.plan.model import Plan
from dualstack.rules.blame import softened
from dualstack.rules.host.redfish import MEDIA, given_media, is_url
from dualstack.rules.severities import lowered
from dualstack.rules.site.project_files import MISSING_FILE, PLACE_TAKEN
from dualstack.site import Site

MANIFESTS = "kubernetes/manifests"

if TYPE_CHECKING:
    from dualstack.eib import Refused


def with_files(project: pathlib.Path, checked: Checked) -> Checked:
    """Return a checked site with a finding for each of its files that the image cannot have."""
    site, plan = checked.site, checked.plan
    if site is None or plan is None:
        return checked
    if site.host.kind != "redfish" and site.image.files is None and not site.manifests:
        return checked
    told = {finding.path for finding in checked.findings}
    found = [finding for finding in refused_files(project, plan) if finding.path not in told]
    refused = {finding.path for finding in found}
    # A rule is lowered where it finds something, wherever that is.
    from dualstack.check.drop_ins import drop_in_findings

    media = (finding for finding in missing_media(project, site) if finding.path not in told)
    judged = (*media, *judged_files(project, plan), *host_findings(project, plan), *drop_in_findings(project, plan))
    found += lowered([finding for finding in judged if finding.path not in refused], site.rules)
    if not found:
        return checked
    there = [finding if finding.file else placed(finding, checked.resolved) for finding in found]
    return replace(checked, findings=in_order([*checked.findings, *there]))


def refused_files(project: pathlib.Path, plan: Plan) -> Iterator[Finding]:
    """Tell for which files of the site ``render`` would refuse to write the directory.

    Args:
        project: the project's folder; paths in the site are relative to it.
        plan: the site's plan.
    """
    # The command starts without what these import; most sites name no files.
    from dualstack.eib import ProjectFiles, refusals

    for refused in refusals(plan, ProjectFiles(project)):
        if refused.path[:1] == ("manifests",) and isinstance(index := refused.path[1], int):
            yield _finding(project, refused, plan.site.manifests[index], "the manifest")
        elif refused.path == ("image", "files") and plan.site.image.files is not None:
            yield _finding(project, refused, plan.site.image.files, "the folder")


def missing_media(project: pathlib.Path, site: Site) -> Iterator[Finding]:
    """Tell images that machines are to be installed from, and that are not there yet: a warning, since EIB makes them.

    Args:
        project: the project's folder.
        site: the site.
    """
    for media in given_media(site):
        if not is_url(media.value) and "://" not in media.value and not (project / media.value).is_file():
            message = f"the image {media.value} does not exist"
            fix = f"put it there, or leave {format_path(media.path)} out and set image.build to local"
            yield softened(MEDIA.at(media.path, message, fix))


def judged_files(project: pathlib.Path, plan: Plan) -> Iterator[Finding]:
    """Judge the manifests that the image gets from the project; what cannot be had is told elsewhere.

    Args:
        project: the project's folder.
        plan: the site's plan.
    """
    from dualstack.eib import ProjectFiles
    from dualstack.eib.definition import is_url
    from dualstack.manifests import PACKAGED_FOLDER, judged
    from dualstack.manifests import placed as placed_objects
    from dualstack.rules.chart.site_manifests import TOO_LATE
    from dualstack.rules.cidr.cidr_lists import read_joined

    reader = ProjectFiles(project)
    contents: dict[str, bytes] = {}
    at: dict[str, Path] = {}
    for index, manifest in enumerate(plan.site.manifests):
        with suppress(InputError, OSError):
            if not is_url(manifest) and manifest not in contents:
                contents[manifest] = reader.file(manifest).first()
                at[manifest] = ("manifests", index)
    folder = plan.site.image.files
    with suppress(InputError, OSError):
        for path, file in reader.folder(folder) if folder is not None else ():
            applied = path.rpartition("/")[0] == MANIFESTS
            if not applied and path.rpartition("/")[0] != PACKAGED_FOLDER:
                continue
            name = f"{folder}/{path}"
            contents[name], at[name] = file.first(), ("image", "files")
            if applied and placed_objects(contents[name])[1] is not None:
                message = f"{name} holds the HelmChartConfig of a chart that RKE2 packages"
                fix = f"move it to {folder}/{PACKAGED_FOLDER}/, or name the file in manifests, which does that"
                yield TOO_LATE.at(("image", "files"), message, fix).located(name, None, None)
    ranges, _ = read_joined(At((), plan.server.get("service-cidr")))
    yield from judged(contents, at, _taken(plan), [item.value.prefix.network for item in ranges])


def _taken(plan: Plan) -> dict[IPAddress, str]:
    """Return the addresses of nodes, routers and resolvers, each with whose it is."""
    taken: dict[IPAddress, str] = {ip.ip: f"{ip.ip}, a resolver" for ip in plan.site.dns.resolvers}
    for what, pair in (("API server", plan.api), ("ingress", plan.entry), ("Ironic", plan.serving)):
        for virtual in pair.values() if plan.several else ():
            taken[virtual.ip] = f"{virtual.ip}, the virtual address of the {what}"
    for node in plan.site.nodes:
        for interface in node.interfaces:
            for family in interface.families.values():
                if family.gateway is not None:
                    taken[family.gateway.ip] = f"{family.gateway.ip}, a gateway of {node.name}"
                address = family.address.address.ip if family.address is not None else None
                if address is None and family.reservation is not None:
                    address = family.reservation.ip
                if address is not None:
                    taken[address] = f"{address}, an address of {node.name}"
    return taken


def host_findings(project: pathlib.Path, plan: Plan) -> Iterator[Finding]:
    """Judge what the site's own files do to the node; what cannot be had is told elsewhere."""
    from dualstack.eib import ProjectFiles
    from dualstack.rules.image.host_files import has_calico, host_files, is_judged

    read: list[At[str]] = []
    folder = plan.site.image.files
    with suppress(InputError, OSError):
        for path, file in ProjectFiles(project).folder(folder) if folder is not None else ():
            if is_judged(path):
                read.append(At[str]((path,), file.first().decode(errors="replace")))
    own = {"lo"}
    for node in plan.site.nodes:
        own |= {item.name for item in node.interfaces if item.ipv6 is not None and item.ipv6.enabled}
    yield from host_files(read, ("image", "files"), own, has_calico(plan))


def _finding(project: pathlib.Path, error: Refused, given: str, what: str) -> Finding:
    there = "" if error.file in (None, given) else f" ({error.file})"
    fix = f"{error.fix}, or remove {given} from the site" if error.fix else f"remove {given} from the site"
    if error.taken:
        return PLACE_TAKEN.at(error.path, f"{what} {given} cannot be laid into the image: {error.message}", fix)
    if (project / given).exists():
        return MISSING_FILE.at(error.path, f"{what} {given} cannot be taken: {error.message}{there}", fix)
    fix = f"create {project / given}, or remove {given} here"
    return MISSING_FILE.at(error.path, f"{what} {given} does not exist", fix)
