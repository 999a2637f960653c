"""Helm releases, wherever a program states them: releases and charts of Pulumi, RKE2's HelmChart, an EIB directory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dualstack.findings import At
from dualstack.frozen import merge
from dualstack.origins import Path
from dualstack.policies.directory import DEFINITION, VALUES, file_path, loaded, names, read_yaml
from dualstack.policies.model import Given, Hole, Unreadable, items, read
from dualstack.tokens import DIRECTORY, RELEASE

CHART: Final = "kubernetes:helm.sh/v4:Chart"
HELM_CHART: Final = "kubernetes:helm.cattle.io/v1:HelmChart"
TYPES: Final = (RELEASE, CHART, HELM_CHART, DIRECTORY)
BY_PROGRAM: Final = (RELEASE, CHART, HELM_CHART)
COMPONENTS: Final = (CHART, "kubernetes:helm.sh/v3:Chart")
"""Charts that are components: the engine shows policies no inputs of them, only the resources that they make."""

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
        """Return a value as the chart writes it into text; empty where there is none."""
        value = self.get(*path)
        return "" if value is None else str(value)


def charts_of(given: Given) -> Iterator[Chart]:
    """Give the Helm releases that a resource stands for.

    Raises:
        Unreadable: nobody can tell which yet.
    """
    if given.type in (RELEASE, CHART):
        chart = given.get("chart")
        if isinstance(chart, str):
            yield Chart(
                bare_name(chart),
                str(given.get("name") or given.name),
                str(given.get("namespace") or "default"),
                At(("version",), given.props.get("version")),
                _values(given),
                ("values",),
                "program",
            )
    elif given.type == HELM_CHART:
        yield from _helm_chart(given)
    elif given.type == DIRECTORY:
        yield from _in_image(given)


def bare_name(chart: str) -> str:
    """Return a chart's own name: without repository, and without the version of an archive."""
    name = chart.rstrip("/").rpartition("/")[2]
    if name.endswith(".tgz"):
        head, dash, _ = name.removesuffix(".tgz").rpartition("-")
        name = head if dash else name.removesuffix(".tgz")
    return name


def _values(given: Given) -> Any:
    """Merge ``values`` over ``valueYamlFiles``, as the provider does; text assets are read, files are not."""
    values = given.props.get("values")
    merged: Any = {}
    for item in items(given, "valueYamlFiles"):
        text = item.value.get("text") if isinstance(item.value, Mapping) else None
        if not isinstance(text, str):
            return Hole("further values come from a file (valueYamlFiles)")
        merged = merge(merged, _yaml(text, item.path), keep_null=True)
    if isinstance(values, Hole):
        return values
    return merge(merged, values, keep_null=True) if isinstance(values, Mapping) else merged


def _yaml(text: str, path: Path) -> Mapping[str, Any]:
    data = loaded(text)
    if data is None:
        raise Unreadable(path, "it is no YAML mapping")
    return data


def _helm_chart(given: Given) -> Iterator[Chart]:
    chart = given.get("spec", "chart")
    if not isinstance(chart, str):
        return
    spec = read(given.props, "spec")
    yield Chart(
        bare_name(chart),
        str(given.get("metadata", "name") or given.name),
        # helm-controller pkg/controllers/chart/chart.go: the resource's own, where it names no other
        str(given.get("spec", "targetNamespace") or given.get("metadata", "namespace") or "default"),
        At(("spec", "version"), spec.get("version")),
        _of_helm_chart(spec),
        ("spec", "valuesContent"),
        "program",
    )


def _of_helm_chart(spec: Mapping[str, Any]) -> Any:
    """Merge ``set`` over ``valuesContent``, as helm-controller has helm do; values in Secrets nobody can look at."""
    content, said = spec.get("valuesContent"), spec.get("set")
    if spec.get("valuesSecrets"):
        return Hole("further values come from Secrets (valuesSecrets)")
    for one in (content, said):
        if isinstance(one, Hole):
            return one
    values: Any = {}
    if isinstance(content, str) and content.strip():
        values = _yaml(content, ("spec", "valuesContent"))
    for key, value in said.items() if isinstance(said, Mapping) else ():
        nested: Any = _TYPED.get(value, value) if isinstance(value, str) else value
        for part in reversed(_DOT.split(str(key))):
            name, bracket, _ = part.replace("\\", "").partition("[")
            nested = {name: Hole("items of a list are set one by one (set)") if bracket else nested}
        values = merge(values, nested, keep_null=True)
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
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str):
            continue
        file = entry.get("valuesFile")
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
        return read_yaml(given, name) or {}
    except Unreadable as error:
        return Hole(error.why)
