"""What a killed run was doing to our own resources, taken from the engine's pending operations into the state.

The engine notes a create or an update before it asks the provider for it. After a kill nobody knows whether it was
done, and the engine itself leaves it at that: ``destroy`` would leave behind what was made. So each becomes a resource,
or a mark of one, that says what was begun (``tokens.INTERRUPTED``), and the provider finds out: the next read, update
or delete looks at the name server, or at the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualstack.tokens import BUILD, DIRECTORY, INSTALLATION, INTERRUPTED, POINTER, RECORD_SET

Resource = dict[str, Any]

OURS: Final = "dualstack:"
"""Types of our own provider."""
_RECORDS: Final[dict[str, Resource]] = {RECORD_SET: {"ipv4": [], "ipv6": []}, POINTER: {"target": ""}}
_MAKING: Final = (RECORD_SET, POINTER, DIRECTORY, BUILD, INSTALLATION)
"""Types that make something; the others ask and wait, and leave nothing."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of pending operations.

    Attributes:
        deployment: the state to be, without pending operations of ours.
        ours: names of our own resources that a run was killed at.
        others: resources of other providers that it was creating; nobody knows whether they are there.
    """

    deployment: Resource
    ours: tuple[str, ...]
    others: tuple[Resource, ...]


def settled(deployment: Mapping[str, Any]) -> Settled:
    """Take creates and updates of ours out of the pending operations; the given state stays as it is."""
    resources = [dict(one) for one in deployment.get("resources") or ()]
    pending = deployment.get("pending_operations") or ()
    ours: list[str] = []
    others: list[Resource] = []
    rest: list[Any] = []
    for operation in pending:
        begun, what = operation["resource"], operation.get("type")
        if what not in ("creating", "updating") or not begun["type"].startswith(OURS):
            rest.append(operation)
            if what == "creating":
                others.append(begun)
            continue
        ours.append(begun["urn"].rpartition("::")[2])
        if begun["type"] in _MAKING:
            _take(resources, begun, made=what == "creating")
    return Settled({**deployment, "resources": resources, "pending_operations": rest}, tuple(ours), tuple(others))


def _take(resources: list[Resource], begun: Resource, *, made: bool) -> None:
    """Put a resource, or the mark of one, into the state."""
    kind, inputs = begun["type"], begun["inputs"]
    place = next((n for n, one in enumerate(resources) if one["urn"] == begun["urn"] and not one.get("delete")), None)
    if made:
        # One that is there was deleted to be replaced, and the engine keeps its place.
        where = slice(len(resources), None) if place is None else slice(place, place + 1)
        resources[where] = [{**begun, "id": _id(kind, inputs), "outputs": _outputs(kind, inputs)}]
    elif place is not None:
        there = resources[place]
        resources[place] = {**there, "outputs": _marked(kind, inputs, there["outputs"])}


def _outputs(kind: str, inputs: Resource) -> Resource:
    """Give the outputs of what may not be there: as if nothing were, beside what was begun."""
    if kind in _RECORDS:
        return {**inputs, **_RECORDS[kind], "owned": {}, INTERRUPTED: [inputs]}
    if kind == DIRECTORY:
        return {**inputs, "files": {}, INTERRUPTED: [_place(inputs)]}
    if kind == INSTALLATION:
        # Nothing is installed as far as anybody knows: the BMC's drive tells the rest.
        return {**inputs, "how": "killed"}
    return {**inputs, "image": "", "log": "", "size": 0, "baseSha256": "", INTERRUPTED: [_place(inputs)]}


def _marked(kind: str, inputs: Resource, outputs: Resource) -> Resource:
    """Give the outputs of what was changed, with what was begun behind what earlier runs had begun."""
    if kind == INSTALLATION:
        return outputs  # the generation in the state is another one, and its drive is looked at in any case
    if kind not in _RECORDS and all(outputs.get(key) == value for key, value in _place(inputs).items()):
        return outputs  # the state names the place already
    begun = inputs if kind in _RECORDS else _place(inputs)
    return {**outputs, INTERRUPTED: [*outputs.get(INTERRUPTED, ()), begun]}


def _place(inputs: Resource) -> Resource:
    return {key: inputs[key] for key in ("site", "path", "directory") if key in inputs}


def _id(kind: str, inputs: Mapping[str, Any]) -> str:
    """Give the id, as the handler's ``create`` would have given it."""
    if kind in _RECORDS:
        return str(inputs["record"])
    if kind == INSTALLATION:
        return f"{inputs['site']}/{inputs['node']}"
    return str(inputs["path"]) if kind == DIRECTORY else f"{str(inputs['directory']).rpartition('/')[2]}.image"
