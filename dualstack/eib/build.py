"""Plan -> EIB directory, in memory: pure but for the user's own files, which a reader gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualstack.day2.rendered import STAMP
from dualstack.document.origins import Path
from dualstack.document.yamlio import dump
from dualstack.eib.balancer import INGRESS, POOLS, ingress_config, ingress_values, pools
from dualstack.eib.definition import DEFINITION, definition, is_url
from dualstack.eib.files import Reader
from dualstack.eib.helm import image_charts, values_files
from dualstack.eib.scripts import add_scripts
from dualstack.eib.stamp import stamp
from dualstack.eib.tree import HOST_FILES, HOSTS, MARKER, Builder, File, Refused, Tree, is_host, some
from dualstack.errors import InputError
from dualstack.plan.model import Plan
from dualstack.plan.server import TOKEN_KEY

_MANIFESTS = "kubernetes/manifests"
_FOLDER: Path = ("image", "files")
SERVER = "kubernetes/config/server.yaml"


def build_tree(plan: Plan, secrets: Mapping[str, str] | None = None, files: Reader | None = None) -> Tree:
    """Compute the whole directory that ``eib build`` takes.

    Args:
        plan: the plan.
        secrets: values of secret config keys, by name; None, or a key that is not in it, leaves out what needs it; the
            tree's ``left_out`` tells which. A file with a secret is private.
        files: gives the user's own files; needed where the site names any.

    Raises:
        Refused: a file of the user is not to be had or collides with a computed one, or a name in the site makes no
            path.
        ValueError: the site names files, and there is no reader.
    """
    return _filled(plan, secrets, files).tree()


def refusals(plan: Plan, files: Reader) -> list[Refused]:
    """Tell all that keeps ``build_tree`` from making the directory, whichever secrets it is given."""
    keys = {left.key for left in _computed(plan, None).left_out}
    builder = _filled(plan, dict.fromkeys(keys, ""), files)
    builder.settle()
    return builder.refused


def plan_stamp(plan: Plan) -> str:
    """Give the stamp that the image has, as JSON; it needs no file of the user's and no secret."""
    return _stamp(plan, _computed(plan, None))


def _stamp(plan: Plan, bare: Builder) -> str:
    return stamp(plan, bare.files, DEFINITION)


def _filled(plan: Plan, secrets: Mapping[str, str] | None, files: Reader | None) -> Builder:
    builder = _computed(plan, secrets)
    bare = _computed(plan, None) if secrets else builder
    builder.add(STAMP, _stamp(plan, bare))
    _add_manifests(plan, builder, files)
    _add_folder(plan, builder, files)
    return builder


def _computed(plan: Plan, secrets: Mapping[str, str] | None) -> Builder:
    """Give the files that are made from the plan alone."""
    builder = Builder(plan.name, secrets)
    comment = f"Written by dualstack for site {plan.name}, and again at each render: change the site file instead."

    def add(path: str, data: Any, asked: Path = ()) -> None:
        builder.add(path, dump(data, comment), asked=asked)

    add(DEFINITION, definition(plan, builder))
    for node in plan.nodes:
        # nm-configurator takes the stem of the file for the node's host name.
        asked: Path = ("nodes", node.index, "name")
        add(f"{HOSTS}/{builder.named(node.name, asked)}.yaml", node.nmstate, asked)
    add(SERVER, {**plan.server, **_token(plan, builder)})
    if plan.agent:
        add("kubernetes/config/agent.yaml", plan.agent)
    if found := pools(plan):
        builder.add(POOLS, "---\n".join(dump(item, comment if item is found[0] else "") for item in found))
    if plan.several and plan.entry:
        add(INGRESS, ingress_config(plan, dump(ingress_values(plan.release.ingress_values))))
    for path, values, asked in values_files(plan, builder):
        add(path, values, asked)
    neuvector = next((chart for chart in image_charts(plan) if chart.key == "neuvector"), None)
    if neuvector is not None:
        add(f"{_MANIFESTS}/neuvector-namespace.yaml", _privileged(neuvector.namespace))
    add_scripts(plan, builder)
    return builder


def _token(plan: Plan, builder: Builder) -> dict[str, Any]:
    """Return the secret by which nodes join; without it EIB would make another one at each build."""
    if not plan.several:
        return {}
    follows = "EIB makes a token up at each build, and a later image cannot join the cluster"
    token = builder.secret(TOKEN_KEY, SERVER, "token", ("cluster",), follows, stops=True)
    return {} if token is None else {"token": token}


def _privileged(namespace: str) -> dict[str, Any]:
    """A namespace whose pods may do what NeuVector's enforcer does: watch the host's other containers."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}


def _reader(files: Reader | None) -> Reader:
    if files is None:
        raise ValueError("the site names files of the project, and nothing reads them")
    return files


def _add_manifests(plan: Plan, builder: Builder, files: Reader | None) -> None:
    for index, manifest in enumerate(plan.site.manifests):
        if is_url(manifest):
            continue
        asked: Path = ("manifests", index)
        try:
            file = _reader(files).file(manifest)
        except InputError as error:
            builder.refuse(asked, error, taken=False)
        else:
            _add_manifest(builder, manifest.rpartition("/")[2], file, asked)


def _add_manifest(builder: Builder, name: str, file: File, asked: Path) -> None:
    """Add a manifest, and what RKE2 must find before it installs its packaged charts where it does so."""
    from dualstack.manifests.place import PACKAGED_FOLDER, placed

    late, early = placed(file.first())
    if early is None:
        # EIB applies the files of this one folder, none below it.
        builder.add(f"{_MANIFESTS}/{name}", file.content, file.mode, asked)
        return
    if late is not None:
        builder.add(f"{_MANIFESTS}/{name}", late, file.mode, asked)
    content = file.content if late is None else early
    builder.add(f"{PACKAGED_FOLDER}/{name}", content, file.mode, asked, replaceable=True)


def _add_folder(plan: Plan, builder: Builder, files: Reader | None) -> None:
    folder = plan.site.image.files
    if folder is None:
        return
    try:
        given = dict(_reader(files).folder(folder))
    except InputError as error:
        builder.refuse(_FOLDER, error, taken=False)
        return
    ours = builder.files.keys() - builder.replaceable
    taken = sorted(path for path in given if path in ours or path.startswith(MARKER))
    hosts = sorted(path for path in given if is_host(path) and path not in taken)
    if taken:
        fix = "remove them there, and say in the site file what should differ"
        _refuse_files(builder, folder, "dualstack writes these files itself", taken, fix)
    if hosts:
        _refuse_files(builder, folder, HOST_FILES, hosts, "remove them there, and write nodes[].nmstate in the site")
    for path, file in given.items():
        if path not in (*taken, *hosts):
            builder.add(path, file.content, file.mode, _FOLDER)


def _refuse_files(builder: Builder, folder: str, what: str, paths: list[str], fix: str) -> None:
    builder.refuse(_FOLDER, InputError(f"{what}: {some(paths)}", file=folder, fix=fix))
