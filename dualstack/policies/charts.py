"""Helm releases, wherever a program states them: releases and charts of Pulumi, RKE2's HelmChart, an EIB directory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dualstack.document.findings import At
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.merge import overlay
from dualstack.document.origins import Path
from dualstack.policies.directory import DEFINITION, VALUES, file_path, loaded, names, read_yaml
from dualstack.policies.model import Given, instead, items, read, text_of
from dualstack.tokens import DIRECTORY, RELEASE

CHART: Final = "kubernetes:helm.sh/v4:Chart"
HELM_CHART: Final = "kubernetes:helm.cattle.io/v1:HelmChart"
TYPES: Final = (RELEASE, CHART, HELM_CHART, DIRECTORY)
BY_PROGRAM: Final = (RELEASE, CHART, HELM_CHART)
COMPONENTS: Final = (CHART, "kubernetes:helm.sh/v3:Chart")
"""Charts that are components: the engine shows policies no inputs of them, only the resources that they make."""

_ARCHIVE: Final = re.compile(r"(?P<name>.+?)-(?P<version>v?[0-9]+(?:\.[0-9]+)*(?:[-+.][0-9A-Za-z.+-]*)?)")
_DOT: Final = re.compile(r"(?<!\\)\.")
_TYPED: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}
"""Texts that ``helm --set`` takes for something else."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One Helm release that a resource stands for.

    Attributes:
        chart: the chart, without repository.
        name: name of the Helm release.
        namespace: where it goes.
        version: its version with its path; None where nothing is said.
        values: the values; a ``Hole`` where nobody can look at them.
        path: where the values stand.
        by: the program's own resource, or an image.
    """

    chart: str
    name: str
    namespace: str
    version: At[Any]
    values: Any
    path: Path
    by: Literal["program", "image"]

    def get(self, *path: str) -> Any:
        """Return a value; None where there is none.

        Raises:
            Unreadable: nobody can look at it.
        """
        return read(self.values, *path, below=self.path)

    def text(self, *path: str) -> str:
        """Return a value as the chart writes it into text; empty where there is none.

        Raises:
            Unreadable: it is a list or a mapping, or nobody can look at it.
        """
        value = self.get(*path)
        if isinstance(value, Mapping | list | tuple):
            raise Unreadable((*self.path, *path), instead(value, "text"))
        return "" if value is None else str(value)

    def known_version(self) -> At[str]:
        """Return the version.

        Raises:
            Unreadable: nobody says one, so that it is the repository's newest; or it cannot be looked at.
        """
        version = text_of(self.version.value, self.version.path)
        if not version:
            raise Unreadable(self.version.path, "no version is said, and the repository's newest is not known here")
        return At(self.version.path, version)


def charts_of(given: Given) -> Iterator[Chart]:
    """Give the Helm releases that a resource stands for.

    Raises:
        Unreadable: nobody can tell which yet.
    """
    if given.type in (RELEASE, CHART):
        chart = given.text("chart")
        if chart:
            name, version = named_chart(chart)
            yield Chart(
                name,
                given.text("name") or given.name,
                given.text("namespace") or "default",
                At(("version",), given.props.get("version") or version),
                _values(given),
                ("values",),
                "program",
            )
        elif given.type == RELEASE:
            raise Unreadable(("chart",), "no chart is named")
    elif given.type == HELM_CHART:
        yield from _helm_chart(given)
    elif given.type == DIRECTORY:
        yield from _in_image(given)


def named_chart(chart: str) -> tuple[str, str | None]:
    """Return a chart's own name, without repository, and the version that its text names; None where it names none.

    The forms are Helm's: ``REPOSITORY/NAME``, ``oci://.../NAME[:TAG][@DIGEST]``, and an archive by path or URL,
    ``.../NAME-VERSION.tgz``. A tag has an underscore where the version has a plus.
    """
    text = re.split(r"[?#]", chart, maxsplit=1)[0] if "://" in chart else chart
    name = text.partition("@")[0].rstrip("/").rpartition("/")[2]
    if name.endswith(".tgz"):
        archive = _ARCHIVE.fullmatch(name.removesuffix(".tgz"))
        return (archive["name"], archive["version"]) if archive else (name.removesuffix(".tgz"), None)
    name, _, tag = name.partition(":")
    return name, tag.replace("_", "+") or None


def _values(given: Given) -> Any:
    """Merge ``values`` over ``valueYamlFiles``, as the provider does; text assets are read, files are not."""
    values = given.props.get("values")
    merged: Any = {}
    for item in items(given, "valueYamlFiles"):
        text = item.value.get("text") if isinstance(item.value, Mapping) else None
        if not isinstance(text, str):
            return Hole("further values come from a file (valueYamlFiles)")
        merged = overlay(merged, _yaml(text, item.path), keep_null=True)
    if isinstance(values, Hole):
        return values
    return overlay(merged, values, keep_null=True) if isinstance(values, Mapping) else merged


def _yaml(text: str, path: Path) -> Mapping[str, Any]:
    data = loaded(text)
    if data is None:
        raise Unreadable(path, "it is no YAML mapping")
    return data


def _helm_chart(given: Given) -> Iterator[Chart]:
    chart = given.text("spec", "chart")
    if not chart:
        why = "the chart is inside (chartContent)" if given.get("spec", "chartContent") else "no chart is named"
        raise Unreadable(("spec", "chart"), why)
    spec = read(given.props, "spec")
    name, version = named_chart(chart)
    yield Chart(
        name,
        given.text("metadata", "name") or given.name,
        # helm-controller pkg/controllers/chart/chart.go: the resource's own, where it names no other
        given.text("spec", "targetNamespace") or given.text("metadata", "namespace") or "default",
        At(("spec", "version"), spec.get("version") or version),
        of_helm_chart(spec),
        ("spec", "valuesContent"),
        "program",
    )


def of_helm_chart(spec: Mapping[str, Any]) -> Any:
    """Merge ``set`` over ``valuesContent``, as helm-controller has helm do; values in Secrets nobody can look at."""
    content, said = spec.get("valuesContent"), spec.get("set")
    if spec.get("valuesSecrets"):
        return Hole("further values come from Secrets (valuesSecrets)")
    for key, one, wanted in (("valuesContent", content, str), ("set", said, Mapping)):
        if isinstance(one, Hole):
            return one
        if one is not None and not isinstance(one, wanted):
            return Hole(f"{key}: {instead(one, 'text' if wanted is str else 'a mapping')}")
    values: Any = {}
    if isinstance(content, str) and content.strip():
        values = _yaml(content, ("spec", "valuesContent"))
    for key, value in said.items() if isinstance(said, Mapping) else ():
        nested: Any = _TYPED.get(value, value) if isinstance(value, str) else value
        for part in reversed(_DOT.split(str(key))):
            name, bracket, _ = part.replace("\\", "").partition("[")
            nested = {name: Hole("items of a list are set one by one (set)") if bracket else nested}
        values = overlay(values, nested, keep_null=True)
    return values


def _in_image(given: Given) -> Iterator[Chart]:
    """Give the charts of the definition; where that is a secret, what the names of values files tell of them."""
    try:
        definition = read_yaml(given, DEFINITION) or {}
    except Unreadable as error:
        for name in names(given, VALUES):
            release = name.removeprefix(VALUES).removesuffix(".yaml")
            unknown = At[Any](error.path, Hole(error.why))
            yield Chart(release, release, "", unknown, _in_file(given, name), file_path(name), "image")
        return
    path: Path = file_path(DEFINITION, "kubernetes", "helm", "charts")
    entries = read(definition, "kubernetes", "helm", "charts", below=file_path(DEFINITION))
    if entries is not None and not isinstance(entries, list | tuple):
        raise Unreadable(path, instead(entries, "a list"))
    for index, entry in enumerate(entries or ()):
        if not isinstance(entry, Mapping):
            raise Unreadable((*path, index), instead(entry, "a mapping"))
        if not isinstance(entry.get("name"), str):
            raise Unreadable((*path, index, "name"), instead(entry.get("name"), "text"))
        file = text_of(entry.get("valuesFile"), (*path, index, "valuesFile"))
        name = f"{VALUES}{file}"
        yield Chart(
            entry["name"],
            str(entry.get("releaseName") or entry["name"]),
            str(entry.get("targetNamespace") or "default"),
            At((*path, index, "version"), entry.get("version")),
            _in_file(given, name) if file else {},
            file_path(name) if file else (*path, index),
            "image",
        )


def _in_file(given: Given, name: str) -> Any:
    try:
        values = read_yaml(given, name)
    except Unreadable as error:
        return Hole(error.why)
    return Hole("the directory has no such file") if values is None else values
