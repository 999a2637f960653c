"""EIB's script for clusters of several nodes, followed on one host (``templates/rke2-multi-node-installer.sh.tpl``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def configured_as(kubernetes: Mapping[str, Any], host: str) -> str:
    """Tell what a host becomes.

    Args:
        kubernetes: that section of the image's definition.
        host: its name.

    Returns:
        ``init_server``, ``server``, ``agent``, or ``exit 1`` where the script stops.
    """
    nodes = kubernetes["nodes"]
    assert len(nodes) > 1, "with one node EIB makes the cluster of a single one"
    kinds = {item["hostname"]: item["type"] for item in nodes}
    initializer = next(item["hostname"] for item in nodes if item.get("initializer"))
    if host not in kinds:
        return "exit 1"
    return "init_server" if host == initializer else str(kinds[host])
