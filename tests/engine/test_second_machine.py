"""A site deployed on one machine, looked at from another one: a fresh clone elsewhere, with the same backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.engine.commands import ENGINE, SITE
from tests.engine.killed import RANCHER, Killed
from tests.lab.bind import SITE as ZONE
from tests.lab.bind import Bind

LOOK = ("preview", SITE, *ENGINE, "--refresh", "--expect-no-changes")


def test_no_drift_at_an_unchanged_site_and_all_at_a_changed_one(tmp_path: Path) -> None:
    with Bind(tmp_path / "bind") as bind:
        own: dict[str, Any] = {
            "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        }
        (tmp_path / "state").mkdir()
        (tmp_path / "one").mkdir()
        one = Killed(tmp_path / "one/clone", bind, own)
        made = one.run("up", SITE, *ENGINE, "--yes", **own)
        assert made.code == 0, made.told
        assert one.directory.is_dir()

        (tmp_path / "two").mkdir()
        two = Killed(tmp_path / "two/clone", bind, own, stack=False)
        two.stack.write_text(one.stack.read_text())
        same = two.run(*LOOK, **own)
        assert same.code == 0, same.told
        assert f"build/{SITE} is not on this machine: not looked at" in same.out
        looked = two.run("refresh", SITE, *ENGINE, "--expect-no-changes", **own)
        assert looked.code == 0, looked.told
        again = two.run("up", SITE, *ENGINE, "--yes", **own)
        assert again.code == 0, again.told
        assert "written on another machine, not on this one" in again.out
        assert not two.directory.exists()

        # On the first machine, a loss is still one.
        (one.directory / "definition.yaml").unlink()
        assert one.run(*LOOK, **own).code == 3

        # From the second one: what others changed, and what was merged and not deployed.
        bind.edit(ZONE, {(RANCHER, "AAAA"): ()})
        drift = two.run(*LOOK, **own)
        assert drift.code == 3, drift.told
        assert "ipv6" in drift.out
        bind.edit(ZONE, {(RANCHER, "AAAA"): ("fd00:100::10",)}, ttl=600)
        assert two.run(*LOOK, **own).code == 0
        two.site(image={"time": {"ntpServers": ["ntp9.example.com"]}})
        assert two.run(*LOOK, **own).code == 3
        changed = two.run("up", SITE, *ENGINE, "--yes", **own)
        assert changed.code == 0, changed.told
        assert "NOT on any machine by this run: " in changed.out
        assert "definition.yaml" in changed.out.rpartition("NOT on any machine")[2]
        gone = two.run("destroy", SITE, *ENGINE, "--yes", **own)
        assert gone.code == 0, gone.told
