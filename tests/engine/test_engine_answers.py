"""Records that others keep, with the real engine and a real BIND: wrong ones stop what needs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import PROJECT, sites
from tests.lab.bind import SITE, Bind
from tests.lab.standins.project import SECONDS, STACK, Deployment
from tests.lab.steps import applied

IRONIC, RANCHER = f"ironic.{SITE}", f"rancher.{SITE}"
FOUR, SIX = ("192.168.100.10",), ("fd00:100::10",)
ANSWERS = "management-dns-"
READY = "management-host-ready"
MISSING = f"add: {IRONIC}. 3600 IN AAAA fd00:100::10"


@pytest.fixture
def bind(tmp_path: Path) -> Iterator[Bind]:
    with Bind(tmp_path / "bind") as server:
        server.edit(SITE, {(name, "A"): FOUR for name in (IRONIC, RANCHER)} | {(RANCHER, "AAAA"): SIX})
        yield server


@pytest.fixture
def lab(tmp_path: Path, bind: Bind) -> Deployment:
    (tmp_path / "lab").mkdir()
    made = Deployment(tmp_path / "lab", standins=())
    for part in ("tools", "policy"):  # for our own commands
        shutil.copytree(PROJECT / part, made.folder / part)
    made.site(mapping(bind))
    made.init()
    return made


def mapping(bind: Bind, **check: Any) -> dict[str, Any]:
    asked = {"resolvers": ["127.0.0.1", "::1"], "port": bind.port, "timeout": 1, **check}
    site = sites.mapping("hostname", dns={"check": asked, "pointers": False}, host={"readiness": "off"})
    site["provisioning"] = {"hostname": IRONIC}
    site["rancher"] = {"hostname": RANCHER}
    return site


def online(lab: Deployment) -> Any:
    """Run ``dualstack preview --online``; the answer."""
    options = ["--online", "--engine", "built", "--backend", "embedded", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-c", "from dualstack.cli import main; main()", "preview", STACK, *options],
        cwd=lab.folder,
        env={**lab.environment, "PYTHONPATH": str(lab.folder), "DUALSTACK_PULUMI_URL": "http://127.0.0.1:1/sdk"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_wrong_records_stop_what_needs_them(lab: Deployment, bind: Bind) -> None:
    # At preview nobody is asked, unless that is wanted; then it is a warning.
    assert IRONIC + ". " not in lab.pulumi("preview").told
    assert MISSING in lab.pulumi("preview", DUALSTACK_ONLINE="1").told
    assert any(MISSING in one for one in online(lab)["warnings"])

    failed = applied(lab, "dualstack:", code=1)
    assert f"failed create {ANSWERS}{IRONIC}" in failed.steps and f"create {ANSWERS}{RANCHER}" in failed.steps
    assert MISSING in "\n".join(failed.errors)
    assert READY not in lab.resources()

    bind.edit(SITE, {(IRONIC, "AAAA"): SIX})
    assert f"create {READY}" in applied(lab, "dualstack:").steps
    lab.pulumi("preview", "--refresh", "--expect-no-changes")

    # Somebody changes them: a refresh finds it, the next update stops at it until they are mended.
    bind.edit(SITE, {(IRONIC, "AAAA"): ("2001:db8::9",)})
    lab.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", code=1)
    assert f"over IPv6 {IRONIC} leads to another machine" in "\n".join(applied(lab, "dualstack:", code=1).errors)
    bind.edit(SITE, {(IRONIC, "AAAA"): SIX})
    assert applied(lab, "dualstack:").steps == [f"update {ANSWERS}{IRONIC}"]

    # Nobody is asked in order to forget.
    bind.stop()
    lab.pulumi("destroy", "--yes", "--skip-preview")
    assert not lab.state().get("resources")
