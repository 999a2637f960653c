"""A kubeconfig as RKE2 writes it on the host, made fit for other machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dualstack.document.loader import load_text
from dualstack.document.yamlio import dump
from dualstack.errors import InputError

_NAME: Final = "default"
_LOGIN: Final = frozenset({"client-certificate-data", "client-key-data", "token"})
"""What a user may have: texts that are sent. The rest of what client-go knows (``exec``, ``auth-provider``,
``tokenFile``, ``client-key`` and so on; ``tools/clientcmd/api/v1/types.go``) starts programs or reads files of the
machine that uses the kubeconfig, and whoever has taken over the host writes it."""


class KubeconfigError(ValueError):
    """It is none; the text says why, and holds nothing of it.

    Attributes:
        fix: another way than to take another kubeconfig; empty for none.
    """

    def __init__(self, words: str, fix: str = "") -> None:
        super().__init__(words)
        self.fix = fix


def readdressed(text: str, server: str, proxy_url: str | None = None) -> str:
    """Make a kubeconfig of one that RKE2 wrote: its CA and its user's login, nothing else, with a server's URL.

    Args:
        text: the kubeconfig; the host's word, so it is believed in nothing but these texts.
        server: URL of the API server, with a name or address that is in its certificate.
        proxy_url: how it is reached, as client-go's ``proxy-url``; None for directly.

    Raises:
        KubeconfigError: no kubeconfig, one of a cluster that is not checked by its certificate, or one that would
            start programs or read files where it is used.
    """
    try:
        # Bounded in size, depth and aliases: PyYAML's own loaders crash at deep nesting.
        data = load_text(text).data
    except InputError:
        raise KubeconfigError("it is no YAML") from None
    cluster, user = _only(data, "clusters", "cluster"), _only(data, "users", "user")
    if not cluster or not user:
        raise KubeconfigError("it has not one cluster and one user")
    authority = cluster.get("certificate-authority-data")
    if not isinstance(authority, str) or not authority:
        raise KubeconfigError("its cluster has no certificate-authority-data, so nobody could tell the server by it")
    if user.keys() - _LOGIN or not all(isinstance(value, str) for value in user.values()):
        raise KubeconfigError(
            "its user has more than a certificate, a key and a token; RKE2 writes no more, and the rest could start "
            "programs on this machine or send files of it"
        )
    made: dict[str, Any] = {"certificate-authority-data": authority, "server": server}
    if proxy_url is not None:
        made["proxy-url"] = proxy_url
    return dump(
        {
            "apiVersion": "v1",
            "clusters": [{"cluster": made, "name": _NAME}],
            "contexts": [{"context": {"cluster": _NAME, "user": _NAME}, "name": _NAME}],
            "current-context": _NAME,
            "kind": "Config",
            "preferences": {},
            "users": [{"name": _NAME, "user": dict(user)}],
        }
    )


def _only(data: Mapping[str, Any], key: str, inner: str) -> Mapping[str, Any] | None:
    """Give what is in the only item of a list; None where there is not one."""
    items = data.get(key)
    if not isinstance(items, list) or len(items) != 1 or not isinstance(items[0], dict):
        return None
    found = items[0].get(inner)
    return found if isinstance(found, dict) else None
