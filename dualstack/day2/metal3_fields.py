"""Metal3 and Rancher: values of their charts.

Sources: ``docs/charts.md`` (run in the lab against the API server), metal3 chart 0.12 to 0.13 (Ironic's Deployment is
``Recreate``), metal3-io/baremetal-operator (a BareMetalHost keeps its own address), Rancher's documentation on
``server-url`` (read).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from dualstack.address.family import FAMILIES
from dualstack.day2.chart_values import chart_value
from dualstack.day2.members import GROWN, ONE_AND_SEVERAL
from dualstack.day2.model import ADDRESS, HANDOVER, OFF, Consequence, Entry, entry, nothing
from dualstack.day2.words import Word

_RESTART: Final = "Ironic while its pod restarts: inspections and deployments that run fail"
_MEDIA: Final = (
    "BareMetalHosts whose media were made before: they fetch from the old place until they are prepared anew"
)
_BMC: Final = nothing(
    "the plan and the checks read it, and nothing on the cluster comes from it",
    downstream="a BareMetalHost of that machine keeps what it has: `kubectl edit baremetalhost`",
)
_URL: Final = (
    "registered clusters and their agents (`server-url`, each cluster's registration command), DNS, the certificate, "
    "clients of Rancher's URL"
)


def _by_hand(told: Consequence) -> Consequence:
    """Put the virtual address in front of the chart's value: the pool is nobody's but a hand's."""
    pool = "in MetalLB's pool first, `kubectl -n metallb-system edit ipaddresspool ironic-ip-pool`"
    how = f"{pool}; then {told.how}; docs/ha.md has the whole"
    return replace(told, word=Word.BY_HAND, how=how, up=False, imaged=True)


ENTRIES: Final[tuple[Entry, ...]] = (
    *(
        entry(
            f"provisioning.vip.{family}",
            (ONE_AND_SEVERAL, GROWN),
            *(
                (when, told if when in (OFF, HANDOVER) else _by_hand(told))
                for when, told in chart_value(_RESTART, f"{_MEDIA}; certificate of virtual media; DNS records")
            ),
        )
        for family in FAMILIES
    ),
    entry(
        "provisioning.hostname",
        (ADDRESS, nothing("only hostname mode uses it")),
        *chart_value(
            f"{_RESTART}; the names until their records are there",
            f"BareMetalHosts, certificate of virtual media, `tls-san` of the API server (as `cluster.tlsSan`); where "
            f"`rancher.hostname` is `auto` also {_URL}",
            Word.OUTAGE,
        ),
    ),
    entry("provisioning.vmediaTls", *chart_value(_RESTART, f"BMCs must trust Ironic's certificate; {_MEDIA}")),
    entry(
        "provisioning.trustedCas", *chart_value(_RESTART, "the ConfigMap or Secret that it names must be there first")
    ),
    entry(
        "provisioning.predictableNicNames",
        *chart_value(_RESTART, "machines that are inspected later have other NIC names"),
    ),
    entry(
        "provisioning.persistence.enabled",
        *chart_value(f"{_RESTART}; the images that it has kept are fetched again", "", Word.OUTAGE),
    ),
    entry(
        "provisioning.persistence.size",
        *chart_value(_RESTART, "the volume grows where its storage class allows it, and never shrinks"),
    ),
    entry(
        "provisioning.persistence.storageClass",
        *chart_value(
            f"{_RESTART}; the class of a volume is fixed, so delete the claim first: its images are fetched again",
            "",
            Word.OUTAGE,
        ),
    ),
    entry(
        "provisioning.serviceType",
        *chart_value("", "who reaches Ironic by its Service; machines use the host's network"),
    ),
    entry("provisioning.externalHttpHost", *chart_value(_RESTART, _MEDIA, Word.OUTAGE)),
    entry(
        "provisioning.interface",
        *chart_value(_RESTART, f"{_MEDIA}; certificate of virtual media; DNS records", Word.OUTAGE),
    ),
    *(entry(f"provisioning.bmcs[].{key}", _BMC) for key in ("name", "address", "bootMac", "protocol")),
    entry("rancher.hostname", *chart_value("Rancher under its old URL", _URL, Word.OUTAGE)),
    entry("rancher.replicas", *chart_value()),
    entry(
        "rancher.systemDefaultRegistry",
        *chart_value("Rancher while its pods restart", "registered clusters pull their agents from there"),
    ),
)
