"""What a recording holds, and how it is made from RegisterResource requests, recorded here or logged by the engine."""

from __future__ import annotations

import copy
import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dualstack.document.hiding import hide
from dualstack.offline.redact import Mark, plain
from dualstack.tokens import STACK

# Options that a request may or may not carry: name in the request, name in the document.
_WHERE_SET = {
    "remote": "remote",
    "customTimeouts": "customTimeouts",
    "importId": "import",
    "version": "version",
    "pluginDownloadURL": "pluginDownloadURL",
    "packageRef": "package",
    "additionalSecretOutputs": "additionalSecretOutputs",
    "hideDiffs": "hideDiffs",
    "replaceWith": "replaceWith",
    "replacementTrigger": "replacementTrigger",
    "envVarMappings": "envVarMappings",
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One registered resource as plain data, secrets and unknown values replaced (see ``dualstack.offline.redact``)."""

    urn: str
    type: str
    name: str
    parent: str
    """URN of the parent, of the stack where there is none."""
    custom: bool
    """False for a component."""
    inputs: Mapping[str, Any]
    depends_on: tuple[str, ...]
    """URNs, sorted: what the program said, and what the inputs came from."""
    property_dependencies: Mapping[str, tuple[str, ...]]
    """Input name to the URNs that its value came from; inputs that came from no resource are left out."""
    options: Mapping[str, Any]
    """Always ``protect``, ``retainOnDelete``, ``deleteBeforeReplace`` (booleans), ``replaceOnChanges``,
    ``ignoreChanges``, ``aliases`` (lists; an alias is a URN or a map), ``deletedWith`` and ``provider`` (a URN or None;
    a provider's id, which changes, is left out). More where set. ``protect``, ``retainOnDelete`` and ``deletedWith``
    include what the engine takes over from the parent."""
    outputs: Mapping[str, Any] | None = None
    """What ``register_outputs`` was given; None if it was never called."""

    def to_json(self) -> dict[str, Any]:
        """The resource as it stands in the plan's ``resources``; ``propertyDependencies`` only where there are any."""
        document: dict[str, Any] = {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "inputs": copy.deepcopy(self.inputs),
            "dependsOn": list(self.depends_on),
        }
        if self.property_dependencies:
            document["propertyDependencies"] = {key: list(urns) for key, urns in self.property_dependencies.items()}
        document["options"] = copy.deepcopy(self.options)
        return document


@dataclass(frozen=True, slots=True)
class Call:
    """A question that the program asked and that registers nothing; its arguments may be secret and are not kept."""

    kind: Literal["invoke", "call", "read"]
    type: str
    """The function's token, or the type of the resource that was read."""
    name: str = ""
    """The name of the resource that was read."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What a program registered, without the stack itself."""

    resources: tuple[Resource, ...]
    """In the order in which the program made them, so each after its parent and its dependencies. Those made in a
    callback (``apply``), which have no turn of their own, come last, by URN, unless something needs them."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The stack's exports by name."""
    events: tuple[tuple[str, str], ...] = ()
    """``("register", urn)`` and ``("outputs", urn)`` in the order of the program's calls, those of callbacks last."""
    log: tuple[tuple[str, str], ...] = ()
    """Severity (``info``, ``warning``, ``error``, or ``stdout`` for a printed line) and text."""
    calls: tuple[Call, ...] = ()
    """Invokes, calls and reads, sorted."""

    def by_urn(self) -> dict[str, Resource]:
        """The resources by URN."""
        return {resource.urn: resource for resource in self.resources}

    def of_type(self, type_: str) -> tuple[Resource, ...]:
        """The resources of one type token, in order."""
        return tuple(resource for resource in self.resources if resource.type == type_)

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The only resource of a type (and name); ``LookupError``, which lists what there is, if not exactly one."""
        found = [r for r in self.resources if r.type == type_ and name in (None, r.name)]
        if len(found) != 1:
            there = "\n".join(f"  {r.type} {r.name}" for r in self.resources)
            raise LookupError(f"{len(found)} resources are a {type_} {name or ''}; the recording holds\n{there}")
        return found[0]


@dataclass(frozen=True, slots=True)
class Registration:
    """A RegisterResource request on its way into a recording; holds secrets in clear."""

    urn: str
    request: Mapping[str, Any]
    """The request as ``json_format.MessageToDict`` gives it, which is also what the engine's log has."""
    turn: int | None = None
    """Which call of the program's body this was, from 1; None for one made in a callback, and where it is not known."""


def resources_from(
    registrations: Iterable[Registration],
    outputs: Mapping[str, Mapping[str, Any]],
    stack_urn: str,
    hidden: Collection[str] = (),
    seen: set[str] | None = None,
    mark: Mark | None = None,
) -> tuple[Resource, ...]:
    """The resources of requests that came in the engine's order (a parent before its children); the stack is left out.

    Args:
        registrations: the requests.
        outputs: what RegisterResourceOutputs was given (wire values), by URN.
        stack_urn: the parent of what has none.
        hidden: texts of secrets that are hidden wherever they stand.
        seen: gets the texts of the secrets that were marked as such.
        mark: what stands for a secret, in place of ``[secret]``.
    """
    taken_over: dict[str, dict[str, Any]] = {}
    made: list[tuple[Registration, Resource]] = []
    for one in registrations:
        # The engine's inheritFromParent (pkg/resource/deploy/source_eval.go); the stack is a parent as well.
        above = taken_over.get(one.request.get("parent", ""), {})
        mine = {key: one.request.get(key) for key in ("protect", "retainOnDelete", "deletedWith")}
        taken_over[one.urn] = {key: above.get(key) if mine[key] in (None, "") else mine[key] for key in mine}
        if one.request["type"] != STACK:
            given = outputs.get(one.urn)
            made.append((one, _resource(one, taken_over[one.urn], given, stack_urn, hidden, seen, mark)))
    return _in_order(made)


def _resource(
    one: Registration,
    taken_over: Mapping[str, Any],
    outputs: Mapping[str, Any] | None,
    stack_urn: str,
    hidden: Collection[str],
    seen: set[str] | None,
    mark: Mark | None,
) -> Resource:
    request = one.request
    sources = {key: sorted(of.get("urns", ())) for key, of in request.get("propertyDependencies", {}).items()}
    options: dict[str, Any] = {
        "protect": bool(taken_over["protect"]),
        "retainOnDelete": bool(taken_over["retainOnDelete"]),
        "deleteBeforeReplace": bool(request.get("deleteBeforeReplace")),
        "replaceOnChanges": list(request.get("replaceOnChanges", ())),
        "ignoreChanges": list(request.get("ignoreChanges", ())),
        "aliases": [alias.get("urn") or dict(alias.get("spec", {})) for alias in request.get("aliases", ())],
        "deletedWith": taken_over["deletedWith"] or None,
        "provider": _provider(request.get("provider")),
    }
    if request.get("deleteBeforeReplaceDefined") and not options["deleteBeforeReplace"]:
        options["deleteBeforeReplaceDefined"] = True  # an explicit no, which the provider may not overrule
    if request.get("providers"):
        options["providers"] = {key: _provider(request["providers"][key]) for key in sorted(request["providers"])}
    if hooks := {kind: names for kind, names in request.get("hooks", {}).items() if names}:
        options["hooks"] = hooks
    options.update({name: plain(request[key], seen, mark) for key, name in _WHERE_SET.items() if request.get(key)})
    return Resource(
        urn=hide(one.urn, hidden),
        type=request["type"],
        name=hide(request.get("name", ""), hidden),
        parent=hide(request.get("parent") or stack_urn, hidden),
        custom=bool(request.get("custom")),
        inputs=hide(plain(request.get("object", {}), seen, mark), hidden),
        depends_on=tuple(sorted(hide(urn, hidden) for urn in request.get("dependencies", ()))),
        property_dependencies={
            key: tuple(hide(urn, hidden) for urn in sources[key]) for key in sorted(sources) if sources[key]
        },
        options=hide(options, hidden),
        outputs=None if outputs is None else hide(plain(outputs, seen, mark), hidden),
    )


def _provider(reference: str | None) -> str | None:
    """The URN of a provider reference ``<urn>::<id>``."""
    return reference.rpartition("::")[0] if reference else None


def _in_order(made: Sequence[tuple[Registration, Resource]]) -> tuple[Resource, ...]:
    """What is needed before what needs it; where that leaves a choice, the program's turn, then the URN."""
    by_urn = {resource.urn: (one, resource) for one, resource in made}
    needs: dict[str, set[str]] = {}
    for _, resource in made:
        options = resource.options
        wanted = {resource.parent, options["provider"], options["deletedWith"], *resource.depends_on}
        needs[resource.urn] = {urn for urn in wanted if urn in by_urn and urn != resource.urn}

    def key(urn: str) -> tuple[bool, int, str]:
        turn = by_urn[urn][0].turn
        return turn is None, turn or 0, urn

    wanted_by: dict[str, list[str]] = {}
    for urn, needed in needs.items():
        for other in needed:
            wanted_by.setdefault(other, []).append(urn)
    ready = [key(urn) for urn, needed in needs.items() if not needed]
    heapq.heapify(ready)
    ordered: list[Resource] = []
    while ready:
        _, _, urn = heapq.heappop(ready)
        ordered.append(by_urn[urn][1])
        for other in wanted_by.get(urn, ()):
            needs[other].discard(urn)
            if not needs[other]:
                heapq.heappush(ready, key(other))
    # A circle cannot come from an engine's order; what a torn log might still make of it is appended, not lost.
    left = by_urn.keys() - {resource.urn for resource in ordered}
    return (*ordered, *(by_urn[urn][1] for urn in sorted(left)))
