"""Rules about Rancher's host name: that it resolves, to the node, over both families."""

from __future__ import annotations

from dualstack.address.family import FAMILIES, LABEL, RECORD_TYPE, Family
from dualstack.address.parsing import Address
from dualstack.address.sslip import sslip_ipv4, sslip_ipv6, under_sslip
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix
from dualstack.document.origins import Path, format_path
from dualstack.rules.base import Subject
from dualstack.rules.blame import INGRESS, blame, names_unknown_interface, state_address, stated_path, switched_off

UNRESOLVABLE = Rule(
    "DS088-rancher-unresolvable",
    "Rancher's host name must be one that resolves.",
    Severity.ERROR,
    "Nobody can open Rancher, and no cluster can register with it.",
    "cunnie/sslip.io xip/xip.go",
)
WRONG_ADDRESS = Rule(
    "DS089-rancher-other-address",
    "A sslip.io name must hold the node's addresses, and no other.",
    Severity.ERROR,
    "Clients are sent to a machine that is not Rancher.",
    "cunnie/sslip.io xip/xip.go",
)
ONE_FAMILY = Rule(
    "DS090-rancher-one-family",
    "Rancher's host name must have an A and an AAAA record.",
    Severity.WARNING,
    "Clusters of the other family alone cannot register: their nodes connect back to Rancher over it.",
    "Rancher documentation v2.14, IPv4/IPv6 dual-stack",
)

RULES = (UNRESOLVABLE, WRONG_ADDRESS, ONE_FAMILY)


def sslip_name(name: At[str], addresses: tuple[Address | None, Address | None], fix: AnyFix) -> Findings:
    """Judge a name under sslip.io by what that server would answer.

    Args:
        name: the name.
        addresses: the node's IPv4 and IPv6 address, None where not known.
        fix: what makes a name of both families.
    """
    answers = (sslip_ipv4(name.value), sslip_ipv6(name.value))
    if answers == (None, None):
        message = f"sslip.io has no answer for {name.value!r}: no address stands in the name"
        yield UNRESOLVABLE.at(name.path, message, fix)
        return
    wrong = False
    for answer, address, family in zip(answers, addresses, FAMILIES, strict=True):
        kind = RECORD_TYPE[family]
        if answer is not None and address is not None and answer != address.ip:
            wrong = True
            message = f"sslip.io answers {name.value!r} with {kind} {answer}, the node has {address}"
            yield WRONG_ADDRESS.at(name.path, message, fix)
    for answer, family in zip(answers, FAMILIES, strict=True):
        if answer is None and not wrong:
            kind = RECORD_TYPE[family]
            message = f"{name.value} has no {kind} record, so {LABEL[family]} clients cannot reach Rancher"
            yield ONE_FAMILY.at(name.path, message, fix)


def _fix(subject: Subject, path: Path) -> str:
    site, entry = subject.site, subject.plan.entry
    overridden = path[0] == "charts"
    first = "remove charts.rancher.values.hostname and " if overridden else ""
    fqdn = site.provisioning.hostname if site.mode == "hostname" else None
    # A name of Ironic's under sslip.io may be as wrong as Rancher's, or be the very same one.
    if fqdn and not under_sslip(fqdn):
        return f"{first}set rancher.hostname to auto (it is {fqdn} then)"
    for family in FAMILIES:
        if entry.of(family) is None:
            return f"{state_address(site, family, INGRESS)}, then {first}set rancher.hostname to dual"
    return f"{first}set rancher.hostname to dual"


def check_rancher_hostname(subject: Subject) -> Findings:
    """Judge Rancher's host name as the chart will have it."""
    site, plan = subject.site, subject.plan
    if plan.chart("rancher") is None:
        return
    path = blame(site, "rancher", ("hostname",), ("rancher", "hostname"))
    name = str(plan.values("rancher").get("hostname") or "")
    fix = _fix(subject, path)
    if not name:
        if site.mode == "hostname" and site.rancher.hostname == "auto" and path[0] != "charts":
            return  # the missing FQDN is told already
        if names_unknown_interface(site) and path[0] != "charts":
            return
        lacking: Family = "ipv4" if plan.entry.ipv4 is None else "ipv6"
        if switched_off(site, lacking) and path[0] != "charts":
            return
        where = path if path[0] == "charts" else stated_path(site, lacking, INGRESS)
        what = format_path((*INGRESS, lacking)) if plan.several else f"the node's {LABEL[lacking]} address"
        message = f"Rancher has no host name: {what} is not known"
        if path[0] == "charts":
            message = "Rancher has an empty host name"
        yield UNRESOLVABLE.at(where, message, "remove charts.rancher.values.hostname" if path[0] == "charts" else fix)
    elif name == site.provisioning.hostname and site.mode == "hostname" and path[0] != "charts":
        return  # judged as Ironic's own name
    elif under_sslip(name):
        yield from sslip_name(At(path, name), (plan.entry.ipv4, plan.entry.ipv6), fix)


CHECKS = (check_rancher_hostname,)
