"""Rules about the form of the site file: keys, types, secrets, and the site's own rule settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from dualstack.address.mac import with_colons
from dualstack.document.findings import Finding, Rule, Severity
from dualstack.document.fixes import AnyFix, Edit, Fix, Remove, Set, remove, rename, write
from dualstack.document.hiding import names_a_secret
from dualstack.document.origins import Path, format_path
from dualstack.site import Site

UNKNOWN_KEY = Rule(
    "DS001-unknown-key",
    "Every key must be one that dualstack knows.",
    Severity.ERROR,
    "The value would be ignored, and the site be built without it.",
    "dualstack's own: docs/fields.md",
    firm=True,
)
WRONG_TYPE = Rule(
    "DS002-wrong-type",
    "Every value must have the type of its field.",
    Severity.ERROR,
    "Nothing can be computed from the value.",
    "dualstack's own: docs/fields.md",
    firm=True,
)
MISSING = Rule(
    "DS003-missing-field",
    "Every field that has no default must be given, in the file or in a layer.",
    Severity.ERROR,
    "Nothing can be computed for the site.",
    "dualstack's own: docs/fields.md",
    firm=True,
)
BAD_VALUE = Rule(
    "DS004-value-not-allowed",
    "A value must be one of those that its field allows.",
    Severity.ERROR,
    "Nothing can be computed from the value.",
    "dualstack's own: docs/fields.md",
    firm=True,
)
SECRET_INSIDE = Rule(
    "DS005-secret-in-site",
    "A secret must stand in a config key of its own, never inside dualstack:site or a layer.",
    Severity.ERROR,
    "Pulumi decrypts nested secrets into plain text on its way to the program, and a layer's are never decrypted.",
    "pulumi/pulumi issue 6531",
    firm=True,
)
UNKNOWN_RULE = Rule(
    "DS007-unknown-rule",
    "The rules that a site lowers must exist.",
    Severity.ERROR,
    "The severity that was meant to change stays as it is.",
    "dualstack's own: docs/fields.md",
    firm=True,
)
FIRM_RULE = Rule(
    "DS008-firm-rule",
    "A rule whose breach breaks the cluster must not be lowered.",
    Severity.ERROR,
    "A site with this error does not come up; a lower severity would only hide it.",
    "dualstack's own: docs/fields.md",
    firm=True,
)

RULES = (UNKNOWN_KEY, WRONG_TYPE, MISSING, BAD_VALUE, SECRET_INSIDE, UNKNOWN_RULE, FIRM_RULE)

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


# What people call things that have another name here.
_KNOWN_AS = {
    "longhorn": "storage",
    "susestorage": "storage",
    "rancherturtles": "turtles",
    "rancherturtlesproviders": "turtles",
    "fqdn": "hostname",
    "dnsservers": "resolvers",
    "nameservers": "resolvers",
    "macaddress": "mac",
    "podcidr": "pods",
    "servicecidr": "services",
    "tlssans": "tlsSan",
}
_LEAST_LIKE = 0.72


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")


def known_key_meant(path: Path) -> Path:
    """Return the path that an unknown key's writer probably meant; its own where nothing comes near."""
    known = known_keys(path[:-1])
    key = str(path[-1])
    folded = {_plain(name): name for name in known}
    near = folded.get(_plain(key))
    alias = _KNOWN_AS.get(_plain(key))
    if near is None and alias in known:
        near = alias
    if near is None and key.isascii():
        near = next(iter(difflib.get_close_matches(key, known, 1, _LEAST_LIKE)), None)
    return (*path[:-1], near) if near else path


def _unknown_key(path: Path) -> Finding:
    key = str(path[-1])
    message = f"{key!r} is no key that dualstack knows"
    if path == ("rancher", "bootstrapPassword"):
        return clear_secret_key(path, "rancherBootstrapPassword")
    meant = known_key_meant(path)
    # privateKey where privateKeyKey was meant: a key's name is not the key.
    shorter = meant != path and _plain(str(meant[-1])) == _plain(key) + "key"
    if str(meant[-1]).endswith("Key") and (shorter or not key.lower().endswith("key")):
        name = "bmcPassword" if path[-2:-1] == ("bmc",) else _CONFIG_KEYS.get(str(meant[-1]), key)
        return clear_secret_key(path, name, str(meant[-1]))
    if meant != path:
        return UNKNOWN_KEY.at(path, message, rename(str(meant[-1])))
    if names_a_secret(key):
        return clear_secret_key(path, _READ_BY_ITSELF.get(path, ""))
    known = known_keys(path[:-1])
    return UNKNOWN_KEY.at(path, message, remove(f"; known here: {', '.join(known)}" if known else ""))


