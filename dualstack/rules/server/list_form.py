"""The form of the lists that a site writes into server.yaml, told with the whole right text; no rule of its own."""

from __future__ import annotations

from dualstack.address.family import FAMILIES
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.plan import make_plan
from dualstack.rules.address import address_text
from dualstack.rules.base import Check, Subject
from dualstack.rules.cidr.capacity import check_capacity
from dualstack.rules.cidr.cidr_lists import LIST_FORM, ClusterList, cluster_lists
from dualstack.rules.cidr.cidrs import check_lists
from dualstack.rules.cidr.overlap import check_overlaps
from dualstack.rules.server.node_ips import check_addresses

RULES: tuple[Rule, ...] = ()


def entry_texts(found: ClusterList) -> Findings:
    """Judge the text of each entry of a list that the site writes itself."""
    for item in found.items if found.own else ():
        prefix = At(item.path, item.value.prefix)
        yield from address_text.host_bits(prefix, item.value.write)
        yield from address_text.canonical(prefix, item.value.write)
        instead = found.defaults[item.value.family]
        yield from address_text.unspecified(prefix, default_route=False, instead=instead, write=item.value.write)
        yield from address_text.deprecated(prefix, item.value.write)


def _errors(subject: Subject, key: str, value: str) -> int:
    """Count the errors that a site would have with another text at a key of server.yaml."""
    cluster = subject.site.cluster
    server = {**cluster.server, key: value}
    site = subject.site.model_copy(update={"cluster": cluster.model_copy(update={"server": server})})
    trial = Subject(site, make_plan(subject.plan.name, site, subject.plan.secrets))
    checks: tuple[Check, ...] = (check_lists, check_capacity, check_overlaps, check_addresses)
    told = [finding for check in checks for finding in check(trial)]
    told += [finding for found in cluster_lists(trial) for finding in entry_texts(found)]
    return sum(finding.severity is Severity.ERROR for finding in told)


def _whole(subject: Subject, found: ClusterList) -> str:
    """Return the text to write for a list: its own entries, IPv4 first, unless the computed text has fewer errors."""
    own: dict[str, str] = {}
    for item in found.items:
        own.setdefault(item.value.family, str(item.value))
    computed = str(subject.plan.server_computed[found.key])
    filled = dict(zip(FAMILIES, computed.split(","), strict=True)) | own
    candidates = (",".join(filled[family] for family in FAMILIES), computed)
    return min(candidates, key=lambda value: _errors(subject, found.key, value))


def cidr_lists(subject: Subject) -> Findings:
    """Judge the form of the lists that a site writes into server.yaml itself."""
    for found in cluster_lists(subject):
        for finding in found.problems:
            yield _with_whole(subject, found, finding)
        yield from entry_texts(found)


def _with_whole(subject: Subject, found: ClusterList, finding: Finding) -> Finding:
    return finding.with_fix(write(_whole(subject, found))) if finding.rule is LIST_FORM else finding


CHECKS = (cidr_lists,)
