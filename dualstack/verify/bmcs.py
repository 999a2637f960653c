"""BMCs: of the machines that a site provisions, and of its own nodes where those are installed through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from dualstack.address.bmc import BmcAddress, parse_bmc
from dualstack.address.family import IPAddress
from dualstack.plan.model import BmcPlan, InstallationPlan, Plan
from dualstack.probe.connect import Status
from dualstack.probe.resolver import State
from dualstack.verify import media
from dualstack.verify.asking import ask
from dualstack.verify.endpoints import Endpoint
from dualstack.verify.judge import look
from dualstack.verify.logins import without
from dualstack.verify.model import Check, Kind, Result, Way, Word
from dualstack.verify.queries import asked_from

ROOT: Final = "/redfish/v1/"
"""The service root, which is told without a login (DMTF DSP0266)."""
_OTHER: Final = frozenset({"ipmi", "libvirt", "irmc", "ilo4", "ilo4-virtualmedia", "ilo5"})
"""Protocols that are not Redfish, or not alone."""
_HOST: Final = "the BareMetalHost's Secret has it, and is asked in the cluster (docs/verify.md)"


@dataclass(frozen=True)
class _Bmc:
    """One BMC as the site has it.

    Attributes:
        name: of its machine.
        text: its address as it is written.
        parsed: the same.
        site: whose node it is, whose certificate `up` verifies; None for a machine that the site provisions.
        pin: SHA-256 of its certificate; empty where an authority must vouch for it.
        login: value of the header; empty where there is none.
        no_login: what would make one.
    """

    name: str
    text: str
    parsed: BmcAddress
    site: str | None = None
    pin: str = ""
    login: str = field(default="", repr=False)
    no_login: str = _HOST

    @property
    def own(self) -> bool:
        """Whether it is that of a node."""
        return self.site is not None

    @property
    def tls(self) -> bool:
        """Whether it speaks TLS."""
        return self.parsed.transport != "http"


def checks(plan: Plan, secrets: Mapping[str, str]) -> Iterator[Check]:
    """Ask each BMC."""
    resolvers = tuple(resolver.ip for resolver in plan.site.dns.resolvers)
    own = (_of_node(plan, machine, secrets) for machine in plan.installations)
    for bmc in (*own, *map(_of_machine, plan.bmcs)):
        yield Check(Kind.REDFISH, bmc.parsed.family, partial(_look, bmc, resolvers))


def _of_machine(bmc: BmcPlan) -> _Bmc:
    parsed = parse_bmc(bmc.address)
    # A protocol beside the address stands for the one that it lacks.
    return _Bmc(bmc.name, bmc.address, replace(parsed, scheme=parsed.scheme or bmc.scheme))


def _of_node(plan: Plan, machine: InstallationPlan, secrets: Mapping[str, str]) -> _Bmc:
    given = plan.site.nodes[machine.node.index].bmc
    text = given.address if given is not None else machine.url
    key, login, lacking = machine.password_key, "", "give nodes[].bmc.username and passwordKey"
    if machine.username and key:
        login = media.basic(machine.username, secrets[key]) if key in secrets else ""
        lacking = without(key)
    return _Bmc(machine.node.name, text, parse_bmc(text), plan.name, machine.fingerprint or "", login, lacking)


def _look(bmc: _Bmc, resolvers: Sequence[IPAddress], way: Way) -> Sequence[Result]:
    parsed = bmc.parsed
    result = Result(Kind.REDFISH, bmc.name, bmc.text, Word.NOT_CHECKABLE, "", parsed.family)
    if parsed.scheme in _OTHER:
        return (replace(result, seen=f"{parsed.scheme} is not Redfish", fix="give it a redfish address"),)
    if parsed.problem or not parsed.host:
        return (replace(result, seen="its address cannot be read", fix="see dualstack check"),)
    if parsed.ip is not None:
        return tuple(_at(bmc, str(parsed.ip), way))
    addresses, words = _resolved(parsed.host, resolvers, way)
    if words:
        return (replace(result, seen=words, fix="mend what the resolvers say, or run it where they are reached"),)
    if not addresses:
        return (
            replace(
                result,
                word=Word.FAILED,
                seen=f"the site's resolvers know no address of {parsed.host}",
                consequence="nothing finds the BMC, and the machine is never provisioned",
                fix=f"add an A or AAAA record for {parsed.host}",
            ),
        )
    return [found for address in addresses for found in _at(bmc, address, way)]


def _at(bmc: _Bmc, address: str, way: Way) -> Iterator[Result]:
    who = "up" if bmc.own else "Ironic"
    endpoint = Endpoint(
        Kind.REDFISH,
        address,
        int(bmc.parsed.port or (443 if bmc.tls else 80)),
        ROOT,
        tls=bmc.tls,
        consequence=f"{who} does not reach the BMC over this family, and the machine is never installed through it",
        fix="look at the BMC's network settings for this family, and at the way to it",
        name=bmc.parsed.host,
        holds=(bmc.parsed.host,),
        # Of other machines only the BareMetalHost says whether the operator checks (disableCertificateVerification).
        checked=bmc.own,
    )
    at = f"{bmc.name} {endpoint.at}"
    found = [replace(one, at=at) for one in look(endpoint, way)]
    if bmc.own and bmc.tls:
        # Whoever pins a certificate looks at neither names nor dates.
        found = [*(found[:1] if bmc.pin else found), *_known(bmc, endpoint, found[0], way)]
    yield from found
    if found[0].word is not Word.OK:
        return
    system = f"/{bmc.parsed.tail}" if bmc.parsed.tail else ""
    asked = replace(endpoint, login=bmc.login, pin=bmc.pin, vouched=bmc.own and bmc.tls and not bmc.pin)
    yield from media.look(asked, system, bmc.no_login, way, at, bmc.site)


def _known(bmc: _Bmc, endpoint: Endpoint, first: Result, way: Way) -> Iterator[Result]:
    """Judge the certificate of a node's BMC as `up` does: by its fingerprint, else by who vouches for it."""
    result = replace(first, asked="certificate: fingerprint" if bmc.pin else "certificate: authority")
    if first.word is not Word.OK:
        fix = first.fix if first.word is Word.NOT_CHECKABLE else "mend what is said of its answer"
        yield replace(result, word=Word.NOT_CHECKABLE, seen="no certificate was shown", consequence="", fix=fix)
        return
    status, detail = ask(replace(endpoint, pin=bmc.pin, vouched=not bmc.pin), way).probe
    if status not in (Status.DISTRUSTED, Status.NOT_PINNED):
        yield replace(result, seen="is the one that is pinned" if bmc.pin else "an authority vouches for it")
        return
    yield replace(
        result,
        word=Word.FAILED,
        seen=f"it {status.value}" + (f" ({ascii(detail)[1:-1]})" if detail else ""),
        consequence="up refuses to speak with it, and sends no password",
        fix="look at the certificate over a way that you trust, and write its SHA-256 into nodes[].bmc.fingerprint",
    )


def _resolved(host: str, resolvers: Sequence[IPAddress], way: Way) -> tuple[list[str], str]:
    """Give the addresses of a name by the first resolver that answers, else why nobody does."""
    words = "the site has no resolvers"
    for resolver in resolvers:
        reply = asked_from(way, host, ("A", "AAAA"), resolver)
        if reply.state is State.ANSWERED:
            return [value for values in reply.values.values() for value in values], ""
        words = f"resolver {resolver}: {reply}"
    return [], words
