"""JSON Schemas of a stack file and of a layer, generated from the site model.

A site that extends may lawfully lack what a layer gives, so nothing is required; ``null`` removes what a layer gave, so
every field takes it. What is missing in the end, ``dualstack check`` tells.
"""

from __future__ import annotations

from typing import Any

from dualstack.site import Site

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXTENDS = {
    "type": "array",
    "items": {"type": "string", "pattern": "^[A-Za-z0-9._-]+$"},
    "description": "Layers in stacks/layers, applied in this order before the file itself.",
    "examples": [["fleet", "europe"]],
}
_NULL = {"type": "null"}


def _loosened(node: Any) -> Any:
    """Drop ``required``, and let every property be null, as a layer that removes it wants."""
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    loose = {key: _loosened(item) for key, item in node.items() if key not in ("required", "title")}
    properties = node.get("properties")
    if isinstance(properties, dict):
        loose["properties"] = {name: _nullable(_loosened(item)) for name, item in properties.items()}
    return loose


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    if any(option == _NULL for option in field.get("anyOf", [])):
        # A default of null says nothing that its absence does not.
        return {key: value for key, value in field.items() if key != "default" or value is not None}
    outer = {key: value for key, value in field.items() if key in ("description", "default", "examples")}
    inner = {key: value for key, value in field.items() if key not in outer}
    return {**outer, "anyOf": [inner, _NULL]}


def _site() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the site's own schema and its definitions."""
    schema = _loosened(Site.model_json_schema(by_alias=True))
    definitions: dict[str, Any] = schema.pop("$defs")
    schema["properties"] = {"schema": schema["properties"].pop("schema"), "extends": _EXTENDS} | schema["properties"]
    return schema, definitions


def layer_schema() -> dict[str, Any]:
    """Return the schema of ``stacks/layers/<name>.yaml``: the bare mapping."""
    site, definitions = _site()
    return {"$schema": DIALECT, "title": "dualstack layer", **site, "$defs": definitions}


def stack_schema() -> dict[str, Any]:
    """Return the schema of ``stacks/Pulumi.<site>.yaml``; other namespaces and the CLI's own keys are allowed."""
    site, definitions = _site()
    secret = {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
    return {
        "$schema": DIALECT,
        "title": "dualstack site",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "description": "Pulumi's config of the stack.",
                "properties": {"dualstack:site": {"$ref": "#/$defs/Site"}},
                "patternProperties": {
                    "^dualstack:(?!site$)": {
                        "description": "A secret key of its own, set with dualstack secret set.",
                        "anyOf": [secret, {"type": ["string", "number", "boolean"]}],
                    }
                },
            },
            "encryptionsalt": {"type": "string", "description": "Written by the Pulumi CLI."},
            "encryptedkey": {"type": "string", "description": "Written by the Pulumi CLI."},
            "secretsprovider": {"type": "string", "description": "Written by the Pulumi CLI."},
            "environment": {"type": ["array", "object"], "description": "Pulumi ESC environments."},
        },
        "$defs": {"Site": site, **definitions},
    }
