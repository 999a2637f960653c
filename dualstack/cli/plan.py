"""``dualstack plan``: everything that is computed, and every resource that would be registered."""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from dualstack.address.family import FAMILIES, LABEL
from dualstack.answer.style import Style
from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.cli.common import PlanFormat, print_json
from dualstack.cli.policies import verdict_text
from dualstack.cli.text import findings_text
from dualstack.diff.picture import VIRTUAL
from dualstack.document.hiding import Veil
from dualstack.plan.model import Bound, NodePlan, Plan
from dualstack.policies import config_of, judge, recorded
from dualstack.record import record_site
from dualstack.stack.project import site_file

if TYPE_CHECKING:
    from dualstack.offline import Recording

WIDTH = 200
"""Columns of the tables. Cells are never broken: a terminal that is narrower wraps the line, and a URL stays whole."""


def show_plan(project: Path, checked: Checked, site: str, output: PlanFormat) -> bool:
    """Print the plan; the program is run for its resources, unless the site has errors, which stop it.

    Returns:
        Whether a policy is violated that would stop the engine.
    """
    veil, read = Veil(), checked
    checked = veiled(read, veil)
    if output in (PlanFormat.SVG, PlanFormat.MERMAID):
        print(veil.shown(_picture(checked, output)))
        return False
    shown = None if checked is read else checked
    recording = None if checked.failed else record_site(project, checked.name, site_file(project, site), veiled=shown)
    verdict = judge(recorded(recording), config_of(checked)) if recording else None
    broken = verdict is not None and verdict.failed
    if output is PlanFormat.JSON:
        from dualstack.answer.json_answer import plan_json

        document = plan_json(checked, recording.resources if recording else None, verdict)
        print_json(veil.shown(document))
        return broken
    plan = checked.plan
    if plan is None:
        return broken
    if output is PlanFormat.HTML:
        from dualstack.cli.page import html

        print(veil.shown(html(checked, plan, _tables(plan, recording), verdict)))
        return broken
    style = Style.of(sys.stdout)
    page = io.StringIO()
    # Neither markup nor emoji codes: an IPv6 address may hold what looks like either, [fd00::1] and :100:.
    console = Console(
        file=page,
        width=WIDTH,
        force_terminal=style.colour,
        color_system="standard" if style.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(_head(plan))
    console.print(_tree(plan))
    for title, table in _tables(plan, recording):
        console.print(Text(f"\n{title}", style="bold"))
        console.print(table)
    if recording is None:
        console.print("\nThe program was not run: it stops at errors.")
    lines = veil.shown(page.getvalue()).split("\n")[:-1]
    print("\n".join(line.rstrip() for line in lines), end="\n\n")
    print(findings_text([checked], style, notes=False))
    if verdict is not None:
        print(veil.shown(verdict_text(verdict, style)))
    return broken


def _picture(checked: Checked, output: PlanFormat) -> str:
    """Draw the site's network."""
    from dualstack.diff.picture import mermaid
    from dualstack.diff.snapshot import network_json
    from dualstack.diff.svg import svg

    if checked.plan is None:
        return ""
    return (svg if output is PlanFormat.SVG else mermaid)(None, network_json(checked.plan))


def _tables(plan: Plan, recording: Recording | None) -> list[tuple[str, Table]]:
    """Give what is told in tables, with titles; none that is empty."""
    tables = [
        ("Provisioning", _bmcs(plan)),
        ("DNS records", _dns(plan)),
        ("Capacity", _capacity(plan)),
        ("Charts", _charts(plan)),
        *([("Resources", _resources(recording))] if recording is not None else []),
    ]
    return [(title, table) for title, table in tables if table.row_count]


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ignore")
    return table


def _head(plan: Plan) -> Text:
    ironic = plan.ironic.endpoint if plan.ironic else "no metal3"
    return Text.assemble(
        (plan.name, "bold"),
        f": SUSE Telco Cloud {plan.release.name}, RKE2 {plan.kubernetes_version}, {plan.site.mode} mode\n",
        f"Rancher  https://{plan.rancher_hostname}\n",
        f"Ironic   {ironic}",
    )


def _pair(depth: int, label: str, ipv4: object, ipv6: object) -> Text:
    """Return a line of the tree: what stands right of the label lines up, whatever the depth."""
    width = 26 - 4 * depth
    return Text.assemble((label.ljust(width), "bold"), " ", str(ipv4 or "-").ljust(24), str(ipv6 or "-"))


def _tree(plan: Plan) -> Tree:
    tree = Tree(_pair(0, "Network", "IPv4", "IPv6"), guide_style="dim")
    cluster = plan.site.cluster
    tree.add(_pair(1, "pods", cluster.pods.ipv4, cluster.pods.ipv6))
    tree.add(_pair(1, "services", cluster.services.ipv4, cluster.services.ipv6))
    for node in plan.nodes:
        branch = tree.add(_pair(1, node.name, node.ipv4, node.ipv6))
        for line in _interfaces(plan, node):
            branch.add(line)
    for name, pair in plan.virtual.items():
        tree.add(_pair(1, f"{VIRTUAL[name]} (virtual)", pair.ipv4, pair.ipv6))
    return tree


def _interfaces(plan: Plan, node: NodePlan) -> list[Text]:
    lines: list[Text] = []
    for interface in plan.site.nodes[node.index].interfaces:
        shown = [_address_text(interface.families.of(family)) for family in FAMILIES]
        kind = "" if interface.kind == "ethernet" else f" ({interface.kind})"
        lines.append(_pair(2, f"{interface.name}{kind}", *shown))
        gateways = interface.families.map(lambda ip: ip.gateway)
        if gateways:
            lines.append(_pair(2, "  default via", gateways.ipv4, gateways.ipv6))
    return lines


def _address_text(ip: object) -> str:
    from dualstack.site.network import Ipv4, Ipv6

    if not isinstance(ip, Ipv4 | Ipv6):
        return ""
    if not ip.enabled:
        return "off"
    if ip.address is not None:
        return str(ip.address)
    ways = [way for way, on in (("DHCP", ip.dhcp), ("RA", isinstance(ip, Ipv6) and ip.autoconf)) if on]
    return "+".join(ways) + (f" {ip.reservation}" if ip.reservation else "")


def _bmcs(plan: Plan) -> Table:
    table = _table("machine", "BMC", "media from", "ramdisk calls", "why")
    for bmc in plan.bmcs:
        table.add_row(bmc.name, bmc.host, bmc.media_url, bmc.callback_url, bmc.why)
    return table


def _dns(plan: Plan) -> Table:
    table = _table("name", "type", "value", "zone", "ttl")
    for record in plan.dns:
        table.add_row(record.name, record.type, record.value, record.zone, str(record.ttl))
    return table


def _big(number: int) -> str:
    return f"{number:,}" if number < 1 << 40 else f"about 2^{round(math.log2(number))}"


def _capacity(plan: Plan) -> Table:
    capacity = plan.capacity
    table = _table("", "IPv4", "IPv6", "both", "binds")
    rows: tuple[tuple[str, Bound], ...] = (
        ("nodes", capacity.nodes),
        (f"pods (kubelet: {capacity.max_pods} a node)", capacity.pods),
        ("addresses per node", capacity.pods_per_node),
        ("services", capacity.services),
    )
    for label, bound in rows:
        binds = "both" if bound.binds == "both" else LABEL[bound.binds]
        table.add_row(label, _big(bound.ipv4), _big(bound.ipv6), _big(bound.joint), binds)
    return table


def _charts(plan: Plan) -> Table:
    table = _table("Helm release", "version", "pinned by", "delivery", "a change is", "from")
    for chart in plan.charts:
        table.add_row(chart.name, chart.version, chart.pinned_by, chart.delivery, chart.change, chart.repository.url)
    return table


def _resources(recording: Recording) -> Table:
    table = _table("type", "name", "options")
    for resource in recording.resources:
        flags = [
            label
            for key, label in (
                ("protect", "protected"),
                ("retainOnDelete", "kept on delete"),
                ("deleteBeforeReplace", "deleted before replaced"),
            )
            if resource.options.get(key)
        ]
        depth = resource.urn.split("::")[2].count("$")
        table.add_row("  " * depth + resource.type, resource.name, ", ".join(flags))
    return table
