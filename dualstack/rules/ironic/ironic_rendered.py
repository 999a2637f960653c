"""What the metal3 chart made on the cluster: the ConfigMaps that Ironic and the Baremetal Operator read.

Judged after the release, not at check: only the cluster knows what was rendered, and what somebody changed there since.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.frozen import Frozen, Secret, dig
from dualstack.plan.model import Ironic
from dualstack.releases import FIRST_DUAL_STACK_METAL3, LAST_EMPTY_HOST_METAL3, upstream_version
from dualstack.rules.blame import shown

RENDERED = Rule(
    "DS154-ironic-rendered",
    "What the metal3 chart rendered on the cluster must be what the plan says, with a host in every URL.",
    Severity.ERROR,
    "Machines are sent to where nobody answers: they find no boot media, or their ramdisk calls nobody back.",
    "suse-edge/charts metal3 0.12.7 to 0.13.1, ironic/templates/configmap.yaml and "
    "baremetal-operator/templates/configmap-ironic.yaml",
)

RULES = (RENDERED,)
CHECKS = ()

IRONIC: Final = "ironic"
OPERATOR: Final = "baremetal-operator-ironic"
CONFIG_MAPS: Final = (IRONIC, OPERATOR)
"""Names of the ConfigMaps; the chart derives neither from the name of its release."""
HOSTS: Final = ("IRONIC_IP", "PROVISIONING_IP", "IRONIC_URL_HOSTNAME")
"""Exactly one of them is there: it is the mode."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?P<host>\[[^]]*\]|[^:/]*)(?P<rest>.*)", re.IGNORECASE)


def known_chart(version: str) -> bool:
    """Tell whether the names of objects and keys in that version of the metal3 chart are known here."""
    found = upstream_version(version)
    return found is not None and FIRST_DUAL_STACK_METAL3 <= found <= LAST_EMPTY_HOST_METAL3


def expected(ironic: Ironic, values: Frozen) -> dict[str, dict[str, str | None]]:
    """Give what each key must hold, by ConfigMap; None for a key that must not be there.

    Args:
        ironic: the plan's.
        values: merged values of the chart; keys of ``ironicExtraEnv`` are the site's own, and taken as they are.
    """
    mode = "PROVISIONING_IP" if ironic.provisioning_ip else "IRONIC_IP" if ironic.ironic_ip else "IRONIC_URL_HOSTNAME"
    host = ironic.provisioning_ip or ironic.ironic_ip or ironic.hostname
    wanted: dict[str, dict[str, str | None]] = {
        IRONIC: {
            "IRONIC_EXTERNAL_HTTP_URL": ironic.rendered_url,
            "LISTEN_ALL_INTERFACES": "true" if ironic.listen_on_all else "false",
            **{key: host if key == mode else None for key in HOSTS},
        },
        OPERATOR: {
            "IRONIC_ENDPOINT": ironic.endpoint,
            "IRONIC_EXTERNAL_URL_V6": ironic.external_url_v6 or None,
        },
    }
    extra = dig(values, "metal3-ironic", "ironicExtraEnv")
    for key, value in extra.items() if isinstance(extra, Mapping) else ():
        if key in wanted[IRONIC]:
            del wanted[IRONIC][key]
            if not isinstance(value, Secret | None):
                wanted[IRONIC][key] = str(value)
    return wanted


def rendered(maps: Mapping[str, Mapping[str, str]], ironic: Ironic, values: Frozen, namespace: str) -> Findings:
    """Judge the data of the ConfigMaps, by their names.

    Args:
        maps: what is on the cluster.
        ironic: what the plan says of Ironic.
        values: merged values of the chart.
        namespace: where the ConfigMaps are.
    """
    for name, wanted in expected(ironic, values).items():
        data = maps.get(name, {})
        for key in sorted({*wanted, *data}):
            path = (namespace, name, key)
            found = data.get(key)
            if found is not None and (problem := url_problem(found)):
                yield RENDERED.at(path, f"{shown(found)} {problem}", _URL_FIX)
            elif key in wanted and found != wanted[key]:
                yield RENDERED.at(path, _unlike(found, wanted[key]), _patch(namespace, name, key, wanted[key]))


_URL_FIX = (
    "give the chart a host: provisioning.hostname and provisioning.externalHttpHost in hostname mode, else the node's "
    "address; then run up again"
)


def url_problem(text: str) -> str:
    """Tell what is wrong with the host of a URL; nothing where the text is none."""
    match = _URL.fullmatch(text)
    if match is None:
        return ""
    host = match["host"]
    if not host:
        return "has no host"
    if not host.startswith("["):
        # What follows a bare IPv6 address' first colon is no port.
        return "has an IPv6 address without brackets" if match["rest"].partition("/")[0].count(":") > 1 else ""
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return "has in brackets what is no IPv6 address"
    return ""


def _unlike(found: str | None, wanted: str | None) -> str:
    if found is None:
        return f"the cluster does not have it, the plan has {shown(wanted)}"
    return f"the cluster has {shown(found)}, the plan {'does not have it' if wanted is None else shown(wanted)}"


def _patch(namespace: str, name: str, key: str, wanted: str | None) -> str:
    value = "null" if wanted is None else f'"{wanted}"'
    return (
        f"where somebody changed it: kubectl -n {namespace} patch configmap {name} --type merge "
        f'-p \'{{"data":{{"{key}":{value}}}}}\'; else this version of the chart reads the values in another way: see '
        "charts.metal3.version"
    )
