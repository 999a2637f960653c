"""What `make test` does about Debian packages that are not there."""

from __future__ import annotations

import subprocess

import pytest

from scripts import lab_packages

WANTED = [lab_packages.Package("no-such-package-here", ("no-such-program-here",), "nothing", ("no.service",))]


@pytest.fixture(autouse=True)
def nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_packages, "PACKAGES", tuple(WANTED))
    monkeypatch.setattr(lab_packages, "root_prefix", lambda: None)


def test_it_is_quiet_when_all_is_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(lab_packages, "PACKAGES", (lab_packages.Package("dash", ("sh",), "everything"),))
    assert lab_packages.main() == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("there", [True, False])
def test_what_only_serves_another_program_is_missed_only_with_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], there: bool
) -> None:
    package = lab_packages.Package("big", ("no-such-program-here",), "VMs", beside="a-plugin")
    monkeypatch.setattr(lab_packages, "PACKAGES", (package,))
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/bin/x" if there and name == "a-plugin" else None)
    assert lab_packages.main() == 0
    assert ("big" in capsys.readouterr().out) is there


def test_without_root_it_says_what_is_not_tested(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/usr/bin/apt-get" if name == "apt-get" else None)
    assert lab_packages.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "lab: no-such-package-here is not here (neither root nor sudo without a password): not tested: nothing",
    ]


@pytest.mark.parametrize("systemd", [True, False])
def test_servers_stay_off(monkeypatch: pytest.MonkeyPatch, systemd: bool) -> None:
    commands: list[str] = []

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        commands.append(" ".join(command))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr("shutil.which", lambda name, path=None: "/usr/bin/apt-get")
    monkeypatch.setattr(lab_packages, "root_prefix", lambda: ["sudo", "-n"])
    monkeypatch.setattr(lab_packages, "_run", run)
    monkeypatch.setattr("pathlib.Path.is_dir", lambda self: systemd)
    assert lab_packages.install(WANTED) == ""

    env = "env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1"
    apt = f"sudo -n {env} apt-get -qq -o Dpkg::Use-Pty=0 --no-install-recommends -y"
    around = ["mask --runtime", "unmask --runtime", "disable"] if systemd else []
    units = [f"sudo -n systemctl {word} no.service" for word in around]
    assert commands == [*units[:1], f"{apt} install no-such-package-here", *units[1:]]


def test_it_never_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def slow(packages: object) -> str:
        raise subprocess.TimeoutExpired("apt-get", 300)

    monkeypatch.setattr(lab_packages, "install", slow)
    assert lab_packages.main() == 0
    assert "timed out after 300 seconds): not tested: nothing" in capsys.readouterr().out


def test_the_truth_tests_have_packages_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lab_packages, "PACKAGES", ())
    monkeypatch.setattr(lab_packages, "TRUTH", tuple(WANTED))
    assert lab_packages.main() == 0
    assert capsys.readouterr().out == ""
    assert lab_packages.main(["truth"]) == 0
    assert "no-such-package-here is not here" in capsys.readouterr().out
