"""Which place in the site file is to blame for a merged value, and other small helpers of the rules; no rule itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, Final

from dualstack.address.family import LABEL, Family, IPNetwork, family_of
from dualstack.address.pair import of
from dualstack.address.ranges import in_same_family
from dualstack.document.findings import Finding, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.frozen import Secret
from dualstack.document.hiding import names_a_secret
from dualstack.document.logins import without_logins
from dualstack.document.origins import Path, format_path
from dualstack.plan.charts import chart_settings
from dualstack.plan.network import management_interface, serving_interface
from dualstack.plan.topology import initializer, several
from dualstack.site import Site
from dualstack.site.network import Ipv4, Ipv6

_ARGUMENT = re.compile(r"-{0,2}([A-Za-z][A-Za-z0-9_.-]*)=.+", re.DOTALL)


def within(tree: Any, *keys: str) -> bool:
    """Tell whether a tree of mappings has something at a path of keys."""
    for key in keys:
        if not isinstance(tree, Mapping) or key not in tree:
            return False
        tree = tree[key]
    return True


def override_path(site: Site, chart: str, *keys: str) -> Path | None:
    """Return the path of the site's own value for a chart, or None where the computed one stands.

    Args:
        site: the site.
        chart: the chart's key under ``charts``.
        keys: the way to the value in the chart's values.
    """
    values = chart_settings(site, chart).values
    return ("charts", chart, "values", *keys) if within(values, *keys) else None


def blame(site: Site, chart: str, keys: tuple[str, ...], field: Path) -> Path:
    """Return the path of the override of a chart's value, or of the field that it was computed from."""
    return override_path(site, chart, *keys) or field


def undo(path: Path, otherwise: AnyFix) -> AnyFix:
    """Word a fix: remove the override where the path is one, else what is given."""
    overridden = path[:1] == ("charts",) or path[:2] == ("cluster", "server")
    return remove(path=path) if overridden else otherwise


def softened(finding: Finding) -> Finding:
    """Return the finding as a warning, for cases of a rule in which nothing breaks yet."""
    return replace(finding, severity=Severity.WARNING)


def serving_path(site: Site, family: Family) -> tuple[Path, Ipv4 | Ipv6 | None]:
    """Return the path of a family of the interface that serves the machines, and what the site says there."""
    index = initializer(site)
    node = site.nodes[index]
    interface = serving_interface(site, node) or management_interface(node) or node.interfaces[0]
    return ("nodes", index, "interfaces", node.interfaces.index(interface), family), interface.families.of(family)


def names_unknown_interface(site: Site) -> bool:
    """Tell whether the site names an interface that its node does not have, so that no address is known."""
    node = site.nodes[initializer(site)]
    known = {interface.name for interface in node.interfaces}
    return any(name is not None and name not in known for name in (site.provisioning.interface, node.management))


def switched_off(site: Site, family: Family) -> bool:
    """Tell whether a family of the serving interface is off although something asks for it.

    That has a rule of its own, so that nothing that follows from it is told beside.
    """
    _, ip = serving_path(site, family)
    if ip is None or ip.enabled or several(site):
        return False
    return ip.address is not None or ip.dhcp or (isinstance(ip, Ipv6) and ip.autoconf)


VIP: Final[Path] = ("provisioning", "vip")
INGRESS: Final[Path] = ("cluster", "ingress")


def stated_path(site: Site, family: Family, virtual: Path = VIP) -> Path:
    """Return the path of the address that serves the machines: static, reserved, or the place where it lacks.

    Args:
        site: the site.
        family: the family.
        virtual: where the address stands with several nodes.
    """
    if several(site):
        return (*virtual, family)
    path, ip = serving_path(site, family)
    if ip is None or not ip.enabled:
        return path
    return (*path, "address") if ip.address is not None else (*path, "reservation")


def static_example(site: Site, family: Family) -> dict[str, str]:
    """Return a whole static section of a family, with a gateway where no interface of the node has one.

    It is in the network of a private resolver of that family, where the site has one that nothing else takes.
    """
    node = site.nodes[initializer(site)]
    sections = [section for item in node.interfaces if (section := item.families.of(family)) is not None]
    gateway = not any(section.enabled and section.gateway is not None for section in sections)
    used = [section.address.interface.network for section in sections if section.address is not None]
    used += [of(pair, family).network for pair in (site.cluster.pods, site.cluster.services)]
    length = 24 if family == "ipv4" else 64
    resolvers = [one.ip for one in site.dns.resolvers if family_of(one.ip) == family]
    near = [ip_network(f"{ip}/{length}", strict=False) for ip in resolvers if ip.is_private and not ip.is_link_local]
    usual, count = ("192.168.{}.0/24", 256) if family == "ipv4" else ("fd00:{}::/64", 1000)
    networks = [*near, *(ip_network(usual.format(number)) for number in range(100, count))]
    network = next((net for net in networks if not _meets(net, used)), networks[0])
    host = next(
        network[number] for number in range(10 if family == "ipv4" else 16, 32) if network[number] not in resolvers
    )
    if family == "ipv4":
        return {"address": f"{host}/24"} | ({"gateway": str(network[1])} if gateway else {})
    return {"address": f"{host}/64"} | ({"gateway": "fe80::1"} if gateway else {})


def _meets(network: IPNetwork, used: Sequence[IPNetwork]) -> bool:
    return any(in_same_family(network, other) for other in used)


def state_address(site: Site, family: Family, virtual: Path = VIP) -> AnyFix:
    """Word a fix that makes the serving interface's address of a family known; with several nodes the virtual one."""
    if several(site):
        return f"set {format_path((*virtual, family))} to a free {LABEL[family]} address of the nodes' network"
    path, ip = serving_path(site, family)
    example = "192.168.100.10" if family == "ipv4" else "fd00:100::10"
    if ip is None or (not ip.enabled and not ip.model_fields_set - {"enabled"}):
        return write(static_example(site, family), path=path, guess=True)
    if not ip.enabled:
        return write(True, path=(*path, "enabled"), guess=True)
    automatic = ip.dhcp or (isinstance(ip, Ipv6) and ip.autoconf)
    if automatic:
        giver = "DHCP" if family == "ipv4" else "DHCPv6 or SLAAC"
        return f"set {format_path((*path, 'reservation'))} to the address that {giver} gives, such as {example}"
    length = 24 if family == "ipv4" else 64
    return f"set {format_path((*path, 'address'))} to the node's address, such as {example}/{length}"


def leaves(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give every value of a tree of mappings that is no mapping itself; lists count as values."""
    if isinstance(tree, Mapping):
        for key, item in tree.items():
            yield from leaves(item, (*path, str(key)))
    else:
        yield path, tree


def every_key(tree: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give every value with a key of its own, also inside lists."""
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list | tuple) else ()
    for key, item in items:
        here: Path = (*path, key if isinstance(key, int) else str(key))
        if isinstance(item, Mapping | list | tuple):
            yield from every_key(item, here)
        else:
            yield here, item


def shown(value: Any) -> str:
    """Show a value in a message: short, on one line, never a secret."""
    if isinstance(value, Secret):
        return "a secret"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    text = str(value)
    if (argument := _ARGUMENT.fullmatch(text)) and names_a_secret(argument[1]):
        return f"'{argument[1]}=...'"
    text = without_logins(text)
    return text if isinstance(value, int | float) else repr(text if len(text) <= 60 else text[:57] + "...")


def as_text(value: Any) -> str:
    """Give a value where text is wanted: as it is, or as YAML would show it."""
    return value if isinstance(value, str) else shown(value)
