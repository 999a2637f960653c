"""A site that has every field, and another value for each: one change a field."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from dualstack.day2.paths import Node, model_fields
from dualstack.eib.tree import File
from dualstack.releases import CHARTS
from tests.sites import mapping

Path = tuple[str | int, ...]

_LOGIN: Final = {"login": {"username": "robot", "passwordKey": "appsToken"}}
_EXTRA: Final = {
    **_LOGIN,
    "name": "own",
    "version": "1.0.0",
    "repository": "https://charts.example.com",
    "namespace": "own",
}
_INTERFACES: Final = (
    {"name": "eth1", "mac": "34:8a:b1:4b:16:e8"},
    {"name": "eth2", "mac": "34:8a:b1:4b:16:e9"},
    {"name": "bond0", "bond": {"ports": ["eth1"], "options": {"miimon": "100"}}},
    {"name": "vlan7", "vlan": {"id": 7, "base": "bond0"}, "ipv4": {"address": "10.9.0.1/24"}},
)
SITE: Final[dict[str, Any]] = mapping(
    charts={**{name: copy.deepcopy(_LOGIN) for name in CHARTS}, "extra": [_EXTRA]},
    provisioning={"bmcs": [{"name": "rack1-01", "address": "redfish-virtualmedia://10.7.0.1/redfish/v1/Systems/1"}]},
    image={
        "users": [{"username": "ops", "encryptedPassword": "$6$a$b", "primaryGroup": "ops"}],
        "packages": {
            "sccRegistrationCodeKey": "sccRegistrationCode",
            "repositories": [{"url": "https://rpm.example.com"}],
        },
        "time": {"ntpServers": ["ntp1.example.com"]},
        "proxy": {"http": "http://proxy.example.com:3128"},
        "registries": [{"uri": "registry.example.com", "username": "robot", "passwordKey": "appsToken"}],
    },
    dns={"zones": [{"name": "example.com", "server": "10.7.0.53", "key": {"name": "k"}}]},
    host={"jump": {"host": "bastion.example.com", "user": "ops", "hostKey": "ssh-ed25519 AAAA"}},
    rules={"DS090-rancher-one-family": {"severity": "info", "because": "words"}},
)
SITE["nodes"][0]["interfaces"] += [dict(one) for one in _INTERFACES]
SITE["nodes"][0]["bmc"] = {"address": "redfish-virtualmedia://10.7.0.2/redfish/v1/Systems/1"}
SITE["nodes"][0]["routes"] = [{"destination": "10.8.0.0/16", "gateway": "192.168.100.2"}]
SITE["nodeDefaults"] = {"interfaces": [dict(one) for one in _INTERFACES], "routes": SITE["nodes"][0]["routes"]}
SITE["nodeDefaults"]["interfaces"].insert(0, {"name": "eth0"})
"""Address mode, an existing host, charts in the image."""

_PLACES: Final[Mapping[str, int]] = {"bond": 3, "vlan": 4}
_KEYS: Final[Mapping[str, str]] = {"rules": "DS090-rancher-one-family"}
_GIVEN: Final[Mapping[str, Any]] = {
    "dns.resolvers": ["192.168.100.54", "fd00:100::53"],
    "dns.check.resolvers": ["192.168.100.54"],
    "nodes[].interfaces[].mac": "34:8a:b1:4b:16:01",
    "nodes[].interfaces[].ipv4.address": "192.168.100.11/24",
    "nodes[].interfaces[].ipv6.address": "fd00:100::11/64",
    "nodes[].interfaces[].ipv4.gateway": "192.168.100.3",
    "nodes[].interfaces[].ipv6.gateway": "fe80::3",
    "nodes[].interfaces[].ipv4.reservation": "192.168.100.10",
    "nodes[].interfaces[].ipv6.reservation": "fd00:100::10",
    "nodes[].interfaces[].bond.ports": ["eth2"],
    "nodes[].interfaces[].bond.options": {"miimon": "200"},
    "nodes[].interfaces[].vlan.base": "eth2",
    "nodes[].routes[].destination": "10.8.128.0/17",
    "nodes[].routes[].gateway": "192.168.100.4",
    "nodes[].nmstate": {"hostname": {"config": "other"}},
    "cluster.api.ipv4": "192.168.100.20",
    "cluster.api.ipv6": "fd00:100::20",
    "cluster.ingress.ipv4": "192.168.100.21",
    "cluster.ingress.ipv6": "fd00:100::21",
    "provisioning.vip.ipv4": "192.168.100.22",
    "provisioning.vip.ipv6": "fd00:100::22",
    "cluster.pods.ipv4": "10.52.0.0/16",
    "cluster.pods.ipv6": "fd12:4567:789d::/48",
    "cluster.services.ipv4": "10.112.0.0/12",
    "cluster.services.ipv6": "fd12:4567:789e::/112",
    "cluster.server": {"debug": True},
    "host.libvirt.network.ipv4": "192.168.100.0/24",
    "host.libvirt.network.ipv6": "fd00:100::/64",
    "image.diskSize": "60G",
    "image.files": "files/other",
    "manifests": ["manifests/other.yaml"],
    "schema": 1,
}


class NoFiles:
    """Stands for the user's own files."""

    def file(self, path: str) -> File:
        """Give one of no importance."""
        return File(path.encode())

    def folder(self, path: str) -> Iterator[tuple[str, File]]:
        """Give a folder that holds one."""
        yield "os-files/etc/own.conf", File(path.encode())


