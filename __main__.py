"""The program: one stack is one site, and everything comes from its plan."""

from __future__ import annotations

import pulumi

from components.early import start_provider


def main() -> None:
    """Make the site's cluster."""
    start_provider()
    from components.cluster import ManagementCluster
    from components.config import stack_args
    from components.former import with_former_urn

    args = stack_args()
    former = pulumi.ResourceOptions(transformations=[with_former_urn])
    cluster = ManagementCluster("management", args, former)
    if cluster.plan.uses_cluster and cluster.kubeconfig is not None:
        from components.charts import ManagementCharts

        ManagementCharts("management-charts", {**args, "host": cluster.host, "kubeconfig": cluster.kubeconfig}, former)
    for name, value in cluster.exports().items():
        pulumi.export(name, value)


main()
