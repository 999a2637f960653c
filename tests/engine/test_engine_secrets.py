"""A secret is nowhere in clear that the engine writes or prints, with stand-in providers."""

from __future__ import annotations

import base64
import gzip
import stat
from pathlib import Path

import pytest

from tests.lab.leaks import leaks, shapes
from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import RELEASE
from tests.lab.standins.project import CANARY, SECRETS, STACK, Deployment, small_site


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for number, value in enumerate([*SECRETS.values(), base64.b64encode(f"ab{CANARY}".encode()).decode()]):
        (tmp_path / str(number)).write_text(value)
    (tmp_path / "zipped").write_bytes(gzip.compress(CANARY.encode()))
    assert len(leaks(tmp_path)) == len(SECRETS) + 2


def test_no_secret_in_clear(lab: Deployment) -> None:
    site = small_site()
    # A secret of each kind: in a chart's values, of a repository, of the Kubernetes provider, in a file of the image.
    site["image"]["packages"] = {"sccRegistrationCodeKey": "sccRegistrationCode"}
    lab.site(site)
    lab.init()
    printed = [
        lab.pulumi("preview", "--diff", "--save-plan", str(lab.folder / "plan.json")),
        lab.up("--diff"),
    ]
    site["rancher"]["replicas"] = 3
    lab.site(site)
    lab.control.set(Fault(RELEASE, "management-charts-rancher", "update"))
    printed.append(lab.up("--diff", code=1))
    lab.control.set()
    printed += [
        lab.up("--json"),
        lab.pulumi("refresh", "--yes", "--skip-preview", "--diff"),
        lab.pulumi("stack", "export"),
        lab.pulumi("config", "--json"),
    ]
    for done in printed:
        assert not [one for one in shapes() if one in done.told.encode()]
    history = lab.folder / ".dualstack/state/.pulumi"
    assert list(history.glob(f"history/dualstack/{STACK}/*"))
    assert list(history.glob(f"backups/dualstack/{STACK}/*"))
    assert (lab.folder / "plan.json").is_file()

    # EIB needs some in clear: those files are for their owner alone.
    clear = leaks(lab.folder)
    assert clear
    assert {file.relative_to(lab.folder).parts[0] for file in clear} == {"build"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in clear} == {0o600}
    assert leaks(lab.control.folder) == []
    lab.pulumi("destroy", "--yes", "--skip-preview")
    assert leaks(lab.folder) == []
