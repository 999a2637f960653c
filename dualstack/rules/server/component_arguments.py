"""Rules about arguments of Kubernetes' components that decide what RKE2 decides for all of them at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dualstack.address.family import FAMILIES, IPNetwork
from dualstack.address.parsing import AddressError, parse_prefix
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove
from dualstack.document.origins import Path
from dualstack.plan.capacity import cni_plugins
from dualstack.plan.model import Plan
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown
from dualstack.rules.name.name_grammar import as_ip

ARGUMENT = Rule(
    "DS132-component-argument",
    "CIDRs, node masks and node addresses must be given to RKE2, not to one of its components.",
    Severity.ERROR,
    "RKE2 tells the other components, and the CNI plugin, something else, or the component does not start.",
    "k3s pkg/util/args.go (GetArgs: a user's arguments replace RKE2's own); kubernetes "
    "cmd/kube-controller-manager/app/core.go (node-cidr-mask-size is refused in dual-stack)",
    firm=True,
)

RULES = (ARGUMENT,)

_ARGUMENT = re.compile(r"(?:--)?([a-z][a-z0-9-]*?)[-+]*=(.*)", re.DOTALL)
Fix = Callable[[Plan, str], AnyFix | None]
"""Words the fix for an argument's value; None where the argument changes nothing."""


def _networks(text: str) -> list[IPNetwork]:
    found: list[IPNetwork] = []
    for part in text.split(","):
        try:
            found.append(parse_prefix(part.strip()).network)
        except AddressError:
            continue
    return found


def _cidrs(role: str, key: str) -> Fix:
    def fix(plan: Plan, value: str) -> AnyFix | None:
        if value == plan.server.get(key):
            return None
        by_family = {f"ipv{network.version}": network for network in reversed(_networks(value))}
        fields = [f"cluster.{role}.{family} to {by_family[family]}" for family in FAMILIES if family in by_family]
        return remove(f", and set {' and '.join(fields)}") if fields else remove()

    return fix


def _mask(plan: Plan, value: str) -> AnyFix:
    if value not in map(str, range(1, 33)) or int(value) == plan.site.cluster.node_mask.ipv4:
        return remove()
    return remove(f", and set cluster.nodeMask.ipv4 to {int(value)}")


def _allocation(plan: Plan, value: str) -> AnyFix | None:
    # Calico gives out addresses of its own; what a plugin that RKE2 does not bring wants is not known.
    needed = {"cilium", "canal"} & set(cni_plugins(plan.site))
    return remove() if needed and value.lower() in ("false", "f", "0") else None


def _address(key: str) -> Fix:
    def fix(plan: Plan, value: str) -> AnyFix | None:
        own = [str(ip) for ip in plan.initializer.addresses.values()]
        wanted = own if key == "node-ip" else own[:1]
        given = [str(ip) if (ip := as_ip(part.strip())) else part for part in value.split(",")]
        if given == str(plan.server.get(key, "")).split(","):
            return None
        if key == "advertise-address" and len(given) == 1 and given[0] in own:
            wanted = given
        missing = key == "node-ip" and len(own) < 2
        return remove() if missing or not wanted else remove(f", and set cluster.server.{key} to {','.join(wanted)}")

    return fix


_PODS, _SERVICES = _cidrs("pods", "cluster-cidr"), _cidrs("services", "service-cidr")
_FIXES: dict[str, dict[str, Fix]] = {
    "kube-controller-manager-arg": {
        "cluster-cidr": _PODS,
        "service-cluster-ip-range": _SERVICES,
        "node-cidr-mask-size": _mask,
        "allocate-node-cidrs": _allocation,
    },
    "kube-cloud-controller-manager-arg": {"cluster-cidr": _PODS},
    "kube-apiserver-arg": {
        "service-cluster-ip-range": _SERVICES,
        "advertise-address": _address("advertise-address"),
    },
    "kubelet-arg": {
        "node-ip": _address("node-ip"),
    },
    "kube-proxy-arg": {"cluster-cidr": _PODS},
}


def component_argument(item: At[str], component: str, plan: Plan) -> Findings:
    """Tell where an argument of a component overrides what RKE2 sets for all of them.

    Args:
        item: the argument, ``name=value`` with or without leading dashes.
        component: RKE2's key that holds it, such as ``kubelet-arg``.
        plan: the plan that RKE2's own values come from.
    """
    match = _ARGUMENT.fullmatch(item.value.strip())
    word = _FIXES.get(component, {}).get(match[1]) if match else None
    fix = word(plan, match[2].strip()) if match and word else None
    if match and fix is not None:
        message = f"{shown(item.value)} overrides, for {component.removesuffix('-arg')} alone, what RKE2 sets"
        if match[1] == "node-cidr-mask-size":
            message = f"{shown(item.value)} is one mask for two families, which a dual-stack cluster refuses"
        yield ARGUMENT.at(item.path, message, fix)


def _arguments(subject: Subject) -> Iterator[tuple[str, At[str]]]:
    for key, value in subject.site.cluster.server.items():
        component = key.removesuffix("+")  # RKE2 adds the values of such a key to those of other files
        if component not in _FIXES:
            continue
        path: Path = ("cluster", "server", key)
        listed = isinstance(value, list | tuple)
        for index, item in enumerate(value if listed else (value,)):
            if isinstance(item, str):
                yield component, At((*path, index) if listed else path, item)


def check_arguments(subject: Subject) -> Findings:
    """Judge the arguments that the site gives to components."""
    for component, item in _arguments(subject):
        yield from component_argument(item, component, subject.plan)


CHECKS = (check_arguments,)
