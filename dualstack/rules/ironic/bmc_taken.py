"""Rules about whose the addresses of BMCs are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dualstack.address.bmc import parse_bmc
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.rules.base import Subject
from dualstack.rules.blame import softened
from dualstack.rules.server.several_nodes import addresses_taken

TAKEN = Rule(
    "DS323-bmc-address-taken",
    "A BMC must have an address that nothing else has.",
    Severity.ERROR,
    "Who answers there is no BMC: the machine is never switched on, and a login is handed to somebody else.",
    "dualstack's own; a simulator of BMCs (sushy-tools) has a port of its own",
)

RULES = (TAKEN,)

_USUAL_PORTS: Final = ("", "80", "443", "623")


def _stated(subject: Subject) -> Iterator[At[str]]:
    for index, bmc in enumerate(subject.site.provisioning.bmcs):
        yield At(("provisioning", "bmcs", index, "address"), bmc.address)
    for index, node in enumerate(subject.site.nodes):
        if node.bmc is not None:
            yield At(("nodes", index, "bmc", "address"), node.bmc.address)


def check_taken(subject: Subject) -> Findings:
    """Tell a BMC at the address of a node, a router or a resolver; one at a virtual address is told there."""
    taken = dict(addresses_taken(subject))
    for bmc in _stated(subject):
        parsed = parse_bmc(bmc.value)
        owner = taken.get(str(parsed.ip.ip)) if parsed.ip is not None else None
        if owner is None:
            continue
        finding = TAKEN.at(bmc.path, f"{parsed.host} is {owner}", "write the address of the machine's own BMC")
        if parsed.port not in _USUAL_PORTS:
            why = "Right for a simulator that runs there; a machine's own BMC never answers."
            finding = replace(softened(finding), consequence=why)
        yield finding


CHECKS = (check_taken,)
