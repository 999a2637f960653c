"""What the metal3 chart rendered, read back from the cluster and judged by the core's rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.helm.v3 import Release

from dualstack.document.findings import Severity
from dualstack.document.origins import format_path
from dualstack.plan import Plan
from dualstack.plan.model import ChartPlan, Ironic
from dualstack.rules.ironic.ironic_rendered import CONFIG_MAPS, RENDERED, known_chart, rendered
from dualstack.rules.severities import chosen


def read_back(
    name: str, plan: Plan, chart: ChartPlan, release: Release, opts: pulumi.ResourceOptions
) -> pulumi.Output[None] | None:
    """Read Ironic's ConfigMaps once the release is done, and stop the update where they are not what they must be.

    A preview reads nothing: what is there then may be what this very update mends.

    Args:
        name: start of the resources' names.
        plan: the site's plan.
        chart: the metal3 chart.
        release: its Helm release.
        opts: component and provider.

    Returns:
        What later releases depend on: they are not begun where it fails. None where nothing is read.
    """
    ironic, preview = plan.ironic, pulumi.runtime.is_dry_run()
    if ironic is None:
        return None
    if not known_chart(chart.version):
        if preview:
            return None
        pulumi.log.warn(
            f"metal3 {chart.version} is a version whose ConfigMaps are not known here, so they are not read back; see "
            f"that every URL has a host: kubectl -n {chart.namespace} get configmaps -o yaml",
            release,
        )
        return None
    # The site's own ironicExtraEnv may hold secrets; the provider keeps a second copy of all that it reads.
    secret = pulumi.ResourceOptions(additional_secret_outputs=["data", "__inputs"])
    options = pulumi.ResourceOptions.merge(opts, secret)
    namespace = pulumi.Output.from_input(cast(str, pulumi.UNKNOWN)) if preview else release.id.apply(_namespace)
    maps = [
        ConfigMap.get(f"{name}-{item}", pulumi.Output.concat(namespace, "/", item), options) for item in CONFIG_MAPS
    ]
    return pulumi.Output.all(*(item.data for item in maps)).apply(lambda data: _judge(plan, ironic, chart, data))


def _namespace(release_id: str) -> str:
    """Take the namespace out of a release's id, which is ``namespace/name``."""
    return release_id.partition("/")[0]


def _judge(plan: Plan, ironic: Ironic, chart: ChartPlan, data: Sequence[Any]) -> None:
    override = chosen(RENDERED, plan.site.rules)
    severity = override.level if override else RENDERED.severity
    maps = dict(zip(CONFIG_MAPS, (item or {} for item in data), strict=True))
    lines = [
        f"{format_path(finding.path)}: {finding.message}; {finding.fix} [{finding.rule.id}]"
        for finding in rendered(maps, ironic, chart.values, chart.namespace)
    ]
    if lines and severity is Severity.ERROR:
        raise pulumi.RunError("\n    ".join(["metal3 is not what the plan says:", *lines, RENDERED.consequence]))
    for line in lines:
        pulumi.log.warn(line)
