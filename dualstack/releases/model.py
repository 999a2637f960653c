"""One SUSE Telco Cloud release, as its file in the catalogue says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, get_args

ChartKey = Literal["cert-manager", "storage", "metal3", "rancher", "turtles", "neuvector"]
"""The names under ``charts`` in the site file, in the order in which the charts are installed.

metal3 wants cert-manager's CRDs, Ironic's volume a storage class, turtles Rancher's.
"""
CHARTS: Final[tuple[ChartKey, ...]] = get_args(ChartKey)
REQUIRED: Final[frozenset[ChartKey]] = frozenset(
    {"cert-manager", "storage", "metal3", "rancher", "turtles", "neuvector"}
)
"""Those that every release has, so that a file that lacks one is not whole; of the others some releases have none."""
TrustedCasKey = Literal["additionalTrustedCAs", "trustedCAs"]
IngressValues = Literal["nginx", "traefik-39", "traefik-40"]


@dataclass(frozen=True, slots=True)
class Repository:
    """A chart repository."""

    name: str
    url: str
    login: bool = False
    """True where it answers only with a login."""


@dataclass(frozen=True, slots=True)
class ChartRelease:
    """One Helm release that a SUSE Telco Cloud release consists of."""

    key: ChartKey
    """The name under ``charts`` in the site file."""
    chart: str
    version: str
    repository: Repository
    """In the file the name of one of ``repositories``."""
    namespace: str
    release_name: str = ""

    @property
    def name(self) -> str:
        """Name of the Helm release."""
        return self.release_name or self.chart


@dataclass(frozen=True, slots=True)
class Support:
    """When SUSE's support ends (releasenotes.adoc); None where that could not be read."""

    full: date | None = None
    """Last day of full support."""
    end: date | None = None
    """The end of life."""


@dataclass(frozen=True, slots=True)
class Release:
    """One SUSE Telco Cloud release, with its whole table of charts."""

    name: str
    """As the site says it; not in the file."""
    version: str
    """The patch (z-stream), ``release`` in the file, which is the file's name, too."""
    kubernetes: str
    eib: str
    eib_container: str
    eib_api: str
    base_image: str
    """File name pattern with ``{arch}`` and ``{kind}`` (``SelfInstall-GM.install.iso`` or ``GM.raw``)."""
    charts: tuple[ChartRelease, ...]
    trusted_cas_key: TrustedCasKey
    """``additionalTrustedCAs``: a switch beside a secret of fixed name. ``trustedCAs``: the name of a ConfigMap."""
    ingress_controller: str | None
    """Value for ``ingress-controller`` in server.yaml, where the release wants one."""
    ingress_values: IngressValues
    """Which form the values of RKE2's packaged ingress controller have."""
    tmpfs_cni: bool
    """True where /etc/cni must be a tmpfs (rke2 issue 8356, release notes)."""
    embedded_capi: bool
    """True where Rancher brings a Cluster API of its own, which must be off beside Turtles (Rancher 2.12)."""
    old_bmc_schemes: tuple[str, ...]
    """Schemes of BMC addresses that its bare-metal operator has, and later ones have no more."""
    support: Support

    @property
    def storage_login(self) -> bool:
        """True where the storage chart comes only with a login: SUSE Storage; Longhorn came without."""
        return any(chart.key == "storage" and chart.repository.login for chart in self.charts)

    @property
    def ingress_chart(self) -> str:
        """RKE2's packaged chart of the ingress controller, which is the label of its Service, too."""
        return f"rke2-{self.ingress_controller or 'ingress-nginx'}"
