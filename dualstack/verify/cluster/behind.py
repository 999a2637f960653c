"""Who stands behind Services: pods of each family that a Service has, ready to be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.document.frozen import dig
from dualstack.verify.cluster.asked import API, from_outside, is_dns, key
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, View, cluster_ips, listed, mappings, namespace_of, place_of
from dualstack.verify.model import Kind, Result

_ASKED: Final = {API[0], ("cattle-system", "rancher")}
"""Services that are asked through others, such as an Ingress: somebody must stand behind them."""
_CONTROLLERS: Final = ("rke2-ingress-nginx", "rke2-traefik")
_FAMILY: Final[Mapping[str, Family]] = {label: family for family, label in LABEL.items()}


def run(view: View, wanted: Collection[tuple[str, str]]) -> Iterator[Result]:
    """Judge who stands behind Services: pods of each family that a Service has.

    Args:
        view: the cluster.
        wanted: namespace and name of those that somebody outside of the cluster asks.
    """
    listing = view.live.of("endpoints")
    if listing.why or listing.absent:
        yield Place(Kind.SERVICES, "EndpointSlices", "families").unknown(
            listing.why or "the cluster has no EndpointSlices", listing.fix or "Kubernetes 1.21 and later has them"
        )
        return
    ready = ready_endpoints(listing.objects)
    wanted = {*wanted, *_ASKED}
    told = [result for one in view.objects("services") for result in _behind(one, ready, key(one) in wanted)]
    yield from told
    if not told:
        yield Place(Kind.SERVICES, "EndpointSlices", "families").ok(
            "behind each Service of both families stand endpoints of both, or none"
        )


def _controller(service: Object) -> bool:
    """Tell an ingress controller's Service, which its chart may make for the cluster alone."""
    return dig(service, "metadata", "labels", "app.kubernetes.io/name") in _CONTROLLERS


def ready_endpoints(slices: tuple[Object, ...]) -> dict[tuple[str, str], dict[Family, int]]:
    """Count the endpoints that take connections, by Service and family."""
    found: dict[tuple[str, str], dict[Family, int]] = {}
    for one in slices:
        family = _FAMILY.get(str(one.get("addressType")))
        name = str(dig(one, "metadata", "labels", "kubernetes.io/service-name", default=""))
        if family is None or not name:
            continue
        held = found.setdefault((namespace_of(one), name), dict.fromkeys(FAMILIES, 0))
        for endpoint in mappings(one.get("endpoints")):
            # Nothing said counts as ready (discovery/v1, EndpointConditions).
            if dig(endpoint, "conditions", "ready") is not False and listed(endpoint.get("addresses")):
                held[family] += 1
    return found


def _behind(service: Object, ready: Mapping[tuple[str, str], Mapping[Family, int]], asked: bool) -> Iterator[Result]:
    if dig(service, "spec", "type") == "ExternalName" or key(service) == API[1]:
        return
    counts = ready.get(key(service), dict.fromkeys(FAMILIES, 0))
    place = Place(Kind.SERVICES, place_of(service), "endpoints")
    families = [_FAMILY[text] for text in map(str, listed(dig(service, "spec", "ipFamilies"))) if text in _FAMILY]
    asked = asked or from_outside(service) or is_dns(service) or _controller(service)
    if not any(counts.values()):
        if key(service) == API[0]:
            yield place.failed(
                "no API server is behind it",
                "no pod reaches the API of the cluster: controllers and Helm jobs stand still",
                "look at the servers: journalctl -u rke2-server; the API server writes these endpoints itself",
            )
        elif asked and dig(service, "spec", "selector"):
            yield place.failed(
                "no pod behind it is ready",
                "connections to it are refused over both families",
                f"kubectl -n {namespace_of(service)} get pods, and kubectl describe the ones that its selector means",
            )
        return
    if not dig(service, "spec", "selector") and not cluster_ips(service):
        return  # headless, and whoever wrote its endpoints chose their families
    for family in families:
        if len(families) > 1 and not counts[family]:
            yield replace(
                place.failed(
                    f"its pods have no {LABEL[family]} address that is ready, of the other {max(counts.values())}",
                    f"connections to it over {LABEL[family]} are refused",
                    f"kubectl -n {namespace_of(service)} get endpointslices; a pod's families are those of its node's "
                    "podCIDRs and of the network plugin at its start: start it anew once these are right",
                ),
                family=family,
            )
