"""What the engine will do: for each resource the operation that it chooses, from two recordings.

Follows ``pkg/resource/deploy/step_generator.go`` of pulumi/pulumi 3.246 for a stack whose state is what the base's
program registers: no drift, no targets, nothing pending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dualstack.diff.kinds import Kind, kind_of
from dualstack.document.differ import Change, Comparison, Path, contains, parse_path
from dualstack.tokens import PROVIDER

Resource = Mapping[str, Any]
"""As ``dualstack.offline.Resource.to_json``, with ``custom``."""
Types = Mapping[str, Mapping[str, str]]
Operation = Literal["same", "create", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one resource.

    Attributes:
        label: what people know it by.
        cause: URN of the resource because of which this one is replaced or updated; empty where its own inputs are why.
        changes: of its inputs, for an update or a replacement.
        forced_by: the paths among them that force the replacement.
        blocked: whether the engine refuses, because it is protected.
        kept: whether what is really there stays although the resource goes from the state.
    """

    urn: str
    type: str
    name: str
    custom: bool
    op: Operation
    kind: Kind
    label: str
    cause: str = ""
    changes: tuple[Change, ...] = ()
    forced_by: tuple[Path, ...] = ()
    blocked: bool = False
    kept: bool = False


def plan_steps(base: Sequence[Resource], head: Sequence[Resource], types: Types) -> list[Step]:
    """Give a step for each resource of either side: those of the head in its order, then what is deleted.

    Args:
        base: the resources as they were registered, in that order.
        head: the same, now.
        types: what the program's own provider says of its types.
    """
    return _Engine(base, head, types).run()


