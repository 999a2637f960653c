"""How the tests of this folder run their programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dualstack.offline import Recording, record

PROGRAMS = Path(__file__).parent / "programs"
STACK = "urn:pulumi:site::proj::pulumi:pulumi:Stack::proj-site"


def run(name: str, config: dict[str, str] | None = None, **more: Any) -> Recording:
    """Records one of the programs; config keys are without the project's name."""
    full = {f"proj:{key}": value for key, value in (config or {}).items()}
    return record(PROGRAMS / f"{name}.py", project="proj", stack="site", config=full, **more)


def urn(rest: str) -> str:
    """A URN of the tests' stack."""
    return f"urn:pulumi:site::proj::{rest}"
