"""The metal3 chart's values: hosts of Ironic, image URLs, the certificate of virtual media, the chart's age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.document.findings import At
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.merge import overlay
from dualstack.document.origins import Path
from dualstack.plan.ironic import read_ironic
from dualstack.plan.ironic_env import EXTRA_ENV, LISTEN_ALL
from dualstack.plan.model import Ironic
from dualstack.policies import declare
from dualstack.policies.charts import TYPES, Chart, charts_of
from dualstack.policies.declare import policy
from dualstack.policies.hosts import host_addresses
from dualstack.policies.model import Check, Given, NotYet, Told, View, instead
from dualstack.policies.several import node_count
from dualstack.rules.blame import within
from dualstack.rules.ironic import ironic_env, media
from dualstack.rules.ironic import ironic_hosts as metal3_rules
from dualstack.rules.ironic import metal3_chart as metal3_chart_rules
from dualstack.rules.ironic.ironic_env import SWITCHES, environment, environment_text, switch
from dualstack.rules.ironic.ironic_hosts import (
    EXTERNAL_HOST,
    EXTERNAL_V6,
    HOST_KEYS,
    bare_host,
    empty_image_host,
    exactly_one_host,
    own_address,
)
from dualstack.rules.ironic.media import held_host, not_on_all, uncovered_url
from dualstack.rules.ironic.metal3_chart import old_version
from dualstack.rules.name.name_grammar import as_ip

LISTEN: Final = ("metal3-ironic", "listenOnAll")
_READ: Final = (
    *(("global", key) for key in HOST_KEYS),
    EXTERNAL_HOST,
    EXTERNAL_V6,
    LISTEN,
    ("global", "enable_tls"),
    ("global", "enable_vmedia_tls"),
    ("global", "vmediaTLSPort"),
    ("metal3-baremetal-operator", "baremetaloperator", "httpPort"),
)
"""Everything that ``read_ironic`` looks at, beside variables."""


def _metal3(given: Given) -> Iterator[Chart]:
    return (chart for chart in charts_of(given) if chart.chart == "metal3")


def _at(chart: Chart, *path: str) -> At[str]:
    return At((*chart.path, *path), chart.text(*path))


def _ironic(chart: Chart) -> Ironic:
    """Read hosts and URLs out of the values, of which every one must be known."""
    values: dict[str, Any] = {}
    for path in _READ:
        value: Any = chart.get(*path)
        if not within(chart.values, *path):
            continue  # left out and null are two things to a chart
        for key in reversed(path):
            value = {key: value}
        values = overlay(values, value, keep_null=True)
    # What cannot be looked at is told once, by the policy of variables' text.
    env = {name: value for name, value in _variables(chart).items() if not isinstance(value, Hole)}
    version = chart.version.value if isinstance(chart.version.value, str) else ""
    return read_ironic(overlay(values, {EXTRA_ENV[0]: {EXTRA_ENV[1]: env}}) if env else values, version)


def _variables(chart: Chart) -> Mapping[str, Any]:
    found = chart.get(*EXTRA_ENV)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise Unreadable((*chart.path, *EXTRA_ENV), instead(found, "a mapping"))
    return found


def _hosts(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        hosts = [_at(chart, "global", key) for key in HOST_KEYS]
        yield from exactly_one_host(hosts, "set global.ironicIP, or global.provisioningHostname with A and AAAA")
        for host in hosts[1:]:
            yield from bare_host(host, names=False)
        yield from bare_host(_at(chart, *EXTERNAL_HOST))
        yield from bare_host(_at(chart, *EXTERNAL_V6), ipv6=True)


def _version(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        fix = "use the version of a SUSE Telco Cloud release, 0.12.7 or later"
        yield from old_version(chart.known_version(), fix)


def _image_host(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        ironic = _ironic(chart)
        where: Path = (*chart.path, *EXTERNAL_HOST)
        if not ironic.hostname or ironic.external_http_host:
            continue
        for finding in empty_image_host(
            chart.known_version(), ironic, where, f"set global.externalHttpHost to {ironic.hostname}"
        ):
            # A chart that nobody has tried is no reason to stop.
            if finding.severity is finding.rule.severity:
                yield finding


def _listening(given: Given, view: View) -> Told:
    virtual = node_count(View(others=[*view.others, given])) > 1
    for chart in _metal3(given):
        variable = (*EXTRA_ENV, LISTEN_ALL)
        where = variable if within(chart.values, *variable) else LISTEN
        fix = "remove it, or set it to true"
        yield from not_on_all(_ironic(chart), (*chart.path, *where), fix, virtual=virtual)


def _switches(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        for keys in SWITCHES:
            try:
                yield from switch(At((*chart.path, *keys), chart.get(*keys)))
            except Unreadable as error:
                yield NotYet(error.path, error.why)


def _environment(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        where: Path = (*chart.path, *EXTRA_ENV)
        variables = _variables(chart)
        for name, value in variables.items():
            if isinstance(value, Hole):
                yield NotYet((*where, str(name)), value.why)
            else:
                yield from environment_text(At((*where, str(name)), value))
        known = {str(name): value for name, value in variables.items() if isinstance(value, str)}
        yield from environment(known, _ironic(chart), where) if known else ()


def _certificate(given: Given, _view: View) -> Told:
    for chart in _metal3(given):
        ironic = _ironic(chart)
        if not ironic.vmedia_tls:
            continue
        off: Path = (*chart.path, "global", "enable_vmedia_tls")
        fix = "set global.enable_vmedia_tls to false, or use a host name, which the certificate holds"
        held = held_host(ironic)
        yield from uncovered_url(ironic.external_url, held, off, fix)
        yield from uncovered_url(ironic.external_url_v6, held, off, fix)


def _own_address(given: Given, view: View) -> Told:
    for chart in _metal3(given):
        for path in (("global", "ironicIP"), ("global", "provisioningIP"), EXTERNAL_V6):
            ip = as_ip(chart.text(*path))
            if ip is None:
                continue
            own = {address for address in host_addresses(view.others, view) if address.version == ip.version}
            where: Path = (*chart.path, *path)
            if not own:
                yield NotYet(where, "no resource of the stack tells an address of a host; name them in `hosts`")
            yield from own_address(At(where, ip), own, "write an address of the management host") if own else ()


HOSTS = Check(TYPES, _hosts)
VERSION = Check(TYPES, _version)
IMAGE_HOST = Check(TYPES, _image_host)
LISTENING = Check(TYPES, _listening)
CERTIFICATE = Check(TYPES, _certificate)
OWN_ADDRESS = Check(TYPES, _own_address)
SWITCH_CHECK = Check(TYPES, _switches)
ENVIRONMENT = Check(TYPES, _environment)

_ONE: Final = "Set one of global.ironicIP (address mode) and global.provisioningHostname (hostname mode)."

POLICIES: Final = (
    policy(metal3_rules.ONE_HOST, _ONE, HOSTS),
    policy(metal3_rules.EMPTY_URL_HOST, "Set global.externalHttpHost to the host name.", IMAGE_HOST),
    policy(metal3_rules.HOST_SYNTAX, "Write a bare address or name: no scheme, brackets or port.", HOSTS),
    policy(
        metal3_rules.OWN_ADDRESS,
        "Write an address of the management host.",
        OWN_ADDRESS,
        whole=True,
        settings=declare.HOSTS,
    ),
    policy(media.LISTEN_ON_ALL, "Remove metal3-ironic.listenOnAll, or set it to true.", LISTENING),
    policy(media.VMEDIA_TLS, "Set global.enable_vmedia_tls to false, or use hostname mode.", CERTIFICATE),
    policy(ironic_env.SWITCH, "Write true or false, without quotes.", SWITCH_CHECK),
    policy(ironic_env.TEXT, "Write the variable's value in quotes.", ENVIRONMENT),
    policy(ironic_env.URL, "Write a URL with one host, IPv6 in brackets.", ENVIRONMENT),
    policy(ironic_env.SPLIT, "Remove the variable, or set IRONIC_BASE_URL to the same URL beside it.", ENVIRONMENT),
    policy(ironic_env.PORT, "Remove the variable.", ENVIRONMENT),
    policy(ironic_env.OWN_HOST, "Remove the variable, and set the host in the chart's own values.", ENVIRONMENT),
    policy(metal3_chart_rules.TOO_OLD, "Use metal3 0.12.6 or later.", VERSION),
)
