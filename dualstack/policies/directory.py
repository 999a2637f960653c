"""What stands in an EIB directory that a program writes: server.yaml, network files, charts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from dualstack.errors import InputError
from dualstack.loader import load_text
from dualstack.origins import Path
from dualstack.policies.model import Given, Unreadable

SERVER: Final = "kubernetes/config/server.yaml"
DEFINITION: Final = "definition.yaml"
NETWORK: Final = "network/"
VALUES: Final = "kubernetes/helm/values/"


def file_path(name: str, *below: str) -> Path:
    """Return the path of something in a file of the directory."""
    return ("files", name, *below)


def server_path(key: str) -> Path:
    """Return the path of a key of server.yaml."""
    return file_path(SERVER, key)


def read_yaml(given: Given, name: str) -> Mapping[str, Any] | None:
    """Return what stands in a YAML file of the directory; None where the directory has no such file.

    Raises:
        Unreadable: the file is a secret, known only later, copied from elsewhere, or no YAML.
    """
    if given.get("files", name) is None:
        return None
    content = given.get("files", name, "content")
    if not isinstance(content, str):
        raise Unreadable(file_path(name), "its content comes from a file")
    data = loaded(content)
    if data is None:
        raise Unreadable(file_path(name), "it is no YAML mapping")
    return data


@lru_cache(maxsize=64)
def loaded(content: str) -> Mapping[str, Any] | None:
    """Read YAML text; None where it is no mapping."""
    try:
        return load_text(content).data
    except InputError:
        return None


def names(given: Given, folder: str) -> list[str]:
    """List the files of the directory below a folder.

    Raises:
        Unreadable: nobody can look at the files yet.
    """
    files = given.get("files")
    return sorted(name for name in files if name.startswith(folder)) if isinstance(files, Mapping) else []


def server_yaml(given: Given) -> Mapping[str, Any] | None:
    """Return server.yaml; see ``read_yaml``."""
    return read_yaml(given, SERVER)


def kubernetes_version(given: Given) -> str | None:
    """Return the Kubernetes version of the definition; None where it is not told or cannot be looked at."""
    try:
        version = (read_yaml(given, DEFINITION) or {}).get("kubernetes")
    except Unreadable:
        return None
    found = version.get("version") if isinstance(version, Mapping) else None
    return found if isinstance(found, str) else None
