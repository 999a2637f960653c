"""Rules about Ironic's hosts and URLs, judged on the merged values of the metal3 chart."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from dualstack.address.family import IPAddress, family_of
from dualstack.address.parsing import AddressError, parse_address
from dualstack.address.ranges import is_global_unicast
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.frozen import dig
from dualstack.document.origins import Path
from dualstack.plan.model import Ironic
from dualstack.releases import empty_host_bug
from dualstack.rules.base import Subject
from dualstack.rules.blame import (
    as_text,
    blame,
    names_unknown_interface,
    override_path,
    softened,
    state_address,
    stated_path,
    switched_off,
    undo,
)
from dualstack.rules.cidr.surroundings import own_addresses
from dualstack.rules.name.name_grammar import as_ip, name_problem

ONE_HOST = Rule(
    "DS060-one-ironic-host",
    "Ironic must have exactly one of provisioningHostname, ironicIP and provisioningIP.",
    Severity.ERROR,
    "With two the chart fails, and the image build with it; with none every URL of Ironic is without a host.",
    "suse-edge/charts metal3 templates/_helpers.tpl (metal3.hostIP)",
    firm=True,
)
FQDN_MISSING = Rule(
    "DS061-ironic-fqdn-missing",
    "Hostname mode must have provisioning.hostname.",
    Severity.ERROR,
    "Ironic has no name, so every URL that machines are given is without a host.",
    "suse-edge/charts metal3 templates/_helpers.tpl; SUSE Telco Cloud guide, dual-stack chapter",
    firm=True,
)
NO_EFFECT = Rule(
    "DS062-setting-without-effect",
    "A provisioning setting must have an effect.",
    Severity.WARNING,
    "The value is ignored, and what was meant by it does not happen.",
    "suse-edge/charts metal3 values.yaml",
)
EMPTY_URL_HOST = Rule(
    "DS063-empty-image-host",
    "Hostname mode must have global.externalHttpHost, for charts that leave Ironic's URL without a host otherwise.",
    Severity.ERROR,
    "BMCs are told to fetch their image from http://:6180.",
    "suse-edge/charts metal3 0.12.7 to 0.13.1, templates (ironic.externalHttpUrl)",
    firm=True,
)
HOST_SYNTAX = Rule(
    "DS064-ironic-host-syntax",
    "Ironic's hosts must be bare: an address of the right family, or a name, without brackets, scheme and port.",
    Severity.ERROR,
    "The chart checks nothing and puts its own scheme, brackets and port around the value: the URL is broken.",
    "suse-edge/charts metal3 templates/_helpers.tpl",
    firm=True,
)
OWN_ADDRESS = Rule(
    "DS065-ironic-own-address",
    "The addresses in Ironic's URLs must be the node's own.",
    Severity.ERROR,
    "Ironic's web server runs on the node's own network: machines fetch their image from an address that nobody has.",
    "openshift/cluster-baremetal-operator pull request 380",
)
HOSTNAME_AND_V6 = Rule(
    "DS066-hostname-with-ipv6-url",
    "externalHttpIPv6 must not stand beside provisioningHostname, unless BMCs cannot take host names.",
    Severity.WARNING,
    "IPv6 BMCs are given an address in place of the name, so the name no longer decides.",
    "suse-edge/charts metal3 values.yaml (comment beside externalHttpIPv6)",
)
RULES = (
    ONE_HOST,
    FQDN_MISSING,
    NO_EFFECT,
    EMPTY_URL_HOST,
    HOST_SYNTAX,
    OWN_ADDRESS,
    HOSTNAME_AND_V6,
)

EXTERNAL_V6 = ("metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6")
EXTERNAL_HOST = ("global", "externalHttpHost")
HOST_KEYS = ("provisioningHostname", "ironicIP", "provisioningIP")


def exactly_one_host(hosts: Sequence[At[str]], fix: AnyFix) -> Findings:
    """Tell where not exactly one of the chart's three host keys has a value.

    Args:
        hosts: the values by ``HOST_KEYS``, in that order.
        fix: what to do where none has one; that is told at the second's path.
    """
    given = [(key, host) for key, host in zip(HOST_KEYS, hosts, strict=True) if host.value]
    if not given:
        yield ONE_HOST.at(hosts[1].path, f"none of {', '.join(HOST_KEYS)} has a value", fix)
    elif len(given) > 1:
        told = " and ".join(f"{key} {host.value!r}" for key, host in given)
        culprit = next((host for _, host in reversed(given) if host.path[0] == "charts"), given[-1][1])
        yield ONE_HOST.at(culprit.path, f"{told} are set together", undo(culprit.path, "remove one of them"))


def bare_host(host: At[str], *, ipv6: bool = False, names: bool = True) -> Findings:
    """Tell what is wrong with a host that a chart puts into a URL; an empty one is fine here.

    Args:
        host: the host and its path.
        ipv6: only an IPv6 address of global scope will do.
        names: a name will do, too.
    """
    if not host.value:
        return
    try:
        address = parse_address(host.value, "ipv6" if ipv6 else None)
    except AddressError as error:
        bare = host.value.split("://", 1)[-1].split("/", 1)[0]
        bare = (
            bare[1:].split("]", 1)[0]
            if bare.startswith("[")
            else bare.rsplit(":", 1)[0]
            if bare.count(":") == 1
            else bare
        )
        found = as_ip(bare)
        if found is not None and bare != host.value and (found.version == 6 or not ipv6):
            yield HOST_SYNTAX.at(host.path, f"{host.value!r} is no bare host", write(found))
        elif not names or ipv6 or as_ip(host.value) is not None:
            yield HOST_SYNTAX.at(host.path, error.message, error.fix)
        elif problem := name_problem(host.value):
            yield HOST_SYNTAX.at(host.path, *problem)
        return
    if not is_global_unicast(address.ip):
        fix = "write an address of the node that other machines can reach"
        yield HOST_SYNTAX.at(host.path, f"{host.value} cannot be reached from another machine", fix)


def empty_image_host(version: At[str], ironic: Ironic, where: Path, fix: AnyFix) -> Findings:
    """Tell where a chart renders image URLs without a host, since only the host name is given.

    Args:
        version: the metal3 chart's version.
        ironic: what the chart makes of its values.
        where: the place that decides the host of image URLs.
        fix: what to do.
    """
    if not ironic.hostname or ironic.external_http_host:
        return
    bug = empty_host_bug(version.value)
    if bug is False:
        return
    message = f"metal3 {version.value} makes {ironic.external_url} out of a host name without externalHttpHost"
    if bug is None:
        message = (
            f"whether metal3 {version.value} needs externalHttpHost beside a host name is not known; earlier ones do"
        )
    finding = EMPTY_URL_HOST.at(where, message, fix)
    yield finding if bug else softened(finding)


def url_without_host(url: At[str], fix: AnyFix) -> Findings:
    """Tell an image URL, as a chart has made it, that has no host."""
    if re.fullmatch(r"[a-z]+://(:[0-9]*)?(/.*)?", url.value):
        yield EMPTY_URL_HOST.at(url.path, f"{url.value} has no host", fix)


def own_address(item: At[IPAddress], own: Collection[IPAddress], fix: AnyFix) -> Findings:
    """Tell an address in Ironic's URLs that no host has; one that no machine could reach is another rule's.

    Args:
        item: the address.
        own: the addresses of its family that the hosts have.
        fix: what to do.
    """
    if is_global_unicast(item.value) and item.value not in own:
        told = ", ".join(str(address) for address in sorted(own, key=int)) or "no address of that family"
        yield OWN_ADDRESS.at(item.path, f"{item.value} is not the node's; it has {told}", fix)


def _value(subject: Subject, *keys: str) -> str:
    value = dig(subject.plan.values("metal3"), *keys)
    return "" if value is None else as_text(value)


def _hosts(subject: Subject) -> list[At[str]]:
    site = subject.site
    fields: tuple[Path, ...] = (("provisioning", "hostname"), stated_path(site, "ipv4"), stated_path(site, "ipv4"))
    return [
        At(blame(site, "metal3", ("global", key), field), _value(subject, "global", key))
        for key, field in zip(HOST_KEYS, fields, strict=True)
    ]


def check_hosts(subject: Subject) -> Findings:
    """Judge the hosts that the merged values give Ironic."""
    site, ironic = subject.site, subject.plan.ironic
    used = ironic is not None or site.rancher.hostname == "auto"
    if site.mode == "hostname" and not site.provisioning.hostname and used:
        over = _value(subject, "global", "provisioningHostname")
        fix = f"set provisioning.hostname to {over or 'the FQDN with A and AAAA, such as ironic.example.com'}"
        yield FQDN_MISSING.at(("provisioning", "hostname"), "hostname mode without a host name", fix)
    if ironic is None:
        return
    hosts = _hosts(subject)
    nothing = not any(host.value for host in hosts)
    hidden = names_unknown_interface(site) or switched_off(site, "ipv4")
    if not nothing or (site.mode == "address" and not hidden):
        whole = isinstance(dig(subject.plan.values("metal3"), "global"), Mapping)
        overridden = override_path(site, "metal3", *(("global", "ironicIP") if whole else ("global",)))
        yield from exactly_one_host(hosts, undo(overridden or (), state_address(site, "ipv4")))
    for host in hosts[1:]:
        yield from bare_host(host, names=False)
    external = blame(site, "metal3", EXTERNAL_HOST, ("provisioning", "externalHttpHost"))
    yield from bare_host(At(external, _value(subject, *EXTERNAL_HOST))) if external_written(subject) else ()
    v6 = override_path(site, "metal3", *EXTERNAL_V6)
    if v6 is not None:
        yield from bare_host(At(v6, _value(subject, *EXTERNAL_V6)), ipv6=True)
        if ironic.hostname and ironic.external_url_v6:
            message = f"externalHttpIPv6 {_value(subject, *EXTERNAL_V6)!r} stands beside the name {ironic.hostname!r}"
            yield HOSTNAME_AND_V6.at(v6, message, undo(v6, "remove externalHttpIPv6"))


def external_written(subject: Subject) -> bool:
    """True where the site itself says the host of image URLs; a computed one is the FQDN, which has its own rule."""
    overridden = override_path(subject.site, "metal3", *EXTERNAL_HOST) is not None
    return overridden or subject.site.provisioning.external_http_host is not None


def check_external_host(subject: Subject) -> Findings:
    """Tell where the chart would render a URL without a host in hostname mode."""
    ironic, chart = subject.plan.ironic, subject.plan.chart("metal3")
    if ironic is None or chart is None:
        return
    path = blame(subject.site, "metal3", EXTERNAL_HOST, ("provisioning", "externalHttpHost"))
    fix = undo(path, write(ironic.hostname, path=("provisioning", "externalHttpHost")))
    yield from empty_image_host(At((*chart.path, "version"), chart.version), ironic, path, fix)


def check_own_addresses(subject: Subject) -> Findings:
    """Tell where the site itself puts an address into Ironic's URLs that is not the node's."""
    for keys in (("global", "ironicIP"), ("global", "provisioningIP"), EXTERNAL_V6, EXTERNAL_HOST):
        path = override_path(subject.site, "metal3", *keys)
        if keys == EXTERNAL_HOST and path is None and external_written(subject):
            path = ("provisioning", "externalHttpHost")
        ip = as_ip(_value(subject, *keys)) if path is not None else None
        if path is None or ip is None:
            continue
        own = own_addresses(subject, family_of(ip))
        if own is None:
            continue
        for finding in own_address(At(path, ip), own, undo(path, remove(path=path))):
            # Address translation before the node may lead to the host of image URLs.
            yield softened(finding) if keys == EXTERNAL_HOST else finding


CHECKS = (
    check_hosts,
    check_external_host,
    check_own_addresses,
)
