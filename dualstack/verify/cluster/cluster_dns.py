"""The Service that pods ask for names: there, and at the address that kubelets tell them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.rules.cidr.cidr_lists import read_each
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster.asked import is_dns
from dualstack.verify.cluster.ranges import planned, services_of
from dualstack.verify.cluster.view import Place, View, cluster_ips, name_of, place_of, shown
from dualstack.verify.model import Kind, Result

TENTH: Final = 10
"""Of the service range: RKE2's own choice (k3s ``pkg/cli/server/server.go``)."""
_CHART: Final = "rke2-coredns"


def run(view: View) -> Iterator[Result]:
    """Check it."""
    place = Place(Kind.SERVICES, "CoreDNS", "there")
    found = [service for service in view.objects("services") if is_dns(service)]
    if not found:
        yield place.failed(
            "no Service of kube-system is CoreDNS's (label k8s-app: kube-dns)",
            "no pod finds another by its name",
            "look at the chart: kubectl -n kube-system get helmchart rke2-coredns, kubectl -n kube-system get pods",
        )
        return
    yield place.ok(", ".join(f"{place_of(one)} {' and '.join(cluster_ips(one))}" for one in found))
    have = {as_ip(text) for one in found for text in cluster_ips(one)}
    for text in _told(view):
        if as_ip(text) is not None and as_ip(text) not in have:
            yield Place(Kind.SERVICES, "CoreDNS", f"address {text}").failed(
                f"kubelets tell pods to ask {text}, and {', '.join(map(place_of, found))} is at "
                f"{' and '.join(shown(one) for service in found for one in cluster_ips(service))}",
                "no pod finds another by its name",
                "remove the Service, which its chart makes anew at the right address; or give all servers the same "
                "cluster-dns in /etc/rancher/rke2, and restart RKE2",
            )


def _told(view: View) -> list[str]:
    """Give the addresses that kubelets write into pods' resolv.conf, as far as somebody says them.

    By default only that of the first range is looked at: of the other family's nobody here has seen whether the chart
    asks for it.
    """
    if view.plan is not None:
        given = view.plan.server.get("cluster-dns")
        if given:
            return _texts(given)
        ranges = planned(view.plan, "services")
    else:
        chart = next((one for one in view.objects("charts") if name_of(one) == _CHART), None)
        settings = dig(chart, "spec", "set") if chart is not None else None
        if isinstance(settings, Mapping) and (given := _texts(settings.get("global.clusterDNS"))):
            return given[:1]
        told = services_of(view) if view.rke2 else None
        items = read_each(At((), text) for text in (told.cidrs if told is not None else ()))[0]
        ranges = [item.value.prefix.network for item in items]
    return [str(ranges[0][TENTH])] if ranges and ranges[0].num_addresses > TENTH else []


def _texts(value: Any) -> list[str]:
    """Take a list, or texts beside each other in one."""
    items = value if isinstance(value, list | tuple) else re.split(r"[\s,{}\[\]]+", str(value or ""))
    return [str(item) for item in items if item]
