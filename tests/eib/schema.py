"""EIB's definition schema, strictly, as its parser and validator have it (release 1.3)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from dualstack.eib import Tree
from tests.eib.support import loaded

T, B, N = str, bool, int  # text, boolean, number
LOGIN = {"username": T, "password": T}
USER = {"username": T, "uid": N, "encryptedPassword": T, "sshKeys": [T], "primaryGroup": T, "secondaryGroups": [T]}
CHART = {"name": T, "releaseName": T, "repositoryName": T, "version": T, "targetNamespace": T, "valuesFile": T}
REPOSITORY = {"name": T, "url": T, "caFile": T, "plainHTTP": B, "skipTLSVerify": B, "authentication": LOGIN}
PACKAGES = {"noGPGCheck": B, "enableExtras": B, "packageList": [T], "sccRegistrationCode": T}
SCHEMA: dict[str, Any] = {
    "apiVersion": T,
    "image": {"imageType": T, "arch": T, "baseImage": T, "outputImageName": T},
    "operatingSystem": {
        "kernelArgs": [T],
        "groups": [{"name": T, "gid": N}],
        "users": [{**USER, "createHomeDir": B}],
        "systemd": {"enable": [T], "disable": [T]},
        "suma": {"host": T, "activationKey": T},
        "packages": {**PACKAGES, "additionalRepos": [{"url": T, "unsigned": B, "priority": N}]},
        "isoConfiguration": {"installDevice": T},
        "rawConfiguration": {"diskSize": T, "luksKey": T, "expandEncryptedPartition": B},
        "time": {"timezone": T, "ntp": {"forceWait": B, "pools": [T], "servers": [T]}},
        "proxy": {"httpProxy": T, "httpsProxy": T, "noProxy": [T]},
        "keymap": T,
        "enableFIPS": B,
    },
    "embeddedArtifactRegistry": {"images": [{"name": T}], "registries": [{"uri": T, "authentication": LOGIN}]},
    "kubernetes": {
        "version": T,
        "network": {"apiHost": T, "apiVIP": T, "apiVIP6": T},
        "nodes": [{"hostname": T, "type": T, "initializer": B}],
        "manifests": {"urls": [T]},
        "helm": {
            "charts": [{**CHART, "createNamespace": B, "installationNamespace": T, "apiVersions": [T]}],
            "repositories": [REPOSITORY],
        },
    },
}
SINCE = {
    "kubernetes.helm.charts.apiVersions": "1.1",
    "operatingSystem.enableFIPS": "1.1",
    "kubernetes.network.apiVIP6": "1.2",
    "kubernetes.helm.charts.releaseName": "1.2",
    "operatingSystem.rawConfiguration.luksKey": "1.2",
    "operatingSystem.packages.enableExtras": "1.2",
    "embeddedArtifactRegistry.registries": "1.2",
    "operatingSystem.packages.additionalRepos.priority": "1.3",
}


def keys(data: Any, schema: Any, path: str, api: str) -> Iterator[str]:
    """Yield what the strict parser would refuse, and what would be empty to no purpose."""
    if isinstance(schema, dict):
        if not isinstance(data, dict) or not data:
            yield f"{path}: no mapping, or an empty one"
            return
        for key, value in data.items():
            below = f"{path}.{key}".lstrip(".")
            if key not in schema:
                yield f"{below}: unknown"
            elif SINCE.get(below, "1.0") > api:
                yield f"{below}: newer than {api}"
            else:
                yield from keys(value, schema[key], below, api)
    elif isinstance(schema, list):
        if not isinstance(data, list) or not data:
            yield f"{path}: no list, or an empty one"
            return
        for item in data:
            yield from keys(item, schema[0], path, api)
    elif type(data) is not schema or data == "":
        yield f"{path}: {data!r} is no {schema.__name__}"


def unique(what: str, values: list[str]) -> Iterator[str]:
    yield from (f"{what}: {value} twice" for value in set(values) if values.count(value) > 1)


def problems(tree: Tree) -> Iterator[str]:
    """Yield everything that EIB would refuse in a tree."""
    definition = loaded(tree, "definition.yaml")
    api = definition.get("apiVersion")
    if api not in ("1.0", "1.1", "1.2", "1.3"):
        yield f"apiVersion {api!r}"
        return
    yield from keys(definition, SCHEMA, "", api)
    image = definition["image"]
    if set(image) != {"imageType", "arch", "baseImage", "outputImageName"}:
        yield "image is not whole"
        return
    if image["imageType"] not in ("iso", "raw") or image["arch"] not in ("x86_64", "aarch64"):
        yield "image type or architecture"
    yield from system(definition.get("operatingSystem", {}), image["imageType"])
    registry = definition.get("embeddedArtifactRegistry", {})
    yield from unique("registries", [item["uri"] for item in registry.get("registries", [])])
    if any(set(item.get("authentication", {})) != {"username", "password"} for item in registry.get("registries", [])):
        yield "registry without a whole login"
    yield from unique("images", [item["name"] for item in registry.get("images", [])])
    kubernetes = definition["kubernetes"]
    if not re.search("rke2|k3s", kubernetes["version"]):
        yield "kubernetes.version"
    urls = kubernetes.get("manifests", {}).get("urls", [])
    yield from unique("manifests", urls)
    yield from (f"manifest {url}" for url in urls if not url.startswith("http"))
    yield from helm(tree, kubernetes.get("helm", {}))
    yield from server(loaded(tree, "kubernetes/config/server.yaml"))
    folders = {path.split("/")[0] for path in tree.files if "/" in path}
    yield from (f"{folder}/ is none of EIB's" for folder in folders - {"network", "kubernetes", "custom", "os-files"})


def system(section: dict[str, Any], kind: str) -> Iterator[str]:
    if {"iso": "rawConfiguration", "raw": "isoConfiguration"}[kind] in section:
        yield "configuration of the other image type"
    size = section.get("rawConfiguration", {}).get("diskSize")
    if size is not None and not re.match(r"([1-9]\d+|[1-9])+([MGT])", size):
        yield "diskSize"
    names = [arg.partition("=")[0] for arg in section.get("kernelArgs", [])]
    yield from unique("kernelArgs", names)
    users = section.get("users", [])
    yield from unique("users", [user["username"] for user in users])
    for user in users:
        if not user.get("encryptedPassword") and not user.get("sshKeys"):
            yield "user without login"
        if user.get("sshKeys") and not user.get("createHomeDir"):
            yield "sshKeys without createHomeDir"
    packages = section.get("packages", {})
    yield from unique("packageList", packages.get("packageList", []))
    yield from unique("additionalRepos", [repo["url"] for repo in packages.get("additionalRepos", [])])
    ntp = section.get("time", {}).get("ntp", {})
    if ntp.get("forceWait") and not (ntp.get("pools") or ntp.get("servers")):
        yield "forceWait without sources"


def helm(tree: Tree, section: dict[str, Any]) -> Iterator[str]:
    charts, repositories = section.get("charts", []), section.get("repositories", [])
    names = [repo["name"] for repo in repositories]
    yield from unique("repositories", names)
    yield from unique("releases", [chart.get("releaseName", chart["name"]) for chart in charts])
    for chart in charts:
        if not {"name", "repositoryName", "version"} <= set(chart) or chart["repositoryName"] not in names:
            yield f"chart {chart}"
        if chart.get("createNamespace") and not chart.get("targetNamespace"):
            yield f"{chart['name']}: createNamespace without targetNamespace"
        if "valuesFile" in chart and f"kubernetes/helm/values/{chart['valuesFile']}" not in tree.files:
            yield f"{chart['name']}: values file is not there"
    written = {path for path in tree.files if path.startswith("kubernetes/helm/values/")}
    used = {f"kubernetes/helm/values/{chart['valuesFile']}" for chart in charts if "valuesFile" in chart}
    yield from (f"{path} is used by no chart" for path in written - used)
    for repo in repositories:
        if repo["name"] not in {chart["repositoryName"] for chart in charts}:
            yield f"repository {repo['name']} is not used"
        scheme = urlsplit(repo["url"]).scheme
        if scheme not in ("http", "https", "oci") or (scheme == "http") != bool(repo.get("plainHTTP")):
            yield f"repository {repo['name']}: scheme and plainHTTP"
        if set(repo.get("authentication", {"username": 0, "password": 0})) != {"username", "password"}:
            yield f"repository {repo['name']}: half a login"


def server(config: dict[str, Any]) -> Iterator[str]:
    families = {}
    for key in ("cluster-cidr", "service-cidr"):
        cidrs = config[key].split(",")
        families[key] = [ipaddress.ip_network(cidr).version for cidr in cidrs]  # strict: no host bits, no spaces
        if families[key] != [4, 6]:
            yield f"{key}: {families[key]}"
    nodes = config.get("node-ip", "10.0.0.1,fd00::1").split(",")
    if [ipaddress.ip_address(node).version for node in nodes] != [4, 6]:
        yield "node-ip"
    cni = config["cni"]
    if not isinstance(cni, list) or next(item for item in cni if item != "multus") not in (
        "cilium",
        "canal",
        "calico",
        "none",
    ):
        yield f"cni {cni}"
    if not isinstance(config.get("ingress-controller", ""), str):
        yield "ingress-controller"


STATE = {"interfaces", "routes", "dns-resolver"}
INTERFACE = {"name", "type", "state", "mac-address", "mtu", "link-aggregation", "vlan", "ipv4", "ipv6"}
INTERFACE |= {"identifier", "wait-ip"}
IP = {"enabled", "dhcp", "address"}


def network_problems(state: dict[str, Any]) -> Iterator[str]:
    """Yield what nm-configurator would refuse in a node's file."""
    if set(state) - STATE:
        yield f"unknown {set(state) - STATE}"
    interfaces = state["interfaces"]
    if not any(item["type"] == "ethernet" for item in interfaces):
        yield "no ethernet"
    names = {item["name"] for item in interfaces}
    enabled: set[int] = set()
    for item in interfaces:
        if set(item) - INTERFACE or item["type"] not in ("ethernet", "bond", "vlan") or item["state"] != "up":
            yield f"{item['name']}: form"
        if item["type"] == "ethernet" and not re.fullmatch(
            "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", item.get("mac-address", "")
        ):
            yield f"{item['name']}: mac-address"
        if (item["type"] == "ethernet") != (item.get("identifier") == "mac-address"):
            yield f"{item['name']}: identifier"
        for family in item["wait-ip"].split("+") if "wait-ip" in item else ():
            if not item[family]["enabled"]:
                yield f"{item['name']}: waits for {family}, which is off"
        for version, key, known in ((4, "ipv4", IP), (6, "ipv6", IP | {"autoconf"})):
            section = item[key]
            if set(section) - known:
                yield f"{item['name']}.{key}: unknown key"
            if section["enabled"]:
                enabled.add(version)
            elif section.get("dhcp") or section.get("autoconf") or section.get("address"):
                yield f"{item['name']}.{key}: off, but with addresses"
            for address in section.get("address", []):
                ip = ipaddress.ip_interface(f"{address['ip']}/{address['prefix-length']}")
                if set(address) != {"ip", "prefix-length"} or ip.version != version:
                    yield f"{item['name']}.{key}: address"
        if item["ipv6"].get("autoconf") and not item["ipv6"]["dhcp"]:
            yield f"{item['name']}: autoconf without dhcp"
        if item["ipv6"]["enabled"] and item.get("mtu", 1280) < 1280:
            yield f"{item['name']}: mtu"
        below = [
            *item.get("link-aggregation", {}).get("port", []),
            *([item["vlan"]["base-iface"]] if "vlan" in item else []),
        ]
        yield from (f"{item['name']}: no interface {name}" for name in below if name not in names)
    for route in state.get("routes", {}).get("config", []):
        destination, hop = ipaddress.ip_network(route["destination"]), ipaddress.ip_address(route["next-hop-address"])
        if destination.version != hop.version or route["next-hop-interface"] not in names:
            yield f"route {route}"
        if set(route) - {"destination", "next-hop-address", "next-hop-interface", "metric", "table-id"}:
            yield f"route {route}"
    for resolver in state.get("dns-resolver", {}).get("config", {}).get("server", []):
        if ipaddress.ip_address(resolver).version not in enabled:
            yield f"resolver {resolver} of a family that is off"
