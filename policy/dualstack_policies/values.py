"""Resources as the SDK gives them, made into those that policies get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import UnknownValueError, _is_unknown

from dualstack.document.holes import UNKNOWN
from dualstack.policies.model import Given


def given(resource: ResourceValidationArgs | PolicyResource) -> Given:
    """Return a resource as policies get it: plain data, with holes where a value is unknown yet.

    Secrets come in clear: a policy must not show what may be one.
    """
    return Given(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        props=plain(resource.props),
        protect=bool(resource.opts.protect),
        delete_before_replace=resource.opts.delete_before_replace,
        provider=resource.provider.urn if resource.provider is not None else "",
    )


def plain(value: Any) -> Any:
    """Return plain data of the SDK's proxies, which raise at every look at an unknown value."""
    if isinstance(value, Mapping):
        return {key: _looked_up(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_looked_up(value, index) for index in range(len(value))]
    if isinstance(value, pulumi.StringAsset):
        return {"text": value.text}
    if isinstance(value, pulumi.Asset | pulumi.Archive):
        return {}
    if _is_unknown(value):
        return UNKNOWN
    # Every number on the wire is a float.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _looked_up(holder: Any, key: Any) -> Any:
    try:
        return plain(holder[key])
    except UnknownValueError:
        return UNKNOWN