def place_of(path: str) -> Path:
    """Give the place in ``SITE`` of a field's path."""
    steps: list[str | int] = []
    for part in path.split("."):
        name = part.removesuffix("[]")
        if part == "*":
            steps.append(_KEYS[str(steps[-1])])
        elif part.endswith("[]"):
            kind = next((kind for kind in _PLACES if f"[].{kind}." in path), None)
            steps += [name, _PLACES[kind] if name == "interfaces" and kind else 0]
        else:
            steps.append(name)
    return tuple(steps)


def value_at(tree: Any, place: Path) -> Any:
    """Give a value; None where there is none."""
    for step in place:
        if isinstance(tree, list):
            tree = tree[step] if isinstance(step, int) and step < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _other(node: Node, before: Any) -> Any:
    """Give another value of a field's type."""
    given = f"nodes[].{node.path.partition('.')[2]}" if node.path.startswith("nodeDefaults.") else node.path
    if given in _GIVEN:
        return _GIVEN[given]
    if node.free:
        return {"own": "value"}
    kinds = [_plain(kind) for kind in (get_args(node.field.annotation) or (node.field.annotation,))]
    options = [one for kind in (node.field.annotation, *kinds) if get_origin(kind) is Literal for one in get_args(kind)]
    current = node.default if before is None else before
    if options:
        return next(one for one in options if one != current)
    if isinstance(current, bool) or bool in kinds:
        return not current
    if isinstance(current, int) or int in kinds:
        return (current if isinstance(current, int) else 1) + 1
    return ["other"] if get_origin(_plain(node.field.annotation)) is tuple else "other"


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


CHANGES: Final[Mapping[str, tuple[Path, Any, Any]]] = {
    node.path: (place, before := value_at(SITE, place), _other(node, before))
    for node in model_fields().values()
    if node.leaf
    for place in [place_of(node.path)]
}
"""Place, value before (None where ``SITE`` lacks it) and after, by the field's path."""


def before_of(path: str) -> tuple[Any, Any]:
    """Give the values of a field's change."""
    _, before, after = CHANGES[path]
    return before, after


def changed(path: str) -> dict[str, Any]:
    """Give the site after the change of one field."""
    place, _, value = CHANGES[path]
    after: dict[str, Any] = copy.deepcopy(SITE)
    tree: Any = after
    for step in place[:-1]:
        tree = tree.setdefault(step, {}) if isinstance(tree, dict) else tree[step]
    tree[place[-1]] = value
    return after
