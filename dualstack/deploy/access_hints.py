"""Errors of SSH logins, told with the field of the site that mends them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.plan import Plan

RESOURCE: Final = "management-access-kubeconfig:"
OTHER_KEY: Final = ("host key mismatch", "no common algorithm for host key")
NO_LOGIN: Final = "unable to authenticate"
NO_FILE: Final = "rke2.yaml: No such file or directory"
NO_SUDO: Final = "sudo: a password is required"


def ssh_ways_out(error: str, plan: Plan) -> Iterator[str]:
    """Tell what to do where the kubeconfig could not be read from the host.

    Source: golang.org/x/crypto/ssh (client_auth.go, handshake.go), as pulumi-command uses it; sudo.
    """
    if RESOURCE not in error:
        return
    host = f"{plan.site.host.ssh.user}@{plan.access.host} port {plan.site.host.ssh.port}"
    if any(words in error for words in OTHER_KEY):
        yield (
            f"the SSH server {host} has another key than host.ssh.hostKey: either the host was installed anew, or this "
            "is not it; nothing was read. Compare with the host's /etc/ssh/ssh_host_ed25519_key.pub"
        )
    if NO_LOGIN in error:
        key = plan.site.host.ssh.private_key_key
        which = f"the private key in dualstack:{key} (host.ssh.privateKeyKey)" if key else "any key of your SSH agent"
        yield f"the SSH server {host} does not take {which}; image.users puts public keys on the host"
    if NO_FILE in error:
        yield f"RKE2 has not written its kubeconfig on {plan.access.host}: see journalctl -u rke2-server there"
    if NO_SUDO in error:
        yield f"{plan.site.host.ssh.user} may not read the kubeconfig: log in as root, or allow sudo without a password"
