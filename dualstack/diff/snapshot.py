"""``python -m dualstack.diff.snapshot``: many sites of one project planned in this process, a JSON document each.

A contract between revisions: a later ``dualstack diff`` starts the command of an earlier one. ``VERSION`` grows when
the meaning of a key changes or a key goes; a reader takes another version for one that it cannot compare with. New keys
may come at any time, in requests and in answers, and who does not know them passes over them.

Standard input holds one JSON document, the request::

    {"version": 1, "project": "/path", "sites": ["demo", ...], "key": "<hex>"}

Standard output holds JSON documents, one a line: first ``{"snapshot": 1, "dualstack": "<version>"}``, then one a site,
then ``{"types": {...}}``: for each resource type of our own and each of its inputs what a change of it means
(``replace``, ``update`` or ``none``). A site that cannot be read is ``{"site": ..., "error": {...}}``; one with errors
has findings and values, and ``resources`` is null, since the program stops at errors.

Secrets: no value is decrypted. Where a secret stands, in resources and files, stands ``[secret:<16 hex digits>]``: an
HMAC under the request's key of what is known of it (the encrypted text, for config), so that one run can see that a
secret changed and nobody can guess one from a document. ``[secret:unknown]`` depends on what is not deployed yet.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from dualstack import __version__
from dualstack.answer.json_answer import plan_json
from dualstack.answer.veiled import veiled
from dualstack.check.checked import Checked
from dualstack.check.sites import load_site
from dualstack.collector import spare_collector
from dualstack.document.differ import UNKNOWNS, redacted
from dualstack.document.hiding import Veil
from dualstack.document.loader import load_file
from dualstack.document.origins import find_origin
from dualstack.eib import build_tree
from dualstack.eib.files import ProjectFiles
from dualstack.eib.tree import File
from dualstack.errors import InputError, UnexpectedError
from dualstack.plan.model import Plan
from dualstack.policies import config_of, judge, recorded
from dualstack.record import OWN_PROGRAM, StandIn, record_site
from dualstack.site.network import Ipv4, Ipv6
from dualstack.stack.layers import NAMESPACE, LayerStore
from dualstack.stack.parts import SITE_KEY, is_secret
from dualstack.stack.project import site_file

VERSION: Final = 1
LARGEST_TEXT: Final = 1 << 18
"""Bytes of a file of the user's up to which its text is compared; of a larger one only the digest."""

_DATA: Final = (".yaml", ".yml", ".json", ".conf", ".cfg", ".ini", ".toml")
"""Ends of names of files that nothing runs."""

_PROBE = "\0another value"


def marker(key: bytes) -> StandIn:
    """Give what stands for a secret: the same for the same secret, and no way back to it."""

    def mark(value: Any) -> str:
        text = json.dumps(value, sort_keys=True)
        if any(unknown in text for unknown in UNKNOWNS):
            return "[secret:unknown]"
        return f"[secret:{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:16]}]"

    return mark


def site_document(project: Path, name: str, mark: StandIn, store: LayerStore, veil: Veil) -> dict[str, Any]:
    """Plan one site.

    Args:
        project: the project's folder.
        name: the site's.
        mark: gives what stands for an encrypted secret.
        store: the project's layers.
        veil: hides what stands in clear.

    Raises:
        InputError: the site cannot be read, or the program failed.
    """
    read = load_site(project, name, store)
    checked = veiled(read, veil)
    file = site_file(project, name)
    recording = (
        None if checked.failed else record_site(project, checked.name, file, mark, None if checked is read else checked)
    )
    document = plan_json(checked, recording.resources if recording else None)
    document.setdefault("resources", None)
    if recording is not None:
        custom = {resource.urn: resource.custom for resource in recording.resources}
        for resource in document["resources"]:
            resource["custom"] = custom[resource["urn"]]
        document["exports"] = dict(recording.outputs)
        # The policies know secrets by the text that stands for each elsewhere.
        plain = [replace(resource, inputs=redacted(resource.inputs)) for resource in recording.resources]
        verdict = judge(recorded(replace(recording, resources=tuple(plain))), config_of(checked))
        document["violations"] = [violation.to_json() for violation in verdict.violations]
    resolved = checked.resolved
    document["schema"] = resolved.site.get("schema")
    document["source"] = resolved.site
    document["origins"] = _origins(checked)
    document["layers"] = list(resolved.layers)
    document["secrets"] = _secrets(file, mark)
    document["stack"] = veil.tree(_beside(file, mark))
    if checked.plan is not None:
        plan = checked.plan
        site = plan.site
        document["host"] = {
            "kind": site.host.kind,
            "production": site.host.production,
            "built": site.image.build == "local",
        }
        document["network"] = network_json(plan)
        try:
            document["files"] = _files(
                project, plan, {key: document["secrets"][key] for key in sorted(plan.secrets)}, veil
            )
        except InputError:
            document["files"] = None  # told by a finding
    hidden: dict[str, Any] = veil.shown(document, lambda digest: f"[secret:{digest}]")
    return hidden


