"""Shapes made of single values: addresses, names, proxies, BMCs, hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dualstack.address.bmc import parse_bmc
from dualstack.document.findings import At, Finding
from dualstack.rules.address import address_text
from dualstack.rules.cidr.surroundings import Named
from dualstack.rules.image import proxy
from dualstack.rules.ironic import bmc_addresses
from dualstack.rules.name import names, zones
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.network.host_network import nmstate_document
from dualstack.rules.network.nmstate_links import mac_address
from tests.peercases.reading import Config, addresses, networks, texts, wrong


def judge_address(config: Config) -> Iterator[Finding]:
    """Judge the text of an address, of a prefix or of an interface's address."""
    for item in (At[object](("ip",), config["ip"]),) if "ip" in config else ():
        address = address_text.read_address(item)
        yield from [address] if isinstance(address, Finding) else address_text.canonical(At(item.path, address))
    for item in (At[object](("cidr",), config["cidr"]),) if "cidr" in config else ():
        prefix = address_text.read_prefix(item)
        if isinstance(prefix, Finding):
            yield prefix
            continue
        yield from address_text.host_bits(At(item.path, prefix))
        yield from address_text.canonical(At(item.path, prefix))
        yield from address_text.unspecified(At(item.path, prefix))
    for item in (
        (At[object](("interfaceAddress",), config["interfaceAddress"]),) if "interfaceAddress" in config else ()
    ):
        interface = address_text.read_interface(item)
        yield from [interface] if isinstance(interface, Finding) else address_text.canonical(At(item.path, interface))


def judge_vips(config: Config) -> Iterator[Finding]:
    """Judge EIB's two virtual addresses, each by its family."""
    for key, family in (("apiVIP", "ipv4"), ("apiVIP6", "ipv6")):
        if config.get(key) in (None, ""):
            continue
        found, problems = addresses(config, key, family)  # type: ignore[arg-type]
        yield from problems
        for item in found:
            yield from address_text.unicast(item)


def judge_api(config: Config) -> Iterator[Finding]:
    """Judge the API server's own address and port."""
    yield from addresses(config, "advertiseAddress")[1]
    if "bindPort" in config:
        yield from zones.port_number(At[object](("bindPort",), config["bindPort"]), 6443)


def judge_endpoint(config: Config) -> Iterator[Finding]:
    """Judge a host, or a host with a port, as the names in the API server's certificate and URLs have them."""
    path, value = ("controlPlaneEndpoint",), config.get("controlPlaneEndpoint")
    if not isinstance(value, str):
        yield wrong(path, value, "text")
        return
    host = value
    if as_ip(value) is None and "/" not in value and (value.startswith("[") or value.count(":") == 1):
        yield from bmc_addresses.bmc_address(At(path, f"redfish-virtualmedia://{value}"))
        host = value[1:].split("]", 1)[0] if value.startswith("[") else value.rpartition(":")[0]
    yield from names.certificate_san(At(path, host))


RESOLVERS = ("resolvers", "dnsServers", "nameservers")
NAMES = ("clusterName", "baseDomain", "domain", "dnsDomain", "nodeName", "hostname")


def name_is_address(config: Config) -> bool:
    """Tell whether a name is an IPv4 address, letter by letter a legal DNS name."""
    values = [config[key] for key in NAMES if key in config]
    return any(isinstance(value, str) and ":" not in value and as_ip(value) is not None for value in values)


def judge_names(config: Config) -> Iterator[Finding]:
    """Judge names of clusters, domains and nodes, and names in certificates."""
    found: dict[str, str] = {}
    for key in NAMES:
        if key not in config:
            continue
        value = config[key]
        if not isinstance(value, str):
            yield wrong((key,), value, "text")
            continue
        found[key] = value
        judge = names.host_label if key in ("nodeName", "hostname") else names.dns_name
        yield from judge(At((key,), value))
    if {"clusterName", "baseDomain"} <= found.keys():
        yield from names.dns_name(At(("baseDomain",), f"{found['clusterName']}.{found['baseDomain']}"))
    sans, problems = texts(config, "certSANs")
    yield from problems
    for san in sans:
        yield from names.certificate_san(san)


