"""What the tests with libvirt's real provider count on, where that provider is not: they must not rot meanwhile."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from dualstack.offline import record
from tests import PROJECT
from tests.components.support import DOMAIN, NETWORK, VOLUME, libvirt_site
from tests.plugins.libvirt import PROGRAM


def taken_out() -> Iterator[tuple[str, str]]:
    """File and text of each ``lab.without(TEXT)`` of those tests."""
    for file in sorted((PROJECT / "tests/plugins").glob("*libvirt*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "without":
                (text, *_) = call.args
                assert isinstance(text, ast.Constant)
                yield file.name, str(text.value)


def test_each_mitigation_that_is_taken_out_is_there() -> None:
    source = (PROJECT / "components/libvirt.py").read_text()
    texts = list(taken_out())

    assert len(texts) > 10
    assert [(file, text) for file, text in texts if text not in source] == []


def test_the_program_of_network_and_machine_alone_runs(tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text(PROGRAM)
    site = {"dualstack:site": json.dumps(libvirt_site())}
    recording = record(program, project="dualstack", stack="test", config=site, secret_keys=[], preview=True)

    assert [len(recording.of_type(kind)) for kind in (NETWORK, VOLUME, DOMAIN)] == [1, 2, 1]
