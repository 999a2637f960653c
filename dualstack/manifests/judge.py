"""A manifest's objects, judged by the policies' own checks, and by what only a manifest can have wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dualstack.address.family import IPAddress, IPNetwork
from dualstack.document.findings import At, Finding
from dualstack.document.fixes import Fix
from dualstack.document.holes import Unreadable
from dualstack.document.loader import Document
from dualstack.document.origins import Path, format_path
from dualstack.errors import quoted
from dualstack.manifests.objects import CHECKS
from dualstack.manifests.place import configures_packaged
from dualstack.manifests.read import Broken, Part, objects_in, parts_of, read
from dualstack.policies.balancers import pool_takes
from dualstack.policies.catalogue import all_policies
from dualstack.policies.cluster_ips import cluster_addresses
from dualstack.policies.directory import loaded
from dualstack.policies.model import Given, NotYet, View
from dualstack.policies.services import SERVICE
from dualstack.rules.chart.site_manifests import BROKEN, CONFIG_NAMESPACE, NO_VALUES, UNSEEN
from dualstack.rules.cidr.cluster_ips import cluster_ip


@dataclass(frozen=True, slots=True)
class _Object:
    given: Given
    inside: Path
    """Where it stands in its document."""
    document: Document
    part: Part
    file: str


def judged(
    files: Mapping[str, bytes],
    at: Mapping[str, Path],
    taken: Mapping[IPAddress, str] = MappingProxyType({}),
    services: Sequence[IPNetwork] = (),
) -> Iterator[Finding]:
    """Judge manifests, each beside the others.

    Args:
        files: contents by name.
        at: by name, where the site speaks of the file.
        taken: addresses that are no pool's to give, each with whose it is.
        services: the site's service CIDRs.
    """
    objects: list[_Object] = []
    for name, content in files.items():
        try:
            parts = parts_of(content)
            if not parts:
                raise Broken("the file holds no document", None, stops=True)
            for part in parts:
                document = read(part)
                objects += [_object(name, part, document, inside, data) for inside, data in objects_in(document.data)]
                for problem in _no_object(document):
                    yield _broken(at[name], name, Broken(problem, part.line + 1, stops=True))
        except Broken as error:
            yield _broken(at[name], name, error)
    for item in objects:
        others = [other.given for other in objects if other is not item]
        for finding in _judge(item, View(others=others, whole=True)):
            yield _told(item, finding, at[item.file])
        if item.given.type.endswith(":IPAddressPool"):
            for finding in pool_takes(item.given, taken):
                yield _told(item, finding, at[item.file])
        for address in _asked(item.given):
            for finding in cluster_ip(address, services):
                yield _told(item, finding, at[item.file])


def _asked(given: Given) -> list[At[str]]:
    if given.type == SERVICE:
        with suppress(Unreadable):
            return list(cluster_addresses(given))
    return []


def _no_object(document: Document) -> Iterator[str]:
    if document.data and not all(isinstance(document.data.get(key), str) for key in ("apiVersion", "kind")):
        yield "the document has no apiVersion or no kind, so it is no object of Kubernetes"


def _broken(path: Path, file: str, error: Broken) -> Finding:
    fix = error.fix or f"correct it, and try: kubectl create --dry-run=client -f {file}"
    if not error.stops:
        message = f"{file} cannot be looked at: {error.message}"
        return UNSEEN.at(path, message, "look at it yourself: no rule does").located(file, error.line, None)
    return BROKEN.at(path, f"{file}: {error.message}", fix).located(file, error.line, None)


def _object(file: str, part: Part, document: Document, inside: Path, data: Mapping[str, Any]) -> _Object:
    version, kind = str(data.get("apiVersion") or ""), str(data.get("kind") or "")
    metadata = data.get("metadata")
    name = str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
    group = version if "/" in version else f"core/{version}"
    type_ = f"kubernetes:{group}:{kind}"
    given = Given(f"urn:pulumi:site::manifests::{type_}::{name}", type_, name or kind, data)
    return _Object(given, inside, document, part, file)


def of_charts(given: Given) -> Iterator[Finding]:
    """Judge what helm-controller takes of a HelmChart or HelmChartConfig: readable values, the right namespace."""
    namespace = given.props.get("metadata")
    spec = given.props.get("spec")
    content = spec.get("valuesContent") if isinstance(spec, Mapping) else None
    of_chart = given.type.endswith((":HelmChart", ":HelmChartConfig"))
    if of_chart and isinstance(content, str) and content.strip() and loaded(content) is None:
        fix = Fix(words="write a YAML mapping, indented below `valuesContent: |`")
        yield BROKEN.at(("spec", "valuesContent"), "the values are no YAML mapping", fix, consequence=NO_VALUES)
    if configures_packaged(given.props) and isinstance(namespace, Mapping):
        where = namespace.get("namespace")
        if where != "kube-system":
            told = "in no namespace, so in default" if where is None else f"in {where}"
            fix = Fix(words="write namespace: kube-system")
            yield CONFIG_NAMESPACE.at(("metadata", "namespace"), f"the HelmChartConfig is {told}", fix)


def _judge(item: _Object, view: View) -> Iterator[Finding]:
    given = item.given
    yield from of_charts(given)
    seen: list[Finding | NotYet] = []
    for check in CHECKS:
        if check.applies(given.type):
            seen += check.tell(given, view)
    for policy in all_policies():
        if policy.looks_at(given.type):
            findings, unread = policy.tell(given, view)
            seen += findings if policy.whole else [*findings, *unread]
    # Several policies may not be able to look at one value.
    unseen = dict.fromkeys((item.path, item.why) for item in seen if isinstance(item, NotYet))
    yield from (item for item in seen if isinstance(item, Finding))
    yield from (_unseen(NotYet(path, why)) for path, why in unseen)


def _unseen(told: NotYet) -> Finding:
    return UNSEEN.at(told.path, f"not checked: {told.why}", "look at it yourself")


def _told(item: _Object, finding: Finding, path: Path) -> Finding:
    """Return the finding at the site's field, with the file and line of the manifest; its fix is for that file."""
    given = item.given
    kind = given.type.rpartition(":")[2]
    where = format_path((*item.inside, *finding.path))
    message = f"{item.file}: {kind} {quoted(given.name)}, {where}: {finding.message}"
    whole = (*item.inside, *finding.path)
    origin = next(
        (found for end in range(len(whole), -1, -1) if (found := item.document.origins.get(whole[:end]))), None
    )
    fix = Fix(words=f"in {item.file}: {finding.fix}")
    moved = Finding(finding.rule, finding.severity, path, message, fix, finding.consequence)
    line = item.part.line + origin.line if origin is not None else item.part.line + 1
    return moved.located(item.file, line, origin.column if origin is not None else None)
