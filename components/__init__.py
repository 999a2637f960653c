"""The Pulumi components: one management cluster, its network, host, DNS, image and charts.

A component takes the plan and makes resources of it; it computes no address and decides no value. Modules that import
a provider's SDK are imported where they are needed: a site that needs no provider does not load it.
"""
