"""The way to the living cluster: its kubeconfig, and the Kubernetes provider that uses it."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, cast

import pulumi
import pulumi_kubernetes as kubernetes

from components.config import SecretReader
from components.host import ManagementHost
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


class ManagementAccess(pulumi.ComponentResource):
    """The kubeconfig, read from the host by SSH."""

    TYPE: ClassVar = "dualstack:index:ManagementAccess"

    kubeconfig: pulumi.Output[str]
    """For the deploying machine; a secret."""

    def __init__(
        self,
        name: str,
        plan: Plan,
        *,
        secret: SecretReader,
        host: ManagementHost,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Read it.

        Args:
            name: name of the component.
            plan: the site's plan.
            secret: reads private keys.
            host: which is read once it is ready.
            opts: resource options.
        """
        from pulumi_command import remote

        access, wanted = plan.access, plan.site.host.kubeconfig
        super().__init__(self.TYPE, name, {"source": wanted.source, "server": access.server}, opts)
        command = remote.Command(
            f"{name}-kubeconfig",
            connection=_connection(plan, secret),
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
                replace_with=list(host.disks) or None,
            ),
        )
        self.kubeconfig = pulumi.Output.secret(command.stdout.apply(lambda text: _readdressed(text, plan)))
        self.register_outputs({})


def kubernetes_provider(plan: Plan, secret: SecretReader, host: ManagementHost) -> kubernetes.Provider:
    """Make the provider of the site's cluster.

    Everything that the SDK would take from the environment is stated: a plan may not depend on who computes it.
    """
    return kubernetes.Provider(
        "kubernetes",
        kubeconfig=_kubeconfig(plan, secret, host),
        # Replaces nothing when the kubeconfig changes: it does whenever its certificate is renewed.
        cluster_identifier=f"dualstack-{plan.name}",
        # Else a refresh during an outage would forget every release.
        delete_unreachable=False,
        skip_update_unreachable=False,
        enable_server_side_apply=True,
    )


def _kubeconfig(plan: Plan, secret: SecretReader, host: ManagementHost) -> pulumi.Output[str]:
    """Give the kubeconfig; where the stack has none, a preview goes on without knowing it, and an update stops.

    Never an empty one: the provider would take that of whoever deploys, and with it another cluster.
    """
    if plan.site.host.kubeconfig.source == "ssh":
        return ManagementAccess("management-access", plan, secret=secret, host=host).kubeconfig
    given = secret(KUBECONFIG_KEY)
    if given is not None:
        return given
    if pulumi.runtime.is_dry_run():
        return pulumi.Output.secret(cast(str, pulumi.UNKNOWN))
    # Only once the host is there: a first update makes it, and only then is there a kubeconfig.
    return pulumi.Output.secret(host.ready.answered.apply(_no_kubeconfig))


def _no_kubeconfig(_answered: object) -> NoReturn:
    raise pulumi.RunError(
        "Pulumi works on the cluster (delivery, day2), and the stack has no kubeconfig; copy "
        f"{FILE} from the host, put the host's address into it, and run: "
        f"dualstack secret set {pulumi.get_stack()} {KUBECONFIG_KEY} @rke2.yaml; "
        "or set host.kubeconfig.source to ssh"
    )


def _connection(plan: Plan, secret: SecretReader) -> Any:
    """Give the way by SSH, through the jump host where the host is behind one; every server's key is pinned."""
    from pulumi_command import remote

    site, jump = plan.site.host, plan.site.host.jump
    proxy = None
    if site.readiness == "ssh-jump" and jump is not None:
        proxy = remote.ProxyConnectionArgs(host=jump.host, **_login(jump, secret))
    return remote.ConnectionArgs(host=plan.access.host, proxy=proxy, **_login(site.ssh, secret))


def _login(given: Ssh, secret: SecretReader) -> dict[str, Any]:
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
