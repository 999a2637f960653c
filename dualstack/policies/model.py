"""What a policy is, and what it gets to look at: resources as plain data, whoever made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dualstack.document.findings import At, Finding, Rule, Severity
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.origins import Path, format_path
from dualstack.tokens import DIRECTORY


class Level(StrEnum):
    """What a violation does; the words are Pulumi's."""

    MANDATORY = "mandatory"
    ADVISORY = "advisory"
    REMEDIATE = "remediate"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class NotYet:
    """Something that a policy cannot check yet, with the reason."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{format_path(self.path) or 'the resource'} cannot be checked yet: {self.why}"


Told = Iterator[Finding | NotYet]


@dataclass(frozen=True, slots=True)
class Given:
    """A resource as a policy gets it.

    Attributes:
        urn: its URN.
        type: type token.
        name: its name in the program.
        props: inputs, as the engine has them; a ``Hole`` where a value cannot be looked at.
        protect: the resource option.
        delete_before_replace: the resource option; None where the program does not say.
        provider: URN of its provider, empty where nobody tells it.
    """

    urn: str
    type: str
    name: str
    props: Mapping[str, Any]
    protect: bool = False
    delete_before_replace: bool | None = None
    provider: str = ""

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.urn.split("::")[0].removeprefix("urn:pulumi:")

    def get(self, *path: str) -> Any:
        """Return the value at a path; None where there is none.

        Raises:
            Unreadable: it, or what it stands in, cannot be looked at.
        """
        return read(self.props, *path)

    def text(self, *path: str) -> str | None:
        """Return text at a path; None where there is nothing.

        Raises:
            Unreadable: it is something else, or cannot be looked at.
        """
        return text_of(self.get(*path), path)


def kind_of(value: Any) -> str:
    """Say what a value is, without showing it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def instead(value: Any, wanted: str) -> str:
    """Say why a value of another kind than wanted cannot be read; one that nobody can look at says so itself."""
    return value.why if isinstance(value, Hole) else f"{kind_of(value)} stands where {wanted} is wanted"


def text_of(value: Any, path: Path) -> str | None:
    """Return text; None where there is nothing.

    Raises:
        Unreadable: it is something else, or cannot be looked at.
    """
    if value is None or isinstance(value, str):
        return value
    raise Unreadable(path, instead(value, "text"))


def read(tree: Any, *path: str, below: Path = ()) -> Any:
    """Return the value at a path of keys; None where the path ends early.

    Args:
        tree: where to look.
        path: the keys.
        below: where the tree itself stands, for the error.

    Raises:
        Unreadable: the value is a ``Hole``, or one on the way to it is that or no mapping.
    """
    for number, key in enumerate((*path, None)):
        if isinstance(tree, Hole):
            raise Unreadable((*below, *path[:number]), tree.why)
        if key is None:
            return tree
        if tree is None:
            return None
        if not isinstance(tree, Mapping):
            raise Unreadable((*below, *path[:number]), instead(tree, "a mapping"))
        tree = tree.get(key)
    return tree


def items(given: Given, *path: str) -> list[At[Any]]:
    """Return the items of a list with their paths, holes among them; nothing where there is nothing.

    Raises:
        Unreadable: it is no list, or as a whole cannot be looked at.
    """
    value = given.get(*path)
    if value is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Unreadable(path, instead(value, "a list"))
    return [At((*path, index), item) for index, item in enumerate(value)]


def holes(found: Sequence[At[Any]]) -> Iterator[NotYet]:
    """Tell which items cannot be looked at."""
    for item in found:
        if isinstance(item.value, Hole):
            yield NotYet(item.path, item.value.why)


def strangers(found: Sequence[At[Any]], wanted: type[Any], word: str) -> Iterator[NotYet]:
    """Tell which items are of another kind, or cannot be looked at."""
    for item in found:
        if not isinstance(item.value, wanted):
            yield NotYet(item.path, instead(item.value, word))


def texts(found: Sequence[At[Any]]) -> list[At[str]]:
    """Return the items that are text."""
    return [At(item.path, item.value) for item in found if isinstance(item.value, str)]


