"""From where one asks: a real SSH server as jump host, which lets through, or does not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualstack.verify.logins import jump_login, usual_place
from dualstack.verify.model import Result, Way, Word
from dualstack.verify.places import Here, JumpHost
from tests.lab.sshd import Sshd, keygen
from tests.verify.lab import V6, failed, plan, results, serving


@pytest.fixture(scope="module")
def bastion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("bastion")) as server:
        yield server


def asked(server: Sshd, faults: dict[tuple[str, int], Any] | None = None, **changes: Any) -> list[Result]:
    """Ask the servers of a site through a jump host; further settings change the login."""
    private = changes.pop("private", server.private_key)
    jump = {"host": "127.0.0.1", "port": server.port, "user": server.user, "hostKey": server.host_key}
    found = plan(host={"jump": {**jump, "privateKeyKey": "jumpKey", **changes}})
    login = jump_login(found, {"jumpKey": private}, 5.0)
    assert not isinstance(login, str)
    with serving(faults) as lab, JumpHost(login) as place:
        return results(found, lab.way(place=place), "api", "supervisor", "images")


def test_servers_through_the_jump_host_with_one_login(bastion: Sshd) -> None:
    before = bastion.log().count("Accepted publickey")
    found = asked(bastion)

    assert {one.word for one in found} == {Word.OK}
    assert {one.family for one in found} == {"ipv4", "ipv6"}
    assert bastion.log().count("Accepted publickey") == before + 1


def test_a_fault_of_one_family_is_found_from_there(bastion: Sshd) -> None:
    found = asked(bastion, {(V6, 6443): {"dead": True}})

    assert {at for _, at, _ in failed(found)} == {f"[{V6}]:6443"}
    assert "seen from the jump host" in next(one.seen for one in found if one.word is Word.FAILED)


@pytest.mark.parametrize("option", ["AllowTcpForwarding no", "PermitOpen 192.0.2.1:22"])
def test_a_jump_host_that_forwards_nothing(tmp_path: Path, option: str) -> None:
    with Sshd(tmp_path / "sshd", option) as server:
        found = asked(server)

    assert {one.word for one in found} == {Word.NOT_CHECKABLE}
    assert any("AllowTcpForwarding" in one.seen for one in found)


def other_key(folder: Path, *options: str) -> str:
    keygen(folder / "other")
    if options:
        subprocess.run(["ssh-keygen", "-q", "-p", "-f", folder / "other", *options], check=True, timeout=20)
    return (folder / "other").read_text()


def test_logins_that_fail_make_nothing_checkable(bastion: Sshd, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = bastion.log().count("Accepted publickey")
    faults: list[tuple[dict[str, Any], str]] = [
        ({"hostKey": bastion.public("user")}, "has another SSH key than host.jump.hostKey"),
        ({"private": other_key(tmp_path / "a")}, "does not take the key of host.jump.privateKeyKey"),
        ({"private": other_key(tmp_path / "b", "-N", "secret")}, "has a passphrase"),
        ({"private": "nonsense"}, "is no private key"),
        ({"port": 1}, "Connection refused"),
    ]
    for change, words in faults:
        found = asked(bastion, **change)
        assert {one.word for one in found} == {Word.NOT_CHECKABLE}, words
        assert any(words in one.seen for one in found), (words, found[0].seen)
        assert not any("PRIVATE KEY" in one.seen for one in found)
    assert bastion.log().count("Accepted publickey") == before


@pytest.mark.parametrize(
    ("jump", "words"),
    [
        (None, "no jump host"),
        ({"host": "127.0.0.1"}, "key is not known"),
        ({"host": "127.0.0.1", "hostKey": "x", "privateKeyKey": "k"}, "the secret k is not at hand"),
    ],
)
def test_without_a_login_it_is_said_why(jump: dict[str, Any] | None, words: str) -> None:
    found = jump_login(plan(host={"jump": jump} if jump else {}), {}, 1.0)

    assert isinstance(found, str)
    assert words in found
    assert ": " in found  # what would make one


def test_a_site_that_is_reached_through_its_jump_host_is_asked_from_there() -> None:
    jump = {"host": "127.0.0.1", "hostKey": "x"}
    here, there = plan(host={"jump": jump}), plan(host={"jump": jump, "readiness": "ssh-jump"})

    with usual_place(here, Way()) as place:
        assert isinstance(place, Here)
    with usual_place(there, Way()) as place:
        assert isinstance(place, JumpHost)
