"""Lists of CIDRs and addresses as server.yaml has them: comma-joined texts, read entry by entry.

Source: EIB ``pkg/image/validation/kubernetes.go`` splits at commas without trimming, and looks at texts only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dualstack.address.family import Family
from dualstack.address.parsing import Address, Prefix
from dualstack.document.findings import At, Finding, Rule, Severity
from dualstack.document.fixes import write
from dualstack.document.origins import Path
from dualstack.rules.address import address_text
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES

LIST_FORM = Rule(
    "DS020-cidr-list-form",
    "A list of CIDRs or addresses in server.yaml must be one text, joined by commas without spaces.",
    Severity.ERROR,
    "EIB splits at commas without trimming and fails on the space; a YAML list it does not check at all.",
    "edge-image-builder pkg/image/validation/kubernetes.go (parseCIDRs)",
)
RULES = (LIST_FORM,)


@dataclass(frozen=True, slots=True)
class Cidr:
    """One CIDR of a list, and the text in which it stands."""

    prefix: Prefix
    whole: tuple[str, ...] = ()
    """All entries of the text that holds it; empty where it has a field of its own."""
    index: int = 0

    @property
    def family(self) -> Family:
        """Family of the CIDR."""
        return self.prefix.family

    def write(self, instead: str) -> str:
        """Return what to write at the path so that this CIDR becomes another one."""
        if not self.whole:
            return instead
        return ",".join((*self.whole[: self.index], instead, *self.whole[self.index + 1 :]))

    def __str__(self) -> str:
        return self.prefix.canonical


Cidrs = Sequence[At[Cidr]]


def read_each(items: Iterable[At[object]]) -> tuple[list[At[Cidr]], list[Finding]]:
    """Read CIDRs that stand each at a path of its own."""
    cidrs: list[At[Cidr]] = []
    findings: list[Finding] = []
    for item in items:
        read = address_text.read_prefix(item)
        if isinstance(read, Finding):
            findings.append(read)
        else:
            cidrs.append(At(item.path, Cidr(read)))
    return cidrs, findings


def split_list(item: At[object], example: str) -> tuple[list[str], list[Finding]]:
    """Split a list as server.yaml has it, and tell what is wrong with its form.

    Args:
        item: the value: comma-joined text, or a YAML list, which EIB leaves unchecked.
        example: what could be written, where nothing can be made of the value.
    """
    value = item.value
    if isinstance(value, list | tuple) and value and all(isinstance(entry, str) for entry in value):
        entries = [entry.strip() for entry in value]
        told = LIST_FORM.at(item.path, "this is a YAML list", write(",".join(entries)))
        return entries, [replace(told, severity=Severity.WARNING)]
    if not isinstance(value, str) or not value.strip(", "):
        given = "nothing" if value in (None, "", [], ()) else shown(value)
        return [], [
            LIST_FORM.at(item.path, f"{given} stands where a comma-joined text is wanted", write(example, guess=True))
        ]
    entries = [entry.strip() for entry in value.split(",") if entry.strip()]
    if ",".join(entries) != value:
        return entries, [LIST_FORM.at(item.path, f"{shown(value)} has spaces or empty parts", write(",".join(entries)))]
    return entries, []


def read_joined(item: At[object], example: str = "10.42.0.0/16,fd00:42::/56") -> tuple[list[At[Cidr]], list[Finding]]:
    """Read the CIDRs of one comma-joined text."""
    entries, findings = split_list(item, example)
    cidrs: list[At[Cidr]] = []
    for index, entry in enumerate(entries):
        read = address_text.read_prefix(At(item.path, entry))
        if isinstance(read, Finding):
            findings.append(read.with_fix(f"{read.fix} in place of {shown(entry)}") if len(entries) > 1 else read)
        else:
            cidrs.append(At(item.path, Cidr(read, tuple(entries) if len(entries) > 1 else (), index)))
    return cidrs, findings


def families(items: Cidrs | Sequence[At[Address]]) -> tuple[Family, ...]:
    """Return the families of a list in its order, each once."""
    return tuple(dict.fromkeys(item.value.family for item in items))


def in_order(items: Cidrs | Sequence[At[Address]], first: Family) -> str:
    """Return the comma-joined text of a list with one family first."""
    values: list[Cidr | Address] = [item.value for item in items]
    return ",".join(str(value) for value in sorted(values, key=lambda value: value.family != first))


@dataclass(frozen=True, slots=True)
class ClusterList:
    """``cluster-cidr`` or ``service-cidr`` of the merged server.yaml."""

    key: str
    path: Path
    """Where the list as a whole is written: the site's field, or the site's own server.yaml key."""
    items: Cidrs
    problems: tuple[Finding, ...]
    """What is wrong with the form of the list, and with entries that could not be read."""
    unread: bool
    """True where the list has entries that could not be read, so that nobody knows its families."""
    own: bool
    """True where the site's own server.yaml key replaces the computed list."""
    defaults: Mapping[str, str]


def _cluster_list(subject: Subject, key: str, role: str, defaults: Mapping[str, str]) -> ClusterList:
    cluster = subject.site.cluster
    if key in cluster.server:
        path: Path = ("cluster", "server", key)
        example = ",".join(str(getattr(getattr(cluster, role), family)) for family in defaults)
        items, problems = read_joined(At(path, subject.plan.server.get(key)), example)
        unread = not items or any(problem.rule is not LIST_FORM for problem in problems)
        return ClusterList(key, path, items, tuple(problems), unread, True, defaults)
    pair = getattr(cluster, role)
    fields = [At(("cluster", role, family), Cidr(getattr(pair, family))) for family in defaults]
    return ClusterList(key, ("cluster", role), fields, (), False, False, defaults)


def cluster_lists(subject: Subject) -> tuple[ClusterList, ClusterList]:
    """Return pods and services as RKE2 will get them, each CIDR with the path that is to blame for it."""
    return (
        _cluster_list(subject, "cluster-cidr", "pods", DEFAULT_PODS),
        _cluster_list(subject, "service-cidr", "services", DEFAULT_SERVICES),
    )
