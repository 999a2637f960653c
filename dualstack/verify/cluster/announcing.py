"""Who tells the network where MetalLB's addresses are: advertisements, the nodes that they mean, BGP's peers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.document.frozen import dig
from dualstack.policies.balancers import pool_takes
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster import pool_places
from dualstack.verify.cluster.asked import key
from dualstack.verify.cluster.behind import ready_endpoints
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import given
from dualstack.verify.cluster.view import Place, View, balanced, listed, mappings, name_of, namespace_of, place_of
from dualstack.verify.model import Kind, Result

_LOST: Final = "Services get its addresses, and nobody on the network learns where they are"


def run(view: View) -> Iterator[Result]:
    """Check all pools, all advertisements over BGP, and the addresses that Services have."""
    for pool in view.objects("pools"):
        yield from _announced(view, pool)
    yield from _peers(view)
    yield from _spoken(view)


def _announced(view: View, pool: Object) -> Iterator[Result]:
    place = Place(Kind.POOLS, place_of(pool), "announced")
    for listing in (view.live.of("l2"), view.live.of("bgp")):
        if listing.why:
            yield place.unknown(listing.why, listing.fix)
            return
    own = _of(view, pool, "l2", "bgp")
    if own and view.nodes and not any(_from_a_node(view, one) for one in own):
        yield place.failed(
            f"no node announces it by {', '.join(map(place_of, own))}",
            _LOST,
            "write labels into nodeSelectors that nodes have (kubectl get nodes --show-labels), or leave them out; "
            "MetalLB leaves out nodes with the label node.kubernetes.io/exclude-from-external-load-balancers",
        )
    elif not own:
        yield place.failed(
            "no L2Advertisement or BGPAdvertisement names it",
            _LOST,
            f"make an L2Advertisement in {namespace_of(pool)} with ipAddressPools: [{name_of(pool)}]",
        )


def _of(view: View, pool: Object, *kinds: str) -> list[Object]:
    """Give the advertisements of a pool."""
    every = [one for kind in kinds for one in view.objects(kind) if namespace_of(one) == namespace_of(pool)]
    return [one for one in every if _announces(one, pool)]


def _announces(advertisement: Object, pool: Object) -> bool:
    names = listed(dig(advertisement, "spec", "ipAddressPools"))
    selectors = mappings(dig(advertisement, "spec", "ipAddressPoolSelectors"))
    labels = dig(pool, "metadata", "labels") or {}
    if not names and not selectors:
        return True  # all pools (MetalLB, advanced L2 configuration)
    return name_of(pool) in names or any(selects(selector, labels) for selector in selectors)


def _from_a_node(view: View, advertisement: Object) -> bool:
    selectors = mappings(dig(advertisement, "spec", "nodeSelectors"))
    labels = [dig(node, "metadata", "labels") or {} for node in view.nodes if pool_places.announces(view, node)]
    return bool(labels) and (not selectors or any(selects(item, one) for item in selectors for one in labels))


def _peers(view: View) -> Iterator[Result]:
    """Tell advertisements over BGP that no router hears; ``spec.peers`` names those that do, all where empty."""
    listing = view.live.of("bgp-peers")
    for one in view.objects("bgp") if not listing.why else ():
        named = listed(dig(one, "spec", "peers"))
        there = [peer for peer in listing.objects if namespace_of(peer) == namespace_of(one)]
        own = [peer for peer in there if not named or name_of(peer) in named]
        place = Place(Kind.POOLS, place_of(one), "heard")
        if not own:
            wanted = f"no BGPPeer {', '.join(map(str, named))}" if named else "no BGPPeer"
            yield place.failed(
                f"there is {wanted} in {namespace_of(one)}",
                "no router learns where the addresses are: nobody outside of the cluster reaches them",
                "make a BGPPeer for each router there, or announce the pools by an L2Advertisement",
            )
        elif view.nodes and not any(_from_a_node(view, peer) for peer in own):
            yield place.failed(
                f"no node speaks to {', '.join(map(place_of, own))}",
                "no router learns where the addresses are: nobody outside of the cluster reaches them",
                "write labels into the BGPPeers' nodeSelectors that nodes have, or leave them out",
            )


def _spoken(view: View) -> Iterator[Result]:
    """Tell Services of pools of layer 2 for which no speaker says that it answers (ServiceL2Status).

    The speaker that is chosen writes none where its node has none of the interfaces that the advertisement names
    (metallb v0.14.5 and later, ``speaker/layer2_controller.go``, SetBalancer; read, not run).
    """
    listing, slices = view.live.of("l2-status"), view.live.of("endpoints")
    if listing.absent or listing.why or slices.absent or slices.why:
        return
    spoken = {
        (str(dig(one, "status", "serviceNamespace", default="")), str(dig(one, "status", "serviceName", default="")))
        for one in listing.objects
    }
    ready = ready_endpoints(slices.objects)
    for service in view.objects("services"):
        own = [one for pool in view.objects("pools") if holds(pool, balanced(service)) for one in _of(view, pool, "l2")]
        asked = own and any(ready.get(key(service), {}).values())
        if not asked or key(service) in spoken or dig(service, "spec", "type") != "LoadBalancer":
            continue
        interfaces = sorted({str(name) for one in own for name in listed(dig(one, "spec", "interfaces"))})
        through = f" through {' or '.join(interfaces)}" if interfaces else ""
        yield Place(Kind.POOLS, place_of(service), "announced").failed(
            f"no speaker of MetalLB says that it answers for {', '.join(balanced(service))}{through}",
            "nobody on the network learns where the Service is",
            f"see that the nodes have the interfaces that {', '.join(map(place_of, own))} names (ip link), and that "
            "speakers run there: kubectl get servicel2statuses -A; kubectl describe service tells announceFailed",
        )


def holds(pool: Object, addresses: list[str]) -> bool:
    """Tell whether any of the addresses is of a pool."""
    taken = {ip: text for text in addresses if (ip := as_ip(text)) is not None}
    return any(True for _ in pool_takes(given(pool), taken))


def selects(selector: Object, labels: Object) -> bool:
    """Match a label selector (meta/v1)."""
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for item in mappings(selector.get("matchExpressions")):
        value, values = labels.get(str(item.get("key"))), listed(item.get("values"))
        fits = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not fits.get(str(item.get("operator")), False):
            return False
    return True
