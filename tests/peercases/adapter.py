"""Which predicates judge a case: decided by the keys of its ``family_config`` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dualstack.document.findings import Finding
from tests.peercases import divergence, ranges, single
from tests.peercases.divergence import deciding
from tests.peercases.reading import Config

_REMOTE = "routes between clusters: a site stands for itself"
_VIPS = "virtual addresses of clusters of several nodes, which the product does not make yet"
_POOLS = "address pools of an IPAM controller: the product gives out no addresses"
_DHCP = "a DHCP server of the provisioning service: the product boots over virtual media, without one"
_DAY_TWO = "a change against an earlier state: a check knows one state"

NOT_APPLICABLE: dict[str, str] = {
    "remoteSites": _REMOTE,
    "remoteClusters": _REMOTE,
    "local": _REMOTE,
    "endpointReconciler": "the API server's endpoint reconciler: RKE2 gives no choice of it",
    "ingressListenAddress": "listen addresses of MicroShift's own router: the product has none",
    "apiVIPs": _VIPS,
    "ingressVIPs": _VIPS,
    "vips": _VIPS,
    "vipDHCPAllocation": _VIPS,
    "loadBalancer": _VIPS,
    "keepalived": _VIPS,
    "pools": _POOLS,
    "preAllocations": _POOLS,
    "inUse": _POOLS,
    "dhcp": _DHCP,
    "dhcpRange": _DHCP,
    "extraRanges": _DHCP,
    "provisioningNetwork": _DHCP,
    "change": _DAY_TWO,
    "existingPrimary": _DAY_TWO,
}
"""Keys of shapes that the product has no use for; the first one in this order gives the reason."""

_LISTS = frozenset(
    {
        "clusterNetwork", "serviceNetwork", "machineNetwork", "nodeIP", "nodeIPv6", "hostHasIPv6", "nodes",
        "declaredPrimary", "cniReserved", "networkType", "multiCIDRServiceAllocator", "maxBits", "ipv6SingleStackGate",
        "release", "hostAddresses", "singleNode", "userManagedLB", "platform", "advertiseAddress",
    }
)  # fmt: skip
_KUBEADM = frozenset({"subnet", "podSubnet", "serviceSubnet", "minimumAddresses", "nodeMaskV4", "nodeMaskV6"})

Judge = Callable[[Config], Iterator[Finding]]
JUDGES: tuple[tuple[frozenset[str], frozenset[str], Judge], ...] = (
    # (keys of which one must be there, further keys that it reads, the judge)
    (frozenset({"ip", "cidr", "interfaceAddress"}), frozenset(), single.judge_address),
    (frozenset({"apiVIP", "apiVIP6"}), frozenset(), single.judge_vips),
    (frozenset({"bindPort"}), frozenset({"advertiseAddress"}), single.judge_api),
    (frozenset({"controlPlaneEndpoint"}), frozenset(), single.judge_endpoint),
    (
        frozenset({"clusterName", "baseDomain", "domain", "dnsDomain", "nodeName", "hostname", "certSANs"}),
        frozenset(),
        single.judge_names,
    ),
    (frozenset({"proxy", "noProxy"}), frozenset({"release"}), single.judge_proxy),
    (frozenset({"bmcAddress", "mac"}), frozenset({"provisioningNetwork"}), single.judge_bmc),
    (frozenset({"hosts"}), frozenset({"provisioningNetwork"}), single.judge_hosts),
    (frozenset(single.RESOLVERS), frozenset(), single.judge_resolvers),
    (frozenset({"networkA", "networkB"}), frozenset(), ranges.judge_pair),
    (frozenset({"ips", "cidrs"}), frozenset({"question"}), ranges.judge_question),
    (frozenset({"subnet", "podSubnet", "serviceSubnet"}), _KUBEADM | {"advertiseAddress"}, ranges.judge_kubeadm),
    (frozenset({"clusterNetwork", "serviceNetwork", "machineNetwork", "nodeIP"}), _LISTS, ranges.judge_lists),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the product says of a case."""

    reason: str
    """Why the case is not applicable; empty where it is."""
    findings: tuple[Finding, ...] = ()
    """The findings that decide."""

    @property
    def verdict(self) -> str:
        """``valid`` or ``invalid``."""
        return "invalid" if self.findings else "valid"

    @property
    def rules(self) -> list[str]:
        """Ids of the rules that decide."""
        return sorted({finding.rule.id for finding in self.findings})


def judge(config: object) -> Judged:
    """Judge the ``family_config`` of a case; never raises, whatever it holds."""
    if not isinstance(config, Mapping) or not config:
        return Judged("no configuration to judge")
    for key, reason in NOT_APPLICABLE.items():
        # Without a provisioning network there is no DHCP server either: the product's own way.
        if key in config and not (key == "provisioningNetwork" and config[key] == "Disabled"):
            return Judged(reason)
    judges = [(wanted, more, judge) for wanted, more, judge in JUDGES if config.keys() & wanted]
    known = frozenset().union(*(wanted | more for wanted, more, _ in judges))
    if unknown := sorted(str(key) for key in config.keys() - known):
        return Judged(f"nothing in the product reads {unknown[0]}")
    if "question" in config and "dual-stack" not in str(config["question"]):
        return Judged("a question that the product does not ask")
    findings = [finding for _, _, each in judges for finding in each(config)]
    return Judged("", tuple(deciding(findings, traits(config))))


def traits(config: Config) -> frozenset[str]:
    """Name the shape of a case and what else decides how rules count."""
    found = set(ranges.traits(config))
    if config.keys() & {"ip", "cidr", "interfaceAddress"}:
        found.add(divergence.ADDRESS_TEXT)
    if single.name_is_address(config):
        found.add(divergence.NAME_IS_ADDRESS)
    if "question" in config:
        found.add(divergence.DUAL_QUESTION)
    return frozenset(found)
