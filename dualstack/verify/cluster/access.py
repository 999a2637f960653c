"""The way to an API server, out of a kubeconfig: server, authority and login; nothing in it is ever run."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from dualstack.document.loader import load_text
from dualstack.errors import InputError
from dualstack.kubeconfig import KubeconfigError

_LARGEST: Final = 1 << 20
_PROGRAMS: Final = {
    "exec": "a program of its own (exec)",
    "auth-provider": "an auth-provider, which kubectl has no more",
}
"""What client-go knows for logins that are made anew each time (``tools/clientcmd/api/v1/types.go``)."""
_OTHERWISE: Final = {
    "as": "acts as another one (as), which verify does not: it would see what that one does not",
    "username": "logs in with a password, which no API server takes since Kubernetes 1.19",
}
"""What would be passed over without a word, and the cluster seen by somebody else than is meant."""
_OWN_LOGIN: Final = (
    "make a login that only reads: dualstack verify --rbac | kubectl apply -f -, then put what kubectl -n kube-system "
    "create token dualstack-verify prints under users[].user.token of a copy, in place of what its user has"
)


@dataclass(frozen=True)
class Access:
    """How an API server is reached.

    Attributes:
        server: its URL.
        authority: certificates in PEM that its own must come from; empty for those that this machine trusts.
        insecure: True where its certificate is not checked.
        name: what its certificate must hold, where that is not the host of the URL.
        token: bearer token; empty where there is none.
        certificate: of the client, in PEM; empty where there is none.
        key: the client's private key, in PEM.
        proxy: URL of a proxy; empty for none.
    """

    server: str
    authority: bytes = b""
    insecure: bool = False
    name: str = ""
    token: str = ""
    certificate: bytes = b""
    key: bytes = b""
    proxy: str = ""

    def __repr__(self) -> str:
        return f"Access({self.server!r})"

    @property
    def host(self) -> str:
        """Host of the URL, without brackets."""
        return urlsplit(self.server).hostname or ""

    @property
    def port(self) -> int:
        """Port of the URL."""
        return urlsplit(self.server).port or 443

    @property
    def path(self) -> str:
        """Path of the URL, where another server leads to the API, such as Rancher; empty where it is the API's own."""
        return urlsplit(self.server).path.rstrip("/")


def from_file(file: Path) -> Access:
    """Read a kubeconfig's current context.

    Raises:
        InputError: the file cannot be read.
        KubeconfigError: it is no kubeconfig that says how to log in.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise InputError(
            f"the kubeconfig cannot be read: {reason}", file=str(file), fix="check the name and the permissions"
        ) from None
    if len(content) > _LARGEST:
        raise KubeconfigError("it is larger than 1 MiB")
    try:
        return read_access(content.decode(), file.absolute().parent)
    except UnicodeDecodeError:
        raise KubeconfigError("it is no UTF-8 text") from None


def read_access(text: str, folder: Path | None = None) -> Access:
    """Read a kubeconfig's current context.

    Args:
        text: the kubeconfig.
        folder: where the files are that it names; None where it may name none.

    Raises:
        KubeconfigError: it is no kubeconfig that says how to log in; the text says why, and holds no secret.
    """
    try:
        data = load_text(text).data
    except InputError as error:
        raise KubeconfigError(f"it is no YAML mapping ({error.message})") from None
    context = _chosen(data)
    cluster = _named(data, "clusters", "cluster", context.get("cluster"))
    # Without a user client-go asks as nobody.
    user = _named(data, "users", "user", context["user"]) if context.get("user") else {}
    server = cluster.get("server")
    parts = urlsplit(server if isinstance(server, str) else "")
    try:
        usable = parts.scheme in ("https", "http") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise KubeconfigError("its cluster has no server such as https://192.168.100.10:6443")
    if "@" in parts.netloc:
        raise KubeconfigError("its server has a login in its URL, which every line about it would show", _OWN_LOGIN)
    for key, words in _PROGRAMS.items():
        if user.get(key):
            raise KubeconfigError(f"its user logs in with {words}, which verify does not run", _OWN_LOGIN)
    for key, words in _OTHERWISE.items():
        if user.get(key):
            raise KubeconfigError(f"its user {words}", _OWN_LOGIN)
    token = _content(user, "token", "tokenFile", folder, plain=True).decode("utf-8", "replace").strip()
    if not (token.isascii() and token.isprintable()):
        # In a header it would end the line, and an error would show it.
        raise KubeconfigError("its token is no token: there is more in it than a line of printable ASCII")
    certificate = _content(user, "client-certificate-data", "client-certificate", folder)
    private = _content(user, "client-key-data", "client-key", folder)
    if bool(certificate) != bool(private):
        raise KubeconfigError("its user has a certificate without its key, or a key without its certificate")
    return Access(
        str(server).rstrip("/"),
        _content(cluster, "certificate-authority-data", "certificate-authority", folder),
        cluster.get("insecure-skip-tls-verify") is True,
        str(cluster.get("tls-server-name") or ""),
        token,
        certificate,
        private,
        str(cluster.get("proxy-url") or ""),
    )


def _chosen(data: Mapping[str, Any]) -> Mapping[str, Any]:
    contexts = data.get("contexts")
    if not isinstance(contexts, list) or not contexts:
        raise KubeconfigError("it has no contexts, so it is no kubeconfig")
    name = data.get("current-context")
    if not name:
        if len(contexts) > 1:
            raise KubeconfigError("it has several contexts and no current-context; kubectl config use-context sets it")
        name = contexts[0].get("name") if isinstance(contexts[0], Mapping) else None
    return _named(data, "contexts", "context", name)


def _named(data: Mapping[str, Any], key: str, inner: str, name: object) -> Mapping[str, Any]:
    items = data.get(key)
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping) and item.get("name") == name:
            found = item.get(inner)
            return found if isinstance(found, Mapping) else {}
    raise KubeconfigError(f"its context names a {inner} that it does not have")


def _content(held: Mapping[str, Any], inline: str, named: str, folder: Path | None, *, plain: bool = False) -> bytes:
    """Give what stands inside, in base64 but for a token, or in a file beside the kubeconfig."""
    value = held.get(inline)
    if isinstance(value, str) and value:
        if plain:
            return value.encode()
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise KubeconfigError(f"its {inline} is no base64") from None
    name = held.get(named)
    if not isinstance(name, str) or not name:
        return b""
    if folder is None:
        raise KubeconfigError(f"it names a file ({named}); a kubeconfig in a stack must hold everything itself")
    try:
        with (folder / name).open("rb") as stream:
            return stream.read(_LARGEST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise KubeconfigError(f"its {named} cannot be read: {reason}") from None
