"""The form of the lists that a site writes into server.yaml, told with the whole right text; no rule of its own."""

from __future__ import annotations

from dualstack.address.family import FAMILIES
from dualstack.document.findings import At, Finding, Findings, Severity
from dualstack.document.fixes import write
from dualstack.rules.address import address_text
from dualstack.rules.base import Subject
from dualstack.rules.cidr.capacity import check_capacity
from dualstack.rules.cidr.cidr_lists import LIST_FORM, ClusterList, cluster_lists
from dualstack.rules.cidr.overlap import check_overlaps


def entry_texts(found: ClusterList) -> Findings:
    """Judge the text of each entry of a list that the site writes itself."""
    for item in found.items if found.own else ():
        prefix = At(item.path, item.value.prefix)
        yield from address_text.host_bits(prefix, item.value.write)
        yield from address_text.canonical(prefix, item.value.write)
        instead = found.defaults[item.value.family]
        yield from address_text.unspecified(prefix, default_route=False, instead=instead, write=item.value.write)
        yield from address_text.deprecated(prefix, item.value.write)


def _whole(subject: Subject, found: ClusterList) -> str:
    """Return the text to write for a list: its own entries, IPv4 first, unless these are themselves what is wrong."""
    own: dict[str, str] = {}
    for item in found.items:
        own.setdefault(item.value.family, str(item.value))
    computed = str(subject.plan.server_computed[found.key])
    ranges = (finding for check in (check_capacity, check_overlaps) for finding in check(subject))
    if any(told.severity is Severity.ERROR and told.path[: len(found.path)] == found.path for told in ranges):
        return computed
    filled = dict(zip(FAMILIES, computed.split(","), strict=True)) | own
    return ",".join(filled[family] for family in FAMILIES)


def cidr_lists(subject: Subject) -> Findings:
    """Judge the form of the lists that a site writes into server.yaml itself."""
    for found in cluster_lists(subject):
        for finding in found.problems:
            yield _with_whole(subject, found, finding)
        yield from entry_texts(found)


def _with_whole(subject: Subject, found: ClusterList, finding: Finding) -> Finding:
    return finding.with_fix(write(_whole(subject, found))) if finding.rule is LIST_FORM else finding


CHECKS = (cidr_lists,)
