"""The generated pages are in step with the rules and the model."""

from __future__ import annotations

import pytest

from dualstack.docs import DOCS, pages


@pytest.mark.parametrize("name", list(pages()))
def test_the_page_is_what_make_docs_would_write(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run make docs"
