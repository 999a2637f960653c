"""Kubeconfigs: what is taken from them, and what is never run, read or followed."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from dualstack.document.yamlio import dump
from dualstack.kubeconfig import KubeconfigError
from dualstack.verify.cluster.access import from_file, read_access

AUTHORITY = base64.b64encode(b"an authority").decode()


def kubeconfig(user: Any = None, **more: Any) -> str:
    whole: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [
            {"name": "c", "cluster": {"server": "https://[fd00::1]:6443", "certificate-authority-data": AUTHORITY}}
        ],
        "users": [{"name": "u", "user": {"token": "secret-token"} if user is None else user}],
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
    }
    return dump({**whole, **more})


def test_server_authority_and_login_are_taken() -> None:
    found = read_access(kubeconfig())

    assert (found.host, found.port, found.authority, found.token) == ("fd00::1", 6443, b"an authority", "secret-token")
    assert "secret-token" not in repr(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no contexts"),
        ("a: [", "no YAML"),
        (kubeconfig({"exec": {"command": "touch", "args": ["/tmp/run"]}}), "does not run"),
        (kubeconfig({"auth-provider": {"name": "oidc"}}), "does not run"),
        (kubeconfig({"client-certificate": "admin.crt"}), "must hold everything itself"),
        (kubeconfig({"client-key-data": "!"}), "no base64"),
        (kubeconfig(**{"current-context": "two"}), "does not have"),
        (kubeconfig(users=[]), "does not have"),
        (kubeconfig(clusters=[{"name": "c", "cluster": {"server": "fd00::1"}}]), "no server"),
        (kubeconfig(clusters=[{"name": "c", "cluster": {"server": "https://h:99999"}}]), "no server"),
        (kubeconfig(clusters=[{"name": "c", "cluster": {"server": "https://a:b@h"}}]), "login in its URL"),
        (kubeconfig({"client-certificate-data": AUTHORITY}), "without its key"),
        (kubeconfig({"token": "t", "as": "admin"}), "acts as another"),
        (kubeconfig({"username": "a", "password": "b"}), "password"),
    ],
)
def test_what_is_none_says_why(text: str, words: str) -> None:
    with pytest.raises(KubeconfigError, match=words):
        read_access(text)


def test_files_beside_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "admin.crt").write_bytes(b"a certificate")
    (tmp_path / "admin.key").write_bytes(b"a key")
    user = {"client-certificate": "admin.crt", "client-key": "admin.key", "tokenFile": "gone"}
    (tmp_path / "config").write_text(kubeconfig(user))

    with pytest.raises(KubeconfigError, match="tokenFile cannot be read"):
        from_file(tmp_path / "config")

    (tmp_path / "gone").write_text("of a file\n")
    found = from_file(tmp_path / "config")
    assert (found.certificate, found.token) == (b"a certificate", "of a file")


def test_the_only_context_needs_no_word() -> None:
    assert read_access(kubeconfig(**{"current-context": ""})).token
    several = [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("one", "two")]
    with pytest.raises(KubeconfigError, match="several contexts"):
        read_access(kubeconfig(contexts=several, **{"current-context": ""}))
