"""What the provider leaves in its environment for builders that it starts."""

from __future__ import annotations

import os

import pytest

from dualstack.engine.environment import OUTER_TMPDIR
from provider import __main__ as provider


@pytest.mark.parametrize(("outer", "left"), [("/big", "/big"), ("", None), (None, "/given")])
def test_builders_get_neither_secrets_nor_a_folder_that_goes(
    outer: str | None, left: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"TMPDIR": "/given", "PULUMI_CONFIG": '{"dualstack:token": "hunter2"}', "PULUMI_ACCESS_TOKEN": "hunter2"}
    monkeypatch.setattr(os, "environ", given | ({OUTER_TMPDIR: outer} if outer is not None else {}))
    provider._own_environment()
    assert os.environ == ({"TMPDIR": left} if left is not None else {})
