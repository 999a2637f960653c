"""Rules about what serves the machines: media of the right family, listeners, the certificate of virtual media."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from dualstack.address.bmc import HTTP_BOOT
from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.document.findings import Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove
from dualstack.document.frozen import dig
from dualstack.document.origins import Path
from dualstack.plan.ironic_env import EXTRA_ENV, LISTEN_ALL
from dualstack.plan.model import Ironic
from dualstack.rules.base import Subject
from dualstack.rules.blame import (
    blame,
    names_unknown_interface,
    override_path,
    shown,
    softened,
    state_address,
    stated_path,
    switched_off,
    undo,
)
from dualstack.rules.ironic.ironic_env import media_variable
from dualstack.rules.ironic.ironic_hosts import EXTERNAL_HOST, EXTERNAL_V6, external_written

MEDIA_FAMILY = Rule(
    "DS067-media-family",
    "Every BMC must be given its media under a URL of its own family.",
    Severity.ERROR,
    "The BMC cannot fetch its boot media, and the machine is never inspected.",
    "openshift/installer pull requests 7898 and 9874; baremetal-operator pull request 1162",
)
LISTEN_ON_ALL = Rule(
    "DS069-listen-on-all",
    "In address mode, and with virtual addresses, Ironic must listen on all interfaces.",
    Severity.ERROR,
    "Ironic binds to one address alone, and nobody answers at the IPv6 URL, or at a virtual address.",
    "suse-edge/charts ironic chart (LISTEN_ALL_INTERFACES); metal3-io/ironic-image",
    firm=True,
)
VMEDIA_TLS = Rule(
    "DS070-vmedia-certificate",
    "Virtual media over TLS must have a certificate that holds every address of its URLs.",
    Severity.ERROR,
    "A BMC that checks the certificate refuses its boot media.",
    "suse-edge/charts ironic templates/certificates.yaml",
)

RULES = (MEDIA_FAMILY, LISTEN_ON_ALL, VMEDIA_TLS)


def given_other_family(bmc: str, media: str) -> bool:
    """Tell whether a BMC of one family is given media at an address of the other; names have no family of their own."""
    return {bmc, media} == {*FAMILIES}


def _bmcs_given_other_family(subject: Subject) -> Iterator[tuple[Family, list[str]]]:
    for family in reversed(FAMILIES):
        # With HTTP boot the machine's firmware fetches the media, over a NIC whose families nobody states.
        by_bmc = [bmc for bmc in subject.plan.bmcs if bmc.scheme not in HTTP_BOOT]
        names = [bmc.name for bmc in by_bmc if bmc.family == family and given_other_family(family, bmc.media_family)]
        if names:
            yield family, names


def check_media_family(subject: Subject) -> Findings:
    """Tell where machines are given a URL of the family that their BMC does not speak, or would be."""
    site, ironic = subject.site, subject.plan.ironic
    # Without the name that hostname mode wants there is no URL at all, which has a rule of its own.
    if ironic is None or (site.mode == "hostname" and not ironic.hostname):
        return
    v6_path = blame(site, "metal3", EXTERNAL_V6, stated_path(site, "ipv6"))
    host_path = blame(site, "metal3", EXTERNAL_HOST, ("provisioning", "externalHttpHost"))
    for family, names in _bmcs_given_other_family(subject):
        if family == "ipv6" and not ironic.hostname and switched_off(site, "ipv6"):
            continue
        at_host = bool(ironic.hostname) or family == "ipv4"
        path = host_path if at_host and external_written(subject) else stated_path(site, "ipv4") if at_host else v6_path
        if family == "ipv4" and override_path(site, "metal3", "global", "ironicIP"):
            path = ("charts", "metal3", "values", "global", "ironicIP")
        if at_host and (variable := media_variable(subject)):
            path = variable
        url = ironic.external_url
        fix = undo(path, remove(path=path) if at_host else state_address(site, "ipv6"))
        yield _media(path, f"{', '.join(names)}: BMC of {LABEL[family]}, media at {url}", fix)
    ipv6_bmc = any(bmc.family == "ipv6" for bmc in subject.plan.bmcs)
    without = not ironic.hostname and not ironic.external_url_v6
    if without and not ipv6_bmc and not names_unknown_interface(site) and not switched_off(site, "ipv6"):
        yield softened(_media(v6_path, "Ironic has no IPv6 URL", undo(v6_path, state_address(site, "ipv6"))))


def _media(path: Path, message: str, fix: AnyFix) -> Finding:
    return MEDIA_FAMILY.at(path, message, fix)


def not_on_all(ironic: Ironic, where: Path, fix: AnyFix, *, virtual: bool = False) -> Findings:
    """Tell where Ironic, known by its addresses or reached by virtual ones, would listen on one of them alone.

    Args:
        ironic: what the chart makes of its values.
        where: the place that says so.
        fix: what to do.
        virtual: whether it is reached by the addresses of a load balancer, as with several nodes.
    """
    if ironic.listen_on_all or (ironic.hostname and not virtual):
        return
    told = "with virtual addresses" if ironic.hostname else "in address mode"
    yield LISTEN_ON_ALL.at(where, f"{where[-1]} is false {told}", fix)


def held_host(ironic: Ironic) -> str:
    """Return what the chart's certificate for virtual media holds: one name, or one address."""
    return ironic.hostname or ironic.provisioning_ip or ironic.ironic_ip


