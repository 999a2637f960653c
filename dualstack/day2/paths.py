"""The fields of the model by path, and the path of a place in a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from dualstack.site import Site
from dualstack.site.base import Model

Steps = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Node:
    """A field of the model.

    Attributes:
        path: such as ``nodes[].interfaces[].mtu``.
        leaf: whether it holds no further fields.
        free: whether it holds whatever a person writes, such as Helm values.
        default: its default, where that is a plain value; else None.
        field: the field itself.
        below: the model that it holds.
    """

    path: str
    leaf: bool
    free: bool
    default: Any
    field: FieldInfo
    below: type[Model] | None = None


@cache
def model_fields() -> Mapping[str, Node]:
    """Give every field by its path, outer ones before those in them."""
    return {node.path: node for node in _walk(Site, "")}


def _walk(model: type[Model], prefix: str) -> Iterator[Node]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        path = f"{prefix}.{key}" if prefix else key
        below, mark, free = _inside(field.annotation)
        default = field.default if isinstance(field.default, str | int | bool) else None
        if below is None:
            yield Node(path, True, free, default, field)
        else:
            yield Node(f"{path}{mark}", False, False, None, field, below)
            yield from _walk(below, f"{path}{mark}")


def _inside(kind: Any) -> tuple[type[Model] | None, str, bool]:
    """Give the model that a field holds, how one of it is named in a path, and whether the field is a free mapping."""
    if get_origin(kind) is Annotated:
        return _inside(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        found = [_inside(option) for option in get_args(kind) if option is not NoneType]
        return next((one for one in found if one[0]), (None, "", any(one[2] for one in found)))
    if isinstance(kind, type) and issubclass(kind, Model):
        return kind, "", False
    if get_origin(kind) is tuple:
        below, _, _ = _inside(get_args(kind)[0])
        return below, "[]" if below else "", False
    if get_origin(kind) is dict:
        below, _, _ = _inside(get_args(kind)[1])
        return below, ".*" if below else "", below is None
    return None, "", False


def field_path(steps: Steps) -> str:
    """Give the path of the field at a place of a site; of a place in a free mapping with the keys in it.

    A key that the model does not know ends it.
    """
    fields, path, rest = model_fields(), "", list(steps)
    while rest:
        step = rest.pop(0)
        nested = f"{path}.{step}" if path else str(step)
        if f"{path}.*" in fields:
            path = f"{path}.*"
        elif isinstance(step, str) and (f"{nested}[]" in fields or f"{nested}.*" in fields):
            path = nested
            if rest and f"{nested}[]" in fields:
                rest.pop(0)
                path = f"{nested}[]"
        elif nested in fields:
            path = nested
            if fields[nested].free:
                return ".".join([nested, *(str(one).rstrip("+") for one in rest)])
            if fields[nested].leaf:
                return nested
        else:
            break
    return path
