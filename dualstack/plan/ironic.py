"""What the metal3 chart makes of its values.

Follows ``templates/_helpers.tpl`` of the chart, 0.12.7 to 0.13.1 (suse-edge/charts); a test renders the real chart
beside it where helm is at hand.
"""

from __future__ import annotations

from typing import Any

from dualstack.document.frozen import Frozen, Secret, dig
from dualstack.plan.ironic_env import env_text, extra_env, with_env
from dualstack.plan.model import Ironic
from dualstack.releases import one_callback

HTTP_PORT = "6180"
TLS_PORT = "6185"
API_PORT = "6385"


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, Secret) else str(value)


def _chart_host(host: str) -> str:
    """Return a host as the chart puts it into a URL: in brackets where it has a colon, also one that has them."""
    return f"[{host}]" if ":" in host else host


def read_ironic(values: Frozen, version: str = "") -> Ironic:
    """Read hosts and URLs out of the merged values of the metal3 chart, ``ironicExtraEnv`` among them.

    Args:
        values: the values.
        version: the chart's; empty where nobody says it.
    """
    ironic_ip = _text(dig(values, "global", "ironicIP"))
    provisioning_ip = _text(dig(values, "global", "provisioningIP"))
    hostname = _text(dig(values, "global", "provisioningHostname"))
    external_host = _text(dig(values, "global", "externalHttpHost"))
    # A null takes the chart's own default away, but the subcharts have the same under global, and keep theirs.
    tls, vmedia_tls = (
        True if value is None else bool(value)
        for value in (dig(values, "global", key) for key in ("enable_tls", "enable_vmedia_tls"))
    )
    v6 = _text(dig(values, "metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6"))
    host_ip = ironic_ip or provisioning_ip
    http_host = external_host or host_ip
    tls_port = _text(dig(values, "global", "vmediaTLSPort")) or TLS_PORT
    http_port = _text(dig(values, "metal3-baremetal-operator", "baremetaloperator", "httpPort")) or HTTP_PORT
    scheme, port = ("https", tls_port) if vmedia_tls else ("http", HTTP_PORT)
    # The chart takes the operator's own port for this one URL only.
    port_v6 = tls_port if vmedia_tls else http_port
    api = f"{'https' if tls else 'http'}://{hostname or _chart_host(host_ip)}:{API_PORT}"
    rendered = f"{scheme}://{_chart_host(http_host)}:{port}"
    listen = dig(values, "metal3-ironic", "listenOnAll")
    ironic = Ironic(
        ironic_ip=ironic_ip,
        provisioning_ip=provisioning_ip,
        hostname=hostname,
        external_http_host=http_host,
        external_url=rendered,
        rendered_url=rendered,
        external_url_v6=f"{scheme if tls else 'http'}://[{v6}]:{port_v6}" if v6 else "",
        endpoint=f"{api}/v1/",
        api_url=api,
        inspection_url=f"{api}/v1/continue_inspection",
        vmedia_tls=vmedia_tls,
        # An empty variable means true to the scripts of Ironic's image.
        listen_on_all=listen is None or env_text(listen).lower() in ("true", ""),
    )
    return with_env(ironic, extra_env(values), alone=one_callback(version))
