"""What is deployed against the plan: nothing where both agree, and each edit as what it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.day2 import Word
from dualstack.stack.project import site_file
from dualstack.status.model import Todo
from dualstack.status.planned import Planner
from tests import PROJECT
from tests.cli.conftest import Project, project, run
from tests.sites import elsewhere
from tests.status.states import SECRET, deployed

__all__ = ["project", "run"]

SITES = ("bond-vlan", "demo", "demo-existing", "demo-ha", "demo-hostname", "demo-metal", "upstream-example")
ZONES = {
    "backend": "rfc2136",
    "pointers": False,
    "zones": [{"name": "paris.example.com", "server": "127.0.0.1"}, {"name": "example.com", "server": "127.0.0.1"}],
}


@pytest.mark.parametrize("site", SITES)
def test_what_was_deployed_as_planned_differs_in_nothing(site: str) -> None:
    parts, todo = Planner(PROJECT).compare(str(site_file(PROJECT, site)), deployed(PROJECT, site))
    assert (parts > 0, todo) == (True, [])


def changed(project: Project, change: Callable[[dict[str, Any]], object]) -> list[Todo]:
    """Deploy a site, edit it, and compare."""
    data = elsewhere(1, "hostname", dns=ZONES, host={"kind": "existing", "readiness": "off"})
    data["rancher"] = {"hostname": "rancher.paris.example.com"}
    file = project.site("paris", data)
    before = deployed(project.folder, "paris")
    document = yaml.safe_load(file.read_text())
    change(document["config"]["dualstack:site"])
    file.write_text(yaml.safe_dump(document))
    return Planner(project.folder).compare(str(file), before)[1]


def test_a_changed_file_has_its_day_two_word(project: Project) -> None:
    todo = changed(project, lambda site: site["nodes"][0]["interfaces"][0].update(mtu=9000))
    told = {one.part: (one.word, one.up) for one in todo}
    assert told["image directory: network/mgmt-1.yaml"][1] is False
    assert told["image directory: network/mgmt-1.yaml"][0] >= Word.BY_HAND


def test_records_that_change_and_go(project: Project) -> None:
    todo = changed(project, lambda site: site.update(rancher={"hostname": "other.paris.example.com"}))
    parts = {one.part for one in todo}
    assert "DNS name other.paris.example.com is made" in parts
    assert "DNS name rancher.paris.example.com is deleted" in parts


def test_secrets_are_equal_to_what_cannot_be_read(project: Project) -> None:
    from dualstack.status.parts import _like

    assert _like({"a": SECRET, "b": 1.0}, {"a": "[secret:0123456789abcdef]", "b": 1}, exact=True) == {
        "a": "[secret:0123456789abcdef]",
        "b": 1,
    }
    # A provider's own defaults are no difference, what we gave and gave up is one.
    assert _like({"x": 1, "y": 2}, {"x": 1}, exact=False) == {"x": 1}
    assert _like({"x": 1, "y": 2}, {"x": 1}, exact=True) == {"x": 1, "y": 2}


def test_a_resource_that_is_not_there_is_made(tmp_path: Path) -> None:
    there = [one for one in deployed(PROJECT, "demo-existing") if one["type"] != "dualstack:image:Directory"]
    _, todo = Planner(PROJECT).compare(str(site_file(PROJECT, "demo-existing")), there)
    assert [(one.part.split(" ")[0:2], one.up) for one in todo] == [(["EIB", "directory"], True)]