def uncovered_url(url: str, held: str, where: Path, fix: AnyFix) -> Findings:
    """Tell a URL of virtual media over TLS whose host the certificate lacks: it holds one name, or one address.

    Args:
        url: the URL; one without a host, or with a broken one, is another rule's.
        held: what the certificate holds; empty where nothing is known of it.
        where: the place that decides the host.
        fix: what to do.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return
    if host and held and host != held.lower():
        yield VMEDIA_TLS.at(where, f"{url} is served with a certificate for {shown(held)} alone", fix)


def check_listening(subject: Subject) -> Findings:
    """Tell where an override makes Ironic listen on its IPv4 address alone."""
    ironic = subject.plan.ironic
    if ironic is not None:
        path = blame(subject.site, "metal3", ("metal3-ironic", "listenOnAll"), ("mode",))
        if override_path(subject.site, "metal3", *EXTRA_ENV, LISTEN_ALL):
            path = ("charts", "metal3", "values", *EXTRA_ENV, LISTEN_ALL)
        virtual = subject.plan.several
        yield from not_on_all(ironic, path, undo(path, "set mode to hostname"), virtual=virtual)


def check_vmedia_tls(subject: Subject) -> Findings:
    """Tell where virtual media goes over TLS without a certificate that fits."""
    site, ironic = subject.site, subject.plan.ironic
    if ironic is None or not ironic.vmedia_tls:
        return
    path = blame(site, "metal3", ("global", "enable_vmedia_tls"), ("provisioning", "vmediaTls"))
    off = undo(path, "set provisioning.vmediaTls to false")
    tls_path = override_path(site, "metal3", "global", "enable_tls")
    if tls_path is not None and dig(subject.plan.values("metal3"), "global", "enable_tls") is False:
        message = "enable_tls is false, so the chart makes no certificate for virtual media over TLS"
        yield VMEDIA_TLS.at(tls_path, message, undo(tls_path, off))
    elif not ironic.hostname and ironic.external_url_v6:
        names = [bmc.name for bmc in subject.plan.bmcs if bmc.family == "ipv6"]
        fix = f"{off}, or use hostname mode, whose certificate holds the name"
        for finding in uncovered_url(ironic.external_url_v6, held_host(ironic), path, fix):
            told = f" (IPv6 BMCs: {', '.join(names)})" if names else ""
            yield replace(finding, message=finding.message + told)
    else:
        yield from _other_host(subject)


def _other_host(subject: Subject) -> Findings:
    """Tell a host of image URLs that the certificate does not hold: it has one name, or one address."""
    site, ironic = subject.site, subject.plan.ironic
    if ironic is None:
        return
    held = held_host(ironic)
    host_path = blame(site, "metal3", EXTERNAL_HOST, ("provisioning", "externalHttpHost"))
    if variable := media_variable(subject):
        yield from uncovered_url(ironic.external_url, held, variable, remove(path=variable))
    elif external_written(subject):
        fix: AnyFix = remove(path=host_path)
        yield from uncovered_url(ironic.external_url, held, host_path, fix)
    if ironic.hostname:
        v6_path = blame(site, "metal3", EXTERNAL_V6, stated_path(site, "ipv6"))
        fix = undo(v6_path, "remove externalHttpIPv6")
        yield from uncovered_url(ironic.external_url_v6, held, v6_path, fix)


CHECKS = (check_media_family, check_listening, check_vmedia_tls)
