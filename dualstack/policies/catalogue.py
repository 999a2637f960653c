"""Every policy: which rule over which resources, how to mend it, and what it can be told."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from dualstack.document.findings import Rule
from dualstack.policies import (
    balancers,
    cluster_ips,
    delivery,
    installations,
    metal3,
    names,
    networks,
    options,
    rancher,
    ranges,
    services,
    several,
)
from dualstack.policies.model import Check, Policy
from dualstack.rules.address import address_text
from dualstack.rules.chart import balancers as balancer_rules
from dualstack.rules.chart import site_manifests
from dualstack.rules.cidr import capacity, cidr_lists, cidrs, overlap
from dualstack.rules.cidr import cluster_ips as cluster_ip_rules
from dualstack.rules.host import libvirt, redfish
from dualstack.rules.ironic import bmc_addresses, bmc_reach, ironic_env, media
from dualstack.rules.ironic import ironic_hosts as metal3_rules
from dualstack.rules.ironic import metal3_chart as metal3_chart_rules
from dualstack.rules.name import names as name_rules
from dualstack.rules.name import rancher_name
from dualstack.rules.program import program_resources
from dualstack.rules.server import several_nodes as several_rules

EXEMPT: Final = {
    "exempt": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Names of resources that the policy leaves alone; * and ? stand for any text.",
    }
}
"""Every policy takes it."""


def _texts(description: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "description": description}


_HOSTS: Final = {"hosts": _texts("Addresses of hosts that the stack's resources do not tell.")}


def _policy(rule: Rule, fix: str, *checks: Check, **more: Any) -> Policy:
    settings: Mapping[str, Mapping[str, Any]] = more.pop("settings", {})
    return Policy(rule, fix, checks, settings={**settings, **EXEMPT}, **more)


_WRITE = "Write the network's first address, canonical, with its prefix length: fd00:100::/64."
_BOTH = "Give one prefix of each family, IPv4 first."
_SMALLER = "Choose another prefix length; docs/rules.md has the limits and where they come from."


@cache
def all_policies() -> tuple[Policy, ...]:
    """Return every policy, in order of the ids."""
    found = (
        *(*_addresses(), *_clusters(), *_metal3(), *_machines(), *_balancers(), *_names(), *_program()),
        *(*_several(), *_installations()),
    )
    return tuple(sorted(found, key=lambda policy: policy.id))


def _addresses() -> tuple[Policy, ...]:
    both = (networks.TEXTS, ranges.TEXTS)
    return (
        _policy(address_text.SYNTAX, _WRITE, *both),
        _policy(cidr_lists.LIST_FORM, "Write one text, joined by commas without spaces, IPv4 first.", ranges.TEXTS),
        _policy(address_text.MAPPED, "Write the IPv4 address in the IPv4 entry.", *both, balancers.BARE_METAL_HOST),
        _policy(address_text.HOST_BITS, _WRITE, *both, remedy=networks.masked),
        _policy(address_text.CANONICAL, _WRITE, *both, remedy=networks.masked),
        _policy(libvirt.NETWORK, _BOTH, networks.BOTH_FAMILIES),
        _policy(cidrs.IPV4_FIRST, _BOTH, networks.ORDER, ranges.FAMILIES_CHECK, services.ORDER),
        _policy(
            program_resources.DHCP_RANGE,
            "Give one IPv4 prefix and IPv6 prefixes of /64 or longer, or set dhcp.enabled to false.",
            networks.DHCP,
        ),
    )


def _clusters() -> tuple[Policy, ...]:
    version = {"kubernetesVersion": {"type": "string", "description": "Version that decides the limit."}}
    minimum = {"minimum": {"type": "integer", "minimum": 1, "description": "Addresses that a range must have."}}
    return (
        _policy(cidrs.BOTH_FAMILIES, _BOTH, ranges.FAMILIES_CHECK),
        _policy(overlap.PODS_SERVICES, "Move one of the two ranges.", ranges.OVERLAP),
        _policy(
            overlap.CLUSTER_RANGE,
            "Move the range, or the network; both are told.",
            ranges.SURROUNDINGS,
        ),
        _policy(capacity.GAP, _SMALLER, ranges.SIZES),
        _policy(capacity.NODE_MASK, _SMALLER, ranges.SIZES),
        _policy(capacity.TOO_LARGE, _SMALLER, ranges.SERVICES, settings=version),
        _policy(capacity.TOO_SMALL, _SMALLER, ranges.SIZES, settings=minimum),
        _policy(
            cluster_ip_rules.CLUSTER_IP,
            "Leave clusterIP out, or write a free address of the service CIDRs.",
            cluster_ips.CLUSTER_IP,
            whole=True,
        ),
        _policy(capacity.MAX_PODS, "Allow fewer pods a node, or give each node a larger block.", ranges.SIZES),
    )


def _metal3() -> tuple[Policy, ...]:
    one = "Set one of global.ironicIP (address mode) and global.provisioningHostname (hostname mode)."
    return (
        _policy(metal3_rules.ONE_HOST, one, metal3.HOSTS),
        _policy(
            metal3_rules.EMPTY_URL_HOST,
            "Set global.externalHttpHost to the host name.",
            metal3.IMAGE_HOST,
        ),
        _policy(
            metal3_rules.HOST_SYNTAX,
            "Write a bare address or name: no scheme, brackets or port.",
            metal3.HOSTS,
        ),
        _policy(
            metal3_rules.OWN_ADDRESS,
            "Write an address of the management host.",
            metal3.OWN_ADDRESS,
            whole=True,
            settings=_HOSTS,
        ),
        _policy(media.LISTEN_ON_ALL, "Remove metal3-ironic.listenOnAll, or set it to true.", metal3.LISTENING),
        _policy(
            media.VMEDIA_TLS,
            "Set global.enable_vmedia_tls to false, or use hostname mode.",
            metal3.CERTIFICATE,
        ),
        _policy(ironic_env.SWITCH, "Write true or false, without quotes.", metal3.SWITCH_CHECK),
        _policy(ironic_env.TEXT, "Write the variable's value in quotes.", metal3.ENVIRONMENT),
        _policy(ironic_env.URL, "Write a URL with one host, IPv6 in brackets.", metal3.ENVIRONMENT),
        _policy(
            ironic_env.SPLIT,
            "Remove the variable, or set IRONIC_BASE_URL to the same URL beside it.",
            metal3.ENVIRONMENT,
        ),
        _policy(ironic_env.PORT, "Remove the variable.", metal3.ENVIRONMENT),
        _policy(
            ironic_env.OWN_HOST,
            "Remove the variable, and set the host in the chart's own values.",
            metal3.ENVIRONMENT,
        ),
        _policy(metal3_chart_rules.TOO_OLD, "Use metal3 0.12.6 or later.", metal3.VERSION),
    )


def _machines() -> tuple[Policy, ...]:
    address = "Write the BMC's address as the operator reads it; docs/fields.md has the form."
    return (
        _policy(
            bmc_addresses.LINK_LOCAL, "Write an address of global or unique local scope.", balancers.BARE_METAL_HOST
        ),
        _policy(bmc_addresses.ADDRESS, address, balancers.BARE_METAL_HOST),
        _policy(bmc_addresses.IDENTITY, "Give each machine its own BMC and boot MAC.", balancers.BARE_METAL_HOST),
    )


def _several() -> tuple[Policy, ...]:
    virtual = "Write a free address of the nodes' network."
    own = "Write each node's own name, MAC and addresses."
    return (
        _policy(several_rules.BOOTSTRAP, "Write initializer: true at one server.", several.DEFINITIONS),
        _policy(several_rules.API, virtual, several.DEFINITIONS),
        _policy(several_rules.API6, "Remove apiVIP6; for IPv6 give apiHost the servers' AAAA.", several.DEFINITIONS),
        _policy(several_rules.INGRESS, "Set the Service's ipFamilyPolicy to RequireDualStack.", several.INGRESS),
        _policy(several_rules.IRONIC, "Write the virtual addresses of Ironic's Service.", several.IRONIC, whole=True),
        _policy(several_rules.ONE_NODE, "Remove the virtual address, or give further nodes.", several.DEFINITIONS),
        _policy(several_rules.TAKEN, virtual, several.API_PLACE),
        _policy(several_rules.OFF_LINK, virtual, several.API_PLACE, several.POOL_PLACE, whole=True),
        _policy(several_rules.QUORUM, "Make it one server more, or one less.", several.DEFINITIONS),
        _policy(several_rules.NODE_TWICE, own, several.DEFINITIONS, several.TWICE),
        _policy(several_rules.PER_NODE, "Remove the key; config.yaml.d has what is one node's.", several.KEYS),
        _policy(several_rules.TOO_MANY, "Write a shorter prefix, or a longer node mask.", several.BLOCKS),
        _policy(several_rules.SERVICE, "Write LoadBalancer, or remove it.", several.IRONIC, whole=True),
        _policy(bmc_reach.REACH, "Give each node a route to every BMC.", several.REACHES, whole=True),
        _policy(site_manifests.POOL_TAKEN, "Write addresses that nobody has.", several.POOL_PLACE, whole=True),
    )


def _installations() -> tuple[Policy, ...]:
    return (
        _policy(redfish.BMC, "Write the URL of the BMC's Redfish service.", installations.MACHINE),
        _policy(redfish.IMAGE, "Make it an ISO with an installDevice.", installations.IMAGE, whole=True),
        _policy(redfish.MEDIA, "Write an image whose address the BMC can use.", installations.MACHINE),
        _policy(redfish.LOGIN, "Give username and password.", installations.MACHINE),
        _policy(redfish.FINGERPRINT, "Write a SHA-256 in hex.", installations.MACHINE),
        _policy(redfish.PLAIN, "Write https where the BMC has TLS.", installations.MACHINE),
    )


def _balancers() -> tuple[Policy, ...]:
    return (
        _policy(
            balancer_rules.ENDPOINT, "Write a bare address or name: no scheme, brackets or port.", balancers.ENDPOINT
        ),
        _policy(
            site_manifests.POOL,
            "Write prefixes, or first and last address with a hyphen between them.",
            balancers.POOL,
        ),
        _policy(
            balancer_rules.POOLS,
            "Put addresses of both families into one IPAddressPool.",
            balancers.ONE_POOL,
            whole=True,
        ),
        _policy(
            balancer_rules.ADDRESSES,
            "Ask for an address of each family (metallb.io/loadBalancerIPs), or for none.",
            balancers.GIVEN_ADDRESSES,
        ),
        _policy(name_rules.CERTIFICATE_SAN, "Write bare addresses and names.", balancers.SANS),
    )


def _names() -> tuple[Policy, ...]:
    name = "Give Rancher a name with A and AAAA, of your DNS or of sslip.io."
    password = {
        "minimumLength": {"type": "integer", "minimum": 1, "description": "Characters that it must have."},
        "known": _texts("Further passwords that everybody knows."),
    }
    return (
        _policy(name_rules.DNS_NAME, name, rancher.HOSTNAME),
        _policy(name_rules.BOTH_RECORDS, "Give the name an A and an AAAA record.", *names.CHECKS),
        _policy(rancher_name.UNRESOLVABLE, name, rancher.HOSTNAME),
        _policy(rancher_name.WRONG_ADDRESS, name, rancher.ADDRESSES, whole=True, settings=_HOSTS),
        _policy(rancher_name.ONE_FAMILY, name, rancher.HOSTNAME),
        _policy(
            program_resources.BOOTSTRAP,
            "Set a random one as a secret: pulumi config set --secret.",
            rancher.PASSWORD,
            settings=password,
        ),
    )


def _program() -> tuple[Policy, ...]:
    release = {
        "release": {"type": "string", "description": "The SUSE Telco Cloud release; else the program's own word."},
        "versions": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Versions that override the release's, by Helm release or chart.",
        },
    }
    production = {
        "production": {"type": "boolean", "description": "Whether the stack is production, whatever its name."},
        "stacks": _texts(f"Names of production stacks, in place of {', '.join(options.PRODUCTION)}."),
    }
    namespaces = {"namespaces": _texts("Further namespaces to look at.")}
    return (
        _policy(
            program_resources.CHART_VERSION,
            "Write the release's version, or name yours: `versions` in the config, or charts in a site file.",
            delivery.VERSIONS,
            whole=True,
            settings=release,
        ),
        _policy(
            program_resources.TWICE,
            "Remove one of the two, or set the chart's delivery to image or pulumi.",
            delivery.DELIVERY,
        ),
        _policy(
            program_resources.SERVICE,
            "Set spec.ipFamilyPolicy to PreferDualStack; for a chart's Service by values, transform or ServicePatch.",
            services.FAMILIES,
            settings=namespaces,
            remedy=services.both,
        ),
        _policy(
            program_resources.DELETE_FIRST,
            "Set the resource option delete_before_replace to True.",
            options.DELETED_FIRST,
        ),
        _policy(
            program_resources.PROTECTED,
            "Set the resource option protect to True.",
            options.PROTECT,
            settings=production,
        ),
    )
