"""The plan and its findings as one JSON document; ``version`` grows when its shape changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dualstack.check.checked import Checked
from dualstack.document.findings import Finding
from dualstack.document.frozen import thaw
from dualstack.document.origins import format_path
from dualstack.errors import InputError
from dualstack.plan.model import Bound, Plan

if TYPE_CHECKING:
    from dualstack.offline import Resource
    from dualstack.policies import Verdict

VERSION = 1


def finding_json(finding: Finding) -> dict[str, Any]:
    """Give one finding; ``because`` only where the site changed the severity."""
    document: dict[str, Any] = {
        "rule": finding.rule.id,
        "severity": finding.severity.value,
        "path": format_path(finding.path),
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "consequence": finding.consequence,
        "fix": finding.fix,
        "patch": finding.mend.patch(finding.path),
        "source": finding.rule.source,
    }
    if finding.because is not None:
        document["because"] = finding.because
    return document


def check_json(
    sites: Iterable[Checked],
    verdicts: Mapping[str, Verdict | None] | None = None,
    unreadable: Sequence[InputError] = (),
) -> dict[str, Any]:
    """Give the answer of ``dualstack check``.

    Args:
        sites: the sites.
        verdicts: what the policies say of each, where they ran.
        unreadable: what is wrong with the sites that could not be judged; the first is ``error``, all are ``errors``.
    """
    told = verdicts or {}
    document: dict[str, Any] = {
        "version": VERSION,
        "sites": [
            {
                "site": checked.name,
                "findings": [finding_json(finding) for finding in checked.findings],
                **(verdict.to_json() if (verdict := told.get(checked.name)) is not None else {}),
            }
            for checked in sites
        ],
    }
    if unreadable:
        document |= {"error": unreadable[0].as_dict(), "errors": [error.as_dict() for error in unreadable]}
    return document


def _bound(bound: Bound) -> dict[str, Any]:
    return {"ipv4": bound.ipv4, "ipv6": bound.ipv6, "joint": bound.joint, "binds": bound.binds}


def capacity_json(plan: Plan) -> dict[str, Any]:
    """Give the capacities; ``joint`` is what both families have room for, ``binds`` the family that runs out first."""
    capacity = plan.capacity
    return {
        "nodes": _bound(capacity.nodes),
        "podsPerNode": {**_bound(capacity.pods_per_node), "maxPods": capacity.max_pods},
        "pods": _bound(capacity.pods),
        "services": _bound(capacity.services),
    }


def bmcs_json(plan: Plan) -> list[dict[str, Any]]:
    """Give how each machine is provisioned, and why so."""
    return [
        {
            "name": bmc.name,
            "address": bmc.address,
            "protocol": bmc.scheme,
            "family": bmc.family,
            "mediaUrl": bmc.media_url,
            "mediaFamily": bmc.media_family,
            "callbackUrl": bmc.callback_url,
            "callbackFamily": bmc.callback_family,
            "inspectionUrl": bmc.inspection_url,
            "inspectionFamily": bmc.inspection_family,
            "why": bmc.why,
        }
        for bmc in plan.bmcs
    ]


def values_json(plan: Plan) -> dict[str, Any]:
    """Give server.yaml, each node's nmstate and each Helm release's values, secrets as ``[secret]``."""
    values: dict[str, Any] = {
        "server": thaw(plan.server),
        "network": {node.name: thaw(node.nmstate) for node in plan.nodes},
    }
    for chart in plan.charts:
        values[chart.name] = thaw(chart.values)
    return values


def virtual_json(plan: Plan) -> dict[str, Any]:
    """Give the virtual addresses of a cluster of several nodes, under one key; nothing with one node."""
    pairs = {name: {family: str(ip) for family, ip in pair.items()} for name, pair in plan.virtual.items()}
    return {"virtual": pairs} if pairs else {}


def charts_json(plan: Plan) -> list[dict[str, Any]]:
    """Give version, repository, delivery, and what a changed value takes, of each Helm release."""
    return [
        {
            "name": chart.name,
            "chart": chart.chart,
            "version": chart.version,
            "pinnedBy": chart.pinned_by,
            "repository": chart.repository.url,
            "namespace": chart.namespace,
            "delivery": chart.delivery,
            "change": chart.change,
        }
        for chart in plan.charts
    ]


def plan_json(checked: Checked, resources: Iterable[Resource] | None, verdict: Verdict | None = None) -> dict[str, Any]:
    """Give the whole plan of one site.

    Args:
        checked: the site.
        resources: what the program registered; None where it was not run.
        verdict: what the policies say of that.
    """
    document: dict[str, Any] = {
        "version": VERSION,
        "site": checked.name,
        "findings": [finding_json(finding) for finding in checked.findings],
    }
    plan = checked.plan
    if plan is None:
        return document
    document |= {
        "release": plan.release.name,
        "kubernetesVersion": plan.kubernetes_version,
        "mode": plan.site.mode,
        "rancherHostname": plan.rancher_hostname,
        **virtual_json(plan),
        "values": values_json(plan),
        "charts": charts_json(plan),
        "dns": [asdict(record) for record in plan.dns],
        "capacity": capacity_json(plan),
        "bmcs": bmcs_json(plan),
    }
    if resources is not None:
        document["resources"] = [resource.to_json() for resource in resources]
    if verdict is not None:
        document |= verdict.to_json()
    return document
