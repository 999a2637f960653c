"""A secret is nowhere in clear that the engine writes or prints, with stand-in providers."""

from __future__ import annotations

import base64
import gzip
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.standins.control import Fault
from tests.lab.standins.kinds import RELEASE
from tests.lab.standins.project import CANARY, SECRETS, STACK, Deployment, small_site


@pytest.fixture
def lab(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path)


def shapes() -> Iterator[bytes]:
    """Give the canary as it is, and as base64 at each of the three places where it may begin."""
    yield CANARY.encode()
    for before in range(3):
        whole = base64.b64encode(b"x" * before + CANARY.encode() + b"xx")
        # The first group and the last two also hold what stands around it.
        yield whole[4:-8]


def leaks(folder: Path) -> list[Path]:
    """Give the files that hold a secret."""
    wanted = list(shapes())
    found = []
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and ".venv" not in file.parts:
            content = file.read_bytes()
            content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
            if any(one in content for one in wanted):
                found.append(file)
    return found


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
