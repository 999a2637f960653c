"""The proxy's URLs: in the site, or as secrets where they have a login."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dualstack.document.frozen import Secret
from dualstack.document.origins import Path
from dualstack.site import Site


class ProxyUrl(NamedTuple):
    """The proxy for one scheme."""

    scheme: Literal["http", "https"]
    url: str | Secret
    path: Path
    """Where the site file speaks of it."""


def proxy_urls(site: Site) -> tuple[ProxyUrl, ...]:
    """Give the proxies of a site; a secret goes before a text."""
    proxy = site.image.proxy
    if proxy is None:
        return ()
    found: list[ProxyUrl] = []
    if proxy.http_key or proxy.http:
        url = Secret(proxy.http_key) if proxy.http_key else proxy.http or ""
        found.append(ProxyUrl("http", url, ("image", "proxy", "httpKey" if proxy.http_key else "http")))
    if proxy.https_key or proxy.https:
        url = Secret(proxy.https_key) if proxy.https_key else proxy.https or ""
        found.append(ProxyUrl("https", url, ("image", "proxy", "httpsKey" if proxy.https_key else "https")))
    return tuple(found)
