"""Rules about the HTTP proxy, and about what must be reached without it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from dualstack.address.family import IPNetwork
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, Set, remove, write
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.blame import override_path, softened, within
from dualstack.rules.cidr.cidr_lists import cluster_lists
from dualstack.rules.cidr.surroundings import node_networks
from dualstack.rules.name.name_grammar import as_ip, host_of, name_problem

PROXY_URL = Rule(
    "DS097-proxy-url",
    "A proxy must be an http or https URL of a host outside the cluster.",
    Severity.ERROR,
    "Nothing that goes through the proxy works: images, charts and registration.",
    "openshift/installer pkg/types/validation/installconfig.go",
)
NO_PROXY_ENTRY = Rule(
    "DS098-no-proxy-entry",
    "An entry of noProxy must be one name, domain, address or CIDR.",
    Severity.ERROR,
    "The entry matches nothing, and what it names is asked for through the proxy.",
    "openshift/installer pkg/types/validation/installconfig.go; golang.org/x/net http/httpproxy",
)
NO_PROXY_COVERAGE = Rule(
    "DS099-no-proxy-coverage",
    "noProxy must hold the CIDRs of pods, services and nodes of both families.",
    Severity.ERROR,
    "The cluster asks the proxy for its own addresses; Rancher's default noProxy knows IPv4 alone.",
    "openshift/installer pkg/asset/manifests/proxy.go (adds every CIDR); rancher/rancher chart/values.yaml (noProxy)",
)

RULES = (PROXY_URL, NO_PROXY_ENTRY, NO_PROXY_COVERAGE)

RANCHER_DEFAULT_NO_PROXY = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,.svc,.cluster.local"
"""Default of the Rancher chart's ``noProxy``."""

_PORT = re.compile(r"80|443|[1-9][0-9]{3}")
_LEADING_ZERO = re.compile(r"(?=.*\b0[0-9])[0-9]+(\.[0-9]+){3}")
_OF_NODE = "A proxy on the node serves the node alone: Rancher and other pods do not reach it."
_OUTSIDE = "write the address of a proxy outside the cluster"
_USER_INFO = re.compile(r"[^/@]*@")


def _masked(url: str) -> str:
    """Return a URL for a message: without the login that may stand in it."""
    return repr(_USER_INFO.sub("...@", url))


