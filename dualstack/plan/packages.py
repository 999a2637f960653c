"""The packages of the node beside those of its base image."""

from __future__ import annotations

from dualstack.plan.charts import enabled
from dualstack.site import Site

ROOT_LOGIN = "openssh-server-config-rootlogin"
"""Lets root log in with a password, which SL Micro's SSH server refuses otherwise."""


def node_packages(site: Site) -> tuple[str, ...]:
    """List the packages that the image builder installs: what the site's own settings need, and the site's own."""
    names: list[str] = []
    if enabled(site, "storage"):
        names.append("open-iscsi")  # Longhorn attaches its volumes over iSCSI
    if any(user.username == "root" and user.encrypted_password for user in site.image.users):
        names.append(ROOT_LOGIN)
    return tuple(dict.fromkeys([*names, *site.image.packages.names]))
