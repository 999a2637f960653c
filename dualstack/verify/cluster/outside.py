"""Without a site: the API servers that the cluster itself names, asked from here, and their certificates."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from dualstack.rules.host.host_access import SERVER
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.same import addresses
from dualstack.verify.cluster.view import Place, View
from dualstack.verify.endpoints import RENEWED, Endpoint
from dualstack.verify.judge import look
from dualstack.verify.model import Kind, Result, Way
from dualstack.verify.together import together


def run(view: View, access: Access, way: Way) -> Iterator[Result]:
    """Ask the kubeconfig's server at each address of its name, and each node that has an API server."""
    if access.proxy or access.path or not access.server.startswith("https:"):
        yield Place(Kind.API, access.server, "certificate").unknown(
            "it is reached through a proxy or another server, or without TLS",
            "run it where the API server is reached itself",
        )
        return
    host = access.name or access.host
    try:
        found = socket.getaddrinfo(access.host, access.port, type=socket.SOCK_STREAM)
    except OSError as error:
        yield Place(Kind.API, access.server, "certificate").unknown(f"{access.host}: {error.strerror}", "mend its name")
        found = []
    named = [(str(one[4][0]), access.port, host) for one in found]
    own = [(address, port, address) for address, port in addresses(view, access)]
    asked: dict[tuple[str, int], Endpoint] = {}
    for address, port, name in [*named, *own]:
        asked.setdefault((address, port), _endpoint(view, address, port, name))
    for results in together(lambda endpoint: look(endpoint, way), asked.values()):
        yield from results


def _endpoint(view: View, address: str, port: int, name: str) -> Endpoint:
    return Endpoint(
        Kind.API,
        address,
        port,
        "/readyz",
        tls=True,
        consequence="kubectl, Helm releases and nodes do not reach the API over this family",
        fix="look at the node: its API server, ss -ltn for the port, its firewall for this family",
        name="" if name == address else name,
        holds=(name,),
        rule=SERVER.id,
        renewed=RENEWED if view.rke2 else None,
    )