def proxy_url(url: At[str], cluster: Sequence[tuple[str, IPNetwork]] = ()) -> Findings:
    """Tell what is wrong with a proxy's URL.

    Args:
        url: the URL.
        cluster: networks that no proxy may be in, each with what it is called.
    """
    text, shown = url.value, _masked(url.value)
    scheme, separator, rest = text.partition("://")
    example = "write a URL such as http://proxy.example.com:3128"
    secret = "@" in text  # a login, which no fix may show
    if text != text.strip():
        yield PROXY_URL.at(
            url.path, f"{shown} has white space around it", "take it away" if secret else write(text.strip())
        )
        return
    if not separator:
        if slip := re.fullmatch(r"(https?):/{0,2}([^/].*)", text, re.IGNORECASE):
            whole: AnyFix = "write two slashes behind the colon" if secret else write(f"{slip[1]}://{slip[2]}")
            yield PROXY_URL.at(url.path, f"{shown} lacks two slashes", whole)
            return
        fix: AnyFix = write(f"http://{text}") if re.fullmatch(r"[\w.-]+(:[0-9]+)?", text) else example
        yield PROXY_URL.at(url.path, f"{shown} has no scheme", fix)
        return
    if scheme.lower() not in ("http", "https"):
        yield PROXY_URL.at(url.path, f"{shown} has the scheme {scheme!r}, not http or https", example)
        return
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rsplit("@", 1)[-1]
    if authority.count(":") > 1 and not authority.startswith("["):
        host, _, port = authority.rpartition(":")
        # A proxy has a port: what could be one is one.
        bare = f"[{as_ip(host)}]:{port}" if as_ip(host) and _PORT.fullmatch(port) else f"[{as_ip(authority)}]"
        tail = rest.partition(authority)[2]
        fix = (
            write(f"{scheme}://{bare}{tail}", guess=True)
            if as_ip(host) or as_ip(authority)
            else (f"put the IPv6 address in brackets: {scheme}://[fd00::1]:3128")
        )
        yield PROXY_URL.at(url.path, f"{shown} has an IPv6 address without brackets", fix)
        return
    try:
        parts = urlsplit(f"{scheme}://{authority}")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        yield PROXY_URL.at(url.path, f"{shown} has a host or port that nobody can read", example)
        return
    ip = as_ip(host)
    if ip is None:
        problem = name_problem(host)
        if host == "localhost" or host.endswith(".localhost"):
            yield softened(PROXY_URL.at(url.path, f"{host} is each pod's own", _OUTSIDE, consequence=_OF_NODE))
        elif problem or _LEADING_ZERO.fullmatch(host):
            yield PROXY_URL.at(url.path, f"{shown} has a host that is neither a name nor an address", example)
        return
    if ip.is_loopback:
        yield softened(PROXY_URL.at(url.path, f"{ip} is each pod's own", _OUTSIDE, consequence=_OF_NODE))
        return
    if ip.is_unspecified or ip.is_link_local or ip.is_multicast:
        yield PROXY_URL.at(url.path, f"{ip} cannot be reached from pods", _OUTSIDE)
        return
    if ip.version == 6 and ip.ipv4_mapped is not None:
        bare = re.sub(r"\[[^\]]*\]", str(ip.ipv4_mapped), text, count=1)
        fix = f"write {ip.ipv4_mapped} in its place" if secret else write(bare)
        yield PROXY_URL.at(url.path, f"{ip} is an IPv4-mapped IPv6 address", fix)
        return
    for label, network in cluster:
        if ip in network:
            message = f"{ip} is part of {label} {network}"
            yield PROXY_URL.at(url.path, message, _OUTSIDE)


def _entry_problem(text: str) -> tuple[str, AnyFix] | None:
    if text != text.strip() or " " in text:
        return f"{text!r} has white space in it", write(text.strip()) if " " not in text.strip() else "split it up"
    if "," in text:
        return (
            f"{text!r} is more than one entry",
            f"write {', '.join(part for part in text.split(',') if part)} as entries of their own",
        )
    if text == "*":
        return None
    if "*" in text:
        return f"{text!r} has a wildcard, a domain covers its names by itself", write("." + text.strip("*."))
    if "://" in text:
        return (
            f"{text!r} is a URL, here stands a name or a network",
            write(host_of(text)),
        )
    if text.startswith("["):
        return f"{text!r} has brackets, which belong in URLs only", write(text[1:].split("]", 1)[0])
    if "/" in text:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            return f"{text!r} is no CIDR", "write a CIDR such as 10.42.0.0/16 or fd00:42::/56"
        return None
    if as_ip(text) is not None:
        return None
    host, colon, port = text.rpartition(":")
    if port.isdecimal() and as_ip(host.removeprefix("[").removesuffix("]")) is not None:
        return f"{text!r} has a port", write(host)
    name = host if colon and port.isdecimal() else text
    problem = name_problem(name.removeprefix(".").lower())
    return (problem[0], "write a name, a domain with a leading dot, an address or a CIDR") if problem else None


def no_proxy_entry(entry: At[str]) -> Findings:
    """Tell what is wrong with one entry of noProxy."""
    if problem := _entry_problem(entry.value):
        yield NO_PROXY_ENTRY.at(entry.path, *problem)


def no_proxy_list(entries: Sequence[At[str]]) -> Findings:
    """Judge every entry, and the asterisk, which must stand alone."""
    for entry in entries:
        yield from no_proxy_entry(entry)
        if entry.value == "*" and len(entries) > 1:
            message = "* switches the proxy off for everything, beside other entries"
            # Go's reader takes it in any place; what stands beside it is only idle.
            yield softened(NO_PROXY_ENTRY.at(entry.path, message, "remove *, or the proxy"))


