"""Rules about Ironic's own name where it is one of sslip.io: that it leads to the node, over both families."""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.address.family import LABEL, RECORD_TYPE
from dualstack.address.parsing import Address
from dualstack.address.sslip import sslip_ipv4, sslip_ipv6, sslip_name, under_sslip
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.frozen import dig
from dualstack.rules.base import Subject
from dualstack.rules.blame import as_text, blame, override_path
from dualstack.rules.ironic.ironic_hosts import EXTERNAL_HOST
from dualstack.rules.name.names import BOTH_RECORDS

UNRESOLVABLE = Rule(
    "DS144-ironic-unresolvable",
    "Ironic's host name must be one that resolves.",
    Severity.ERROR,
    "No machine finds its boot media, and no ramdisk calls back.",
    "cunnie/sslip.io xip/xip.go",
    firm=True,
)
OTHER_ADDRESS = Rule(
    "DS145-ironic-other-address",
    "A sslip.io name of Ironic must hold the addresses that serve the machines, and no other.",
    Severity.ERROR,
    "Machines ask another one for their boot media, and are never inspected.",
    "cunnie/sslip.io xip/xip.go",
)

RULES = (UNRESOLVABLE, OTHER_ADDRESS)

Pair = tuple[Address | None, Address | None]
"""IPv4 and IPv6 address, None where not known."""


def ironic_name(name: At[str], addresses: Pair, *, both: bool = True) -> Findings:
    """Judge a name under sslip.io by what that server would answer; other names are not judged.

    Args:
        name: the name.
        addresses: the addresses that serve the machines.
        both: whether it needs both families.
    """
    if not under_sslip(name.value):
        return
    own = "an FQDN of your own with A and AAAA"
    fix: AnyFix = f"write {own}"
    if addresses[0] is not None and addresses[1] is not None:
        fix = write(sslip_name("ironic.", addresses[0], addresses[1]), f", or {own}", guess=True)
    answers = (sslip_ipv4(name.value), sslip_ipv6(name.value))
    if answers == (None, None):
        message = f"sslip.io has no answer for {name.value!r}: no address stands in the name"
        yield UNRESOLVABLE.at(name.path, message, fix)
        return
    wrong = False
    for answer, address, kind in zip(answers, addresses, RECORD_TYPE.values(), strict=True):
        if answer is not None and address is not None and answer != address.ip:
            wrong = True
            message = f"sslip.io answers {name.value!r} with {kind} {answer}, machines are served by {address}"
            yield OTHER_ADDRESS.at(name.path, message, fix)
    for answer, (family, kind) in zip(answers, RECORD_TYPE.items(), strict=True):
        if answer is None and both and not wrong:
            message = f"sslip.io gives {name.value!r} no {kind} record, so it does not work over {LABEL[family]}"
            yield BOTH_RECORDS.at(name.path, message, fix)


def _names(subject: Subject) -> Iterator[At[str]]:
    """List the names that Ironic goes by: the site's, and what an override makes of them."""
    site, values = subject.site, subject.plan.values("metal3")
    if site.mode == "hostname" and site.provisioning.hostname:
        yield At(("provisioning", "hostname"), site.provisioning.hostname)
    if subject.plan.ironic is None:
        return
    if over := override_path(site, "metal3", "global", "provisioningHostname"):
        yield At(over, as_text(dig(values, "global", "provisioningHostname") or ""))
    field = ("provisioning", "externalHttpHost")
    external = blame(site, "metal3", EXTERNAL_HOST, field)
    if external != field or site.provisioning.external_http_host is not None:
        yield At(external, as_text(dig(values, *EXTERNAL_HOST) or ""))


def check_ironic_names(subject: Subject) -> Findings:
    """Judge every name that Ironic goes by."""
    addresses = (subject.plan.serving.ipv4, subject.plan.serving.ipv6)
    for name in _names(subject):
        # In address mode the host of image URLs is for IPv4 alone: IPv6 has a URL of its own.
        yield from ironic_name(name, addresses, both=subject.site.mode == "hostname")


CHECKS = (check_ironic_names,)
