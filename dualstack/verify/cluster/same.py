"""Who answers: the API server of the kubeconfig, and whether each address of the site leads to the same cluster."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from dualstack.address.family import LABEL, family_of_text
from dualstack.document.frozen import dig
from dualstack.plan.access import API_PORT
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.client import Client
from dualstack.verify.cluster.failures import Absent, Denied, Failure, Unknown
from dualstack.verify.cluster.live import Listing
from dualstack.verify.cluster.view import Place, View, internal_ips, is_server, shown
from dualstack.verify.model import Kind, Result, Way
from dualstack.verify.together import together

NAMESPACE = "/api/v1/namespaces/kube-system"
_SEVERAL = "kubectl, nodes and dualstack see now this cluster, now that one"


def run(view: View, access: Access, way: Way) -> Iterator[Result]:
    """Ask the kubeconfig's server, and then every address of an API server that is known."""
    place = Place(Kind.CLUSTER, access.server, "answers")
    try:
        version = Client(access, way).get("/version")
    except Unknown:
        yield place.unknown(
            "it does not know the login of the kubeconfig (401)", "take one whose certificate or token has not ended"
        )
        return
    except Failure as error:
        yield _silent(place, access, error)
        return
    except Denied:
        version = {"gitVersion": "of a version that the login may not know"}
    except Absent:
        version = {}
    if not isinstance(dig(version, "gitVersion"), str):
        yield place.failed(
            "something answers there, and not as an API server: it tells no version of Kubernetes",
            "nothing of the cluster can be seen",
            "compare the server in the kubeconfig with the cluster's; a proxy or portal in between answers so, too",
        )
        return
    yield place.ok(f"Kubernetes {shown(dig(version, 'gitVersion'))}")
    if access.path:
        yield Place(Kind.CLUSTER, "API servers", "the same cluster").unknown(
            f"the kubeconfig leads through {access.host}, whose login and authority the API servers do not know",
            "for that, a kubeconfig of the cluster's own: /etc/rancher/rke2/rke2.yaml of a server",
        )
        return
    listing = view.live.of("kube-system")
    uid = str(dig(listing.objects[0], "metadata", "uid", default="")) if listing.objects else ""
    yield from together(lambda at: _compared(access, way, *at, uid, listing), addresses(view, access))


def _silent(place: Place, access: Access, error: Failure) -> Result:
    if not error.route:
        return place.unknown(
            f"no route from here ({error})", "run it where the API server is reached, or set proxy-url"
        )
    if error.stranger:
        return place.failed(
            f"its certificate does not come from the authority in the kubeconfig ({error})",
            "it is another cluster, or one that was made anew; or somebody stands in between",
            "take the kubeconfig of this cluster: /etc/rancher/rke2/rke2.yaml of a server",
        )
    local = _is_local(access.host)
    hint = (
        "; 127.0.0.1 is what RKE2 writes for the server itself: write the server's address in its place"
        if local
        else ""
    )
    return place.failed(
        f"no answer: {error}",
        "nothing of the cluster can be seen",
        error.fix or f"look whether anything listens on port {access.port} there, and at what is between{hint}",
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def addresses(view: View, access: Access) -> Iterator[tuple[str, int]]:
    """Give each address once: the plan's, or those of the nodes that have an API server."""
    if view.plan is not None:
        own = [address for node in view.plan.nodes if node.role == "server" for address in node.addresses.values()]
        for address in dict.fromkeys(map(str, (*view.plan.api.values(), *own))):
            yield address, API_PORT
        return
    texts = [text for node in view.nodes if is_server(node) for text in internal_ips(node)]
    for text in dict.fromkeys(texts):
        # RKE2 has this port; a cluster of another make most often that of its kubeconfig.
        yield text, API_PORT if view.rke2 else access.port


def _compared(access: Access, way: Way, address: str, port: int, uid: str, listing: Listing) -> Result:
    at = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    family = family_of_text(address)
    place = Place(Kind.CLUSTER, at, "the same cluster", family)
    if access.insecure or not access.server.startswith("https:"):
        # A login is given to nobody else than the kubeconfig says.
        return place.unknown(
            "the kubeconfig does not say by which authority servers are known", "one with certificate-authority-data"
        )
    try:
        found = Client(access, way, at=(address, port)).get(NAMESPACE)
    except Failure as error:
        if not error.route:
            return place.unknown(
                f"no {LABEL[family]} route from here ({error})", "run it where its addresses are reached"
            )
        if error.stranger:
            return place.failed(
                f"its certificate comes from another authority ({error})",
                _SEVERAL,
                "find who has this address: ip neigh, MetalLB's and the nodes' addresses; turn the other cluster off",
            )
        if error.other:
            return place.failed(
                f"no API server of the cluster: {error}; no login was sent",
                "what asks for the API there is answered by another server of the cluster, such as a kubelet",
                _anew(address).partition(";")[0],
            )
        return place.unknown(f"no answer: {error}", "mend what is said of this address under api")
    except Unknown:
        return place.failed("it does not know the login of the kubeconfig (401)", _SEVERAL, _anew(address))
    except (Denied, Absent):
        return place.unknown(listing.why or "the login may not get namespaces", listing.fix or "a role that allows it")
    have = str(dig(found, "metadata", "uid", default=""))
    if not uid:
        return place.unknown(
            listing.why or "the uid of kube-system is not known", listing.fix or "a role that allows it"
        )
    if have != uid:
        return place.failed(f"the uid of its kube-system is {shown(have)}, not {uid}", _SEVERAL, _anew(address))
    return place.ok("the uid of kube-system and the authority are those of the kubeconfig's server")


def _anew(address: str) -> str:
    return f"find who has {address}; two clusters come of one image that made the first server again (docs/ha.md)"