def network_json(plan: Plan) -> dict[str, Any]:
    """Give what a picture of the site's network shows, both families of each thing."""
    cluster = plan.site.cluster
    nodes = [
        {
            "name": node.name,
            "interfaces": [
                {
                    "name": interface.name,
                    "ipv4": _address(interface.ipv4),
                    "ipv6": _address(interface.ipv6),
                    "gateways": [str(ip.gateway) for ip in interface.families.values() if ip.gateway],
                }
                for interface in plan.site.nodes[node.index].interfaces
            ],
        }
        for node in plan.nodes
    ]
    return {
        "pods": {"ipv4": str(cluster.pods.ipv4), "ipv6": str(cluster.pods.ipv6)},
        "services": {"ipv4": str(cluster.services.ipv4), "ipv6": str(cluster.services.ipv6)},
        "nodes": nodes,
        "resolvers": [str(resolver) for resolver in plan.site.dns.resolvers],
        "rancher": plan.rancher_hostname if plan.chart("rancher") else None,
        "ironic": plan.ironic.endpoint if plan.ironic else None,
        "machines": [{"name": bmc.name, "bmc": bmc.host, "media": bmc.media_url} for bmc in plan.bmcs],
        "vips": {name: [str(address) for address in pair.values()] for name, pair in plan.virtual.items()},
        "virtual": None
        if plan.libvirt is None
        else {"mode": plan.libvirt.mode, "addresses": list(plan.libvirt.addresses)},
    }


def _address(ip: Ipv4 | Ipv6 | None) -> str | None:
    if ip is None or not ip.enabled:
        return None
    if ip.address is not None:
        return str(ip.address)
    ways = [way for way, on in (("DHCP", ip.dhcp), ("RA", isinstance(ip, Ipv6) and ip.autoconf)) if on]
    return " ".join([*ways, *([str(ip.reservation)] if ip.reservation else [])]) or None


