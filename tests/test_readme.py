"""What README.md and docs/layers.md show is what comes out."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from dualstack.check.checked import check_site
from dualstack.cli import main
from dualstack.stack.layers import resolve_stack
from tests import PROJECT

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_readme_shows_the_file_that_new_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ (dualstack new (?:.*\\\n)*.*)$", readme, re.MULTILINE)
    shown = BLOCK.search(readme)
    shutil.copy(PROJECT / "Pulumi.yaml", tmp_path)
    shutil.copytree(PROJECT / "docs/schema", tmp_path / "docs/schema")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", shlex.split(command.replace("\\\n", " ")))

    with pytest.raises(SystemExit) as stop:
        main()

    assert stop.value.code == 0
    assert shown is not None
    assert (tmp_path / "stacks/Pulumi.paris.yaml").read_text(encoding="utf-8") == shown[1]


@pytest.mark.parametrize("whole", [True, False])
def test_the_slip_that_readme_proposes_is_told_with_the_sites_own_network(tmp_path: Path, whole: bool) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert "write `enabled: false` under `ipv6`" in readme
    shown = BLOCK.search(readme)
    assert shown is not None
    data = yaml.safe_load(shown[1])
    nic = data["config"]["dualstack:site"]["nodes"][0]["interfaces"][0]
    nic["ipv6"] = {"enabled": False} if whole else {**nic["ipv6"], "enabled": False}
    shutil.copy(PROJECT / "Pulumi.yaml", tmp_path)
    (tmp_path / "stacks").mkdir()
    file = tmp_path / "stacks/Pulumi.paris.yaml"
    file.write_text(yaml.safe_dump(data))
    told = [found for found in check_site("paris", resolve_stack(tmp_path, file)).findings if found.severity != "info"]
    assert [found.rule.id[:5] for found in told] == ["DS051" if whole else "DS048"]
    assert ("fd00:140::10/64" in told[0].fix) is whole
    mended = told[0].mend.applied(data["config"]["dualstack:site"], told[0].path)
    file.write_text(yaml.safe_dump({"config": {"dualstack:site": mended}}))
    assert not check_site("paris", resolve_stack(tmp_path, file)).failed


def test_the_layers_of_the_example_merge_as_shown(tmp_path: Path) -> None:
    page = (PROJECT / "docs/layers.md").read_text(encoding="utf-8")
    fleet, europe, site, merged = BLOCK.findall(page)
    (tmp_path / "stacks/layers").mkdir(parents=True)
    (tmp_path / "stacks/layers/fleet.yaml").write_text(fleet)
    (tmp_path / "stacks/layers/europe.yaml").write_text(europe)
    file = tmp_path / "stacks/Pulumi.paris.yaml"
    file.write_text(yaml.safe_dump({"config": {"dualstack:site": yaml.safe_load(site)}}))

    resolved = resolve_stack(tmp_path, file)

    assert resolved.site == yaml.safe_load(merged)
    unknown = [found for found in check_site("paris", resolved).findings if found.rule.id.startswith("DS001-")]
    assert unknown == []
