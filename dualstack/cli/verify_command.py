"""``dualstack verify``: its options and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from dualstack.check.sites import load_site
from dualstack.cli.common import Format, From, ProjectOption, VerifyFormat, complete_site, refuse, the_project
from dualstack.cli.reports import JunitOption, PrometheusOption, Reports

EPILOG = "Example: dualstack verify demo --wait 15, or without a site: dualstack verify --kubeconfig any.yaml"


class OptionalValue(TyperCommand):
    """A command with an option whose value may be left out, which typer does not know."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give ``--rbac`` alone its value."""
        return super().parse_args(ctx, ["--rbac=plain" if arg == "--rbac" else arg for arg in args])


def verify(
    site: Annotated[
        str | None,
        typer.Argument(
            metavar="[SITE]",
            help="A stack name, or the path of a stack file; with none a cluster is judged by itself.",
            autocompletion=complete_site,
            show_default=False,
        ),
    ] = None,
    kubeconfig: Annotated[
        Path | None,
        typer.Option(
            "--kubeconfig",
            metavar="FILE",
            help="The way to the cluster; else the site's own, the secret kubeconfig, with --with-secrets.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="WHAT",
            help="What to check: dns, api, machine, nodes, helm, ... (docs/verify.md), ipv4 or ipv6; several times.",
        ),
    ] = None,
    start: Annotated[
        From, typer.Option("--from", help="Where connections begin: here, or at the site's jump host (host.jump).")
    ] = From.HERE,
    wait: Annotated[
        float, typer.Option("--wait", metavar="MINUTES", min=0, help="Ask again so long, until nothing fails.")
    ] = 0,
    days: Annotated[
        int, typer.Option("--days", min=0, help="Days before its end from which a certificate is a fault.")
    ] = 14,
    with_secrets: Annotated[
        bool,
        typer.Option("--with-secrets", help="Ask the Pulumi CLI for kubeconfig, keys and passwords of BMCs."),
    ] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", metavar="KEY=@FILE", help="A secret from a file, in place of asking the Pulumi CLI."),
    ] = None,
    output: Annotated[
        VerifyFormat, typer.Option("--format", help="How to answer; prometheus is for a node exporter's folder.")
    ] = VerifyFormat.TEXT,
    junit: JunitOption = None,
    prometheus: PrometheusOption = None,
    rbac: Annotated[
        str | None,
        typer.Option(
            "--rbac",
            metavar="[=full]",
            help="Print the role that it needs in the cluster, without Secrets, or with them (=full); ask nothing.",
            show_default=False,
        ),
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Ask the living site, over both families: its names, servers, certificates, machines, BMCs and its cluster.

    Exit codes: 0 nothing failed, 1 something failed, 2 nothing could be checked, or the site was not read.
    """
    from dualstack.cli.secrets import from_files
    from dualstack.cli.verify import How, verify_cluster, verify_site
    from dualstack.cli.verify_access import print_role

    if rbac is not None:
        print_role(rbac)
        return
    given = from_files(secret or [], lines=True)
    how = How(only or (), output, wait, start, days, given, with_secrets, Reports(junit, prometheus), kubeconfig)
    if site is None:
        verify_cluster(how)
        return
    folder = the_project(project, site)
    checked = load_site(folder, site)
    refuse(checked, True, Format.JSON if output is VerifyFormat.JSON else Format.TEXT, "verified")
    verify_site(folder, checked, how)