_READ_BY_ITSELF: dict[Path, str] = {("cluster", "token"): "rke2Token"}
"""Config keys that are taken without a field that names them, by what people write instead."""
_CONFIG_KEYS = {"secretKey": "tsig", "passwordKey": "registryPassword", "privateKeyKey": "sshPrivateKey"}
"""What a config key may be called whose name a field takes; else as the key that was written."""


def clear_secret_key(path: Path, name: str, field: str = "") -> Finding:
    """Tell a secret that stands in the site in clear, where the name of a config key belongs, or nothing.

    Args:
        path: where it stands.
        name: what the config key with the secret may be called; empty where none is read.
        field: the field that takes this name; empty where none does.
    """
    here: tuple[Edit, ...] = (Remove(), Set(name, (*path[:-1], field))) if field else (Remove(),)
    run = f", run: dualstack secret set SITE {name}" if name else ""
    words = f"{run}, and change the secret itself: it was in the file"
    if path[:2] == ("image", "users"):
        words = f", set encryptedPassword to what this prints: openssl passwd -6{words}"
    message = f"{path[-1]} is a secret, and it stands here in clear text"
    return UNKNOWN_KEY.at(path, message, Fix(here, words), consequence=_LEAKED)


_LEAKED = "Whoever can read the repository, now or in its history, has the secret."
# A number where text of a certain form is wanted: quoting it alone would not make it right.
_UNITS = {"size": "{}Gi", "diskSize": "{}G"}
_WHOLE = {
    "kubernetesVersion": "the whole version in quotes, such as v1.34.4+rke2r1",
    "version": "the whole version in quotes",
    "bootMac": 'six pairs of hex digits, in quotes: "34:8a:b1:4b:16:e7"',
    "address": "the whole of it, in quotes",
    "mac": 'six pairs of hex digits, in quotes: "34:8a:b1:4b:16:e7"',
    **dict.fromkeys(("http", "https", "url", "repository", "media", "proxyUrl", "uri"), "the whole of it, in quotes"),
}


def _quoted(path: Path, value: object) -> AnyFix:
    key = str(path[-1])
    if key in _UNITS and isinstance(value, int) and not isinstance(value, bool):
        return write(_UNITS[key].format(value), guess=True)
    if key in _WHOLE:
        return f"write {_WHOLE[key]}"
    return write(str(value).lower() if isinstance(value, bool) else str(value))


def _wrong_type(path: Path, error: ErrorDetails) -> Finding:
    wanted = _TYPE_NAMES.get(error["type"], "another type")
    value = error["input"]
    if wanted == "text" and isinstance(value, int | float | bool):
        return WRONG_TYPE.at(path, f"{_described(value)} where text is wanted", _quoted(path, value))
    if value is None:
        return WRONG_TYPE.at(path, f"nothing where {wanted} is wanted", "give a value or remove the key")
    if isinstance(value, str) and value in ("true", "false") and wanted == "true or false":
        return WRONG_TYPE.at(path, f"{value!r} in quotes is text", write(value == "true"))
    if isinstance(value, str) and wanted == "true or false" and value.lower() in ("yes", "on", "no", "off"):
        return WRONG_TYPE.at(path, f"{value} is text", write(value.lower() in ("yes", "on")))
    if isinstance(value, str) and wanted == "a whole number" and value.lstrip("-").isdecimal():
        return WRONG_TYPE.at(path, f"{value!r} in quotes is text", write(int(value)))
    if wanted == "a list" and isinstance(value, str | int | float):
        return WRONG_TYPE.at(path, f"{_described(value)} where a list is wanted", _as_list(path, value))
    if wanted == "a list" and isinstance(value, Mapping):
        return WRONG_TYPE.at(path, "a mapping where a list is wanted", "write its items as a list: a dash before each")
    if wanted == "a mapping" and (known := known_keys(path)):
        keys = ", ".join(f"{key}: ..." for key in known[:4])
        return WRONG_TYPE.at(
            path, f"{_described(value)} where a mapping is wanted", f"write its keys below it, such as {keys}"
        )
    return WRONG_TYPE.at(path, f"{_described(value)} where {wanted} is wanted", f"write {wanted}, or remove the key")


