"""Site -> Plan: one pure function, total for every well-typed site."""

from __future__ import annotations

from dualstack.document.frozen import freeze
from dualstack.plan import topology
from dualstack.plan.access import plan_access
from dualstack.plan.bmcs import plan_bmcs
from dualstack.plan.capacity import plan_capacity
from dualstack.plan.charts import computed_values, plan_charts
from dualstack.plan.host import plan_libvirt, plan_no_proxy
from dualstack.plan.ironic import read_ironic
from dualstack.plan.machines import plan_machines
from dualstack.plan.model import Plan
from dualstack.plan.names import plan_dns, rancher_hostname
from dualstack.plan.network import named_networks
from dualstack.plan.nmstate import plan_node
from dualstack.plan.server import computed_server, plan_agent, plan_server
from dualstack.releases import RELEASES
from dualstack.site import Site

__all__ = ["Plan", "make_plan"]


def make_plan(name: str, site: Site, secrets: frozenset[str] = frozenset()) -> Plan:
    """Compute the plan of a site.

    Args:
        name: the site's name, which is the stack's.
        site: the site, also one that breaks rules.
        secrets: names of the secret keys ``dualstack:<name>`` that the stack has; their values are never needed.
    """
    release = RELEASES[site.release]
    nodes = tuple(plan_node(site, index) for index in range(len(site.nodes)))
    initializer = nodes[topology.initializer(site)]
    api, entry = topology.api(site, nodes), topology.entry(site, nodes)
    serving = topology.serving(site)
    rancher = rancher_hostname(site, entry)
    computed = computed_server(site, release, nodes)
    server = plan_server(site, computed)
    kubernetes = site.kubernetes_version or release.kubernetes
    no_proxy = plan_no_proxy(site, nodes, server, rancher, (api, entry, serving))
    values = computed_values(site, release, serving, rancher, secrets, no_proxy)
    charts = plan_charts(site, release, values)
    metal3 = next((chart for chart in charts if chart.key == "metal3"), None)
    ironic = read_ironic(metal3.values, metal3.version) if metal3 else None
    records = plan_dns(site, nodes, api, entry, serving, rancher)
    return Plan(
        name=name,
        site=site,
        release=release,
        kubernetes_version=kubernetes,
        nodes=nodes,
        initializer=initializer,
        api=api,
        entry=entry,
        serving=serving,
        server=freeze(server),
        server_computed=freeze(computed),
        agent=freeze(plan_agent(site, server)),
        charts=charts,
        ironic=ironic,
        rancher_hostname=rancher,
        dns=records,
        networks=named_networks(site),
        capacity=plan_capacity(site, kubernetes),
        bmcs=plan_bmcs(site, ironic),
        libvirt=plan_libvirt(site, nodes, initializer, records),
        installations=plan_machines(site, nodes, initializer),
        access=plan_access(site, api),
        no_proxy=no_proxy,
        secrets=secrets,
    )
