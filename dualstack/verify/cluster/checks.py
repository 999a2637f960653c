"""The checks of a cluster: each kind of thing with what it must read, side by side over one reading."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dualstack.plan.model import Plan
from dualstack.verify.cluster import (
    catalogue,
    certificates,
    charts,
    cni,
    etcd,
    hosts,
    ironic,
    ironic_api,
    nodes,
    outside,
    pools,
    rancher,
    ranges,
    same,
    services,
    webhooks,
    workloads,
)
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.client import Client
from dualstack.verify.cluster.failures import Failure
from dualstack.verify.cluster.live import Listing, Live, from_api
from dualstack.verify.cluster.view import Place, Run, View
from dualstack.verify.model import Check, Kind, Result, Way


@dataclass(frozen=True)
class Part:
    """What is checked of a cluster in one go.

    Attributes:
        kind: of what is told where it cannot be checked.
        name: of it, in words.
        needs: reads without which nothing of it can be checked.
        run: checks it.
        takes: further reads, without which less of it is checked.
    """

    kind: Kind
    name: str
    needs: tuple[str, ...]
    run: Run
    takes: tuple[str, ...] = ()


PARTS: Final = (
    Part(Kind.NODES, "nodes", ("nodes",), nodes.run),
    Part(Kind.RANGES, "ranges", (), ranges.run, ("service-ranges", "static-pods")),
    Part(Kind.CNI, "network plugin", ("daemonsets", "configmaps"), cni.run, ("calico-pools", "chart-configs")),
    Part(Kind.SERVICES, "Services", ("services",), services.run),
    Part(Kind.POOLS, "IPAddressPools", ("pools",), pools.run, ("bgp-peers", "l2-status")),
    Part(Kind.IRONIC, "ConfigMaps of Ironic", ("configmaps",), ironic.run),
    Part(Kind.HOSTS, "BareMetalHosts", ("hosts",), hosts.run),
    Part(Kind.HELM, "Helm releases", ("charts",), charts.run, ("chart-configs", "helm-jobs")),
    Part(Kind.RELEASE, "release", ("nodes",), catalogue.run),
    Part(Kind.RANCHER, "setting server-url", ("server-url",), rancher.run),
    Part(Kind.CERTIFICATES, "Certificates", ("certificates",), certificates.run),
    Part(Kind.WEBHOOKS, "webhooks", ("validating", "mutating"), webhooks.run, ("services", "endpoints", "apiservices")),
    Part(
        Kind.WORKLOADS,
        "Deployments, DaemonSets and StatefulSets",
        ("deployments", "daemonsets"),
        workloads.run,
        ("statefulsets", "namespaces"),
    ),
    Part(Kind.ETCD, "etcd snapshots", ("snapshots",), etcd.run),
    Part(
        Kind.DOWNSTREAM,
        "clusters of Cluster API",
        ("clusters",),
        workloads.downstream,
        ("rke2-planes", "metal3-clusters"),
    ),
)


def now() -> datetime.datetime:
    """Give the time."""
    return datetime.datetime.now(datetime.UTC)


def look(part: Part, view: View) -> list[Result]:
    """Check one part."""
    for need in part.needs:
        listing = view.live.of(need)
        if listing.why:
            return [Place(part.kind, part.name, need).unknown(listing.why, listing.fix)]
    unread = [(name, view.live.of(name)) for name in part.takes]
    lacking = [Place(part.kind, part.name, name).unknown(one.why, one.fix) for name, one in unread if one.why]
    return distinct([*part.run(view), *lacking])


def distinct(results: Iterable[Result]) -> list[Result]:
    """Number what is asked twice of one object, so that each result has a name of its own."""
    counts: dict[tuple[object, ...], int] = {}
    found = []
    for one in results:
        key = one.kind, one.at, one.asked, one.family
        counts[key] = counts.get(key, 0) + 1
        found.append(one if counts[key] == 1 else replace(one, asked=f"{one.asked} ({counts[key]})"))
    return found


class Cluster:
    """One cluster, read anew in each round."""

    def __init__(self, access: Access | Result, plan: Plan | None, accepted: frozenset[str]) -> None:
        """Ask nothing yet.

        Args:
            access: the way to it; or what is told where there is none.
            plan: of its site; None where there is none.
            accepted: see ``View``.
        """
        self._access, self._plan, self._accepted = access, plan, accepted
        self._live: Live | None = None

    @property
    def authority(self) -> bytes:
        """Certificates in PEM of who signs for the cluster, by the kubeconfig; empty where that does not say it."""
        direct = not isinstance(self._access, Result) and not self._access.path and not self._access.insecure
        return self._access.authority if direct and not isinstance(self._access, Result) else b""

    def checks(self) -> Iterator[Check]:
        """Give the checks."""
        access = self._access
        if isinstance(access, Result):
            yield Check(Kind.CLUSTER, None, lambda _: [access])
            return
        yield Check(Kind.CLUSTER, None, self._with(lambda view, way: same.run(view, access, way)))
        for part in PARTS:
            yield Check(part.kind, None, self._with(partial(_part, part)))
        yield Check(Kind.IRONIC, None, self._with(ironic_api.run))
        if self._plan is None:
            yield Check(Kind.API, None, self._with(lambda view, way: outside.run(view, access, way)))

    def begin(self, way: Way) -> None:
        """Begin a round: what was read before is forgotten."""
        if isinstance(self._access, Result):
            return
        try:
            client = Client(self._access, way)
        except Failure as error:
            found = Listing(why=str(error), fix="mend what is said of the cluster's answer")
            self._live = Live(lambda _: found)
        else:
            self._live = from_api(client)

    def _with(self, run: Callable[[View, Way], Iterator[Result]]) -> Callable[[Way], Sequence[Result]]:
        def check(way: Way) -> Sequence[Result]:
            assert self._live is not None  # noqa: S101 - begin() comes first
            return distinct(run(View(self._live, self._plan, self._accepted, now()), way))

        return check


def _part(part: Part, view: View, _way: Way) -> Iterator[Result]:
    yield from look(part, view)
