"""The pack decodes a resource once for all policies, and says what it said."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests import PROJECT
from tests.policy import stacks
from tests.policy.stacks import CASES

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "hidden"}


def test_decoded_once_the_answers_are_the_same(python: Path) -> None:
    asked = [*stacks.good(), *(one for case in CASES[::8] for one in stacks.broken(case))]
    questions = [{"type": one["type"], "props": {**one["props"], "aSecret": SECRET}} for one in asked]
    done = subprocess.run(
        [python, "-P", "-W", "error", str(Path(__file__).with_name("decoding.py"))],
        input=json.dumps(questions),
        env={"PATH": os.defpath, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'policy'}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["untouched"] and found["taken"] and found["same"]
    assert found["told"] > 5  # else nothing was compared
    assert found["often"] > found["policies"]
    # Once for its own question, and once for that of the whole stack.
    assert found["once"] <= 2
