"""The plan: every value that any surface shows, computed once from a site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from dualstack.address.family import RECORD_TYPE, Family, IPNetwork
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.document.frozen import Frozen
from dualstack.document.origins import Path
from dualstack.releases import Release
from dualstack.site import Site
from dualstack.site.charts import Day2, Delivery


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node: its network file and its own addresses."""

    name: str
    index: int
    management: str | None
    """Name of the interface whose addresses are the node's own."""
    ipv4: Address | None
    ipv6: Address | None
    nmstate_computed: Frozen
    """nmstate as the site's fields give it, without the node's own raw nmstate."""
    nmstate: Frozen
    role: Literal["server", "agent"] = "server"

    @property
    def addresses(self) -> Pair[Address]:
        """The node's own addresses, where the site states them."""
        return Pair(self.ipv4, self.ipv6)

    def address(self, family: Family) -> Address | None:
        """The node address of a family, where the site states it."""
        return self.addresses.of(family)


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the site names, for overlap rules and pictures."""

    path: Path
    role: Literal["pods", "services", "node", "libvirt"]
    prefix: IPNetwork
    label: str


DnsType = Literal["A", "AAAA", "PTR"]
"""A further one is no address of a name; the type checker names what must know it."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """One record, names without the last dot."""

    name: str
    type: DnsType
    value: str
    zone: str
    ttl: int
    """Seconds."""

    @property
    def forward(self) -> bool:
        """Whether it leads from a name to an address: A and AAAA, which are told, written and asked for together."""
        return self.type in RECORD_TYPE.values()

    @property
    def data(self) -> str:
        """What a zone has of it: names absolute (RFC 1035, section 5)."""
        match self.type:
            case "A" | "AAAA":
                return self.value
            case "PTR":
                return f"{self.value}."
            case _:
                assert_never(self.type)


def by_name(records: Iterable[DnsRecord]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Give the values of each name by type, in lower case; with one of A and AAAA also that the other has none."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for record in records:
        beside = RECORD_TYPE.values() if record.forward else ()
        values = found.setdefault(record.name, dict.fromkeys((*beside, record.type), ()))
        values[record.type] = (*values.get(record.type, ()), record.value.rstrip(".").lower())
    return found


@dataclass(frozen=True, slots=True)
class Bound:
    """A capacity for each family, and the family that binds."""

    ipv4: int
    ipv6: int

    @property
    def joint(self) -> int:
        """What both families have room for."""
        return min(self.ipv4, self.ipv6)

    @property
    def binds(self) -> Family | Literal["both"]:
        """The family that runs out first."""
        if self.ipv4 == self.ipv6:
            return "both"
        return "ipv4" if self.ipv4 < self.ipv6 else "ipv6"


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much the site's CIDRs have room for."""

    nodes: Bound
    pods_per_node: Bound
    max_pods: int
    """Pods per node that kubelet allows, whatever the addresses."""
    pods: Bound
    services: Bound


@dataclass(frozen=True, slots=True)
class Ironic:
    """What the metal3 chart makes of its values: hosts, ports and URLs."""

    ironic_ip: str
    provisioning_ip: str
    hostname: str
    external_http_host: str
    """Host in image URLs; empty where the chart would render none."""
    external_url: str
    """Where images are served, ``ironicExtraEnv`` having had its say."""
    rendered_url: str
    """What the chart itself makes of it: ``IRONIC_EXTERNAL_HTTP_URL``."""
    external_url_v6: str
    """``IRONIC_EXTERNAL_URL_V6``; empty where absent."""
    endpoint: str
    """``IRONIC_ENDPOINT``, where the operator finds Ironic."""
    api_url: str
    """``ipa-api-url`` of the ramdisk's kernel line: whom the agent calls."""
    inspection_url: str
    """``ipa-inspection-callback-url`` of the same: where inspection reports to."""
    vmedia_tls: bool
    listen_on_all: bool


@dataclass(frozen=True, slots=True)
class BmcPlan:
    """How one machine is provisioned."""

    name: str
    address: str
    scheme: str
    host: str
    family: Family | Literal["resolver", "unknown"]
    """Family over which the Baremetal Operator takes the BMC to be reached."""
    media_url: str
    """URL under which the BMC fetches its media; with ``redfish-uefihttp`` the machine's own firmware does."""
    media_family: Family | Literal["resolver", "unknown"]
    callback_url: str
    """URL that the booted ramdisk's agent calls (``ipa-api-url``)."""
    callback_family: Family | Literal["resolver", "unknown"]
    inspection_url: str
    """URL that inspection reports to (``ipa-inspection-callback-url``)."""
    inspection_family: Family | Literal["resolver", "unknown"]
    why: str


@dataclass(frozen=True, slots=True)
class ChartRepository:
    """Where a chart comes from."""

    name: str
    url: str
    username: str | None = None
    password_key: str | None = None
    needs_login: bool = False


