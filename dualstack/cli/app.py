"""The commands, each importing what it needs when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dualstack.check.sites import load_site
from dualstack.cli.common import (
    CheckFormat,
    DnsFormat,
    ForceOption,
    Format,
    FormatOption,
    Mode,
    PlanFormat,
    ProjectOption,
    SiteArgument,
    chosen,
    complete_release,
    complete_rule,
    complete_site,
    load_sites,
    print_json,
    refuse,
    the_project,
    without_strangers,
    worst,
)
from dualstack.cli.deploy_commands import BackendOption, EngineOption, add_to
from dualstack.cli.diff import diff
from dualstack.cli.env import EngineChoice, Shell
from dualstack.cli.errors import UNREADABLE, AnsweredError, tell
from dualstack.cli.release import app as release_app
from dualstack.cli.secret import app as secret
from dualstack.cli.status import status
from dualstack.cli.verify_command import EPILOG, OptionalValue, verify
from dualstack.cli.words import Commands
from dualstack.errors import InputError

if TYPE_CHECKING:
    from dualstack.policies import Verdict

app = typer.Typer(
    name="dualstack",
    cls=Commands,
    help="One YAML file per site becomes a dual-stack SUSE Telco Cloud management cluster.",
    epilog="Start with: dualstack check. Exit codes (diff has its own): 0 fine, 1 errors found or "
    "a deployment failed, 2 input that cannot be read or no engine, 3 changes where none were expected.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command(epilog="Example: dualstack check demo --strict")
def check(
    sites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SITE...", help="Sites; all of the project where none is named.", autocompletion=complete_site
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings, too.")] = False,
    policies: Annotated[
        bool, typer.Option("--policies", help="Run the program and the policies over its resources, too; no engine.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Make the fixes that are safe, and show what changed.")] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="With --fix: edit layers that other sites use, too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --fix: show it, write nothing.")] = False,
    output: Annotated[
        CheckFormat, typer.Option("--format", help="How to answer; sarif is for code scanning in CI.")
    ] = CheckFormat.TEXT,
    project: ProjectOption = None,
) -> None:
    """Check sites against the dual-stack rules, and with --policies their resources against the policies."""
    from dualstack.answer.style import Style
    from dualstack.check.fleet import with_fleet
    from dualstack.cli.text import findings_text
    from dualstack.stack.layers import LayerStore
    from dualstack.stack.project import list_sites

    folder = the_project(project, *sites or ())
    if not fix and (layers or dry_run):
        raise InputError("--layers and --dry-run say how --fix works", fix="add --fix, or leave them out")
    mended = None
    if fix:
        from dualstack.cli.fix import fix_json, fix_sites, fix_text

        mended = fix_sites(folder, sites or list_sites(folder), layers=layers, dry_run=dry_run)
    store = LayerStore(folder)
    checked, unreadable = load_sites(folder, sites or list_sites(folder), store)
    if not sites:
        unreadable = without_strangers(unreadable)
    if not checked and not unreadable:
        raise InputError("the project has no sites", file=str(folder), fix="make one with dualstack new")
    compared = with_fleet(folder, checked, store)
    checked = compared.checked
    if compared.seen < compared.others:
        tell(f"compared with {compared.seen} of {compared.others} other sites; dualstack check alone compares all")
    verdicts: dict[str, Verdict | None] = {}
    if policies:
        from dualstack.cli.policies import judged_sites

        verdicts = judged_sites(folder, checked, sites or list_sites(folder))
    if output is CheckFormat.JSON:
        from dualstack.answer.json_answer import check_json

        done = {"fixed": fix_json(mended, dry_run)} if mended is not None else {}
        print_json(check_json(checked, verdicts, unreadable) | done)
    elif output is CheckFormat.SARIF:
        from dualstack.answer.sarif import sarif_log

        print_json(sarif_log(checked, unreadable, folder, verdicts))
    elif checked:
        if mended is not None:
            print(fix_text(mended, dry_run, Style.of(sys.stdout)))
        print(findings_text(checked, Style.of(sys.stdout)))
        if verdicts:
            from dualstack.cli.policies import verdicts_text

            print(verdicts_text(verdicts, Style.of(sys.stdout)))
    for error in unreadable:
        tell(str(error))
    if unreadable:
        raise AnsweredError(UNREADABLE)
    broken = any(one is not None and (one.failed or (strict and one.violations)) for one in verdicts.values())
    raise typer.Exit(worst(checked, strict) or int(broken))


@app.command(epilog="Example: dualstack plan demo --format json | jq .values.metal3")
def plan(
    site: SiteArgument,
    output: Annotated[
        PlanFormat, typer.Option("--format", help="How to answer; svg and mermaid draw the network alone.")
    ] = PlanFormat.TEXT,
    force: ForceOption = False,
    project: ProjectOption = None,
) -> None:
    """Show all that is computed from a site.

    Values, addresses, DNS records, capacities, and every resource that the program would register.
    """
    from dualstack.cli.plan import show_plan

    folder = the_project(project, site)
    checked = load_site(folder, site)
    refuse(checked, force, Format.JSON if output is PlanFormat.JSON else Format.TEXT, "planned")
    if show_plan(folder, checked, site, output) and not force:
        raise typer.Exit(1)


@app.command(epilog="Example: dualstack render demo --out build/demo")
def render(
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder to write, made where absent; of several sites each gets one in it.", metavar="DIR"
        ),
    ],
    sites: Annotated[
        list[str] | None, typer.Argument(metavar="SITE...", help="Sites to render.", autocompletion=complete_site)
    ] = None,
    all_sites: Annotated[bool, typer.Option("--all", help="Render all sites of the project.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Discard what was edited in the folder since the last render.")
    ] = False,
    join: Annotated[
        str | None,
        typer.Option("--join", metavar="NODE", help="An image for this node alone, which joins the living cluster."),
    ] = None,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Put secrets where EIB needs them, in files of mode 0600.")
    ] = False,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", metavar="KEY=@FILE", help="A secret from a file, in place of asking the Pulumi CLI."),
    ] = None,
    output: FormatOption = Format.TEXT,
    force: ForceOption = False,
    project: ProjectOption = None,
) -> None:
    """Write the Edge Image Builder directories of sites."""
    from dualstack.cli.render import How, render_site, render_sites
    from dualstack.cli.secrets import from_files

    folder = the_project(project, *sites or ())
    how = How(from_files(secret or []), with_secrets, overwrite, force, join, output)
    if len(sites or ()) == 1 and not all_sites:
        checked = load_site(folder, (sites or [""])[0])
        refuse(checked, force, output, "rendered")
        render_site(folder, checked, out, how)
        return
    if join is not None:
        raise InputError("--join is about one node of one site", fix="name one site, or leave --join out")
    raise AnsweredError(render_sites(folder, chosen(folder, sites, all_sites), out, how))


@app.command(epilog="Example: dualstack show demo --origin")
def show(
    site: SiteArgument,
    origin: Annotated[bool, typer.Option("--origin", help="Tell for each value where it was written.")] = False,
    defaults: Annotated[bool, typer.Option("--defaults", help="Show what the defaults fill in, too.")] = False,
    output: FormatOption = Format.TEXT,
    project: ProjectOption = None,
) -> None:
    """Show a site with its layers merged."""
    from dualstack.cli.show import show_site

    folder = the_project(project, site)
    show_site(load_site(folder, site), origin=origin, defaults=defaults, output=output)


@app.command(epilog="Example: dualstack new paris --mode hostname --hostname ironic.paris.example.com")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the site and its stack.", show_default=False)],
    mode: Annotated[
        Mode | None, typer.Option(help="How Ironic is known: by its addresses, or by a name with A and AAAA.")
    ] = None,
    nodes: Annotated[
        int | None, typer.Option(min=1, max=999, help="Number of nodes, all servers; as many as MACs where absent.")
    ] = None,
    mac: Annotated[list[str] | None, typer.Option(help="MAC of the management interface; once for each node.")] = None,
    ipv4: Annotated[
        list[str] | None,
        typer.Option(help="Its IPv4 address, such as 192.168.100.10/24; those of further nodes count up."),
    ] = None,
    gateway4: Annotated[str | None, typer.Option(help="IPv4 gateway.")] = None,
    ipv6: Annotated[
        list[str] | None,
        typer.Option(help="Its IPv6 address, such as fd00:100::10/64; those of further nodes count up."),
    ] = None,
    gateway6: Annotated[str | None, typer.Option(help="IPv6 gateway, such as fe80::1.")] = None,
    resolver: Annotated[list[str] | None, typer.Option(help="A resolver; once for each family.")] = None,
    hostname: Annotated[str | None, typer.Option(help="Ironic's FQDN, in hostname mode.")] = None,
    release: Annotated[
        str | None,
        typer.Option(
            help="SUSE Telco Cloud release; else that of a site that names none.", autocompletion=complete_release
        ),
    ] = None,
    ssh_key: Annotated[str | None, typer.Option(help="Public SSH key for root.")] = None,
    install_device: Annotated[
        str | None, typer.Option(help="Disk to install to, such as /dev/sda; without one the installer asks.")
    ] = None,
    collection_user: Annotated[
        str | None, typer.Option(help="User name at the Application Collection; without one no SUSE Storage.")
    ] = None,
    extends: Annotated[list[str] | None, typer.Option(help="A layer that the site extends.")] = None,
    api4: Annotated[str | None, typer.Option(help="Virtual address of the API server, with several nodes.")] = None,
    ingress4: Annotated[str | None, typer.Option(help="Virtual address of the ingress controller.")] = None,
    ingress6: Annotated[str | None, typer.Option(help="The same, IPv6.")] = None,
    ironic4: Annotated[str | None, typer.Option(help="Virtual address of Ironic.")] = None,
    ironic6: Annotated[str | None, typer.Option(help="The same, IPv6.")] = None,
    rancher_hostname: Annotated[
        str | None, typer.Option(help="Rancher's FQDN, in hostname mode with several nodes.")
    ] = None,
    bmc: Annotated[
        list[str] | None, typer.Option(help="BMC through which the node is installed; once for each node.")
    ] = None,
    bmc_user: Annotated[str | None, typer.Option(help="User at the BMCs.")] = None,
    media: Annotated[
        str | None, typer.Option(help="URL or path of the image for the BMCs; without one it is built here.")
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Write a new site, from flags or by asking."""
    from dualstack.cli.answers import Answers
    from dualstack.cli.new import new_site
    from dualstack.releases import RELEASES

    virtual = {
        "--api4": api4, "--ingress4": ingress4, "--ingress6": ingress6, "--ironic4": ironic4, "--ironic6": ironic6,
    }  # fmt: skip
    answers = Answers(
        name, mode, mac or [], ipv4 or [], gateway4, ipv6 or [], gateway6, resolver or [], hostname,
        release or RELEASES.default, ssh_key, collection_user, extends or [], install_device, nodes, virtual,
        rancher_hostname, bmc or [], bmc_user, media,
    )  # fmt: skip
    new_site(the_project(project), answers)


