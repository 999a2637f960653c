"""What stands after an operation: the host and its names in both families, and the image's directory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dualstack.answer.style import Style, counted
from dualstack.check.checked import Checked
from dualstack.deploy.pending import pending
from dualstack.deploy.progress import Progress
from dualstack.deploy.session import Operation, Result
from dualstack.plan.model import Plan
from dualstack.policies import all_policies
from dualstack.tokens import DIRECTORY, DNS, MACHINES, READY

_FILE = re.compile(r"""files(?:\["((?:[^"\\]|\\.)+)"\]|\.([^.\[]+))""")
_API = "api"
_FAMILIES = (("ipv4", "IPv4"), ("ipv6", "IPv6"))
_COUNTED = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted", "same": "unchanged"}
_TO_COME = {"create": "to create", "update": "to update", "replace": "to replace", "delete": "to delete"}
_TO_COME |= {"same": "unchanged"}
_FOUND = {"update": "changed by others", "delete": "gone", "same": "as the state has it"}


def outcome(progress: Progress, project: Path) -> dict[str, Any]:
    """Give what our own resources say of themselves, as data.

    Args:
        progress: of the operation.
        project: its folder, for what is on this machine.
    """
    hosts: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    directories: list[dict[str, Any]] = []
    for kind, outputs in progress.resources.values():
        if kind == READY:
            hosts.append({family: _state(outputs, family) for family, _ in _FAMILIES if outputs.get(family)})
        elif kind.startswith(DNS) and "ipv4" in outputs:
            names.append({key: outputs.get(key) for key in ("record", "ipv4", "ipv6")})
        elif kind == DIRECTORY:
            files = outputs.get("files")
            path = str(outputs.get("path"))
            directories.append(
                {
                    "path": path,
                    "files": len(files) if isinstance(files, Mapping) else None,
                    "here": (project / path).is_dir(),
                    "notOnMachines": _not_on_machines(progress),
                }
            )
    return {"hosts": hosts, "names": names, "directories": directories}


def _not_on_machines(progress: Progress) -> list[str]:
    """Give the files of the directory that this run changed, where no machine was made anew of them."""
    if any(one.type in MACHINES and one.op.startswith("create") for one in progress.changes):
        return []
    paths = [path for one in progress.changes if one.type == DIRECTORY and one.op == "update" for path in one.paths]
    return sorted({found[1] or found[2] for path in paths if (found := _FILE.match(path))})


def _state(outputs: Mapping[str, Any], family: str) -> dict[str, Any]:
    answered, unchecked = outputs.get("answered"), outputs.get("notChecked")
    answers = isinstance(answered, Mapping) and family in answered
    reason = unchecked.get(family) if isinstance(unchecked, Mapping) else None
    return {"address": outputs[family], "answered": answers, "notChecked": reason}


def closing(
    checked: Checked, operation: Operation, progress: Progress, result: Result, style: Style, project: Path
) -> Iterator[str]:
    """Give the last lines for people."""
    counts = progress.counts
    labels = {Operation.PREVIEW: _TO_COME, Operation.REFRESH: _FOUND}.get(operation, _COUNTED)
    told = ", ".join(f"{counts[op]} {label}" for op, label in labels.items() if counts.get(op)) or "nothing to do"
    if result.error is None or (counts and operation is not Operation.PREVIEW):
        mark = style("✗", "red") if result.error is not None else style("✓", "green")
        yield f"{mark} {style(checked.name, 'bold')}: {told}"
    if operation in (Operation.PREVIEW, Operation.UP) and result.error is None:
        found = f"{counted(len(progress.violations), 'remark')} above" if progress.violations else "nothing found"
        yield f"  policies {len(all_policies())} checked, {found}"
    if operation not in (Operation.PREVIEW, Operation.UP):
        return
    if operation is Operation.UP and result.error is None:
        yield from _lines(checked, outcome(progress, project), result)
    # At preview it is what `up` will leave to others. A run that failed later has written the directory all the same,
    # and the next one no longer knows what it changed.
    word = "pending" if operation is Operation.UP else "not by up:"
    for one in pending(checked, progress.changes):
        yield f"  {word} {one.file}  {one.told.word.text}: {one.told.how.replace('`', '')}"


def _lines(checked: Checked, found: dict[str, Any], result: Result) -> Iterator[str]:
    for owner, host in sorted(((_owner(checked.plan, host), host) for host in found["hosts"]), key=lambda one: one[0]):
        for family, label in _FAMILIES:
            state = host.get(family)
            if state is None:
                if owner[1] != _API:  # that one has IPv4 alone by design (DS272)
                    yield f"  {owner[1].ljust(7)} {label}  no static address"
                continue
            words = "answered" if state["answered"] else f"not checked: {state['notChecked'] or 'no reason given'}"
            yield f"  {owner[1].ljust(7)} {label}  {state['address']}  {words}"
    names = found["names"]
    for name in names:
        yield f"  DNS     {name['record']}  A {_joined(name['ipv4'])}  AAAA {_joined(name['ipv6'])}"
    plan = checked.plan
    if not names and plan is not None:
        planned = len({record.name for record in plan.dns if record.forward})
        by = {"network": "in the virtual network", "up": "written"}.get(plan.site.dns.keeper.who, "kept by others")
        where = f"{counted(planned, 'name')} {by} (backend {plan.site.dns.backend})" if planned else "no names"
        yield f"  DNS     {where}"
    for directory in found["directories"]:
        files = "" if directory["files"] is None else f", {counted(directory['files'], 'file')}"
        place = "under Pulumi's management" if directory["here"] else "written on another machine, not on this one"
        yield f"  image   EIB directory {directory['path']}{files}, {place}"
        if changed := directory["notOnMachines"]:
            yield f"  image   NOT on any machine by this run: {', '.join(changed)}"
            yield "          A machine that is installed with a new image gets it; one that runs is changed by hand"
    for label, key in (("Rancher", "rancherUrl"), ("Ironic", "ironicEndpoint")):
        if key in result.outputs:
            yield f"  {label.ljust(7)} {result.outputs[key]}"


def _owner(plan: Plan | None, host: Mapping[str, Any]) -> tuple[int, str]:
    """Give whose addresses were waited for, behind its place among the others."""
    if plan is None or not plan.several:
        return 0, "host"
    told = {str(state["address"]) for state in host.values()}
    for index, node in enumerate(plan.nodes):
        if told & {str(address) for address in node.addresses.values()}:
            return index, node.name
    return len(plan.nodes), _API


def _joined(values: Any) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) and values else "-"