@dataclass(frozen=True, slots=True)
class ChartPlan:
    """One Helm release."""

    key: str
    """The name under ``charts`` in the site file, or ``extra`` for the user's own."""
    name: str
    """Name of the Helm release."""
    chart: str
    version: str
    pinned_by: Literal["release", "site"]
    repository: ChartRepository
    namespace: str
    delivery: Delivery
    values: Frozen
    computed: Frozen
    """The values before the site's own were merged over them."""
    depends_on: tuple[str, ...]
    """Names of the Helm releases that must be there first."""
    path: Path
    """Where the site file speaks of it."""
    day2: Day2 = "hand"
    """How changed values of a chart in the image reach the living cluster."""
    handover: bool = False
    """True while its Helm release goes from RKE2 to Pulumi."""

    @property
    def released(self) -> bool:
        """Whether it is a Helm release of the Pulumi program."""
        return self.delivery == "pulumi" and not self.handover

    @property
    def configured(self) -> bool:
        """Whether the program sends its values to the living cluster as a HelmChartConfig."""
        return self.delivery == "image" and self.day2 == "helmchartconfig" and bool(self.values)

    @property
    def change(self) -> str:
        """What a changed value of it takes on the living cluster."""
        if self.delivery == "pulumi":
            return "nothing before the handover ends" if self.handover else "Helm upgrade"
        return "HelmChartConfig" if self.configured else "by hand"


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """One VM."""

    node: NodePlan
    macs: tuple[str, ...]
    """Of its NICs, lower case, the management interface's first; all are on the one network."""


@dataclass(frozen=True, slots=True)
class LibvirtPlan:
    """The VMs and their network."""

    mode: str
    bridge: str | None
    domain: str | None
    addresses: tuple[str, ...]
    """Masked canonical prefixes, IPv4 first."""
    hosts: tuple[tuple[str, str], ...]
    """(host name, address) rows for the network's DNS server."""
    mtu: int | None
    machines: tuple[MachinePlan, ...]
    pool: str
    image: str | None
    disk_bytes: int
    memory_mib: int
    vcpus: int
    firmware: str | None


@dataclass(frozen=True, slots=True)
class InstallationPlan:
    """One machine that is installed through its BMC."""

    node: NodePlan
    url: str
    """Of the BMC's Redfish service, without a path; empty where the address cannot be read."""
    system: str
    """Path of the system; empty for the only one."""
    username: str | None
    password_key: str | None
    fingerprint: str | None
    """SHA-256 of the BMC's certificate, 64 hex digits."""
    media: str | None
    """URL, or path relative to the project; None for the image that is built here."""
    sha256: str | None
    generation: int
    install_over: bool
    port: int
    """TCP port that answers once the node runs."""
    macs: tuple[str, ...]
    """MACs of its NICs as far as the site states them, in lower case."""


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """Where the host and its API server are reached from the deploying machine."""

    host: str
    """Address or name for SSH; empty where not known."""
    server: str
    """URL of the API server; empty where not known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything computed from one site."""

    name: str
    """The site's name, which is the stack's."""
    site: Site
    release: Release
    kubernetes_version: str
    nodes: tuple[NodePlan, ...]
    initializer: NodePlan
    """The server that makes the cluster; of one node that one."""
    api: Pair[Address]
    """Where the API server is reached: the node, or the virtual address, which is IPv4 alone."""
    entry: Pair[Address]
    """Where the ingress controller, and so Rancher, is reached: the node, or virtual addresses."""
    serving: Pair[Address]
    """Where Ironic serves machines: the node's interface for that, or virtual addresses."""
    server: Frozen
    """RKE2's server.yaml, the site's own keys merged over the computed ones."""
    server_computed: Frozen
    agent: Frozen
    """RKE2's agent.yaml; empty where no node is one."""
    charts: tuple[ChartPlan, ...]
    ironic: Ironic | None
    rancher_hostname: str
    dns: tuple[DnsRecord, ...]
    networks: tuple[Network, ...]
    capacity: Capacity
    bmcs: tuple[BmcPlan, ...]
    libvirt: LibvirtPlan | None
    installations: tuple[InstallationPlan, ...]
    """In the order in which they are made; empty unless host.kind is redfish."""
    access: AccessPlan
    no_proxy: tuple[str, ...]
    secrets: frozenset[str]
    """Names of the secret config keys that the stack has."""
    joins: str | None = None
    """The site's name, where this is the plan of an image for one node that joins it, and ``name`` the image's."""

    def chart(self, name: str) -> ChartPlan | None:
        """The Helm release of that name, where the site has it."""
        return next((chart for chart in self.charts if chart.name == name), None)

    @property
    def uses_cluster(self) -> bool:
        """Whether the program itself works on the living cluster, and needs its kubeconfig."""
        return any(chart.delivery == "pulumi" or chart.configured for chart in self.charts)

    @property
    def uses_hypervisor(self) -> bool:
        """Whether the program makes virtual machines, and needs their provider."""
        return self.site.host.virtual

    @property
    def several(self) -> bool:
        """Whether the cluster has more than one node, and so virtual addresses."""
        return len(self.site.nodes) > 1

    @property
    def virtual(self) -> dict[str, Pair[Address]]:
        """The virtual addresses by what is reached there; empty with one node."""
        if not self.several:
            return {}
        ironic = {"ironic": self.serving} if self.chart("metal3") else {}
        return {"api": self.api, "ingress": self.entry, **ironic}

    def values(self, name: str) -> Mapping[str, Any]:
        """The merged values of a Helm release; empty where the site does not have it."""
        chart = self.chart(name)
        return chart.values if chart else {}
