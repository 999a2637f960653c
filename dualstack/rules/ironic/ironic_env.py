"""Rules about what goes past the metal3 chart: variables in ``ironicExtraEnv``, and switches that are text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.address.family import family_of
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import as_fix, remove, write
from dualstack.document.frozen import Secret, dig
from dualstack.document.origins import Path
from dualstack.plan.ironic_env import (
    ACCESS_PORT,
    BASE_URLS,
    CALLBACK_URLS,
    EXTERNAL_IP,
    EXTRA_ENV,
    HTTP_URL,
    LISTEN_ALL,
    MEDIA_URLS,
    OWN_HOSTS,
    env_text,
    extra_env,
    first_of,
    host_of,
)
from dualstack.plan.model import Ironic
from dualstack.releases import upstream_version
from dualstack.rules.base import Subject
from dualstack.rules.blame import override_path, shown, softened
from dualstack.rules.chart.override_values import OWN_DEFAULT
from dualstack.rules.cidr.surroundings import own_addresses
from dualstack.rules.image.image_contents import NO_IPV6, ipv6_off
from dualstack.rules.ironic.ironic_hosts import NO_EFFECT, bare_host, own_address
from dualstack.rules.name.name_grammar import as_ip, name_problem

SWITCH: Final = Rule(
    "DS200-chart-switch",
    "A switch of the metal3 chart must be true or false, without quotes.",
    Severity.ERROR,
    "The chart compares it with a truth value: it cannot be rendered, and the image build stops; or the text false "
    "counts as true.",
    "suse-edge/charts metal3 0.12.7 to 0.13.1 templates (eq .Values.listenOnAll false, ternary, if); Go text/template",
    firm=True,
)
TEXT: Final = Rule(
    "DS201-environment-text",
    "A variable in ironicExtraEnv must be text.",
    Severity.ERROR,
    "The chart copies the value into a ConfigMap, which Kubernetes refuses: the Helm release fails.",
    "suse-edge/charts metal3 ironic/templates/configmap.yaml (toYaml); Kubernetes core/v1 ConfigMap (data)",
    firm=True,
)
URL: Final = Rule(
    "DS202-ironic-url",
    "A URL that Ironic is given must have a scheme and one host, IPv6 in brackets.",
    Severity.ERROR,
    "Ironic does not start, or every machine is given a URL that nobody can read.",
    "metal3-io/ironic-image scripts/configure-ironic.sh (no brackets around IRONIC_EXTERNAL_IP); a list stops Ironic "
    "32.0.0 with ConfigFileValueError (run)",
    firm=True,
)
SPLIT: Final = Rule(
    "DS203-callback-split",
    "Agent and inspection must call Ironic back at one place.",
    Severity.WARNING,
    "Inspection reports to the one URL, the agent to the other: a machine that reaches only one of them never gets on.",
    "ironic drivers/modules/image_utils.py (override_api_url): up to 32, so in metal3 0.12 and 0.13, "
    "external_callback_url moves ipa-api-url alone (32.0.0 run); from 33 on, so in metal3 0.15, both (39.0.0 run)",
)
PORT: Final = Rule(
    "DS204-ironic-port",
    "Ironic must listen on the ports that the chart writes into URLs, probes and its Service.",
    Severity.ERROR,
    "Machines and the operator ask at ports where nobody listens.",
    "suse-edge/charts metal3 templates (6180, 6385 and vmediaTLSPort); metal3-io/ironic-image ironic-config",
)
OWN_HOST: Final = Rule(
    "DS205-ironic-own-host",
    "Ironic must call itself by the host that the chart has for it.",
    Severity.WARNING,
    "Certificate, media URLs and the operator's endpoint keep the chart's host, while Ironic's own URLs have another.",
    "metal3-io/ironic-image scripts/ironic-common.sh (wait_for_interface_or_ip)",
)

RULES = (SWITCH, TEXT, URL, SPLIT, PORT, OWN_HOST)

SWITCHES: Final = (
    ("metal3-ironic", "listenOnAll"),
    *(
        ("global", key)
        for key in (
            "enable_tls",
            "enable_vmedia_tls",
            "enable_basicAuth",
            "enable_dnsmasq",
            "enable_pxe_boot",
            "enable_mariadb",
            "additionalTrustedCAs",
        )
    ),
)
_URLS: Final = (*BASE_URLS, *CALLBACK_URLS, *MEDIA_URLS, HTTP_URL, "OS_DEPLOY__HTTP_URL", "OS_API__PUBLIC_ENDPOINT")
_PORTS: Final = {"HTTP_PORT": "6180", ACCESS_PORT: "6385", "IRONIC_LISTEN_PORT": "6385"}
_BY_SCRIPT: Final = "the scripts of Ironic's image set it themselves"
_OF_OPERATOR: Final = "the operator reads it, out of another ConfigMap"
_IDLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("IRONIC_URL_HOST", "IRONIC_SCHEME", "IRONIC_TLS_SETUP", "IRONIC_VMEDIA_TLS_SETUP", "IPXE_TLS_SETUP", "IPV"),
        _BY_SCRIPT,
    ),
    **dict.fromkeys(("IRONIC_ENDPOINT", "IRONIC_EXTERNAL_URL_V6", "CACHEURL"), _OF_OPERATOR),
    "IPA_INSECURE": "no template of Ironic's image reads it",
    "LISTEN_ON_ALL": "no script reads it; the name is LISTEN_ALL_INTERFACES",
}
KERNEL_PARAMS: Final = "IRONIC_KERNEL_PARAMS"
NO_IPV6_THERE: Final = "Machines have IPv4 alone while they are inspected and installed."
_OF_CHART: Final = (
    "PREDICTABLE_NIC_NAMES",
    "ENABLE_PXE_BOOT",
    "IRONIC_FAST_TRACK",
    KERNEL_PARAMS,
    "IRONIC_REVERSE_PROXY_SETUP",
    "RESTART_CONTAINER_CERTIFICATE_UPDATED",
    "AUTH_STRATEGY",
    "IRONIC_USE_MARIADB",
    *MEDIA_URLS,
    *BASE_URLS,
)
"""Variables, or options behind them, that the chart fills from its own values."""
_RAMDISK: Final = ("metal3-ironic", "global", "ironicKernelParams")
_URL_EXAMPLE: Final = "write a URL such as https://192.168.100.10:6385"
_WHOLE_URL: Final = re.compile(r"https?://(?P<host>\[[^\]]*\]|[^:/?#\[\]]*)(:(?P<port>[0-9]{1,5}))?(?P<path>/.*)?")


def switch(item: At[Any]) -> Findings:
    """Tell a switch that is no truth value; null leaves it to the chart."""
    if item.value is None or isinstance(item.value, bool):
        return
    meant = str(item.value).strip().lower()
    yes = meant in ("true", "yes", "on", "1")
    fix = write(yes, ", without quotes") if yes or meant in ("false", "no", "off", "0") else remove()
    yield SWITCH.at(item.path, f"{shown(item.value)} is no truth value", fix)


def environment_text(item: At[Any]) -> Findings:
    """Tell a variable that is no text."""
    if isinstance(item.value, str | Secret):
        return
    # What another rule refuses as text, too, is not to be written as text.
    name, value = str(item.path[-1]), env_text(item.value)
    refused = value != _PORTS.get(name, value) or (name == LISTEN_ALL and item.value is False)
    simple = isinstance(item.value, bool | int | float) and not refused
    fix = write(value) if simple else remove(", or write its text in quotes", guess=True)
    yield TEXT.at(item.path, f"{'nothing' if item.value is None else shown(item.value)} is no text", fix)


def ironic_url(item: At[str]) -> Findings:
    """Tell what is wrong with a URL that Ironic takes as it is."""
    if not item.value:
        return
    if "," in item.value:
        first = write(item.value.partition(",")[0].strip(), ", which is one URL", guess=True)
        yield URL.at(item.path, f"{shown(item.value)} is a list", first)
        return
    match = _WHOLE_URL.fullmatch(item.value)
    if match is None:
        found = as_ip(re.sub(r"^https?://|[/?#].*$", "", item.value))
        whole = re.match(r"https?", item.value)
        host = f"[{found}]" if found is not None and found.version == 6 else found
        fix = write(f"{whole[0]}://{host}") if found and whole else as_fix(_URL_EXAMPLE)
        # An address without brackets and a port: the last group may be either.
        if found is not None and found.version == 6 and item.value.rpartition(":")[2].rstrip("/") in ("6180", "6385"):
            head, _, port = re.sub(r"^https?://|/.*$", "", item.value).rpartition(":")
            inner = as_ip(head)
            fix = write(f"{whole[0]}://[{inner}]:{port}") if inner is not None and whole else fix
        yield URL.at(item.path, f"{shown(item.value)} is no URL with one host", fix)
        return
    host_text = match["host"].strip("[]")
    ip = as_ip(host_text)
    bracketed = match["host"].startswith("[")
    if not host_text:
        yield URL.at(item.path, f"{shown(item.value)} has no host", "write the host, or remove it")
    elif (bracketed and (ip is None or ip.version == 4)) or (ip is None and name_problem(host_text.lower())):
        yield URL.at(item.path, f"{shown(item.value)}: {match['host']} is no host", "write an address or a name")
    elif match["port"] is not None and not 0 < int(match["port"]) < 65536:
        yield URL.at(item.path, f"{match['port']} is no port", "write a port from 1 to 65535")


def external_ip(item: At[str]) -> Findings:
    """Tell an address that becomes a URL as it is, without the brackets that IPv6 wants there."""
    ip = as_ip(item.value)
    if ip is not None and ip.version == 6 and not item.value.startswith("["):
        message = f"{item.value} is put into URLs as it is: https://{item.value}:6385"
        yield URL.at(item.path, message, write(f"[{ip}]", ", or remove it", guess=True))
    elif item.value and ip is None and name_problem(item.value.lower()):
        yield URL.at(item.path, f"{shown(item.value)} is no host", "write an address or a name")


def split_callback(ironic: Ironic, where: Path) -> Findings:
    """Tell where the agent calls another host than inspection reports to."""
    agent, inspection = host_of(ironic.api_url), host_of(ironic.inspection_url)
    if agent and inspection and agent != inspection:
        base = ironic.inspection_url.removesuffix("/v1/continue_inspection")
        message = f"the agent calls {ironic.api_url}, while inspection reports to {ironic.inspection_url}"
        fix = remove(f" (both then call {base}), or set IRONIC_BASE_URL to {ironic.api_url} beside it", guess=True)
        yield SPLIT.at(where, message, fix)


def _own_host(env: Mapping[str, str], ironic: Ironic, where: Path) -> Findings:
    name = first_of(env, OWN_HOSTS)
    if not name:
        return
    value, path = env[name], (*where, name)
    if name != "IRONIC_URL_HOSTNAME":
        problems = list(bare_host(At(path, value), names=False))
        yield from problems
        if problems:
            return
    chart = ironic.provisioning_ip or ironic.ironic_ip or ironic.hostname
    if as_ip(value) != as_ip(chart) or (as_ip(value) is None and value.lower() != chart.lower()):
        message = f"Ironic calls itself {value}, while the chart's values have {chart or 'no host'}"
        yield OWN_HOST.at(path, message, remove(", and set the host in the chart's own values", guess=True))


def _ports(env: Mapping[str, str], ironic: Ironic, where: Path) -> Findings:
    ports = dict(_PORTS)
    if ironic.vmedia_tls:
        ports["VMEDIA_TLS_PORT"] = ironic.rendered_url.rpartition(":")[2]
    for name, port in ports.items():
        if env.get(name) and env[name] != port:
            message = f"{env[name]}, while the chart has {port} in URLs, probes and Service"
            yield PORT.at((*where, name), message, remove())


def environment(env: Mapping[str, str], ironic: Ironic, where: Path) -> Findings:
    """Judge variables of Ironic's containers.

    Args:
        env: the variables.
        ironic: what they and the chart's values make of Ironic.
        where: the place of the variables.
    """
    unread: set[str] = set()
    for name in (*_URLS, EXTERNAL_IP):
        if env.get(name):
            item = At((*where, name), env[name])
            for finding in external_ip(item) if name == EXTERNAL_IP else ironic_url(item):
                unread.add(name)
                yield finding
    yield from _own_host(env, ironic, where)
    yield from _ports(env, ironic, where)
    name = first_of(env, (*CALLBACK_URLS, EXTERNAL_IP))
    # Where a URL leads that nobody can read is not told.
    if name and not unread:
        yield from split_callback(ironic, (*where, name))
    for name in _OF_CHART:
        if name in env:
            message = f"{name} replaces what the chart makes of its own values"
            yield OWN_DEFAULT.at((*where, name), message, remove(", if that was not meant", guess=True))
    for name, why in _IDLE.items():
        if name in env:
            yield NO_EFFECT.at((*where, name), f"{name} has no effect: {why}", remove())


def env_path(subject: Subject) -> Path | None:
    """Return the place of the site's own variables; None where it has none."""
    return override_path(subject.site, "metal3", *EXTRA_ENV)


