"""What the engine's messages hold, as plain values, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2

from dualstack.document.frozen import dig
from tests.lab.standins.kinds import Kind

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_CHANGES = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


def token(urn: str) -> str:
    """Give the resource's own type."""
    return urn.split("::")[2].rpartition("$")[2]


def name(urn: str) -> str:
    """Give the resource's name in the program."""
    return urn.split("::", 3)[3]


def values(message: Any) -> dict[str, Any]:
    """Give the plain values; a secret as its value."""
    plain: dict[str, Any] = _open(json_format.MessageToDict(message))
    return plain


def _open(value: Any) -> Any:
    if isinstance(value, list):
        return [_open(item) for item in value]
    if isinstance(value, dict):
        return _open(value.get("value")) if _SIGNATURE in value else {key: _open(item) for key, item in value.items()}
    return value


def real_name(kind: Kind, urn: str, given: Mapping[str, Any]) -> str:
    """Give the name that the thing has in the world."""
    return "/".join(str(dig(given, *key.split("."), default="")) for key in kind.name) if kind.name else name(urn)


def outputs(kind: Kind, inputs: Any) -> Any:
    """Give inputs and what the real provider tells beside."""
    message = struct_pb2.Struct()
    message.CopyFrom(inputs)
    message.update(kind.outputs or {})
    return message


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give each path at which two values differ, as the bridge writes it, and how."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new} - {"__defaults"}):
            below = f"{path}.{key}" if path else key
            if key in old and key in new:
                yield from differences(old[key], new[key], below)
            else:
                yield below, "add" if key in new else "delete"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif old != new:
        yield path, "update"


def diff_response(paths: Mapping[str, str], replacing: list[str]) -> Any:
    """Say what changes, and what of it replaces."""
    tops = {path: path.replace("[", ".").split(".")[0] for path in paths}
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if paths else provider_pb2.DiffResponse.DIFF_NONE,
        replaces=sorted({tops[path] for path in replacing}),
        deleteBeforeReplace=bool(replacing),
        diffs=sorted(set(tops.values())),
        detailedDiff={
            path: provider_pb2.PropertyDiff(kind=_CHANGES[how, path in replacing]) for path, how in paths.items()
        },
        hasDetailedDiff=True,
    )