def _as_list(path: Path, value: str | int | float) -> AnyFix:
    if known_keys((*path, 0)):
        return "write its items as a list: a dash before each"
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else []
    return write([part for part in parts if part] or [value])


# Names that other tools have for a value that is allowed here.
_MEANS = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "arm64": "aarch64",
    "lacp": "802.3ad",
    "4": "802.3ad",
    "1": "active-backup",
}


def _not_among(path: Path, error: ErrorDetails) -> Finding:
    expected = str(error.get("ctx", {}).get("expected", ""))
    choices = [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]
    value = error["input"]
    message = f"{_described(value)} is not one of {', '.join(choices)}"
    meant = _MEANS.get(str(value).lower())
    if meant in choices:
        return BAD_VALUE.at(path, message, write(meant))
    if value in choices and isinstance(value, str):
        return BAD_VALUE.at(path, f"{value!r} in quotes is text", write(int(value)))
    near = difflib.get_close_matches(str(value), choices, 1, _LEAST_LIKE)
    return BAD_VALUE.at(path, message, write(near[0]) if near else f"choose one of {', '.join(choices)}")


def _bad_value(path: Path, error: ErrorDetails) -> Finding:
    context = error.get("ctx", {})
    shown = _described(error["input"])
    kind = error["type"]
    if kind == "literal_error":
        return _not_among(path, error)
    if kind == "string_pattern_mismatch" and path and path[-1] == "mac":
        return BAD_VALUE.at(path, f"{shown} is no MAC address", mac_fix(str(error["input"])))
    if kind == "release":
        return BAD_VALUE.at(path, context["message"], context["fix"])
    if kind in ("string_pattern_mismatch", "secret_itself"):
        name = _CONFIG_KEYS.get(str(path[-1]), str(path[-1]).removesuffix("Key"))
        words = f", run: dualstack secret set SITE {name}, and change the secret if it was one: it was in the file"
        message = "this is no name of a config key, and may be the secret itself"
        return BAD_VALUE.at(path, message, write(name, words), consequence=_LEAKED)
    if kind == "string_too_short":
        return BAD_VALUE.at(path, "the text is empty", "give a value or remove the key")
    if kind == "too_short":
        return BAD_VALUE.at(path, "the list is empty", "give at least one item")
    if kind == "greater_than_equal":
        return BAD_VALUE.at(path, f"{shown} is too small", f"write {context.get('ge')} or more")
    if kind == "less_than_equal":
        return BAD_VALUE.at(path, f"{shown} is too large", f"write {context.get('le')} or less")
    return BAD_VALUE.at(path, f"{shown}: {error['msg']}", "give a value that is allowed")


def mac_fix(text: str) -> AnyFix:
    """Return the fix for a MAC in another form, or for what is none."""
    if meant := with_colons(text):
        return write(meant.lower())
    return 'write six pairs of hex digits, in quotes: "34:8a:b1:4b:16:e7"'


def finding_of(error: ErrorDetails) -> Finding:
    """Turn one of pydantic's errors into a finding."""
    path: Path = tuple(error["loc"])
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "missing":
        example = _EXAMPLES.get(str(path[-1]))
        fix = f"add it here or in a layer, for example {example}" if example else "add it here or in a layer"
        return MISSING.at(path, "this field is missing", fix)
    if kind == "address":
        rule = next(rule for rule in _address_rules() if rule.id == context["rule"])
        return rule.at(path, context["message"], context["fix"])
    if kind == "string_type" and str(path[-1]).endswith("Key"):
        return _bad_value(path, {**error, "type": "secret_itself"})
    if kind == "unquoted":
        return WRONG_TYPE.at(path, context["message"], context["fix"])
    if kind in _TYPE_NAMES:
        return _wrong_type(path, error)
    return _bad_value(path, error)


def _address_rules() -> tuple[Rule, ...]:
    from dualstack.rules.address.address_text import RULES as TEXT_RULES

    return TEXT_RULES


def secret_inside(path: Path) -> Finding:
    """Make the finding for an encrypted value inside the site's mapping or a layer."""
    message = f"a secret stands inside the site, at {format_path(path)}"
    if path and path[-1] == "bootstrapPassword":
        fix = remove(", and run: dualstack secret set SITE rancherBootstrapPassword")
        return SECRET_INSIDE.at(path, message, fix)
    fix = remove(": a site takes secrets only by the name of a config key, in passwordKey, secretKey and their like")
    return SECRET_INSIDE.at(path, message, fix)
