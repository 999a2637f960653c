"""What variables of ``metal3-ironic.ironicExtraEnv`` make of Ironic: they go past everything that the chart computes.

Read from metal3-io/ironic-image v29.0.0, v32.0.0 and v35.0.0 (``scripts/ironic-common.sh``, ``configure-ironic.sh``,
``ironic-config/ironic.conf.j2``) and oslo.config's environment source (``OS_<GROUP>__<OPTION>`` wins over the file).
Run was what Ironic does with ``external_callback_url``: 32.0.0 moves ``ipa-api-url`` alone, 39.0.0 both callbacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from dualstack.address.family import url_host
from dualstack.document.frozen import Frozen, Secret, dig
from dualstack.plan.model import Ironic

EXTRA_ENV: Final = ("metal3-ironic", "ironicExtraEnv")
MEDIA_URLS: Final = ("OS_DEPLOY__EXTERNAL_HTTP_URL", "IRONIC_EXTERNAL_HTTP_URL")
CALLBACK_URLS: Final = ("OS_DEPLOY__EXTERNAL_CALLBACK_URL", "IRONIC_EXTERNAL_CALLBACK_URL")
"""They move what the agent calls, and with later versions what inspection calls (``releases.one_callback``)."""
BASE_URLS: Final = ("OS_SERVICE_CATALOG__ENDPOINT_OVERRIDE", "IRONIC_BASE_URL")
EXTERNAL_IP: Final = "IRONIC_EXTERNAL_IP"
HTTP_URL: Final = "IRONIC_HTTP_URL"
LISTEN_ALL: Final = "LISTEN_ALL_INTERFACES"
OWN_HOSTS: Final = ("PROVISIONING_IP", "IRONIC_IP", "IRONIC_URL_HOSTNAME")
"""What Ironic calls itself by, the first that has a value (v32.0.0; the last is in SUSE's image alone)."""
ACCESS_PORT: Final = "IRONIC_ACCESS_PORT"


def extra_env(values: Frozen) -> dict[str, str]:
    """Return the variables as Ironic's containers get them; secrets, which nobody can read here, are left out."""
    given = dig(values, *EXTRA_ENV)
    if not isinstance(given, Mapping):
        return {}
    return {str(key): env_text(value) for key, value in given.items() if not isinstance(value, Secret)}


def env_text(value: Any) -> str:
    """Return a value as YAML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def host_of(url: str) -> str:
    """Return the host of a URL without brackets; empty where it has none, or cannot be read."""
    try:
        return urlsplit(url.strip()).hostname or ""
    except ValueError:
        return ""


def first_of(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the name of the first variable that has a value; empty where none has."""
    return next((name for name in names if env.get(name)), "")


def with_env(ironic: Ironic, env: Mapping[str, str], *, alone: bool = True) -> Ironic:
    """Return what Ironic is when the variables have had their say.

    Args:
        ironic: what the chart's values make of it.
        env: the variables.
        alone: whether a moved callback is the agent's alone.
    """
    if not env:
        return ironic
    scheme, port = ironic.api_url.partition("://")[0], env.get(ACCESS_PORT) or "6385"
    # Read as the script reads it, brackets and all: what is wrong with the host has a rule.
    own = env.get(first_of(env, OWN_HOSTS), "")
    own = url_host(own)
    base = env.get(first_of(env, BASE_URLS), "")
    if not base:
        host = own or ironic.api_url.partition("://")[2].rpartition(":")[0]
        base = f"{scheme}://{host}:{port}"
    external_ip = env.get(EXTERNAL_IP, "")
    moved = env.get(first_of(env, CALLBACK_URLS), "") or (f"{scheme}://{external_ip}:{port}" if external_ip else "")
    api = moved or base
    media = env.get(first_of(env, MEDIA_URLS), "")
    if not media and "IRONIC_EXTERNAL_HTTP_URL" in env:
        media = (f"http://{external_ip}:6180" if external_ip else "") or env.get(HTTP_URL) or ironic.external_url
    listen = env.get(LISTEN_ALL)
    return replace(
        ironic,
        external_url=media or ironic.external_url,
        external_http_host=host_of(media) if media else ironic.external_http_host,
        api_url=api.rstrip("/"),
        inspection_url=f"{(base if alone else api).rstrip('/').removesuffix('/v1')}/v1/continue_inspection",
        listen_on_all=ironic.listen_on_all if listen is None else (listen or "true").lower() == "true",
    )
