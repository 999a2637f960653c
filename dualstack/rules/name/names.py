"""Rules about names: grammar, traps, and records of both families for every name of the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dualstack.address.family import LABEL, RECORD_TYPE, Family
from dualstack.address.parsing import AddressError, parse_address
from dualstack.address.sslip import under_sslip
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.origins import Path, format_path
from dualstack.plan.topology import several
from dualstack.rules.base import Subject
from dualstack.rules.blame import (
    INGRESS,
    VIP,
    as_text,
    blame,
    names_unknown_interface,
    override_path,
    softened,
    state_address,
    stated_path,
    switched_off,
)
from dualstack.rules.name.name_grammar import as_ip, host_of, looks_like_ip, name_problem
from dualstack.rules.network.nmstate_view import parsed_network
from dualstack.rules.server.own_server import own_values
from dualstack.site import Site

DNS_NAME = Rule(
    "DS080-dns-name",
    "A name must be a DNS name in lower case.",
    Severity.ERROR,
    "Nobody can resolve the name, and Kubernetes refuses it.",
    "RFC 1123; kubernetes apimachinery pkg/util/validation",
    firm=True,
)
NAME_TRAP = Rule(
    "DS081-name-trap",
    "A name must not be one that resolvers treat in a way of their own.",
    Severity.WARNING,
    "Some machines resolve the name, others do not, and which ones depends on their software.",
    "RFC 6762 (.local); RFC 6761 (.localhost)",
)
NODE_NAME = Rule(
    "DS082-node-name",
    "A node's name must be a host name of its own, at most 63 characters long.",
    Severity.ERROR,
    "The node cannot take the name, or Kubernetes refuses the node.",
    "nm-configurator src/generate_conf.rs (the file's name is the host's); Linux sethostname(2) allows 64 bytes, a "
    "Kubernetes label 63",
    firm=True,
)
BOTH_RECORDS = Rule(
    "DS083-name-in-both-families",
    "Every name of the site must have an A and an AAAA record.",
    Severity.ERROR,
    "Machines of the family without a record cannot reach the service behind the name.",
    "baremetal-operator pkg/provisioner/ironic/ironic.go and Rancher documentation v2.14 (each client picks a "
    "family); nobody upstream checks it",
)
CERTIFICATE_SAN = Rule(
    "DS095-certificate-san",
    "An entry of tls-san must be a bare address or a DNS name, with a wildcard as its first label at most.",
    Severity.ERROR,
    "The certificate does not cover the name that was meant, or RKE2 does not start.",
    "kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go (ValidateCertSANs)",
)
NTP_SOURCE = Rule(
    "DS096-ntp-source",
    "An NTP source must be an address or a DNS name.",
    Severity.ERROR,
    "The node's clock runs free, and certificates are refused sooner or later.",
    "openshift/installer pkg/types/baremetal/validation (NTP servers)",
)

RULES = (DNS_NAME, NAME_TRAP, NODE_NAME, BOTH_RECORDS, CERTIFICATE_SAN, NTP_SOURCE)

NODE_NAME_MAX = 63
_OWN_WAYS = {
    "local": "is answered by multicast DNS on many machines, not by their resolver",
    "localhost": "means the machine itself",
    "cluster.local": "is answered inside the cluster alone",
}


def dns_name(name: At[str], labels: int = 1) -> Findings:
    """Tell what is wrong with a DNS name.

    Args:
        name: the name, without the last dot.
        labels: how many labels it needs at least.
    """
    if problem := name_problem(name.value, labels):
        yield DNS_NAME.at(name.path, *problem)


def name_trap(name: At[str]) -> Findings:
    """Tell where a legal name is one that software treats in a way of its own."""
    lower = name.value.lower()
    if looks_like_ip(lower):
        fix = f"write a name with a letter in it, such as n{lower}"
        yield NAME_TRAP.at(name.path, f"{name.value!r} is a legal name, but looks like an IPv4 address", fix)
    for domain in sorted(_OWN_WAYS, key=len, reverse=True):
        if lower.endswith("." + domain):
            fix = "use a name in a domain of your own"
            yield NAME_TRAP.at(name.path, f"a name under .{domain} {_OWN_WAYS[domain]}", fix)
            return


def host_label(name: At[str]) -> Findings:
    """Tell why a node cannot have a name."""
    if problem := name_problem(name.value):
        message, fix = problem
        yield NODE_NAME.at(
            name.path, message, fix.replace("ironic.example.com", "mgmt-1") if isinstance(fix, str) else fix
        )
    elif len(name.value) > NODE_NAME_MAX:
        message = f"the name has {len(name.value)} characters, at most {NODE_NAME_MAX} are allowed"
        yield NODE_NAME.at(name.path, message, write(name.value[:NODE_NAME_MAX].split(".")[0]))
    elif name.value.split(".")[0] == "localhost":
        yield NODE_NAME.at(name.path, f"{name.value!r} means every machine itself", write("mgmt-1"))


def unique_hosts(names: Sequence[At[str]]) -> Findings:
    """Tell where two nodes have one name."""
    seen: set[str] = set()
    for name in names:
        if name.value.lower() in seen:
            yield NODE_NAME.at(name.path, f"another node is named {name.value!r}, too", "give each node its own name")
        seen.add(name.value.lower())


def certificate_san(san: At[str]) -> Findings:
    """Tell what is wrong with an entry of a certificate's subject alternative names."""
    text = san.value
    if "/" in text and "://" not in text and (network := parsed_network(text)) is not None:
        address = as_ip(text.partition("/")[0])
        alone = network.num_addresses == 1 or address != network.network_address
        fix: AnyFix = write(str(address)) if alone else remove(", and write each address or name that clients use")
        yield CERTIFICATE_SAN.at(san.path, f"{text!r} is a network; a certificate holds addresses and names", fix)
        return
    if as_ip(text) is not None or "[" in text or text.count(":") > 1:
        try:
            parse_address(text)
        except AddressError as error:
            bare = as_ip(host_of(text))
            yield CERTIFICATE_SAN.at(san.path, error.message, write(str(bare)) if bare else error.fix)
        return
    name = text[2:] if text.startswith("*.") else text
    if "*" in name:
        fix = "write the wildcard as the whole first label: *.example.com"
        yield CERTIFICATE_SAN.at(san.path, f"{text!r} has a wildcard that is not the first label", fix)
    elif problem := name_problem(name):
        message, fix = problem
        host, _, port = text.rpartition(":")
        if host and port.isdecimal() and "://" not in text:
            message, fix = f"{text!r} has a port, which no certificate holds", write(host)
        yield CERTIFICATE_SAN.at(san.path, message, fix)


