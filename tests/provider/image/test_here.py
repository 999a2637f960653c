"""What only the deploying machine has is no drift on another one, and a loss is one on that machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.settle import settled
from dualstack.tokens import BUILD, INTERRUPTED
from provider.image.image_build import BuildHandler
from tests.provider.handlers import plain, reports
from tests.provider.image.writing import HANDLER, OUT, changes, inputs, made, refreshed

pytestmark = pytest.mark.usefixtures("project")


def another_machine() -> None:
    """Make the project one of a fresh clone."""
    shutil.rmtree(".dualstack")
    shutil.rmtree("build", ignore_errors=True)


def test_a_directory_that_is_not_here_is_no_drift() -> None:
    id_, state = made()
    another_machine()

    with reports() as told:
        assert refreshed(id_, state) == state
    assert told == [("build/paris is not on this machine: not looked at", False)]
    assert changes(state) == {}
    Path("build/paris/base-images").mkdir(parents=True)  # put there for a build, by whoever uses this machine
    assert refreshed(id_, state) == state


def test_what_an_earlier_deployment_left_here_is_no_drift_but_a_change_in_it_is() -> None:
    id_, old = made()
    newer = inputs(files={"network/node.yaml": {"mode": "0644", "content": "interfaces: [1]\n"}})
    shutil.copytree(OUT, "earlier")
    state = plain(HANDLER.update(id_, old, old, newer, False, 0))
    another_machine()
    shutil.copytree("earlier", OUT)

    with reports() as told:
        assert refreshed(id_, state) == state
    assert told == [("build/paris is as another deployment left it: not looked at", False)]
    (OUT / "custom/scripts/run.sh").write_text("by hand")
    assert set(changes(refreshed(id_, state), newer)) >= {'files["custom/scripts/run.sh"].content'}


def test_destroy_says_what_stays_on_the_machine_that_deployed() -> None:
    id_, state = made()
    another_machine()
    with reports() as told:
        HANDLER.delete(id_, state, 0)
    assert told == [("build/paris is not on this machine: where it was written, it stays, with its secrets", False)]


def test_a_create_that_was_killed() -> None:
    given: dict[str, Any] = {**inputs(), "files": {}, INTERRUPTED: [{"site": "paris", "path": str(OUT)}]}
    # Not here, and never noted: it may lie on another machine.
    assert HANDLER.read(str(OUT), inputs(), given)[0] == str(OUT)
    _, state = made()
    found, _, after = HANDLER.read(str(OUT), inputs(), given)
    assert found == str(OUT) and set(plain(after)["files"]) == set(state["files"])
    HANDLER.delete(str(OUT), given, 0)
    assert not OUT.exists()


def test_an_image_that_is_not_here_is_no_drift() -> None:
    image = Path("build/paris.image/paris-0123456789abcdef.iso")
    state = {"directory": str(OUT), "image": str(image), "size": 3, "digest": "d"}
    with reports() as told:
        assert BuildHandler().read("x", {}, state)[2] == state
    assert told == [(f"{image} is not on this machine: not looked at", False)]


def test_images_of_a_build_that_was_killed_go_with_it() -> None:
    folder = Path("build/paris.image")
    folder.mkdir(parents=True)
    (folder / "paris-0123456789abcdef.iso").write_text("x")
    (folder / "mine.iso").write_text("x")
    inputs_of = {"directory": str(OUT), "digest": "d", "baseImage": "b.raw", "builder": "eib:1"}
    urn = f"urn:pulumi:paris::y::{BUILD}::it"
    operation = {"type": "creating", "resource": {"urn": urn, "type": BUILD, "inputs": inputs_of}}
    (made,) = settled({"pending_operations": [operation]}).deployment["resources"]
    state = made["outputs"]

    handler = BuildHandler()
    assert handler.read(made["id"], inputs_of, state)[2] == state
    assert handler.diff(made["id"], inputs_of, state, inputs_of).changes
    handler.delete(made["id"], state, 0)
    assert [path.name for path in folder.iterdir()] == ["mine.iso"]
