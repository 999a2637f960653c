"""The BMCs of the machines that a site provisions: Redfish over the family of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from dualstack.address.bmc import BmcAddress, parse_bmc
from dualstack.address.family import IPAddress
from dualstack.plan.model import BmcPlan, Plan
from dualstack.probe.resolver import State
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.judge import look
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.queries import asked_from

ROOT: Final = "/redfish/v1/"
"""The service root, which is told without a login (DMTF DSP0266)."""
_OTHER: Final = frozenset({"ipmi", "libvirt", "irmc", "ilo4", "ilo4-virtualmedia", "ilo5"})
"""Protocols that are not Redfish, or not alone."""


def checks(plan: Plan) -> Iterator[Check]:
    """Ask each BMC."""
    resolvers = tuple(resolver.ip for resolver in plan.site.dns.resolvers)
    for bmc in plan.bmcs:
        parsed = parse_bmc(bmc.address)
        yield Check(Kind.REDFISH, parsed.family, partial(_look, bmc, parsed, resolvers))


def _look(bmc: BmcPlan, parsed: BmcAddress, resolvers: Sequence[IPAddress], way: Way) -> Sequence[Result]:
    result = Result(Kind.REDFISH, bmc.name, bmc.address, Word.NOT_CHECKABLE, "", parsed.family)
    if bmc.scheme in _OTHER:
        return (replace(result, seen=f"{bmc.scheme} is not Redfish", fix="give it a redfish address"),)
    if parsed.problem or not parsed.host:
        return (replace(result, seen="its address cannot be read", fix="see dualstack check"),)
    if parsed.ip is not None:
        return _at(bmc, parsed, str(parsed.ip), way)
    addresses, words = _resolved(parsed.host, resolvers, way)
    if words:
        return (replace(result, seen=words, fix="mend what the resolvers say, or run it where they are reached"),)
    if not addresses:
        return (
            replace(
                result,
                word=Word.FAILED,
                seen=f"the site's resolvers know no address of {parsed.host}",
                consequence="Ironic does not find the BMC, and the machine is never provisioned",
                fix=f"add an A or AAAA record for {parsed.host}",
            ),
        )
    return [found for address in addresses for found in _at(bmc, parsed, address, way)]


def _at(bmc: BmcPlan, parsed: BmcAddress, address: str, way: Way) -> Sequence[Result]:
    tls = parsed.transport != "http"
    endpoint = Endpoint(
        Kind.REDFISH,
        address,
        int(parsed.port or (443 if tls else 80)),
        ROOT,
        tls=tls,
        consequence="Ironic does not reach the BMC over this family, and the machine is never provisioned",
        fix="look at the BMC's network settings for this family, and at the way to it",
        name=parsed.host,
        holds=(parsed.host,),
        # Only the BareMetalHost says whether the operator checks (disableCertificateVerification).
        checked=False,
    )
    return [replace(found, at=f"{bmc.name} {found.at}") for found in look(endpoint, way)]


def _resolved(host: str, resolvers: Sequence[IPAddress], way: Way) -> tuple[list[str], str]:
    """Give the addresses of a name by the first resolver that answers, else why nobody does."""
    words = "the site has no resolvers"
    for resolver in resolvers:
        reply = asked_from(way, host, ("A", "AAAA"), resolver)
        if reply.state is State.ANSWERED:
            return [value for values in reply.values.values() for value in values], ""
        words = f"resolver {resolver}: {reply}"
    return [], words
