"""The wait for a host that only a jump host reaches: real OpenSSH servers, on loopback and in networks of their own."""

from __future__ import annotations

import re
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from provider.frame.handler import ResourceError
from provider.host.ready import ReadyHandler
from tests.lab.api import HERE, serving
from tests.lab.behind import HOST, Behind, behind, certificate
from tests.lab.sshd import Sshd, keygen
from tests.provider.handlers import checked, refused, reports
from tests.provider.host.waiting import LOOPBACK, free_port, inputs, listening


@pytest.fixture(scope="module")
def bastion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with Sshd(tmp_path_factory.mktemp("bastion")) as server:
        yield server


def jump(server: Sshd, **changes: Any) -> dict[str, Any]:
    settings = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "hostKey": server.host_key,
        "privateKey": server.private_key,
        **changes,
    }
    return {key: value for key, value in settings.items() if value is not None}


def through(server: Sshd, port: int, *, settings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    given = inputs(port, readiness="ssh-jump", jump=settings or jump(server), **more)
    return checked(ReadyHandler(), given)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("key", ["host_ed25519", "host_ecdsa"])
def test_ready_when_both_answer_to_the_jump_host(bastion: Sshd, host: str, key: str) -> None:
    port = free_port()
    with listening("ipv4", port), listening("ipv6", port):
        before = bastion.log().count("Accepted publickey")
        settings = jump(bastion, host=host, hostKey=bastion.public(key))
        _, state = ReadyHandler().create(through(bastion, port, settings=settings), False, 0)

    assert state["answered"] == LOOPBACK and state["notChecked"] == {}
    assert bastion.log().count("Accepted publickey") == before + 1  # one login for both


def test_the_missing_family_is_shown_and_named_at_the_end(bastion: Sshd) -> None:
    port = free_port()
    with listening("ipv4", port), reports() as told, pytest.raises(ResourceError) as caught:
        ReadyHandler().create(through(bastion, port), False, 1)

    passing = [text for text, passing in told if passing]
    since = r"missing since \d\d:\d\d:\d\d, \d s"
    line = rf"port {port}, seen from the jump host: IPv4 127.0.0.1 answers; IPv6 ::1 refuses the connection \({since}\)"
    assert passing and all(re.fullmatch(line, text) for text in passing)
    assert "not ready over both families within 1 s" in str(caught.value)
    assert "IPv6: the machine is up, but nothing listens on that port over IPv6" in str(caught.value)


def test_another_host_key_ends_it_at_once(bastion: Sshd) -> None:
    other = bastion.public("user")
    before = bastion.log().count("Accepted publickey")
    for host_key in (other, bastion.public("host_ed25519")[:-20] + "A" * 20):
        start = time.monotonic()
        given = inputs(free_port(), readiness="ssh-jump", jump=jump(bastion, hostKey=host_key))
        if failures := refused(ReadyHandler(), given):
            assert failures == {"jump.hostKey": "is no public key; write a line such as ssh-ed25519 AAAA..."}
            continue
        with pytest.raises(ResourceError, match=r"has another SSH key than host.jump.hostKey: .* nothing was sent"):
            ReadyHandler().create(given, False, 60)
        assert time.monotonic() - start < 10
    assert bastion.log().count("Accepted publickey") == before


def test_a_login_that_is_refused_ends_it_at_once(bastion: Sshd, tmp_path: Path) -> None:
    keygen(tmp_path / "other")
    text = (tmp_path / "other").read_text()
    with pytest.raises(ResourceError, match=r"does not take the key of host.jump.privateKeyKey") as caught:
        ReadyHandler().create(through(bastion, 1, settings=jump(bastion, privateKey=text)), False, 60)
    assert "PRIVATE" not in str(caught.value)


def test_keys_of_an_agent(bastion: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    port = free_port()
    given = through(bastion, port, settings=jump(bastion, privateKey=None))
    with pytest.raises(ResourceError, match="no SSH agent with a key runs here"):
        ReadyHandler().create(given, False, 60)

    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        while not (tmp_path / "agent").exists():
            time.sleep(0.02)
        subprocess.run(["ssh-add", "-q", bastion.folder / "user"], check=True, timeout=20)
        with listening("ipv4", port), listening("ipv6", port):
            assert ReadyHandler().create(given, False, 0)[1]["answered"] == LOOPBACK
    finally:
        agent.terminate()
        agent.wait(timeout=20)


@pytest.mark.parametrize("option", ["AllowTcpForwarding no", "PermitOpen 192.0.2.1:22"])
def test_a_jump_host_that_forwards_nothing(tmp_path: Path, option: str) -> None:
    told = r"opens no connection to 127.0.0.1 .* AllowTcpForwarding, PermitOpen"
    with Sshd(tmp_path / "closed", option) as server, pytest.raises(ResourceError, match=told):
        ReadyHandler().create(through(server, 1), False, 60)


def test_a_jump_host_that_is_away_says_nothing_about_the_host(bastion: Sshd) -> None:
    settings = jump(bastion, port=free_port())
    with pytest.raises(ResourceError) as caught:
        ReadyHandler(no_route=0.3).create(through(bastion, 6443, settings=settings), False, 60)
    text = str(caught.value)
    assert "which says nothing about the host: the jump host does not answer" in text
    assert "Connect call failed" in text or "Connection refused" in text


def test_a_jump_host_that_restarts_is_logged_in_to_again(tmp_path: Path) -> None:
    port = free_port()
    server = Sshd(tmp_path / "bastion")
    with server, listening("ipv4", port):
        given = through(server, port)
        failed: list[BaseException] = []
        done: list[dict[str, Any]] = []

        def wait() -> None:
            try:
                done.append(ReadyHandler().create(given, False, 30)[1])
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        while "Accepted publickey" not in server.log():
            time.sleep(0.05)
        server.__exit__()
        time.sleep(0.5)
        with server, listening("ipv6", port):
            thread.join(30)
    assert not failed and done[0]["answered"] == LOOPBACK


@contextmanager
def serving_tls(folder: Path, port: int) -> Iterator[str]:
    """Let an API server answer in both families; gives its certificate's fingerprint."""
    pem = certificate(folder).read_text()
    with serving(HERE, port, pem=pem):
        yield sha256(ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE") :])).hexdigest()


@pytest.mark.parametrize("readiness", ["direct", "ssh-jump"])
def test_a_new_certificate_is_seen_at_the_next_refresh(bastion: Sshd, tmp_path: Path, readiness: str) -> None:
    handler, port = ReadyHandler(), free_port()
    given = checked(handler, {**through(bastion, port, watchCertificate=True), "readiness": readiness})
    with serving_tls(tmp_path, port) as first:
        id_, state = handler.create(given, False, 0)
    assert state["certificate"] == first

    # Nobody there: what was seen stays.
    assert handler.read(id_, given, state) == (id_, given, state)
    with serving_tls(tmp_path, port) as second:
        assert handler.read(id_, given, state)[2] == {**state, "certificate": second}
        # It is looked for at once where it was not watched before.
        old = {key: value for key, value in state.items() if key not in ("certificate", "watchCertificate")}
        assert handler.update(id_, old, {}, given, False, 0)["certificate"] == second
    assert first != second
    assert not handler.diff(id_, given, state, given).changes


def test_a_server_without_tls_has_no_certificate_and_is_no_api(bastion: Sshd) -> None:
    handler = ReadyHandler()
    given = inputs(bastion.port, watchCertificate=True)  # it greets in clear text
    with pytest.raises(ResourceError, match=r"IPv4 127\.0\.0\.1 has an open port that does not speak TLS"):
        handler.create(given, False, 1)
    assert handler.read("x", given, {**given, "answered": LOOPBACK})[2]["certificate"] == ""


def test_each_setting_is_judged(bastion: Sshd) -> None:
    secret = bastion.private_key
    wrong = {"host": "", "port": 0, "user": 3, "hostKey": "ssh-rsa x", "privateKey": secret[:-60], "x": 1}
    failures = refused(ReadyHandler(), inputs(readiness="ssh-jump", jump=wrong))

    assert set(failures) == {f"jump.{key}" for key in wrong}
    assert "is no private key" in failures["jump.privateKey"]
    assert "is missing" in refused(ReadyHandler(), inputs(readiness="ssh-jump"))["jump"]
    locked = bastion.folder / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "words", "-f", locked], check=True, timeout=60)
    failures = refused(ReadyHandler(), inputs(readiness="ssh-jump", jump=jump(bastion, privateKey=locked.read_text())))
    assert list(failures) == ["jump.privateKey"] and "has a passphrase" in failures["jump.privateKey"]


@pytest.fixture
def lab() -> Iterator[Behind]:
    with behind() as made:
        yield made


def test_a_host_that_only_the_jump_host_reaches(lab: Behind, tmp_path: Path) -> None:
    host = HOST
    with Sshd(tmp_path / "bastion", prefix=lab.inside("jump")) as server:
        settings = jump(server, host=lab.bastion)
        given = through(server, 6443, settings=settings, **host)
        handler = ReadyHandler(grace=0.3, no_route=0.5)

        # From here it is not to be seen; from the jump host it is.
        with lab.listening(*host.values()):
            with pytest.raises(ResourceError):
                ReadyHandler(no_route=0.5).create({**given, "readiness": "direct"}, False, 1)
            assert handler.create(given, False, 20)[1]["answered"] == host

        # The host has one family only.
        with lab.listening("192.168.100.10"), pytest.raises(ResourceError) as caught:
            handler.create(given, False, 1)
        assert "IPv4 192.168.100.10 answers; IPv6 fd00:100::10 refuses the connection" in str(caught.value)

        # The jump host has no way in one family: that says nothing about the host.
        lab.ip("-n jump -6 addr flush dev far")
        with lab.listening(*host.values()), reports() as told:
            _, state = handler.create(given, False, 20)
        assert state["answered"] == {"ipv4": "192.168.100.10"}
        assert state["notChecked"]["ipv6"].startswith("no route to fd00:100::10 (")
        assert told[-1][0].startswith("warning: IPv6 not checked from the jump host: no route to fd00:100::10 (")

        # No way in either.
        lab.ip("-n jump link set far down")
        with pytest.raises(ResourceError, match="cannot be checked from the jump host, which says nothing about the"):
            handler.create(given, False, 20)
