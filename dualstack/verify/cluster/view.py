"""What a check of the cluster gets to look at, and how it says what it saw."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from dualstack.address.family import Family, IPAddress, family_of
from dualstack.day2.words import Word as Day2
from dualstack.document.findings import Finding
from dualstack.document.frozen import dig
from dualstack.plan.model import Plan
from dualstack.rules.name.name_grammar import as_ip
from dualstack.verify.cluster.helm import HelmRelease, releases
from dualstack.verify.cluster.live import Live, Object
from dualstack.verify.model import Kind, Result, Word


@dataclass(frozen=True)
class View:
    """A cluster, and the plan of its site.

    Attributes:
        live: the cluster's objects.
        plan: of the site; None where nobody gave one, and objects are judged by themselves.
        accepted: ids of rules of which ``check`` tells the site something that it may live with.
        now: when.
    """

    live: Live
    plan: Plan | None = None
    accepted: frozenset[str] = frozenset()
    now: datetime.datetime = datetime.datetime.min

    def objects(self, name: str) -> tuple[Object, ...]:
        """Give the objects of a kind; none where they could not be read."""
        return self.live.of(name).objects

    @cached_property
    def nodes(self) -> tuple[Object, ...]:
        """The nodes."""
        return self.objects("nodes")

    @cached_property
    def helm(self) -> list[HelmRelease]:
        """The Helm releases that can be told."""
        return releases(self.live)

    @cached_property
    def hosts(self) -> frozenset[IPAddress]:
        """The addresses that nodes have, or that load balancers have or are to have, which others check."""
        found = [text for node in self.nodes for text in internal_ips(node)]
        found += [text for service in self.objects("services") for text in balanced(service)]
        entries = [str(text) for pool in self.objects("pools") for text in listed(dig(pool, "spec", "addresses"))]
        found += [text.partition("/")[0] for text in entries if text.endswith(("/32", "/128"))]
        if self.plan is not None:
            found += map(str, (*self.plan.entry.values(), *self.plan.serving.values()))
        return frozenset(ip for text in found if (ip := as_ip(text)) is not None)

    @property
    def rke2(self) -> bool:
        """Whether RKE2 or k3s made the cluster, as far as the nodes tell."""
        return any("+rke2" in version_of(node) or "+k3s" in version_of(node) for node in self.nodes)


Run = Callable[[View], Iterator[Result]]


@dataclass(frozen=True)
class Place:
    """An object, or several, and what is asked of it; makes the results."""

    kind: Kind
    at: str
    asked: str
    family: Family | None = None

    def ok(self, seen: str) -> Result:
        """All is well."""
        return Result(self.kind, self.at, self.asked, Word.OK, seen, self.family)

    def failed(self, seen: str, breaks: str, fix: str, rule: str | None = None) -> Result:
        """Something is wrong: what is seen, what that breaks, what to do."""
        return replace(self.ok(seen), word=Word.FAILED, consequence=breaks, fix=fix, rule=rule)

    def pending(self, seen: str, meanwhile: str, fix: str, day2: Day2) -> Result:
        """It is merged, and not in the cluster yet."""
        return replace(self.ok(seen), word=Word.PENDING, consequence=meanwhile, fix=fix, day2=day2)

    def unknown(self, seen: str, fix: str) -> Result:
        """It cannot be checked: why, and what would make it so."""
        return replace(self.ok(seen), word=Word.NOT_CHECKABLE, fix=fix)

    def finding(self, finding: Finding, words: str = "") -> Result:
        """A rule found it.

        Args:
            finding: of the rule.
            words: before its own, such as the place within the object.
        """
        return self.failed(words + finding.message, finding.consequence, finding.fix, finding.rule.id)


def name_of(one: Object) -> str:
    """Give an object's name."""
    return str(dig(one, "metadata", "name", default=""))


def namespace_of(one: Object) -> str:
    """Give an object's namespace; empty where it is in none."""
    return str(dig(one, "metadata", "namespace", default=""))


def place_of(one: Object) -> str:
    """Give kind, namespace and name, as people write them."""
    namespace = namespace_of(one)
    return f"{one.get('kind')} {f'{namespace}/' if namespace else ''}{name_of(one)}"


def listed(value: Any) -> list[Any]:
    """Give a list's items; none where it is no list."""
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else []


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Give the mappings of a list."""
    return [item for item in listed(value) if isinstance(item, Mapping)]


def internal_ips(node: Object) -> list[str]:
    """Give the addresses by which a node is known to others."""
    found = mappings(dig(node, "status", "addresses"))
    return [str(item.get("address", "")) for item in found if item.get("type") == "InternalIP"]


def version_of(node: Object) -> str:
    """Give the version of a node's kubelet."""
    return str(dig(node, "status", "nodeInfo", "kubeletVersion", default=""))


def is_server(node: Object) -> bool:
    """Tell whether a node has an API server; RKE2 and kubeadm label these so."""
    return dig(node, "metadata", "labels", "node-role.kubernetes.io/control-plane") is not None


def balanced(service: Object) -> list[str]:
    """Give the addresses of a Service's load balancer."""
    found = mappings(dig(service, "status", "loadBalancer", "ingress"))
    return [str(item["ip"]) for item in found if item.get("ip")]


def cluster_ips(service: Object) -> list[str]:
    """Give the addresses that a Service has within the cluster; none where it is headless."""
    found = [str(item) for item in listed(dig(service, "spec", "clusterIPs"))]
    single = str(dig(service, "spec", "clusterIP", default=""))
    return [text for text in found or [single] if as_ip(text) is not None]


def families_in(texts: Sequence[str]) -> frozenset[Family]:
    """Give the families of addresses, or of prefixes."""
    found = (as_ip(text.partition("/")[0]) for text in texts)
    return frozenset(family_of(ip) for ip in found if ip is not None)


def condition(one: Object, kind: str) -> Mapping[str, Any]:
    """Give a condition out of an object's status; an empty mapping where it has none of the kind."""
    found = mappings(dig(one, "status", "conditions"))
    return next((item for item in found if item.get("type") == kind), {})


def moment(text: Any) -> datetime.datetime | None:
    """Read a time as Kubernetes writes it; None where it is none."""
    try:
        found = datetime.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)


def shown(text: Any, most: int = 200) -> str:
    """Give somebody else's words: one line, nothing that a terminal acts on, not too long."""
    words = ascii(" ".join(str(text).split()))[1:-1]
    return words if len(words) <= most else f"{words[:most]}..."
