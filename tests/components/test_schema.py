"""The plugin's schema: what other languages' SDKs are made of. Another one is another interface.

Write it again with ``DUALSTACK_GOLDEN=write pytest tests/components/test_schema.py``, and say why in the change log.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from components.plugin import COMPONENTS, Components
from dualstack import __version__

GOLDEN = Path(__file__).parent / "golden/schema.json"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    given = Components().schema
    assert given is not None
    made: dict[str, Any] = json.loads(given)
    return made


def test_the_schema_is_as_it_was(schema: dict[str, Any]) -> None:
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("DUALSTACK_GOLDEN") == "write":
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text()


def test_types_are_those_of_our_own_program(schema: dict[str, Any]) -> None:
    assert (schema["name"], schema["version"]) == ("dualstack", __version__)
    assert list(schema["resources"]) == [vars(component)["TYPE"] for component in COMPONENTS]


def test_topology_is_plain_and_secrets_are_not(schema: dict[str, Any]) -> None:
    for resource in schema["resources"].values():
        given = resource["inputProperties"]
        assert given["name"]["plain"] and given["site"]["plain"]
        # Its keys are, its values need not be.
        assert given["secrets"]["plain"] and "plain" not in given["secrets"]["additionalProperties"]
        assert {"name", "site"} <= set(resource["requiredInputs"])
        assert "secrets" not in resource["requiredInputs"]


def test_everything_is_described(schema: dict[str, Any]) -> None:
    for name, item in {**schema["resources"], **schema["types"]}.items():
        assert item["description"], name
        for key, value in {**item.get("inputProperties", {}), **item["properties"]}.items():
            assert value.get("description"), f"{name}.{key}"