@app.command(epilog="Example: dualstack schema --layer > layer.schema.json")
def schema(
    layer: Annotated[bool, typer.Option("--layer", help="The schema of a layer in place of a stack file's.")] = False,
) -> None:
    """Print the JSON Schema of a stack file."""
    from dualstack.answer.schema import layer_schema, stack_schema

    print_json(layer_schema() if layer else stack_schema())


@app.command(epilog="Example: dualstack explain DS012")
def explain(
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="RULE",
            help="Id or number of a rule, or a word that rules speak of; all where none is named.",
            autocompletion=complete_rule,
        ),
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Tell what a rule wants, and why."""
    from dualstack.cli.explain import explain_rule

    explain_rule(rule, output)


@app.command(epilog="Example: dualstack sites --format json")
def sites(output: FormatOption = Format.TEXT, project: ProjectOption = None) -> None:
    """List the project's sites."""
    from dualstack.cli.sites import list_all

    list_all(the_project(project), output)


@app.command(epilog="Example: dualstack dns demo-hostname --format nsupdate")
def dns(
    site: SiteArgument,
    output: Annotated[
        DnsFormat, typer.Option("--format", help="How to answer; hosts is for /etc/hosts.")
    ] = DnsFormat.ZONE,
    force: ForceOption = False,
    project: ProjectOption = None,
) -> None:
    """Write a site's DNS records for a DNS team."""
    from dualstack.cli.dns import show_records

    folder = the_project(project, site)
    checked = load_site(folder, site)
    refuse(checked, force, Format.JSON if output is DnsFormat.JSON else Format.TEXT, "written")
    show_records(checked, output)