def media_variable(subject: Subject) -> Path | None:
    """Return the path of the variable that decides where images are served; None where none does."""
    where = env_path(subject)
    name = first_of(extra_env(subject.plan.values("metal3")), MEDIA_URLS)
    return (*where, name) if where is not None and name else None


def check_switches(subject: Subject) -> Findings:
    """Judge the switches of the chart, wherever the site writes one."""
    for keys in SWITCHES:
        path = override_path(subject.site, "metal3", *keys)
        if path is not None and subject.plan.chart("metal3") is not None:
            yield from switch(At(path, dig(subject.plan.values("metal3"), *keys)))


def check_environment(subject: Subject) -> Findings:
    """Judge the variables that the site adds to Ironic's containers."""
    chart, ironic, where = subject.plan.chart("metal3"), subject.plan.ironic, env_path(subject)
    given = dig(subject.plan.values("metal3"), *EXTRA_ENV)
    if chart is None or ironic is None or where is None or not given:
        return
    if upstream_version(chart.version) == (0, 12, 7):
        message = f"metal3 {chart.version} reads no ironicExtraEnv"
        yield NO_EFFECT.at(where, message, remove())
        return
    if not isinstance(given, Mapping):
        yield _no_mapping(At(where, given))
        return
    for key, value in given.items():
        yield from environment_text(At((*where, str(key)), value))
    texts = extra_env(subject.plan.values("metal3"))
    env = {key: text for key, text in texts.items() if not isinstance(given.get(key), Mapping | list | tuple)}
    yield from environment(env, ironic, where)
    for path, host in _hosts(env, where):
        ip = as_ip(host)
        own = own_addresses(subject, family_of(ip)) if ip is not None else None
        if ip is not None and own is not None:
            # Address translation before the node may lead to it.
            for finding in own_address(At(path, ip), own, remove()):
                yield softened(finding)


