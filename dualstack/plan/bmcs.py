"""Over which family each machine is provisioned, and why.

Source: baremetal-operator ``pkg/provisioner/ironic/ironic.go`` (``setExternalURL``): a BMC whose literal address, or
first DNS answer, is IPv6 gets ``IRONIC_EXTERNAL_URL_V6``; every other one the general URL. Ironic has one callback URL
for all, and serves firmware images of its own under the general URL alone (``redfish/firmware_utils.py``).
"""

from __future__ import annotations

import ipaddress
from typing import Literal

from dualstack.address.bmc import HTTP_BOOT, bare_address, parse_bmc
from dualstack.address.family import LABEL, Family, family_of
from dualstack.plan.ironic_env import host_of
from dualstack.plan.model import BmcPlan, Ironic
from dualstack.site import Site
from dualstack.site.provisioning import Bmc

_UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")

Reach = Family | Literal["resolver", "unknown"]


def _reach(host: str) -> Reach:
    if not host:
        return "unknown"
    try:
        return family_of(ipaddress.ip_address(host))
    except ValueError:
        return "resolver"


def _bmc_reach(bmc: Bmc) -> tuple[str, str, Reach]:
    parsed = parse_bmc(bmc.address)
    scheme = parsed.scheme or bmc.protocol or "ipmi"
    if parsed.problem:
        return scheme, parsed.host, "unknown"
    return scheme, parsed.host, parsed.family or "resolver"


def rfc6724(site: Site) -> str:
    """Say which family a name with A and AAAA has for the operator: its pod's resolver sorts by RFC 6724.

    With a unique local source address IPv4 comes first whatever the name's IPv6 address is (rules 5 and 6: label, then
    precedence); with a global one a global AAAA does. Seen with Go's resolver and the operator.
    """
    pods = site.cluster.pods.ipv6
    if pods.network.network_address in _UNIQUE_LOCAL:
        return "IPv4 where it has an A record, IPv6 with AAAA alone (RFC 6724: the pod CIDR is unique local)"
    return "IPv6 where it has a global AAAA, else IPv4 where it has an A record (RFC 6724: the pod CIDR is global)"


def _why(family: Reach, ironic: Ironic, site: Site) -> str:
    if family == "unknown":
        return "the address does not parse"
    if ironic.hostname:
        if ironic.external_url_v6 and family == "ipv6":
            return "the address is IPv6, so it gets externalHttpIPv6 in place of the name"
        return "given a name: the machine's resolver decides"
    if family == "resolver":
        if not ironic.external_url_v6:
            return "the address is a name, and no externalHttpIPv6 is set"
        return f"the address is a name: {rfc6724(site)}"
    if family == "ipv6" and not ironic.external_url_v6:
        return "the address is IPv6, but no externalHttpIPv6 is set"
    return f"the address is {LABEL[family]}"


def plan_bmc(bmc: Bmc, ironic: Ironic, site: Site) -> BmcPlan:
    """Compute from where one machine fetches its media and where its ramdisk calls back."""
    scheme, host, family = _bmc_reach(bmc)
    use_v6 = family == "ipv6" and bool(ironic.external_url_v6)
    undecided = family == "resolver" and bool(ironic.external_url_v6) and not ironic.hostname
    media_family: Reach = "ipv6" if use_v6 else _reach(ironic.external_http_host)
    why = _why(family, ironic, site)
    if scheme in HTTP_BOOT:
        why += "; the machine's firmware fetches it, over its own NIC"
    return BmcPlan(
        name=bmc.name,
        address=bare_address(bmc.address),
        scheme=scheme,
        host=host,
        family=family,
        media_url=ironic.external_url_v6 if use_v6 else ironic.external_url,
        media_family="resolver" if undecided else media_family,
        callback_url=ironic.api_url,
        callback_family=_reach(host_of(ironic.api_url)),
        inspection_url=ironic.inspection_url,
        inspection_family=_reach(host_of(ironic.inspection_url)),
        why=why,
    )


def plan_bmcs(site: Site, ironic: Ironic | None) -> tuple[BmcPlan, ...]:
    """Compute the provisioning of every BMC; none where the site has no metal3 chart."""
    if ironic is None:
        return ()
    return tuple(plan_bmc(bmc, ironic, site) for bmc in site.provisioning.bmcs)
