"""Ironic's own API, where it is reached: the host in its links, and the media URL that it holds for each machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from dualstack.address.family import family_of_text
from dualstack.document.frozen import dig
from dualstack.plan.ironic_env import host_of
from dualstack.rules.ironic.ironic_env import OWN_HOST
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.client import Client
from dualstack.verify.cluster.failures import Absent, Denied, Failure, Unknown
from dualstack.verify.cluster.hosts import media_url
from dualstack.verify.cluster.ironic import ENDPOINT, operator_env, planned_hosts
from dualstack.verify.cluster.view import Place, View, mappings, name_of, namespace_of, place_of, shown
from dualstack.verify.endpoints import endpoints
from dualstack.verify.model import Kind, Result, Way
from dualstack.verify.together import together

NODES: Final = "/v1/nodes?fields=name,driver_info&limit=1000"
VERSION: Final = {"X-OpenStack-Ironic-API-Version": "1.81"}


@dataclass(frozen=True)
class _At:
    """Where Ironic is to be, and what it is called there."""

    name: str
    address: str
    port: int
    tls: bool


def run(view: View, way: Way) -> Iterator[Result]:
    """Ask it at each address."""
    places = list(_places(view))
    held: Mapping[str, Any] | None = None
    for at, (root, machines) in zip(places, together(lambda at: _asked(way, at), places), strict=True):
        shown_at = f"[{at.address}]:{at.port}" if ":" in at.address else f"{at.address}:{at.port}"
        place = Place(Kind.IRONIC, f"Ironic {shown_at}", "links", family_of_text(at.address))
        if isinstance(root, Exception):
            yield place.unknown(f"Ironic does not tell them: {_why(root)}", "run it where Ironic is reached")
            continue
        yield from _links(view, place, root, at.name)
        held = held if held is not None else machines
    if places and view.objects("hosts"):
        yield from _machines(view, held)


def _asked(way: Way, at: _At) -> tuple[Any, Mapping[str, Any] | None]:
    """Give what Ironic says at one place, or why it does not, and the machines that it lists."""
    called = f"[{at.name}]:{at.port}" if ":" in at.name else f"{at.name}:{at.port}"
    access = Access(f"{'https' if at.tls else 'http'}://{called}", insecure=True)
    try:
        client = Client(access, way, at=(at.address, at.port), called=called)
        return client.get("/v1/"), _nodes(client)
    except (Failure, Absent, Denied, Unknown) as error:
        return error, None


def _why(error: Exception) -> str:
    words = {Absent: "no such thing (404)", Denied: "not allowed (403)", Unknown: "it wants a login (401)"}
    return words.get(type(error), str(error))


def _places(view: View) -> Iterator[_At]:
    if view.plan is not None:
        for one in endpoints(view.plan):
            if one.kind is Kind.IRONIC:
                yield _At(one.name or one.address, one.address, one.port, one.tls)
        return
    url = operator_env(view).get(ENDPOINT, "")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return
    if host:
        yield _At(host, host, port, parts.scheme == "https")


def _links(view: View, place: Place, root: Any, asked: str) -> Iterator[Result]:
    """Compare the host in Ironic's links with the planned ones; some Ironics answer with the host that was asked."""
    hosts = {host_of(str(link.get("href", ""))) for link in mappings(dig(root, "links"))} - {""}
    known = planned_hosts(view.plan) | {asked.lower(), host_of(operator_env(view).get(ENDPOINT, ""))}
    strange = sorted(hosts - known)
    if strange:
        yield place.failed(
            f"they lead to {', '.join(map(shown, strange))}, not to {' or '.join(sorted(known - {''}))}",
            OWN_HOST.consequence,
            "look at Ironic's ConfigMap (IRONIC_IP, IRONIC_URL_HOSTNAME, IRONIC_BASE_URL), and restart its pod",
            OWN_HOST.id,
        )
    elif hosts:
        yield place.ok(f"they lead to {', '.join(sorted(hosts))}")
    else:
        yield place.unknown("it shows no links: is it Ironic?", "look at what listens there")


def _nodes(client: Client) -> Mapping[str, Any] | None:
    """Give by name what drivers are told of each machine; None where Ironic wants a login."""
    try:
        listed = client.get(NODES, more=VERSION)
    except (Failure, Absent, Denied, Unknown):
        return None
    return {str(node.get("name")): node.get("driver_info") for node in mappings(dig(listed, "nodes"))}


def _machines(view: View, held: Mapping[str, Any] | None) -> Iterator[Result]:
    if held is None:
        yield Place(Kind.HOSTS, "machines in Ironic", "media URL").unknown(
            "Ironic does not list its machines without a login",
            "an Ironic without one; verify reads no passwords of it",
        )
        return
    for host in view.objects("hosts"):
        # The operator's name for a host in Ironic (baremetal-operator pkg/provisioner/ironic, ironicNodeName).
        name = f"{namespace_of(host)}~{name_of(host)}"
        if name not in held:
            continue
        wanted, have = media_url(view, host), str(dig(held[name], "external_http_url", default="") or "")
        place = Place(Kind.HOSTS, place_of(host), "media URL in Ironic")
        if wanted.rstrip("/") != have.rstrip("/"):
            yield place.failed(
                f"Ironic holds {shown(have) or 'its general one'}, the operator is told {wanted or 'to give no other'}",
                "the BMC is given media at another host, perhaps of the other family",
                "restart the operator's pod, which writes it anew; look at IRONIC_EXTERNAL_URL_V6 in its ConfigMap",
            )
        else:
            yield place.ok(have or "Ironic's general one")
