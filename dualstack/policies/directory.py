"""What stands in an EIB directory that a program writes: server.yaml, network files, charts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from dualstack.document.holes import Unreadable
from dualstack.document.loader import load_text
from dualstack.document.origins import Path
from dualstack.errors import InputError
from dualstack.policies.model import Given, instead

SERVER: Final = "kubernetes/config/server.yaml"
DEFINITION: Final = "definition.yaml"
DROP_INS: Final = "os-files/etc/rancher/rke2/config.yaml.d/"
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
        why = "its content comes from a file" if content is None else instead(content, "text")
        raise Unreadable(file_path(name), why)
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
    if files is not None and not isinstance(files, Mapping):
        raise Unreadable(("files",), instead(files, "a mapping"))
    return sorted(name for name in files or () if name.startswith(folder))


def merged_server(given: Given) -> Mapping[str, Any] | None:
    """Return server.yaml as RKE2 reads it, with the files of config.yaml.d over it; None where there is neither.

    The later file wins, and a key with a plus adds to what is there (k3s ``pkg/configfilearg``).

    Raises:
        Unreadable: see ``read_yaml``.
    """
    files = [SERVER, *(name for name in names(given, DROP_INS) if name.endswith((".yaml", ".yml")))]
    found = [data for name in files if (data := read_yaml(given, name)) is not None]
    merged: dict[str, Any] = {}
    for data in found:
        for key, value in data.items():
            bare = str(key).removesuffix("+")
            merged[bare] = [*_listed(merged.get(bare)), *_listed(value)] if str(key).endswith("+") else value
    return merged if found else None


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]


def kubernetes_version(given: Given) -> str | None:
    """Return the Kubernetes version of the definition; None where it is not told or cannot be looked at."""
    try:
        version = (read_yaml(given, DEFINITION) or {}).get("kubernetes")
    except Unreadable:
        return None
    found = version.get("version") if isinstance(version, Mapping) else None
    return found if isinstance(found, str) else None
