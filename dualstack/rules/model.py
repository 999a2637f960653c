"""Rules about the form of the site file: keys, types, secrets, and the site's own rule settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dualstack.findings import Finding, Findings, Rule, Severity
from dualstack.origins import Path, format_path
from dualstack.rules.base import Subject
from dualstack.site import Site

UNKNOWN_KEY = Rule(
    "DS001-unknown-key",
    "Every key must be one that dualstack knows.",
    Severity.ERROR,
    "The value would be ignored, and the site be built without it.",
    "design, the site file",
    firm=True,
)
WRONG_TYPE = Rule(
    "DS002-wrong-type",
    "Every value must have the type of its field.",
    Severity.ERROR,
    "Nothing can be computed from the value.",
    "design, the site file",
    firm=True,
)
MISSING = Rule(
    "DS003-missing-field",
    "Every field that has no default must be given, in the file or in a layer.",
    Severity.ERROR,
    "Nothing can be computed for the site.",
    "design, the site file",
    firm=True,
)
BAD_VALUE = Rule(
    "DS004-value-not-allowed",
    "A value must be one of those that its field allows.",
    Severity.ERROR,
    "Nothing can be computed from the value.",
    "design, the site file",
    firm=True,
)
SECRET_INSIDE = Rule(
    "DS005-secret-in-site",
    "A secret must stand in a config key of its own, never inside dualstack:site or a layer.",
    Severity.ERROR,
    "Pulumi decrypts nested secrets into plain text on its way to the program, and a layer's are never decrypted.",
    "pulumi/pulumi issue 6531; design, the site file",
    firm=True,
)
ONE_NODE = Rule(
    "DS006-one-node",
    "A site must have exactly one node, for now.",
    Severity.ERROR,
    "More nodes want virtual addresses of both families, which dualstack cannot make yet: the cluster would not form.",
    "domain facts, section 8",
    firm=True,
)
UNKNOWN_RULE = Rule(
    "DS007-unknown-rule",
    "The rules that a site lowers must exist.",
    Severity.ERROR,
    "The severity that was meant to change stays as it is.",
    "design, the site file",
    firm=True,
)
FIRM_RULE = Rule(
    "DS008-firm-rule",
    "A rule whose breach breaks the cluster must not be lowered.",
    Severity.ERROR,
    "A site with this error does not come up; a lower severity would only hide it.",
    "design, the site file",
    firm=True,
)

RULES = (UNKNOWN_KEY, WRONG_TYPE, MISSING, BAD_VALUE, SECRET_INSIDE, ONE_NODE, UNKNOWN_RULE, FIRM_RULE)

_TYPE_NAMES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_EXAMPLES: dict[str, str] = {
    "mode": "mode: address",
    "nodes": "nodes: [{interfaces: [{name: eth0, mac: ...}]}]",
    "dns": "dns: {resolvers: [192.168.100.53]}",
    "resolvers": "resolvers: [192.168.100.53]",
    "interfaces": "interfaces: [{name: eth0, mac: ...}]",
}


def _described(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"{str(value).lower()} (true or false)"
    if isinstance(value, int | float):
        return f"{value} (a number)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def known_keys(path: Path) -> list[str]:
    """List the keys that the mapping at a path may have; empty where it is free."""
    models: list[type[BaseModel]] = [Site]
    for step in path:
        if isinstance(step, int):
            continue
        models = [
            found
            for model in models
            for name, field in model.model_fields.items()
            if (field.alias or name) == step
            for found in _models_in(field.annotation)
        ]
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _unknown_key(path: Path) -> Finding:
    key = str(path[-1])
    known = known_keys(path[:-1])
    folded = {name.lower().replace("-", "").replace("_", ""): name for name in known}
    plain = key.lower().replace("-", "").replace("_", "")
    near = folded.get(plain) or next(iter(difflib.get_close_matches(key, known, 1, 0.6)), None)
    fix = f"write {near}" if near else f"remove it; known here: {', '.join(known)}"
    return UNKNOWN_KEY.at(path, f"{key!r} is no key that dualstack knows", fix)


def _wrong_type(path: Path, error: ErrorDetails) -> Finding:
    wanted = _TYPE_NAMES.get(error["type"], "another type")
    value = error["input"]
    if wanted == "text" and isinstance(value, int | float | bool):
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        return WRONG_TYPE.at(path, f"{_described(value)} where text is wanted", f'quote it: "{shown}"')
    if value is None:
        return WRONG_TYPE.at(path, f"nothing where {wanted} is wanted", "give a value or remove the key")
    if isinstance(value, str) and wanted in ("a whole number", "true or false") and value in ("true", "false"):
        return WRONG_TYPE.at(path, f"{value!r} in quotes is text", f"write {value} without quotes")
    if isinstance(value, str) and wanted == "a whole number" and value.lstrip("-").isdecimal():
        return WRONG_TYPE.at(path, f"{value!r} in quotes is text", f"write {value} without quotes")
    if wanted == "a list" and not isinstance(value, Mapping):
        return WRONG_TYPE.at(path, f"{_described(value)} where a list is wanted", f"write [{value}]")
    return WRONG_TYPE.at(path, f"{_described(value)} where {wanted} is wanted", f"write {wanted}")


def _bad_value(path: Path, error: ErrorDetails) -> Finding:
    context = error.get("ctx", {})
    shown = _described(error["input"])
    kind = error["type"]
    if kind == "literal_error":
        expected = str(context.get("expected", ""))
        choices = [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]
        near = difflib.get_close_matches(str(error["input"]), choices, 1, 0.5)
        fix = f"write {near[0]}" if near else f"write one of {', '.join(choices)}"
        return BAD_VALUE.at(path, f"{shown} is not one of {', '.join(choices)}", fix)
    if kind == "string_pattern_mismatch" and path and path[-1] == "mac":
        return BAD_VALUE.at(path, f"{shown} is no MAC address", 'write six pairs of hex digits: "34:8a:b1:4b:16:e7"')
    if kind == "string_pattern_mismatch":
        pattern = context.get("pattern", "")
        return BAD_VALUE.at(path, f"{shown} does not have the form {pattern}", "write letters, digits, - and _ only")
    if kind == "string_too_short":
        return BAD_VALUE.at(path, "the text is empty", "give a value or remove the key")
    if kind == "too_short":
        return BAD_VALUE.at(path, "the list is empty", "give at least one item")
    return BAD_VALUE.at(path, f"{shown}: {error['msg']}", "give a value that is allowed")


def finding_of(error: ErrorDetails) -> Finding:
    """Turn one of pydantic's errors into a finding."""
    path: Path = tuple(error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        example = _EXAMPLES.get(str(path[-1]), f"{path[-1]}: ...")
        return MISSING.at(path, "this field is missing", f"add it here or in a layer, for example  {example}")
    if kind == "address":
        rule = next(rule for rule in _address_rules() if rule.id == context["rule"])
        return rule.at(path, context["message"], context["fix"])
    if kind == "unquoted":
        return WRONG_TYPE.at(path, context["message"], context["fix"])
    if kind in _TYPE_NAMES:
        return _wrong_type(path, error)
    return _bad_value(path, error)


def _address_rules() -> tuple[Rule, ...]:
    from dualstack.rules.text import RULES as TEXT_RULES

    return TEXT_RULES


def secret_inside(path: Path) -> Finding:
    """Make the finding for an encrypted value inside the site's mapping or a layer."""
    key = next((str(step) for step in reversed(path) if isinstance(step, str)), "secret")
    return SECRET_INSIDE.at(
        path,
        f"a secret stands inside the site, at {format_path(path)}",
        f"move it to a key of its own beside dualstack:site: pulumi config set --secret dualstack:{key}",
    )


def one_node(subject: Subject) -> Findings:
    """Tell that a site with more than one node is not possible yet."""
    count = len(subject.site.nodes)
    if count > 1:
        yield ONE_NODE.at(
            ("nodes", 1),
            f"{count} nodes are given; clusters of several nodes are not yet possible",
            "keep the first node and remove the others",
        )


CHECKS = (one_node,)