def ntp_source(source: At[str]) -> Findings:
    """Tell what is wrong with an NTP server or pool."""
    try:
        parse_address(source.value)
    except AddressError as error:
        host = host_of(source.value)
        if host != source.value and (as_ip(host) is not None or name_problem(host.lower()) is None):
            yield NTP_SOURCE.at(source.path, f"{source.value!r} is more than a host", write(host))
        elif ":" in source.value or as_ip(source.value) is not None:
            yield NTP_SOURCE.at(source.path, error.message, error.fix)
        elif problem := name_problem(source.value.lower()):
            yield NTP_SOURCE.at(source.path, *problem)


def _names(subject: Subject) -> Iterator[tuple[At[str], int]]:
    """List the names of the site, and how many labels each needs."""
    site = subject.site
    path = blame(site, "metal3", ("global", "provisioningHostname"), ("provisioning", "hostname"))
    name = site.provisioning.hostname
    if path[0] == "charts" and subject.plan.ironic is not None:
        name = subject.plan.ironic.hostname
    if name:
        yield At(path, name), 2
    given = subject.plan.values("rancher").get("hostname")
    rancher = "" if given is None else as_text(given)
    over = override_path(site, "rancher", "hostname")
    if rancher and (over is not None or site.rancher.hostname not in ("auto", "dual")):
        yield At(over or ("rancher", "hostname"), rancher), 2
    if site.cluster.api_host is not None:
        yield At(("cluster", "apiHost"), site.cluster.api_host), 2
    for index, domain in enumerate(site.dns.search):
        yield At(("dns", "search", index), domain), 1
    for index, zone in enumerate(site.dns.zones):
        bare = zone.name.rstrip(".").lower()
        # RFC 2317 delegates parts of a /24 through labels such as 0/25
        if not bare.endswith(".in-addr.arpa"):
            yield At(("dns", "zones", index, "name"), bare), 1
    if (own := site.host.own_domain()) is not None:
        yield At(*own), 1


