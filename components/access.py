"""The way to the living cluster: its kubeconfig."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, cast

import pulumi

from components.host import ManagementHost
from components.secrets import Secrets
from dualstack.kubeconfig import KubeconfigError, readdressed
from dualstack.plan import Plan
from dualstack.plan.access import KUBECONFIG_KEY
from dualstack.site.host import Ssh

FILE = "/etc/rancher/rke2/rke2.yaml"
# All of it or nothing: what a failing command has printed would stand in its error message.
READ = (
    f"sh -c 'f={FILE}; "
    'if [ -r "$f" ] || [ "$(id -u)" = 0 ]; then text=$(cat "$f"); else text=$(sudo -n cat "$f"); fi && '
    'printf "%s\\n" "$text"\''
)
DIALS = 5
"""Tries to log in; the host has answered just before."""


@dataclass(frozen=True)
class ManagementAccessArgs:
    """What the kubeconfig is read by.

    Attributes:
        plan: the site's plan.
        secret: reads private keys.
        host: which is read once it is ready.
    """

    plan: Plan
    secret: Secrets
    host: ManagementHost


class ManagementAccess(pulumi.ComponentResource):
    """The kubeconfig, read from the host by SSH."""

    TYPE: ClassVar = "dualstack:index:ManagementAccess"

    kubeconfig: pulumi.Output[str]
    """For the deploying machine; a secret."""

    def __init__(self, name: str, args: ManagementAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Read it.

        Args:
            name: name of the component.
            args: plan, keys and host.
            opts: resource options.
        """
        plan, host = args.plan, args.host
        from pulumi_command import remote

        access, wanted = plan.access, plan.site.host.kubeconfig
        super().__init__(self.TYPE, name, {"source": wanted.source, "server": access.server}, opts)
        command = remote.Command(
            f"{name}-kubeconfig",
            connection=_connection(plan, args.secret),
            create=READ,
            # Another certificate or another machine has another kubeconfig.
            triggers=[host.ready.certificate, wanted.generation],
            logging=remote.Logging.NONE,
            # Else an update sends the old one back to the host, in its environment.
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=host.ready,
                additional_secret_outputs=["stdout", "stderr"],
                deleted_with=host.machine,
                replace_with=[host.disk] if host.disk else None,
            ),
        )
        self.kubeconfig = pulumi.Output.secret(command.stdout.apply(lambda text: _readdressed(text, plan)))
        self.register_outputs({"kubeconfig": self.kubeconfig})


def kubeconfig(
    name: str, plan: Plan, secret: Secrets, host: ManagementHost, opts: pulumi.ResourceOptions
) -> pulumi.Output[str] | None:
    """Give the kubeconfig: the host's, else the given one; None where there is none and the program needs none.

    Where it needs one that is not there, a preview goes on without knowing it, and an update stops. Never an empty one:
    the provider would take that of whoever deploys, and with it another cluster.

    Args:
        name: name of the component that reads it.
        plan: the site's plan.
        secret: reads a given one.
        host: where the cluster is.
        opts: options of that component.
    """
    if plan.uses_cluster and plan.site.host.kubeconfig.source == "ssh":
        return ManagementAccess(name, ManagementAccessArgs(plan, secret, host), opts).kubeconfig
    given = secret(KUBECONFIG_KEY)
    if given is not None or not plan.uses_cluster:
        return given
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.secret(cast(str, pulumi.UNKNOWN))
    # Only once the host is there: a first update makes it, and only then is there a kubeconfig.
    return pulumi.Output.secret(host.ready.answered.apply(functools.partial(_no_kubeconfig, secret)))


def _no_kubeconfig(secret: Secrets, _answered: object) -> NoReturn:
    raise pulumi.RunError(
        "Pulumi works on the cluster (delivery, day2), and the stack has no kubeconfig; copy "
        f"{FILE} from the host, put the host's address into it, and {secret.give(KUBECONFIG_KEY)}; "
        "or set host.kubeconfig.source to ssh"
    )


def _connection(plan: Plan, secret: Secrets) -> Any:
    """Give the way by SSH, through the jump host where the host is behind one; every server's key is pinned."""
    from pulumi_command import remote

    site, jump = plan.site.host, plan.site.host.jump
    proxy = None
    if site.readiness == "ssh-jump" and jump is not None:
        proxy = remote.ProxyConnectionArgs(host=jump.host, **_login(jump, secret))
    return remote.ConnectionArgs(host=plan.access.host, proxy=proxy, **_login(site.ssh, secret))


def _login(given: Ssh, secret: Secrets) -> dict[str, Any]:
    return {
        "user": given.user,
        "port": given.port,
        # Never without one: the plugin would then accept any. The rules ask for it; an empty text is refused.
        "host_key": given.host_key or "",
        "private_key": secret(given.private_key_key) if given.private_key_key else None,
        "dial_error_limit": DIALS,
    }


def _readdressed(text: str, plan: Plan) -> str:
    """Put the address in; an error says nothing of the content."""
    try:
        return readdressed(text, plan.access.server, plan.site.host.kubeconfig.proxy_url)
    except KubeconfigError as error:
        raise pulumi.RunError(
            f"what the host has as {FILE} is no kubeconfig: {error}; did RKE2 start there (journalctl -u rke2-server)?"
        ) from None
