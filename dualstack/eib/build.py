"""Plan -> EIB directory, in memory: pure but for the user's own files, which a reader gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualstack.eib.definition import DEFINITION, definition, is_url
from dualstack.eib.files import Reader
from dualstack.eib.helm import image_charts, values_files
from dualstack.eib.scripts import add_scripts
from dualstack.eib.tree import MARKER, Builder, Tree, check_name
from dualstack.errors import InputError, quoted
from dualstack.plan.model import Plan
from dualstack.yamlio import dump

_MANIFESTS = "kubernetes/manifests"
_SHOWN = 10


def build_tree(plan: Plan, secrets: Mapping[str, str] | None = None, files: Reader | None = None) -> Tree:
    """Compute the whole directory that ``eib build`` takes.

    Args:
        plan: the plan.
        secrets: values of secret config keys, by name; None, or a key that is not in it, leaves out what needs it; the
            tree's ``left_out`` tells which. A file with a secret is private.
        files: gives the user's own files; needed where the site names any.

    Raises:
        InputError: a file of the user is not to be had or collides with a computed one, or a name in the site makes no
            path.
        ValueError: the site names files, and there is no reader.
    """
    builder = Builder(plan.name, secrets)
    comment = f"Written by dualstack for site {plan.name}, and again at each render: change the site file instead."

    def add(path: str, data: Any) -> None:
        builder.add(path, dump(data, comment))

    add(DEFINITION, definition(plan, builder))
    for node in plan.nodes:
        # nm-configurator takes the stem of the file for the node's host name.
        add(f"network/{check_name(node.name)}.yaml", node.nmstate)
    add("kubernetes/config/server.yaml", plan.server)
    for path, values in values_files(plan, builder):
        add(path, values)
    neuvector = next((chart for chart in image_charts(plan) if chart.key == "neuvector"), None)
    if neuvector is not None:
        add(f"{_MANIFESTS}/neuvector-namespace.yaml", _privileged(neuvector.namespace))
    add_scripts(plan, builder)
    _add_manifests(plan, builder, files)
    _add_folder(plan, builder, files)
    return builder.tree()


def _privileged(namespace: str) -> dict[str, Any]:
    """A namespace whose pods may do what NeuVector's enforcer does: watch the host's other containers."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}


def _reader(files: Reader | None) -> Reader:
    if files is None:
        raise ValueError("the site names files of the project, and nothing reads them")
    return files


def _add_manifests(plan: Plan, builder: Builder, files: Reader | None) -> None:
    for manifest in plan.site.manifests:
        if not is_url(manifest):
            file = _reader(files).file(manifest)
            # EIB applies the files of this one folder, none below it.
            builder.add(f"{_MANIFESTS}/{manifest.rpartition('/')[2]}", file.content, file.mode)


def _add_folder(plan: Plan, builder: Builder, files: Reader | None) -> None:
    folder = plan.site.image.files
    if folder is None:
        return
    given = dict(_reader(files).folder(folder))
    taken = sorted(path for path in given if path in builder.files or path.startswith(MARKER))
    if taken:
        listed = ", ".join(quoted(path) for path in taken[:_SHOWN]) + (", ..." if len(taken) > _SHOWN else "")
        fix = "remove them there, and say in the site file what should differ"
        raise InputError(f"dualstack writes these files itself: {listed}", file=folder, fix=fix)
    for path, file in given.items():
        builder.add(path, file.content, file.mode)