app.command(cls=OptionalValue, epilog=EPILOG)(verify)


def _version(wanted: bool) -> None:
    if wanted:
        from dualstack import __version__

        print(f"dualstack {__version__}")
        raise typer.Exit


@app.command(epilog='Example: eval "$(dualstack env)"')
def env(
    shell: Annotated[
        Shell, typer.Option("--shell", help="The shell that reads the lines; sh is bash and zsh, too.")
    ] = Shell.SH,
    engine: EngineOption = EngineChoice.AUTO,
    backend: BackendOption = None,
    project: ProjectOption = None,
) -> None:
    """Print lines for a shell, after which plain pulumi is found and works where dualstack up does."""
    from dualstack.cli.env import show_env

    show_env(the_project(project), shell, engine, backend)


packs = typer.Typer(name="policies", help="The policy pack, for plain Pulumi.", no_args_is_help=True)
app.add_typer(packs)


@packs.callback()
def _packs() -> None:
    """The policy pack, for plain Pulumi."""


@packs.command(epilog="Example: dualstack policies export policies")
def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to write; an earlier export in it is replaced.")
    ],
) -> None:
    """Write the policy pack with its core into a folder that runs without this tree."""
    from dualstack.engine.export import export_pack

    export_pack(folder)
    print(f"wrote the policy pack to {folder}; next: cd {folder} && pulumi install")
    print(f"then, with any program: pulumi preview --policy-pack {folder}")


app.command(epilog="Example: dualstack status --html status.html")(status)
app.command(epilog="Example: dualstack diff --base origin/main --format markdown")(diff)
add_to(app)
app.add_typer(secret, name="secret")
app.add_typer(release_app, name="release")


@app.callback()
def callback(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """One YAML file per site becomes a dual-stack SUSE Telco Cloud management cluster."""
