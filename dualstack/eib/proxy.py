"""The proxy, wherever the node reads one: its own settings, RKE2's service, the registration."""

from __future__ import annotations

from typing import Final

from dualstack.document.frozen import Secret
from dualstack.document.logins import split_login
from dualstack.eib.tree import Builder
from dualstack.plan.model import Plan
from dualstack.plan.proxy import proxy_urls

RKE2_ENVIRONMENT: Final = "os-files/etc/default/rke2-{role}"
"""EnvironmentFile of rke2-server.service, and of rke2-agent.service (rancher/rke2 ``bundle/lib/systemd``)."""


def proxy_texts(plan: Plan, builder: Builder, file: str, follows: str) -> dict[str, str]:
    """Give the proxies by scheme, for a file, which becomes private where one has a login.

    Args:
        plan: the plan.
        builder: gives the secrets.
        file: path of the file.
        follows: what follows where a secret is not given.
    """
    texts: dict[str, str] = {}
    for scheme, url, path in proxy_urls(plan.site):
        text: str | None
        if isinstance(url, Secret):
            text = builder.secret(url.key, file, f"the proxy for {scheme}", path, follows)
        else:
            text = url
            if split_login(url.strip()).user:
                builder.private.add(file)
        if text is not None:
            texts[scheme] = text.strip()
    return texts
