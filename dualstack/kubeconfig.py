"""A kubeconfig as RKE2 writes it on the host, made fit for other machines."""

from __future__ import annotations

from typing import Any

import yaml

from dualstack.yamlio import dump


class KubeconfigError(ValueError):
    """It is none; the text says why, and holds nothing of it."""


def readdressed(text: str, server: str, proxy_url: str | None = None) -> str:
    """Put a server's URL in place of the loopback address that RKE2 writes.

    Args:
        text: the kubeconfig.
        server: URL of the API server, with a name or address that is in its certificate.
        proxy_url: how it is reached, as client-go's ``proxy-url``; None for directly.

    Raises:
        KubeconfigError: no kubeconfig, or one of a cluster that is not checked by its certificate.
    """
    try:
        data = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        raise KubeconfigError("it is no YAML") from None
    clusters = data.get("clusters") if isinstance(data, dict) else None
    if not isinstance(clusters, list) or len(clusters) != 1 or not data.get("users"):
        raise KubeconfigError("it has not one cluster and a user")
    cluster: Any = clusters[0].get("cluster") if isinstance(clusters[0], dict) else None
    if not isinstance(cluster, dict) or not cluster.get("certificate-authority-data"):
        raise KubeconfigError("its cluster has no certificate-authority-data, so nobody could tell the server by it")
    cluster.pop("insecure-skip-tls-verify", None)
    cluster["server"] = server
    if proxy_url is not None:
        cluster["proxy-url"] = proxy_url
    return dump(data)
