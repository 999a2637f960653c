"""URNs of every stack in the repository: a changed one deletes and makes anew what it stood for.

Write them again with ``DUALSTACK_GOLDEN=write pytest tests/components/test_golden.py``, and say why in the change log.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dualstack.stack.layers import resolve_stack
from dualstack.stack.project import list_sites, site_file
from tests import PROJECT
from tests.components.support import run

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("site", list_sites(PROJECT))
def test_urns_are_as_they_were(site: str, preview: bool) -> None:
    resolved = resolve_stack(PROJECT, site_file(PROJECT, site))
    recording = run(resolved.site, stack=site, preview=preview)
    urns = "".join(f"{resource.urn}\n" for resource in sorted(recording.resources, key=lambda one: one.urn))
    golden = GOLDEN / f"{site}.txt"
    if os.environ.get("DUALSTACK_GOLDEN") == "write":
        golden.write_text(urns)

    assert urns == golden.read_text()


def test_every_golden_file_has_its_stack() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(list_sites(PROJECT))
