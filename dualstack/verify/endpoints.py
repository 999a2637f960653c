"""The servers that a site has, from its plan: where they are, what they are asked, what their certificates hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from dualstack.address.family import Family, family_of_text
from dualstack.address.parsing import Address
from dualstack.plan.access import API_PORT
from dualstack.plan.ironic import HTTP_PORT
from dualstack.plan.model import Ironic, Plan
from dualstack.rules.host.host_access import SERVER
from dualstack.rules.ironic.media import VMEDIA_TLS
from dualstack.verify.model import Kind

SUPERVISOR_PORT: Final = 9345
"""Where RKE2's nodes join (RKE2, inbound network rules)."""
RENEWED: Final = 120
"""Days before the end from which RKE2 renews a certificate at its next start, and warns (k3s: certificates)."""


@dataclass(frozen=True)
class Endpoint:
    """One server at one address.

    Attributes:
        kind: what it is.
        address: canonical, without brackets.
        port: TCP port.
        path: what is asked over HTTP.
        tls: whether it speaks TLS.
        name: what it is asked for by: SNI and the Host header; the address where empty.
        holds: addresses and names that its certificate must hold.
        consequence: what breaks where it does not answer.
        fix: what to look at then.
        rule: id of the rule about the names in its certificate.
        checked: whether clients are known to check the certificate.
        login: value of the header Authorization; sent only to a server that is pinned, vouched for, or without TLS.
        pin: SHA-256 of its certificate in hex; nothing is asked of a server that shows another one.
        vouched: whether nothing is asked of a server for which no authority vouches.
        whole: whether the whole answer is read, and not its head alone.
        renewed: days before its end from which a restart renews the certificate; None where nobody knows.
    """

    kind: Kind
    address: str
    port: int
    path: str
    tls: bool
    consequence: str
    fix: str
    name: str = ""
    holds: tuple[str, ...] = ()
    rule: str | None = None
    checked: bool = True
    login: str = field(default="", repr=False)
    pin: str = ""
    vouched: bool = False
    whole: bool = False
    renewed: int | None = None

    @property
    def family(self) -> Family:
        """Of the address."""
        return family_of_text(self.address)

    @property
    def at(self) -> str:
        """Address and port as in a URL."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def endpoints(plan: Plan) -> Iterator[Endpoint]:
    """Give the servers of a site but for its BMCs."""
    servers = list(_servers(plan))
    for address in servers:
        yield _rke2(plan, Kind.API, address, API_PORT, "/readyz")
    for address in servers:
        # It hands out its CA without a login, by which nodes begin to join (k3s pkg/server, router).
        yield _rke2(plan, Kind.SUPERVISOR, address, SUPERVISOR_PORT, "/cacerts")
    if plan.rancher_hostname and plan.chart("rancher") is not None:
        yield from _rancher(plan)
    if plan.ironic is not None:
        yield from _ironic(plan, plan.ironic)
        yield from _images(plan, plan.ironic)


def _servers(plan: Plan) -> Iterator[str]:
    """Give the virtual address and each server's own, once."""
    own = (address for node in plan.nodes if node.role == "server" for address in node.addresses.values())
    yield from dict.fromkeys(str(address) for address in (*plan.api.values(), *own))


def _rke2(plan: Plan, kind: Kind, address: str, port: int, path: str) -> Endpoint:
    given = plan.server.get("tls-san", ())
    listed = given.split(",") if isinstance(given, str) else given if isinstance(given, list | tuple) else ()
    breaks = {
        Kind.API: "kubectl, Helm releases and nodes do not reach the API over this family",
        Kind.SUPERVISOR: "no further node joins at this address",
    }
    return Endpoint(
        kind,
        address,
        port,
        path,
        tls=True,
        consequence=breaks[kind],
        fix="look at the node: systemctl status rke2-server; ss -ltn for the port; its firewall for this family",
        holds=tuple(dict.fromkeys((address, *(str(name) for name in listed)))),
        rule=SERVER.id,
        # The API server's body says whether it is ready, the supervisor's is the CA.
        whole=True,
        renewed=RENEWED,
    )


def _rancher(plan: Plan) -> Iterator[Endpoint]:
    for address in plan.entry.values():
        yield Endpoint(
            Kind.RANCHER,
            str(address),
            443,
            "/ping",
            tls=True,
            consequence="people and downstream clusters do not reach Rancher over this family",
            fix="look at the ingress controller's Service (its families, its address) and at Rancher's pods",
            name=plan.rancher_hostname,
            holds=(plan.rancher_hostname,),
        )


def _ironic(plan: Plan, ironic: Ironic) -> Iterator[Endpoint]:
    for scheme, host, port, address in _places(plan, ironic, ironic.api_url):
        yield Endpoint(
            Kind.IRONIC,
            address,
            port,
            "/",
            tls=scheme == "https",
            consequence="machines that boot over this family do not report to Ironic, and are never provisioned",
            fix="look at Ironic's pod (does it listen on all addresses?) and at its Service's families",
            name=host,
            holds=(host,),
        )


def _images(plan: Plan, ironic: Ironic) -> Iterator[Endpoint]:
    places = [
        place for url in (ironic.external_url, ironic.external_url_v6) for place in _places(plan, ironic, url, own=True)
    ]
    if ironic.vmedia_tls:
        # The ramdisk itself comes from the plain port all the same.
        places += [("http", "", int(HTTP_PORT), str(address)) for address in _listening(plan, ironic)]
    for scheme, host, port, address in dict.fromkeys(places):
        yield Endpoint(
            Kind.IMAGES,
            address,
            port,
            "/",
            tls=scheme == "https",
            consequence="BMCs and machines of this family do not fetch their boot media",
            fix="look at the httpd container of Ironic's pod, and at its Service's families",
            name=host,
            holds=(host or address,),
            rule=VMEDIA_TLS.id,
        )


def _listening(plan: Plan, ironic: Ironic) -> Iterator[Address]:
    """Give Ironic's addresses that it listens on."""
    for address in plan.serving.values():
        if ironic.listen_on_all or str(address) in (ironic.ironic_ip, ironic.provisioning_ip):
            yield address


def _places(plan: Plan, ironic: Ironic, url: str, *, own: bool = False) -> Iterator[tuple[str, str, int, str]]:
    """Give scheme, host, port and address of a URL of Ironic's: a name's are those that Ironic listens on.

    Args:
        plan: the plan.
        ironic: of it.
        url: the URL; nothing for one that cannot be read, which a rule tells.
        own: whether a literal address is asked at that address alone.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return
    if not host:
        return
    literal = ":" in host or host.rpartition(".")[2].isdigit()
    addresses = [] if literal and own else [str(address) for address in _listening(plan, ironic)]
    if literal:
        addresses.insert(0, host)
    for address in dict.fromkeys(addresses):
        yield parts.scheme, host, port, address
