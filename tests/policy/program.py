"""A program of somebody else's: it registers what a JSON file says, generic resources of any type."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pulumi

made: dict[str, pulumi.Resource] = {}


def with_secrets(value: Any) -> Any:
    """Make secrets of passwords, as a program does."""
    if isinstance(value, dict):
        return {
            key: pulumi.Output.secret(item) if key == "bootstrapPassword" else with_secrets(item)
            for key, item in value.items()
        }
    return pulumi.UNKNOWN if value == "[unknown]" else value


for one in json.loads(Path(os.environ["DUALSTACK_LAB_STACK"]).read_text(encoding="utf-8")):
    options = pulumi.ResourceOptions(
        parent=made.get(one.get("parent", "")),
        protect=one.get("protect"),
        delete_before_replace=one.get("deleteBeforeReplace"),
    )
    if one.get("component"):
        made[one["name"]] = pulumi.ComponentResource(one["type"], one["name"], one["props"], options)
    else:
        made[one["name"]] = pulumi.CustomResource(one["type"], one["name"], with_secrets(one["props"]), options)
