"""The program: one stack is one site, and everything comes from its plan."""

from __future__ import annotations

import pulumi

from components.cluster import ManagementCluster, exports, host_providers
from components.config import load_plan, project_folder, read_secret

plan = load_plan()
cluster = ManagementCluster(
    "management",
    plan,
    secret=read_secret,
    project=project_folder(),
    opts=pulumi.ResourceOptions(providers=host_providers(plan)),
)
if plan.uses_cluster:
    from components.access import kubernetes_provider
    from components.charts import ManagementCharts

    ManagementCharts(
        "management-charts",
        plan,
        secret=read_secret,
        host=cluster.host,
        opts=pulumi.ResourceOptions(providers=[kubernetes_provider(plan, read_secret, cluster.host)]),
    )
for name, value in exports(plan).items():
    pulumi.export(name, value)