def judge_proxy(config: Config) -> Iterator[Finding]:
    """Judge proxies, which must stand outside the cluster, and what is reached without them."""
    given: Any = config.get("proxy", {})
    if not isinstance(given, Mapping):
        yield wrong(("proxy",), given, "a mapping")
        return
    keys = ("clusterNetwork", "serviceNetwork")
    cluster = [Named(i.path, i.value.prefix.network, k) for k in keys for i in networks(config, k)[0]]
    for key in ("httpProxy", "httpsProxy"):
        value = given.get(key)
        if value in (None, ""):
            continue
        if isinstance(value, str):
            yield from proxy.proxy_url(At(("proxy", key), value), [(item.label, item.network) for item in cluster])
        else:
            yield wrong(("proxy", key), value, "text")
    value = config.get("noProxy", given.get("noProxy"))
    if isinstance(value, str):
        entries = [At(("noProxy", index), entry) for index, entry in enumerate(value.split(",")) if value]
        yield from proxy.no_proxy_list(entries)
    elif value is not None:
        entries, problems = texts({"noProxy": value}, "noProxy")
        yield from (*problems, *proxy.no_proxy_list(entries))


def judge_boot(item: At[str], config: Config) -> Iterator[Finding]:
    """Judge how a machine boots where there is said to be no provisioning network."""
    parsed = parse_bmc(item.value)
    if config.get("provisioningNetwork") == "Disabled" and not parsed.problem:
        yield from bmc_addresses.bmc_boot(item, parsed.scheme or "ipmi")


def judge_resolvers(config: Config) -> Iterator[Finding]:
    """Judge resolvers, wherever a configuration has them."""
    for key in RESOLVERS:
        yield from addresses(config, key)[1]


def judge_bmc(config: Config) -> Iterator[Finding]:
    """Judge one BMC's address, or one MAC."""
    for key, judge in (("bmcAddress", bmc_addresses.bmc_address), ("mac", mac_address)):
        if key in config:
            value = config[key]
            yield from judge(At((key,), value)) if isinstance(value, str) else [wrong((key,), value, "text")]
            if key == "bmcAddress" and isinstance(value, str):
                yield from judge_boot(At((key,), value), config)


def judge_hosts(config: Config) -> Iterator[Finding]:
    """Judge machines: names, BMCs and boot MACs, each and together, and their nmstate."""
    hosts = config.get("hosts")
    if not isinstance(hosts, list):
        yield wrong(("hosts",), hosts, "a list")
        return
    found: dict[str, list[At[str]]] = {"name": [], "hostname": [], "bmc": [], "bootMACAddress": []}
    for index, host in enumerate(hosts):
        if not isinstance(host, Mapping):
            yield wrong(("hosts", index), host, "a mapping")
            continue
        for key, values in found.items():
            if key in host:
                value = host[key]
                if isinstance(value, str):
                    values.append(At(("hosts", index, key), value))
                else:
                    yield wrong(("hosts", index, key), value, "text")
        if "networkConfig" in host:
            yield from nmstate_document(At(("hosts", index, "networkConfig"), host["networkConfig"]))
    for item in (*found["name"], *found["hostname"]):
        yield from names.host_label(item)
    for item in found["bmc"]:
        yield from bmc_addresses.bmc_address(item)
        yield from judge_boot(item, config)
    for item in found["bootMACAddress"]:
        yield from bmc_addresses.boot_mac(item)
    yield from bmc_addresses.unique_addresses(found["bmc"])
    yield from bmc_addresses.unique_macs(found["bootMACAddress"])
    yield from bmc_addresses.unique_names([*found["name"], *found["hostname"]])
