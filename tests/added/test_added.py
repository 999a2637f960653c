"""A chart, a DNS backend and a hypervisor that nobody has, added with the files that docs/architecture.md names."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import yaml

from tests.added.tree import Tree
from tests.releases.support import INVENTED, invented


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A copy of the tree."""
    return Tree(tmp_path / "tree")


def code(text: str) -> str:
    """Give a module's text."""
    return "from __future__ import annotations\n" + textwrap.dedent(text)


def test_a_chart_that_one_release_has(tree: Tree) -> None:
    release = invented()
    own = {"key": "kubewarden", "chart": "kubewarden-controller", "version": "1.2.3", "namespace": "kubewarden"}
    release["charts"].append(own | {"repository": "rancher-charts"})
    tree.write(f"dualstack/releases/{INVENTED}.yaml", yaml.safe_dump(release))
    tree.edit("dualstack/releases/model.py", '"turtles", "neuvector"]', '"turtles", "neuvector", "kubewarden"]')
    field = 'kubewarden: Chart = Field(Chart.model_construct(), description="Kubewarden.")\n'
    tree.edit("dualstack/site/charts.py", "    extra: tuple", f"    {field}    extra: tuple")
    tree.edit(
        "dualstack/plan/charts.py", '"cert-manager": {', '"kubewarden": {"replicas": 1},\n        "cert-manager": {'
    )

    tree.run("chart")


def test_a_dns_backend(tree: Tree) -> None:
    tree.edit("dualstack/site/dns.py", '"rfc2136", "libvirt"]', '"rfc2136", "libvirt", "etcd"]')
    tree.edit("dualstack/site/dns.py", '"libvirt": Keeper', '"etcd": Keeper("up"),\n    "libvirt": Keeper')
    tree.edit("components/dns.py", '    "rfc2136": ', '    "etcd": "components.dns_etcd:write",\n    "rfc2136": ')
    tree.write(
        "components/dns_etcd.py",
        code("""
            import pulumi

            from components.dns import ManagementDns, ManagementDnsArgs, forward

            def write(parent: ManagementDns, name: str, args: ManagementDnsArgs) -> None:
                for host, both in forward(args.plan).items():
                    inputs = {"key": f"/dns/{host}", "values": [record.value for record in both]}
                    options = pulumi.ResourceOptions(parent=parent)
                    pulumi.CustomResource("etcd:index:Key", f"{name}-{host}", inputs, options)
        """),
    )

    tree.run("dns_backend")


def test_a_hypervisor(tree: Tree) -> None:
    tree.edit("dualstack/site/host.py", '"libvirt", "redfish"]\n', '"libvirt", "redfish", "proxmox"]\n')
    tree.edit("dualstack/site/host.py", 'frozenset({"libvirt"})', 'frozenset({"libvirt", "proxmox"})')
    model = '''
        class Proxmox(Model):
            """A VM on Proxmox VE."""

            node: Text = Field("pve", description="Its node.")
    '''
    tree.edit("dualstack/site/host.py", "\nHostKind = ", f"{textwrap.dedent(model)}\n\nHostKind = ")
    field = 'proxmox: Proxmox = Field(Proxmox.model_construct(), description="Settings of the VM.")\n'
    tree.edit("dualstack/site/host.py", "    readiness: ", f"    {field}    readiness: ")
    tree.edit(
        "components/hypervisor.py", '    "redfish": ', '    "proxmox": "components.proxmox:Proxmox",\n    "redfish": '
    )
    tree.write(
        "components/proxmox.py",
        code("""
            import pulumi

            from components.hypervisor import HostKind, Machine, Machines

            class Proxmox(HostKind):
                package = "proxmoxve"

                def provider(self, name, plan, parent):
                    return pulumi.ProviderResource("proxmoxve", name, {}, pulumi.ResourceOptions(parent=parent))

                def machines(self, name, plan, given, parent):
                    made = {}
                    for node in plan.nodes:
                        inputs = {"node": plan.site.host.proxmox.node, "image": given.image}
                        options = pulumi.ResourceOptions(parent=parent, depends_on=given.after)
                        own = f"{name}-{node.name}"
                        resource = pulumi.CustomResource("proxmoxve:index:Machine", own, inputs, options)
                        made[node.name] = Machine(resource, resource.id, resource)
                    return Machines(made)
        """),
    )
    tree.edit(
        "dualstack/day2/host_fields.py",
        '    entry("host.redfish.media"',
        '    entry("host.proxmox.node", _DISK),\n    entry("host.redfish.media"',
    )
    tree.write(
        "dualstack/rules/host/proxmox.py",
        code("""
            from dualstack.document.findings import Rule, Severity
            from dualstack.document.fixes import remove

            UNUSED = Rule("DS339-proxmox-unused", "Settings of Proxmox must be of its hosts.", Severity.INFO, "x.", "x")
            RULES = (UNUSED,)

            def check_unused(subject):
                host = subject.site.host
                if host.kind != "proxmox" and host.proxmox.model_fields_set:
                    yield UNUSED.at(("host", "proxmox"), "host.proxmox has no effect", remove())

            CHECKS = (check_unused,)
        """),
    )

    tree.run("host_kind")