@dataclass
class _Engine:
    base: Sequence[Resource]
    head: Sequence[Resource]
    types: Types
    olds: dict[str, Resource] = field(default_factory=dict)
    done: dict[str, Operation] = field(default_factory=dict)
    condemned: dict[str, str] = field(default_factory=dict)
    """URNs that are deleted early, because they need what is deleted before its replacement, and that resource."""
    blocked: set[str] = field(default_factory=set)

    def run(self) -> list[Step]:
        self.olds = {resource["urn"]: resource for resource in self.base}
        taken: set[str] = set()
        steps: list[Step] = []
        for new in self.head:
            old = self._old(new)
            if old is not None:
                taken.add(old["urn"])
            step = self._step(old, new)
            self.done[new["urn"]] = step.op
            steps.append(step)
        for old in self.base:
            if old["urn"] not in taken:
                options = old["options"]
                gone = self._gone(options["deletedWith"], taken)
                kept = bool(options["retainOnDelete"]) or gone
                steps.append(self._made(old, "delete", blocked=bool(options["protect"]), kept=kept))
        return steps

    def _old(self, new: Resource) -> Resource | None:
        names = [new["urn"], *(alias for alias in new["options"]["aliases"] if isinstance(alias, str))]
        return next((self.olds[name] for name in names if name in self.olds), None)

    def _gone(self, urn: str | None, taken: set[str]) -> bool:
        return urn is not None and urn in self.olds and urn not in taken

    def _made(self, resource: Resource, op: Operation, **more: Any) -> Step:
        kind, name = self._kind(resource), resource["name"]
        label = str(resource["inputs"].get(kind.label) or name)
        return Step(resource["urn"], resource["type"], name, bool(resource["custom"]), op, kind, label, **more)

    def _kind(self, resource: Resource) -> Kind:
        return kind_of(resource["type"], self.types)

    def _step(self, old: Resource | None, new: Resource) -> Step:
        if old is None:
            return self._made(new, "create")
        urn = old["urn"]
        cause = self.condemned.get(urn) or self._replaced_with(new) or self._other_provider(old, new)
        if not new["custom"] and old["custom"] == new["custom"]:
            changes = tuple(Comparison().differences(old["inputs"], new["inputs"]))
            return self._made(new, "update" if changes else "same", changes=changes)
        changes, forced = self._compared(old, new)
        triggered = old["options"].get("replacementTrigger") != new["options"].get("replacementTrigger")
        if not (cause or forced or triggered or old["custom"] != new["custom"]):
            why = self._source(new, changes)
            return self._made(new, "update" if changes else "same", changes=changes, cause=why)
        if urn not in self.condemned and self._deletes_first(new):
            self._condemn(old)
        blocked = urn in self.blocked or bool(old["options"]["protect"] and new["options"]["protect"])
        cause = cause or self._source(new, [change for change in changes if change.path in forced])
        return self._made(new, "replace", cause=cause, changes=changes, forced_by=forced, blocked=blocked)

    def _replaced_with(self, new: Resource) -> str:
        others = new["options"].get("replaceWith", ())
        return next((urn for urn in others if self.done.get(urn) == "replace"), "")

    def _other_provider(self, old: Resource, new: Resource) -> str:
        """Give the provider that is another one: replaced, or one whose config would have replaced it."""
        before, after = old["options"]["provider"], new["options"]["provider"]
        if before == after:
            return after if after and self.done.get(after) == "replace" else ""
        known = {resource["urn"]: resource for resource in self.head}
        one, other = self.olds.get(before or ""), known.get(after or "")
        inputs = [{} if provider is None else provider["inputs"] for provider in (one, other)]
        kind = kind_of((other or one or {"type": f"{PROVIDER}?"})["type"], self.types)
        replaced = any(kind.replaces(change.path) for change in Comparison().differences(*inputs))
        return (after or before or "") if replaced else ""

    def _compared(self, old: Resource, new: Resource) -> tuple[tuple[Change, ...], tuple[Path, ...]]:
        def unstable(path: Path) -> bool:
            key = str(path[0])
            before, after = (set(one.get("propertyDependencies", {}).get(key, ())) for one in (old, new))
            return before != after or any(self._moves(urn) for urn in after)

        ignored = [parse_path(text) for text in new["options"]["ignoreChanges"]]
        kind = self._kind(new)
        changes = tuple(
            change
            for change in Comparison(unstable).differences(old["inputs"], new["inputs"])
            if change.path[0] not in kind.ignored and not any(contains(pattern, change.path) for pattern in ignored)
        )
        return changes, self._forced(kind, new, [change.path for change in changes])

    @staticmethod
    def _forced(kind: Kind, resource: Resource, paths: Sequence[Path]) -> tuple[Path, ...]:
        patterns = [parse_path(text) for text in resource["options"]["replaceOnChanges"]]
        return tuple(
            path for path in paths if kind.replaces(path) or any(contains(pattern, path) for pattern in patterns)
        )

    def _moves(self, urn: str) -> bool:
        """Tell whether outputs of a resource may be others afterwards."""
        op = self.done.get(urn)
        if op in ("create", "replace"):
            return True
        type_ = urn.split("::")[2].rpartition("$")[2]
        return op == "update" and kind_of(type_, self.types).volatile

    def _source(self, new: Resource, changes: Sequence[Change]) -> str:
        """Give the resource whose outputs the changes come from."""
        sources = new.get("propertyDependencies", {})
        moved = [urn for change in changes for urn in sources.get(str(change.path[0]), ()) if self._moves(urn)]
        return moved[0] if moved else ""

    def _deletes_first(self, new: Resource) -> bool:
        options = new["options"]
        if options["deleteBeforeReplace"]:
            return True
        return self._kind(new).deletes_first and not options.get("deleteBeforeReplaceDefined")

    def _condemn(self, root: Resource) -> None:
        """Note what is deleted together with a resource that is deleted before its replacement."""
        gone = {root["urn"]}
        for resource in self.base:
            urn = resource["urn"]
            if urn in self.done or urn in gone or not resource["custom"]:
                continue
            if self._needs(resource, gone):
                gone.add(urn)
        gone |= {
            one["urn"] for one in self.base if root["urn"] in one["options"].get("replaceWith", ())
        } - self.done.keys()
        for urn in sorted(gone - {root["urn"]} - self.condemned.keys()):
            self.condemned[urn] = root["urn"]
            if self.olds[urn]["options"]["protect"]:
                self.blocked |= {urn, root["urn"]}

    def _needs(self, resource: Resource, gone: set[str]) -> bool:
        """Tell whether a resource would be replaced if what is gone had other outputs."""
        if resource["options"]["provider"] in gone:
            return True
        sources = resource.get("propertyDependencies", {})
        paths: list[Path] = [(key,) for key, urns in sources.items() if gone.intersection(urns)]
        return bool(self._forced(self._kind(resource), resource, paths))
