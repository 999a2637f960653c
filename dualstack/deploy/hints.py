"""Errors of the engine and its providers that have a known way out, which the error itself does not tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from dualstack.deploy.access_hints import ssh_ways_out
from dualstack.deploy.libvirt_hints import libvirt_ways_out
from dualstack.plan import Plan
from dualstack.plan.model import ChartPlan
from dualstack.tokens import RELEASE

Hint = Callable[[str, Plan], Iterator[str]]
"""Looks at the errors of a run, one a line, and tells the ways out of those that it knows."""

_PENDING: Final = "another operation (install/upgrade/rollback) is in progress"
_TAKEN: Final = "cannot re-use a name that is still in use"
_UNREACHABLE: Final = re.compile("can't delete .* with unreachable cluster")
_KUBECONFIG: Final = "with the cluster's kubeconfig (on the host: /etc/rancher/rke2/rke2.yaml)"


def with_ways_out(error: str, plan: Plan, prefix: str = "", project: str = "dualstack") -> str:
    """Add to an error what to do about it.

    Args:
        error: what the engine told; resources are named at the start of a line.
        plan: the site's plan.
        prefix: what a shell needs before a plain ``pulumi`` command on the stack.
        project: name of the Pulumi project.
    """
    known = (line for hint in HINTS for line in hint(error, plan))
    gone = unreachable_cluster(error, plan, prefix, project)
    return "\n".join([error, *known, *gone, *libvirt_ways_out(error, plan, prefix)])


def _charts(error: str, words: str, plan: Plan) -> Iterator[ChartPlan]:
    """Give the charts whose Helm release failed with these words."""
    for chart in plan.charts:
        name = re.escape(f"-{chart.name}: ")
        if any(words in line and re.search(rf"\S{name}", line) for line in error.splitlines()):
            yield chart


def stuck_release(error: str, plan: Plan) -> Iterator[str]:
    """Tell the way out of a release that an interrupted run left half done: Helm waits for that run for ever.

    Source: helm ``pkg/action/upgrade.go`` (errPending) and ``pkg/release/status.go`` (IsPending).
    """
    for chart in _charts(error, _PENDING, plan):
        helm = f"helm -n {chart.namespace}"
        yield (
            f"the Helm release {chart.name} is stuck: a run was interrupted while Helm was at work on it; unless one "
            f"is at it now, {_KUBECONFIG}:"
        )
        yield f"  {helm} status {chart.name}"
        yield f"  where it says pending-install: {helm} uninstall {chart.name}"
        yield f"  where it says pending-upgrade or pending-rollback: {helm} rollback {chart.name}"
        yield f"  then: dualstack up {plan.name}   (after an uninstall: dualstack refresh {plan.name} first)"


def taken_release(error: str, plan: Plan) -> Iterator[str]:
    """Tell the way out of a release that is on the cluster, and that this stack does not know.

    Source: helm ``pkg/action/install.go`` (availableName).
    """
    for chart in _charts(error, _TAKEN, plan):
        helm = f"helm -n {chart.namespace}"
        field = ".".join(str(step) for step in chart.path)
        yield (
            f"the Helm release {chart.name} is on the cluster already, and this stack does not know it; {_KUBECONFIG}: "
            f"{helm} status {chart.name}"
        )
        yield f"  where it says pending-install, from an interrupted run: {helm} uninstall {chart.name}"
        yield f"  where it came with the image: set {field}.handover to true, and run dualstack up {plan.name}"
        forget = f"kubectl -n {chart.namespace} delete secrets -l owner=helm,name={chart.name}"
        yield f"  where it is to go on as it is: {forget} (Helm's records alone), and dualstack up {plan.name}"


def unreachable_cluster(error: str, plan: Plan, prefix: str, project: str) -> Iterator[str]:
    """Tell the way out where something is to be deleted from a cluster that does not answer.

    The engine names PULUMI_K8S_DELETE_UNREACHABLE: the program's own setting wins over it, since it would let an outage
    forget releases.
    """
    if not _UNREACHABLE.search(error):
        return
    urn = f"urn:pulumi:{plan.name}::{project}::dualstack:index:ManagementCharts::management-charts"
    forget = f"{prefix}pulumi state delete --stack {plan.name} --yes --target-dependents '{urn}'"
    yield "the cluster does not answer, so nothing is removed from it; PULUMI_K8S_DELETE_UNREACHABLE is of no use here:"
    yield "  where it is only down: bring it up, and run this again"
    yield f"  where the kubeconfig has changed: dualstack up {plan.name} first; a deletion uses that of the last up"
    yield f"  where it is gone for good, forget what was on it: {forget}"


def interrupted_create(resource: Mapping[str, Any]) -> str | None:
    """Tell what to do about one create that was interrupted; None where importing it is the way.

    Importing what has values of a chart would write their secrets in clear into the stack's state and history.

    Args:
        resource: as the state has it: ``type`` and ``inputs``.
    """
    kind, inputs = resource["type"], resource.get("inputs") or {}
    if kind == RELEASE:
        helm, name = f"helm -n {inputs.get('namespace')}", inputs.get("name")
        return f"where {helm} status {name} finds it: {helm} uninstall {name}"
    if not kind.startswith("kubernetes:"):
        return None
    if kind.endswith("Patch"):
        return f"{kind} is a patch, which can be made again"
    metadata, plain = inputs.get("metadata", {}), kind.rpartition(":")[2].lower()
    return f"if it is there: kubectl -n {metadata.get('namespace')} delete {plain} {metadata.get('name')}"


HINTS: Final[tuple[Hint, ...]] = (ssh_ways_out, stuck_release, taken_release)
