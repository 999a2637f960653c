"""Rules about what a machine needs while it is provisioned: families, and names that are resolved."""

from __future__ import annotations

from dualstack.address.bmc import HTTP_BOOT, VIRTUAL_MEDIA
from dualstack.address.family import FAMILIES, LABEL, other
from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.origins import Path
from dualstack.plan.bmcs import rfc6724
from dualstack.plan.ironic_env import host_of
from dualstack.plan.model import BmcPlan, Ironic
from dualstack.rules.base import Subject

FAMILY = Rule(
    "DS079-bmc-family",
    "It must be known which families a machine needs while it is provisioned.",
    Severity.INFO,
    "A machine without a way to that family never reports back.",
    "baremetal-operator pkg/provisioner/ironic/ironic.go (setExternalURL)",
)
RESOLVES = Rule(
    "DS206-bmc-resolves",
    "A BMC that is given URLs with a name must have DNS servers of its own.",
    Severity.INFO,
    "The BMC cannot fetch its boot media; some older ones take no names there at all.",
    "suse-edge/atip dual-stack README; the operator's pod resolves BMC names, the BMC those in its URLs",
)

RULES = (FAMILY, RESOLVES)


def check_families(subject: Subject) -> Findings:
    """Say for each machine which family it needs beside the one of its BMC."""
    ironic = subject.plan.ironic
    if ironic is None:
        return
    for index, bmc in enumerate(subject.plan.bmcs):
        path: Path = ("provisioning", "bmcs", index, "address")
        called = {bmc.inspection_family: bmc.inspection_url, bmc.callback_family: bmc.callback_url}
        if bmc.scheme in HTTP_BOOT:
            message = (
                f"{bmc.name} boots over HTTP: its firmware, not its BMC, fetches {bmc.media_url} and the ramdisk calls "
                f"{bmc.callback_url}"
            )
            yield FAMILY.at(path, message, f"give {bmc.name}'s boot NIC a way to both, also before it has a system")
        elif bmc.family in FAMILIES and (lacking := other(bmc.family)) in called and bmc.scheme in VIRTUAL_MEDIA:
            host = host_of(called[lacking])
            message = (
                f"{bmc.name} fetches its media at {bmc.media_url}, but once booted it calls {called[lacking]}: "
                f"the BMC's family decides the media alone{_firmware(bmc, ironic)}"
            )
            fix = f"give {bmc.name} a way to {host} over {LABEL[lacking]}, or use hostname mode"
            yield FAMILY.at(path, message, fix)
        elif bmc.family == "resolver" and bmc.media_family == "resolver" and not ironic.hostname:
            message = f"{bmc.name} is known by a name. For the operator its family is {rfc6724(subject.site)}"
            yield FAMILY.at(path, message, "write the BMC's address in place of its name, or leave it to the resolver")


def _firmware(bmc: BmcPlan, ironic: Ironic) -> str:
    """Say what else an IPv6 BMC cannot fetch: Ironic knows one URL for firmware images that it serves itself."""
    if bmc.family != "ipv6" or bmc.media_url == ironic.external_url:
        return ""
    return f"; firmware that Ironic serves itself stays at {ironic.external_url}"


def check_names(subject: Subject) -> Findings:
    """Say where BMCs are given a name that they must resolve themselves."""
    path: Path = ("provisioning", "bmcs")
    names = [bmc.name for bmc in subject.plan.bmcs if bmc.media_family == "resolver" and bmc.scheme in VIRTUAL_MEDIA]
    ironic = subject.plan.ironic
    if ironic is None or not ironic.hostname or not names:
        return
    told = f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
    message = f"{told}: the media's URL has the name {ironic.external_http_host}, which the BMC itself must resolve"
    fix = "set DNS servers at each BMC, and see that it takes names in URLs of virtual media"
    yield RESOLVES.at(path, message, fix)


CHECKS = (check_families, check_names)