@dataclass(frozen=True, slots=True)
class View:
    """What a check may look at beside the resource itself.

    Attributes:
        settings: the policy's config.
        others: the stack's other resources: those registered before this one, or all where ``whole``.
        whole: whether the whole stack is there.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    others: Sequence[Given] = ()
    whole: bool = False

    def names(self, key: str) -> tuple[str, ...]:
        """Return a setting that is a list of texts."""
        value = self.settings.get(key, ())
        return tuple(str(item) for item in value) if isinstance(value, Sequence) and not isinstance(value, str) else ()


@dataclass(frozen=True, slots=True)
class Check:
    """A function over one resource; what it tells belongs to several rules at once.

    Attributes:
        types: type tokens that it looks at; one that ends with ``*`` stands for all that begin so.
        run: the function.
    """

    types: tuple[str, ...]
    run: Callable[[Given, View], Told]

    def applies(self, type_: str) -> bool:
        """Tell whether the check looks at a type."""
        return any(type_.startswith(one[:-1]) if one.endswith("*") else type_ == one for one in self.types)

    def tell(self, given: Given, view: View) -> list[Finding | NotYet]:
        """Run the check; what it could not look at is part of the answer."""
        told: list[Finding | NotYet] = []
        try:
            told.extend(item for item in self.run(given, view))
        except Unreadable as error:
            told.append(NotYet(error.path, error.why))
        return told


Remedy = Callable[[Given, View], Mapping[Path, Any]]
"""Gives what to write where; nothing where all is well. Edits, not whole properties: those may hold secrets."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule, over resources.

    Attributes:
        rule: id, text, severity, consequence and source.
        fix: how to mend it, in general.
        checks: what finds it.
        whole: needs the whole stack, so it cannot stop an update before what it finds is made.
        settings: JSON schema of each config property, by name.
        remedy: mends a resource where the level is ``remediate``.
    """

    rule: Rule
    fix: str
    checks: tuple[Check, ...]
    whole: bool = False
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    remedy: Remedy | None = None

    @property
    def id(self) -> str:
        """Its name, which is the rule's id."""
        return self.rule.id

    @property
    def level(self) -> Level:
        """The level where nobody sets another."""
        return Level.MANDATORY if self.rule.severity is Severity.ERROR else Level.ADVISORY

    def tell(self, given: Given, view: View) -> tuple[list[Finding], list[NotYet]]:
        """Judge one resource: what is wrong, and what cannot be checked yet."""
        from dualstack.policies.manifests import Inside, inside

        told = [item for check in self.checks if check.applies(given.type) for item in check.tell(given, view)]
        for one in inside(given) if self._looks_inside else ():
            if isinstance(one, Inside):
                told += [
                    one.placed(item)
                    for check in self.checks
                    if check.applies(one.given.type)
                    for item in check.tell(one.given, view)
                ]
            else:
                told.append(one)
        findings = [item for item in told if isinstance(item, Finding) and item.rule is self.rule]
        return findings, [item for item in told if isinstance(item, NotYet)]

    def looks_at(self, type_: str) -> bool:
        """Tell whether any of its checks looks at a type, or at what stands in the manifests of a directory."""
        return (type_ == DIRECTORY and self._looks_inside) or any(check.applies(type_) for check in self.checks)

    @property
    def _looks_inside(self) -> bool:
        return any(one.startswith("kubernetes:") for check in self.checks for one in check.types)

    def applies(self, given: Given, view: View) -> bool:
        """Tell whether the policy looks at a resource, and nobody has exempted it."""
        from fnmatch import fnmatchcase

        exempt = any(fnmatchcase(given.name, pattern) for pattern in view.names("exempt"))
        return not exempt and self.looks_at(given.type)


def sentence(given: Given, finding: Finding) -> str:
    """Word a finding about a resource: what is wrong where, the fix, and what would break."""
    where = format_path(finding.path)
    return f"{given.name}{f', {where}' if where else ''}: {finding.message}; {finding.fix}. {finding.consequence}"
