"""Rules about what only a program's resources tell: options, passwords, and what reached the engine by other ways.

No check of a site runs them; the policies do, over anybody's resources.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from dualstack.address.family import LABEL
from dualstack.address.parsing import AddressError, Prefix, parse_address
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.origins import Path
from dualstack.rules.blame import shown

DHCP_RANGE = Rule(
    "DS160-libvirt-dhcp-range",
    "A libvirt network must have prefixes that its provider takes, and to give out addresses, that dnsmasq takes.",
    Severity.ERROR,
    "The network is refused while it is created, after the preview was fine.",
    "libvirt src/util/virsocketaddr.c (65535 addresses at most); dnsmasq src/option.c (/64 at least); "
    "terraform-provider-libvirt 0.8.1 libvirt/network.go (three host bits at least)",
)
BOOTSTRAP = Rule(
    "DS161-bootstrap-password",
    "Rancher's bootstrap password must be one that nobody guesses: 12 characters at least, and no well-known word.",
    Severity.ERROR,
    "Whoever reaches Rancher before its administrator does has the cluster.",
    "Rancher documentation: bootstrap password, CATTLE_PASSWORD_MIN_LENGTH (12)",
)
CHART_VERSION = Rule(
    "DS162-chart-version-of-release",
    "A chart that a SUSE Telco Cloud release ships must have that release's version, or one that the stack overrides.",
    Severity.WARNING,
    "Nobody has tried the charts and images of the release with that version.",
    "versions of each SUSE Telco Cloud release (suse-edge/suse-edge.github.io asciidoc/edge-book/versions.adoc)",
)
TWICE = Rule(
    "DS163-delivered-twice",
    "A Helm release must be delivered once: in the image, or by one resource of the program.",
    Severity.ERROR,
    "Two owners upgrade one Helm release by turns, each back to its own version and values.",
    "Helm: one release of a name in a namespace; RKE2's helm-controller keeps what the image brought",
)
SERVICE = Rule(
    "DS164-service-both-families",
    "A Service in a management namespace must have both families.",
    Severity.ERROR,
    "Without ipFamilyPolicy a Service gets one family, also on a dual-stack cluster: clients of the other find nobody.",
    "kubernetes.io: IPv4/IPv6 dual-stack, Services; rancher/rancher issue 57124",
)
DELETE_FIRST = Rule(
    "DS165-libvirt-delete-first",
    "A libvirt resource must say that it is deleted before it is replaced, unless its successor has another name.",
    Severity.ERROR,
    "When a replacement fails, the next run deletes the new one as if it were the old: a volume loses its data.",
    "measured with pulumi-libvirt 0.5.4: a replacement whose create failed, then up again; the id is the name or path",
)
PROTECTED = Rule(
    "DS166-production-protected",
    "In a production stack host and disk must be protected.",
    Severity.ERROR,
    "One changed value, or one destroy, takes the management cluster away.",
    "Pulumi documentation: the resource option protect",
)

RULES = (DHCP_RANGE, BOOTSTRAP, CHART_VERSION, TWICE, SERVICE, DELETE_FIRST, PROTECTED)

LEAST_HOST_BITS = 3
SHORTEST_DHCP6 = 64
MOST_IN_RANGE = 65535
LEAST_PASSWORD = 12
DUAL_STACK = ("PreferDualStack", "RequireDualStack")

_KNOWN = re.compile(
    r"(?:"
    r"administrator|kubernetes|management|passphrase|bootstrap|dualstack|openstack|changeme|"
    r"changeit|iloveyou|longhorn|opensuse|password|cluster|default|example|initial|letmein|"
    r"rancher|welcome|cattle|foobar|ironic|master|monkey|please|pulumi|qwerty|secret|change|"
    r"hello|linux|metal|telco|admin|root|suse|test|this|temp|user|demo|edge|pass|abc|foo|"
    r"bar|baz|is|my|me"
    r")*"
)
"""Words of which bad passwords are made, longest first."""
_OVERRIDE = "`versions` in the policy's config, charts in a site file"
_DIGEST = re.compile(r"[-_.][0-9a-f]{7,64}$")
_LEET = str.maketrans("013457@$!", "oleastasi")


def tight_prefixes(prefixes: Sequence[At[Prefix]]) -> Findings:
    """Tell prefixes that the provider refuses, whether the network gives out addresses or not."""
    for item in prefixes:
        network = item.value.network
        if network.max_prefixlen - network.prefixlen < LEAST_HOST_BITS:
            most = network.max_prefixlen - LEAST_HOST_BITS
            message = f"{network} is longer than /{most}, the longest that the provider takes, with DHCP or without"
            yield DHCP_RANGE.at(item.path, message, f"write a prefix of /{most} or shorter")


def dhcp_prefixes(prefixes: Sequence[At[Prefix]], otherwise: str = "set dhcp.enabled to false") -> Findings:
    """Tell prefixes of a virtual network from which libvirt cannot give out addresses.

    The provider itself takes a range of at most 16 bits out of each, so a long IPv6 prefix is fine.

    Args:
        prefixes: what the network has.
        otherwise: how to do without.
    """
    first: At[Prefix] | None = None
    for item in prefixes:
        network = item.value.network
        if network.max_prefixlen - network.prefixlen < LEAST_HOST_BITS:
            continue
        if network.version == 6 and network.prefixlen < SHORTEST_DHCP6:
            message = f"{network} is shorter than /{SHORTEST_DHCP6}, the shortest from which dnsmasq gives addresses"
            fix = f"write {network.network_address}/{SHORTEST_DHCP6}, or {otherwise}"
            yield DHCP_RANGE.at(item.path, message, fix)
        elif network.version == 4 and first is not None:
            message = f"{network} is a second IPv4 prefix beside {first.value}, and libvirt gives addresses of one"
            yield DHCP_RANGE.at(item.path, message, remove(f", or {otherwise}"))
        elif network.version == 4:
            first = item


def dhcp_range(start: str, end: str, where: Path, prefixes: Sequence[At[Prefix]]) -> Findings:
    """Tell why libvirt refuses a range of addresses; texts that are no addresses are left to libvirt.

    Args:
        start: the first address.
        end: the last one.
        where: where the range is written.
        prefixes: what the network has.
    """
    try:
        low, high = parse_address(start).ip, parse_address(end).ip
    except AddressError:
        return
    told = f"the range {low} - {high}"
    if low.version != high.version or int(low) > int(high):
        yield DHCP_RANGE.at(where, f"{told} ends before it starts", f"write {high} - {low}")
    elif int(high) - int(low) > MOST_IN_RANGE - 1 or (low.version == 6 and int(low) >> 16 != int(high) >> 16):
        last = type(low)(int(low) | 0xFFFE)
        message = f"{told} has more than {MOST_IN_RANGE} addresses, or crosses a block of them"
        yield DHCP_RANGE.at(where, message, f"end it with {last}")
    elif not any(low in item.value.network and high in item.value.network for item in prefixes):
        message = f"{told} lies in no prefix of the network"
        yield DHCP_RANGE.at(where, message, f"write a range within {', '.join(str(item.value) for item in prefixes)}")


def bootstrap_password(password: At[str], least: int = LEAST_PASSWORD, known: Collection[str] = ()) -> Findings:
    """Tell a bootstrap password that is short or well known; the password itself is never shown.

    Args:
        password: the password.
        least: how many characters it needs.
        known: further ones that everybody knows.
    """
    value = password.value
    fix = f"run: pulumi config set --secret with a random text of {max(least, LEAST_PASSWORD)} characters or more"
    bare = re.sub(r"[^a-z]", "", value.lower().rstrip("0123456789!.?_-").translate(_LEET))
    spoken = bool(bare) and len(bare) >= len(re.sub(r"[\W\d_]", "", value)) and _KNOWN.fullmatch(bare) is not None
    simple = len(set(value)) <= 3 or re.sub(r"\D", "", value) == value
    if spoken or simple or value.lower() in {word.lower() for word in known}:
        yield BOOTSTRAP.at(password.path, "the bootstrap password is one that everybody tries", fix)
    elif len(value) < least:
        message = f"the bootstrap password has {len(value)} characters, at least {least} are wanted"
        yield BOOTSTRAP.at(password.path, message, fix)


def version_of_release(chart: str, version: At[str], wanted: Mapping[str, str]) -> Findings:
    """Tell a chart's version that is none of those that are expected.

    Args:
        chart: the chart.
        version: its version.
        wanted: what the version may be, each with who says so; nothing is expected where it is empty.
    """
    if wanted and version.value.removeprefix("v") not in {item.removeprefix("v") for item in wanted}:
        told = " or ".join(f"{item} ({source})" for item, source in wanted.items())
        message = f"{chart} has version {version.value}, not {told}"
        yield CHART_VERSION.at(
            version.path, message, write(next(iter(wanted)), f", or override it: {_OVERRIDE}", guess=True)
        )


def delivered_twice(release: At[str], other: str) -> Finding:
    """Make the finding for a Helm release that something else delivers, too."""
    message = f"the Helm release {release.value} is delivered by {other}, too"
    return TWICE.at(
        release.path, message, "remove one of the two (a site's chart: set its delivery to image or pulumi)"
    )


def service_families(policy: At[object]) -> Findings:
    """Tell a Service that has, or may get, one family only.

    Its ipFamilies may have one entry: with a dual-stack policy the API server adds the other (seen with 1.34).

    Args:
        policy: its ipFamilyPolicy, None where it has none.
    """
    if policy.value not in DUAL_STACK:
        told = "there is no ipFamilyPolicy" if policy.value is None else f"ipFamilyPolicy is {shown(policy.value)}"
        yield SERVICE.at(policy.path, told, write("PreferDualStack"))


def delete_first(said: At[bool | None], volume: str | None = None) -> Findings:
    """Tell a resource that does not say that it is deleted before it is replaced.

    Args:
        said: the resource option, None where the program does not set it: the provider's own word is not enough.
        volume: name of a volume; one that ends with a digest is another one for other content, so it may say no.
    """
    if said.value is True or (said.value is False and volume is not None and _DIGEST.search(volume)):
        return
    told = "deleteBeforeReplace is not set" if said.value is None else "deleteBeforeReplace is false"
    yield DELETE_FIRST.at(said.path, told, "set the resource option delete_before_replace to True")


def protected(said: At[bool], why: str) -> Findings:
    """Tell a resource of a production stack that is not protected.

    Args:
        said: the resource option.
        why: what makes it production.
    """
    if not said.value:
        message = f"the resource is not protected, and {why}"
        yield PROTECTED.at(
            said.path, message, "set the resource option protect to True (in a site, host.production does)"
        )


def ordered_families(listed: Sequence[At[str]], rule: Rule) -> Findings:
    """Tell a Service's ipFamilies that start with IPv6."""
    if [item.value for item in listed] == [LABEL["ipv6"], LABEL["ipv4"]]:
        yield rule.at(listed[0].path, "IPv6 stands first", "write [IPv4, IPv6] (a Service must be made anew for that)")
