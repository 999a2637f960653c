"""How ``verify`` logs in by SSH: to the site's jump host, and to its nodes; only where the site pins a server's key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from dualstack.plan.access import KUBECONFIG_KEY
from dualstack.plan.model import NodePlan, Plan
from dualstack.probe.ssh import Login
from dualstack.site.host import Ssh
from dualstack.verify.model import Way
from dualstack.verify.places import JumpHost, Place


def jump_login(plan: Plan, secrets: Mapping[str, str], seconds: float) -> Login | str:
    """Give the login to the jump host, or why there is none, with what would make one."""
    jump = plan.site.host.jump
    if jump is None:
        return "the site has no jump host: add host.jump with host, user and hostKey"
    if not jump.host_key:
        return "the jump host's key is not known: write it into host.jump.hostKey"
    return _login("the jump host", "host.jump", jump.host, jump, jump.host_key, "host.jump.hostKey", secrets, seconds)


def usual_place(plan: Plan, way: Way) -> AbstractContextManager[Place]:
    """Give the jump host of a site that is reached through it (readiness ssh-jump), else the place of the way."""
    if plan.site.host.readiness == "ssh-jump":
        login = jump_login(plan, {}, way.seconds)
        if not isinstance(login, str):
            return JumpHost(login)
    return nullcontext(way.place)


def node_login(plan: Plan, node: NodePlan, address: str, secrets: Mapping[str, str], seconds: float) -> Login | str:
    """Give the login to a node, or why there is none, with what would make one."""
    ssh = plan.site.host.ssh
    own = plan.site.nodes[node.index].ssh_host_key
    field = f"nodes[{node.index}].sshHostKey"
    key, key_field = (own, field) if own or plan.several else (ssh.host_key, "host.ssh.hostKey")
    if not key:
        field = field if plan.several else f"host.ssh.hostKey or {field}"
        return f"the node's SSH key is not known: write the line of its /etc/ssh/ssh_host_ed25519_key.pub into {field}"
    return _login(node.name, "host.ssh", address, ssh, key, key_field, secrets, seconds)


def secret_keys(plan: Plan) -> frozenset[str]:
    """Name the config keys whose secrets the checks can use."""
    host = plan.site.host
    keys = [host.ssh.private_key_key, host.jump.private_key_key if host.jump else None]
    keys += [machine.password_key for machine in plan.installations]
    keys += [KUBECONFIG_KEY] if KUBECONFIG_KEY in plan.secrets else []
    return frozenset(key for key in keys if key)


def without(key: str) -> str:
    """Say what would give a secret that is not at hand."""
    return f"the secret {key} is not at hand: add --with-secrets, or --secret {key}=@FILE"


def _login(
    what: str, path: str, host: str, given: Ssh, key: str, key_field: str, secrets: Mapping[str, str], seconds: float
) -> Login | str:
    private = None
    if given.private_key_key is not None:
        private = secrets.get(given.private_key_key)
        if private is None:
            return without(given.private_key_key)
    return Login(what, path, host, given.port, given.user, key, key_field, private, seconds)