def _no_mapping(item: At[Any]) -> Finding:
    """Tell variables that are no mapping, such as a container's list of names and values."""
    pairs = (
        [entry for entry in item.value if isinstance(entry, Mapping)] if isinstance(item.value, list | tuple) else []
    )
    named = {str(entry["name"]): env_text(entry["value"]) for entry in pairs if {"name", "value"} <= set(entry)}
    whole = named and len(named) == len(item.value)
    fix = write(named, guess=True) if whole else remove(", or write a mapping of names and texts", guess=True)
    return TEXT.at(item.path, f"{shown(item.value)} is no mapping of names and texts", fix)


def _hosts(env: Mapping[str, str], where: Path) -> Iterator[tuple[Path, str]]:
    for name in _URLS:
        if env.get(name):
            yield (*where, name), host_of(env[name])
    for name in (EXTERNAL_IP, *OWN_HOSTS):
        if env.get(name):
            yield (*where, name), env[name].strip("[]")


def check_ramdisk(subject: Subject) -> Findings:
    """Tell kernel arguments that leave the machines' ramdisk without IPv6; who wants that may have it."""
    where = env_path(subject)
    places = [(*where, KERNEL_PARAMS)] if where is not None else []
    places += [path] if (path := override_path(subject.site, "metal3", *_RAMDISK)) is not None else []
    for path in places if subject.plan.chart("metal3") is not None else ():
        value = dig(subject.plan.values("metal3"), *map(str, path[3:]))
        words = value.split() if isinstance(value, str) else []
        off = [word for word in words if any(ipv6_off(At(path, word)))]
        if off:
            rest = " ".join(word for word in words if word not in off)
            message = f"{off[0]!r} switches IPv6 off in the machines' ramdisk"
            mend = write(rest) if rest else remove()
            yield softened(NO_IPV6.at(path, message, mend, consequence=NO_IPV6_THERE))


CHECKS = (check_switches, check_environment, check_ramdisk)