def _origins(checked: Checked) -> dict[str, str]:
    """Give for each value of the site its place, by the path as JSON: layers are told by it."""
    places: dict[str, str] = {}

    def walk(value: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(value, Mapping) and value:
            for key, item in value.items():
                walk(item, (*path, key))
        elif isinstance(value, list) and value:
            for index, item in enumerate(value):
                walk(item, (*path, index))
        elif origin := find_origin(checked.resolved.origins, path):
            places[json.dumps(path)] = f"{origin.file}:{origin.line}"

    walk(checked.resolved.site, ())
    return places


def _secrets(file: Path, mark: StandIn) -> dict[str, str]:
    """Give what stands for each encrypted config key of the stack file, by its name without the namespace."""
    config = load_file(file, file.name).data.get("config") or {}
    return {key.removeprefix("dualstack:"): mark(value) for key, value in config.items() if is_secret(value)}


def _beside(file: Path, mark: StandIn) -> dict[str, Any]:
    """Give what a stack file holds beside the site and its secrets: who encrypts, environments, others' config."""
    data = dict(load_file(file, file.name).data)
    config = data.pop("config", None) or {}
    told = {key: value for key, value in config.items() if not key.startswith(NAMESPACE)}
    told |= {key: value for key, value in config.items() if key.startswith(NAMESPACE) and not is_secret(value)}
    told.pop(SITE_KEY, None)
    # Neither is a secret, nor is there anything to read in it.
    keys: dict[str, Any] = {key: mark(data.pop(key)) for key in ("encryptionsalt", "encryptedkey") if key in data}
    shown: dict[str, Any] = _encrypted({**data, "config": told}, mark)
    return {**shown, **keys}


def _encrypted(value: Any, mark: StandIn) -> Any:
    if is_secret(value):
        return mark(value)
    if isinstance(value, dict):
        return {key: _encrypted(item, mark) for key, item in value.items()}
    return [_encrypted(item, mark) for item in value] if isinstance(value, list) else value


def _files(project: Path, plan: Plan, secrets: Mapping[str, str], veil: Veil) -> dict[str, Any]:
    """Give the EIB directory; ``text`` is null for what is no text or too long."""
    return {
        path: _file(path, file, veil) for path, file in build_tree(plan, secrets, ProjectFiles(project)).files.items()
    }


def _file(path: str, file: File, veil: Veil) -> dict[str, Any]:
    content = file.content
    document: dict[str, Any] = {"mode": f"{file.mode:04o}", "text": None}
    if isinstance(content, bytes):
        digest, size = hashlib.sha256(content), len(content)
    else:
        with content.open("rb") as stream:
            digest, size = hashlib.file_digest(stream, "sha256"), content.stat().st_size
    document["sha256"] = digest.hexdigest()
    if size <= LARGEST_TEXT:
        data = content if isinstance(content, bytes) else content.read_bytes()
        with contextlib.suppress(UnicodeDecodeError):
            text = None if b"\0" in data else data.decode()
            # The user's own file may hold secrets that no field of the site names.
            own = text is not None and isinstance(content, Path)
            document["text"] = veil.text(text, yaml=path.endswith(_DATA)) if text is not None and own else text
    return document


class Types:
    """What the handlers of our own resource types make of a changed input; asked, not written down a second time."""

    def __init__(self) -> None:
        self.known: dict[str, dict[str, str]] = {}

    def learn(self, resources: list[dict[str, Any]] | None) -> None:
        """Ask for each input of these resources that was not asked for before."""
        for resource in resources or ():
            inputs = resource["inputs"]
            asked = self.known.get(resource["type"], {})
            if not resource["custom"] or not resource["type"].startswith("dualstack:") or inputs.keys() <= asked.keys():
                continue
            handler = _handler(resource["type"])
            if handler is not None:
                answers = {key: _meaning(handler, inputs, key) for key in sorted(inputs.keys() - asked.keys())}
                self.known[resource["type"]] = {**asked, **answers}


@functools.cache
def _handler(token: str) -> Any:
    """Give the handler of the program's own provider; None where the program brings none."""
    try:
        return importlib.import_module("provider.frame.handlers").handler(token)
    except Exception:  # whatever keeps it from being loaded, the resources are told with less certainty
        return None


def _meaning(handler: Any, inputs: Mapping[str, Any], key: str) -> str:
    # `size` is what an image has once it is built; without it the handler looks for the image on this machine.
    old, new = {**inputs, "size": 1}, {**inputs, key: _PROBE}
    try:
        diff = handler.diff("", dict(inputs), old, new)
    except Exception:
        return "update"
    if key in diff.replaces:
        return "replace"
    return "update" if key in diff.detailed else "none"


def main() -> None:
    """Answer one request."""
    spare_collector()
    # Whatever the program or a library prints goes to standard error, so that the answer stays one.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(document: dict[str, Any]) -> None:
        # In ASCII: a line of JSON must not hold what somebody takes for its end, nor a name that is no text.
        answer.write(json.dumps(document, separators=(",", ":")) + "\n")

    request = json.load(sys.stdin)
    key = bytes.fromhex(request["key"])
    project, mark, veil = Path(request["project"]), marker(key), Veil(key)
    say({"snapshot": VERSION, "dualstack": __version__})
    program = project if (project / "__main__.py").is_file() else OWN_PROGRAM.parent
    sys.path.insert(0, str(program))
    store, types = LayerStore(project), Types()
    for name in request["sites"]:
        try:
            document = site_document(project, name, mark, store, veil)
            types.learn(document["resources"])
        except InputError as error:
            document = {"site": name, "error": error.as_dict()}
        except Exception as error:  # of one site; the others are told
            document = {"site": name, "error": UnexpectedError(error, f"Pulumi.{name}.yaml").as_dict()}
        say(document)
    say({"types": types.known})
    answer.close()


if __name__ == "__main__":
    main()
