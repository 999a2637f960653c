"""The generated pages are in step with the rules and the model."""

from __future__ import annotations

import pytest

from dualstack.answer.docs import DOCS, pages


@pytest.mark.parametrize("name", list(pages()))
def test_the_page_is_what_make_docs_would_write(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run make docs"


@pytest.mark.parametrize("field", ["mode", "nodes", "dns", "interfaces", "resolvers", "destination"])
def test_required_fields_are_called_so(field: str) -> None:
    (line, *_) = [line for line in pages()["fields.md"].splitlines() if line.startswith(f"| `{field}` |")]
    assert "| **required** |" in line


def test_no_other_field_is_called_required() -> None:
    lines = [line for line in pages()["fields.md"].splitlines() if "**required** |" in line]
    assert not [
        line for line in lines if "| `release` |" in line or "| `gateway` | text | **required** | Gateway" in line
    ]