def _joined(item: At[str]) -> Findings:
    """Judge the entries of one text, joined by commas; a fix writes the whole of it."""
    entries = [entry for entry in item.value.split(",") if entry]
    whole = list(entries)
    found = [list(no_proxy_entry(At(item.path, entry))) for entry in entries]
    for place, told in enumerate(found):
        edits = told[0].mend.edits if told else ()
        if edits and isinstance(edits[0], Set):
            whole[place] = str(edits[0].value)
    for finding in no_proxy_list([At(item.path, entry) for entry in entries]):
        yield finding.with_fix(write(",".join(whole))) if finding.mend.edits else finding


def uncovered(entries: Iterable[str], networks: Iterable[IPNetwork]) -> list[IPNetwork]:
    """List the networks that no entry of noProxy holds whole."""
    held: list[IPNetwork] = []
    for entry in entries:
        if entry.strip() == "*":
            return []
        try:
            held.append(ipaddress.ip_network(entry.strip(), strict=False))
        except ValueError:
            continue
    return [
        network
        for network in networks
        if not any(network.version == have.version and network.subnet_of(have) for have in held)  # type: ignore[arg-type]
    ]


def no_proxy_coverage(no_proxy: At[str], networks: Sequence[IPNetwork], fix: AnyFix) -> Findings:
    """Tell which networks a comma-joined noProxy lacks."""
    missing = uncovered(no_proxy.value.split(","), networks)
    if missing:
        told = ", ".join(dict.fromkeys(str(network) for network in missing))
        yield NO_PROXY_COVERAGE.at(no_proxy.path, f"noProxy does not hold {told}", fix)


def check_image_proxy(subject: Subject) -> Findings:
    """Judge the proxy of the node."""
    proxy = subject.site.image.proxy
    if proxy is None:
        return
    for key, url in (("http", proxy.http), ("https", proxy.https)):
        if url is not None:
            path: Path = ("image", "proxy", key)
            yield from proxy_url(At(path, url), _cluster(subject))
            if getattr(proxy, f"{key}_key") is not None:
                message = f"the secret that {key}Key names is taken, not this URL"
                yield softened(PROXY_URL.at(path, message, remove(f", or image.proxy.{key}Key")))
    yield from no_proxy_list([At(("image", "proxy", "noProxy", i), entry) for i, entry in enumerate(proxy.no_proxy)])


def _cluster(subject: Subject) -> list[tuple[str, IPNetwork]]:
    roles = zip(("pods", "services"), cluster_lists(subject), strict=True)
    return [(f"the {role} CIDR", item.value.prefix.network) for role, found in roles for item in found.items]


def _own_networks(subject: Subject) -> list[IPNetwork]:
    """List what the cluster reaches by itself: pods, services, the nodes' networks and their reserved addresses."""
    networks = [network for _, network in _cluster(subject)]
    networks += [link.value.network for _, (_, link) in node_networks(subject)]
    for node in subject.site.nodes:
        for interface in node.interfaces:
            for ip in interface.families.values():
                if ip.enabled and ip.reservation is not None:
                    networks.append(ipaddress.ip_network(str(ip.reservation)))
    return networks


def check_rancher_proxy(subject: Subject) -> Findings:
    """Judge what an override makes of Rancher's proxy."""
    site, values = subject.site, subject.plan.values("rancher")
    proxy_path = override_path(site, "rancher", "proxy")
    if proxy_path is not None and isinstance(values.get("proxy"), str):
        yield from proxy_url(At(proxy_path, values["proxy"]), _cluster(subject))
    if not values.get("proxy"):
        return
    path: Path = ("charts", "rancher", "values", "noProxy")
    written = within(site.charts.rancher.values, "noProxy")
    no_proxy = str(values.get("noProxy", RANCHER_DEFAULT_NO_PROXY))
    if written:
        yield from _joined(At(path, no_proxy))
    whole = ",".join(subject.plan.no_proxy)
    fix = write(whole, path=path)
    if written and site.image.proxy is not None:
        fix = remove(path=path)
    yield from no_proxy_coverage(At(path if written else proxy_path or path, no_proxy), _own_networks(subject), fix)


CHECKS = (check_image_proxy, check_rancher_proxy)