def check_names(subject: Subject) -> Findings:
    """Judge the names that the site writes."""
    for name, labels in _names(subject):
        problems = list(dns_name(name, labels))
        yield from problems
        if not problems and name.path[:2] != ("dns", "zones"):
            yield from name_trap(name)


def check_nodes(subject: Subject) -> Findings:
    """Judge the nodes' names."""
    names = [At[str](("nodes", i, "name"), node.name) for i, node in enumerate(subject.site.nodes)]
    for name in names:
        problems = list(host_label(name))
        yield from problems
        if not problems and looks_like_ip(name.value):
            yield from name_trap(name)
    yield from unique_hosts(names)


def check_records(subject: Subject) -> Findings:
    """Tell where a name of the plan lacks the record of a family, because the address is not known.

    An error where dualstack writes the records; elsewhere they may well be there, written by IPAM or dynamic DNS.
    """
    site, plan = subject.site, subject.plan
    if names_unknown_interface(site):
        return
    names = [plan.rancher_hostname] if plan.chart("rancher") else []
    if site.mode == "hostname" and site.provisioning.hostname:
        names.append(site.provisioning.hostname)
    for name in sorted({name for name in names if name and not under_sslip(name) and not name_problem(name)}):
        have = {record.type for record in plan.dns if record.name == name}
        for family, kind in RECORD_TYPE.items():
            if kind not in have and not switched_off(site, family):
                virtual = INGRESS if name == plan.rancher_hostname else VIP
                yield _no_record(site, name, family, kind, virtual)


def no_record(name: At[str], kind: str, fix: AnyFix, why: str = "") -> Finding:
    """Make the finding for a name that lacks the record of a family.

    Args:
        name: the name, and where the record would be decided.
        kind: ``A`` or ``AAAA``.
        fix: what to do.
        why: the reason, where one is known.
    """
    return BOTH_RECORDS.at(name.path, f"{name.value} gets no {kind} record{f': {why}' if why else ''}", fix)


def _no_record(site: Site, name: str, family: Family, kind: str, virtual: Path) -> Finding:
    unknown = f"the node's {LABEL[family]} address is not known"
    if several(site):
        unknown = f"{format_path((*virtual, family))} is not known"
    fix, path = state_address(site, family, virtual), stated_path(site, family, virtual)
    if site.dns.keeper.written:
        return no_record(At(path, name), kind, fix, unknown)
    message = f"dualstack cannot check or show the {kind} record of {name}: {unknown}"
    consequence = "Whether the name has the record is left to whoever gives out the address."
    return softened(BOTH_RECORDS.at(path, message, fix, consequence=consequence))


def check_sans(subject: Subject) -> Findings:
    """Judge the names in the API server's certificate."""
    site = subject.site
    for item in own_values(site, "tls-san"):
        for entry in as_text(item.value).split(","):
            yield from certificate_san(At(item.path, entry))
    for index, entry in enumerate(site.cluster.tls_san if site.cluster.server.get("tls-san") is None else ()):
        yield from certificate_san(At(("cluster", "tlsSan", index), entry))


def check_ntp(subject: Subject) -> Findings:
    """Judge the NTP sources."""
    time = subject.site.image.time
    for key, sources in (("ntpServers", time.ntp_servers), ("ntpPools", time.ntp_pools)):
        for index, source in enumerate(sources):
            yield from ntp_source(At(("image", "time", key, index), source))


CHECKS = (check_names, check_nodes, check_records, check_sans, check_ntp)
