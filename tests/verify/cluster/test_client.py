"""One question at a time, bounded: what a server can do to whoever asks it."""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualstack.address.family import FAMILIES
from dualstack.probe.ssh import Login
from dualstack.verify.cluster import client, live, outside, same
from dualstack.verify.cluster.access import Access
from dualstack.verify.cluster.checks import Cluster
from dualstack.verify.cluster.client import Client
from dualstack.verify.cluster.failures import Failure
from dualstack.verify.cluster.live import from_api, from_objects
from dualstack.verify.cluster.view import View
from dualstack.verify.model import Kind, Way, Word
from dualstack.verify.places import JumpHost
from dualstack.verify.run import verify
from tests.lab import api
from tests.lab.bind import free_port
from tests.lab.sshd import Sshd
from tests.verify.cluster.healthy import cluster
from tests.verify.cluster.sites import demo

WAY = Way(seconds=1.0)


def answer(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "does not answer in time"),
        (b"SSH-2.0-x\r\n", "[Pp]rotocol|[Bb]ad|aborted|HTTP"),
        (answer(b"<html>"), "no JSON"),
        (answer(b"{}", "500 Internal Server Error"), "HTTP 500"),
        (answer(b"", "302 Found", "Location: https://127.0.0.1:1/\r\n"), "HTTP 302"),
        (answer(b" " * 5000), "larger than"),
    ],
)
def test_what_comes_is_no_answer_and_says_why(said: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LARGEST", 4096)
    port, pem = free_port(), api.certificate()
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    with api.serving(("127.0.0.1",), port, pem=pem, answer=said), pytest.raises(Failure, match=words):
        Client(Access(f"https://127.0.0.1:{port}", authority), WAY).get("/version")


def test_a_server_of_another_authority_hears_nothing() -> None:
    port, heard = free_port(), list[bytes]()
    other = api.certificate()
    authority = other[other.index("-----BEGIN CERTIFICATE") :].encode()
    with api.serving(("127.0.0.1",), port, heard=heard), pytest.raises(Failure) as caught:
        Client(Access(f"https://127.0.0.1:{port}", authority, token="t"), WAY).get("/version")

    assert caught.value.stranger
    assert heard == []


def test_a_certificate_with_another_name_is_refused_unless_the_kubeconfig_names_it() -> None:
    port = free_port()
    pem = api.certificate(("192.0.2.1",), names=("kubernetes",))
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    with api.serving(("127.0.0.1",), port, pem=pem, answer=answer(b"{}")):
        access = Access(f"https://127.0.0.1:{port}", authority)
        with pytest.raises(Failure):
            Client(access, WAY).get("/version")
        named = Access(access.server, authority, name="kubernetes")
        assert Client(named, WAY).get("/version") == {}


@pytest.mark.parametrize("shown", [("mgmt-1", "localhost"), ("mgmt-1", "kubernetes"), ("paris.example.com",)])
def test_a_login_goes_to_api_servers_alone(shown: tuple[str, ...]) -> None:
    """A kubelet's certificate is of the cluster's authority, too, and holds the node's address."""
    port, heard = free_port(), list[bytes]()
    pem = api.certificate(names=shown)
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    access = Access("https://localhost:6443", authority, token="t")
    if "paris.example.com" in shown:
        access = replace(access, name="paris.example.com")
    with api.serving(("127.0.0.1",), port, pem=pem, heard=heard, answer=answer(b"{}")):
        asked = Client(access, WAY, at=("127.0.0.1", port))
        if "localhost" not in shown:
            assert asked.get("/version") == {}
            return
        with pytest.raises(Failure, match="is for") as caught:
            asked.get("/version")
    assert caught.value.other
    assert heard == []


def test_a_server_behind_a_path_is_asked_there_and_compared_with_nobody() -> None:
    """Rancher's own kubeconfigs lead through Rancher, which has a login and an authority of its own."""
    port, pem, heard = free_port(), api.certificate(), list[bytes]()
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    access = Access(f"https://127.0.0.1:{port}/k8s/clusters/local/", authority, token="t")
    view = View(from_objects(cluster(demo("demo-ha")[0])))
    with api.serving(("127.0.0.1",), port, pem=pem, heard=heard, answer=answer(b'{"gitVersion": "v1"}')):
        way = Way(lambda address, _: ("127.0.0.1", port), 5.0)
        found = [*same.run(view, access, way), *outside.run(view, access, way)]

    assert [one.split()[1] for one in heard] == [b"/k8s/clusters/local/version"]
    assert [one.word for one in found] == [Word.OK, Word.NOT_CHECKABLE, Word.NOT_CHECKABLE]
    assert Cluster(access, None, frozenset()).authority == b""


def test_a_list_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAGES", 3)
    body: dict[str, Any] = {"kind": "NodeList", "items": [], "metadata": {"continue": "more"}}
    port = free_port()
    with api.serving(("127.0.0.1",), port, tls=False, answer=answer(json.dumps(body).encode())):
        found = from_api(Client(Access(f"http://127.0.0.1:{port}"), WAY)).of("nodes")

    assert "there are more than" in found.why


def test_a_client_certificate_leaves_no_file(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    port, pem = free_port(), api.certificate()
    key, authority = (
        pem[: pem.index("-----BEGIN CERTIFICATE")].encode(),
        pem[pem.index("-----BEGIN CERTIFICATE") :].encode(),
    )
    with api.serving(("127.0.0.1",), port, pem=pem, answer=answer(b"{}")):
        access = Access(f"https://127.0.0.1:{port}", authority, certificate=authority, key=key)
        assert Client(access, WAY).get("/version") == {}

    assert list(tmp_path.iterdir()) == []


def listening() -> set[int]:
    """Give the ports of TCP that this process listens at."""
    own, found = set(), set()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # of the listing itself
            own.add(str(file.readlink()))
    for line in [line for name in ("tcp", "tcp6") for line in Path("/proc/self/net", name).read_text().splitlines()]:
        words = line.split()
        if words[3] == "0A" and f"socket:[{words[9]}]" in own:
            found.add(int(words[1].rpartition(":")[2], 16))
    return found


def test_through_the_jump_host(tmp_path: Path) -> None:
    port, pem = free_port(), api.certificate()
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    heard: list[bytes] = []
    with Sshd(tmp_path / "bastion") as server:
        key = "host.jump.hostKey"
        login = Login(
            "the jump host",
            "host.jump",
            "127.0.0.1",
            server.port,
            server.user,
            server.host_key,
            key,
            server.private_key,
            5.0,
        )
        with (
            api.serving(("127.0.0.1",), port, pem=pem, answer=answer(b'{"gitVersion": "v1"}'), heard=heard),
            JumpHost(login) as place,
        ):
            access, way = Access(f"https://127.0.0.1:{port}", authority), Way(seconds=5.0, place=place)
            assert Client(access, way).get("/version") == {"gitVersion": "v1"}
            door = Path(place.run(lambda: place.door("127.0.0.1", port)))
            assert stat.S_IMODE(door.parent.stat().st_mode) == 0o700
            assert listening() == {port}  # a port that leads through SSH would lead each user there
            with pytest.raises(Failure, match="refused, seen from the jump host"):
                Client(Access(f"https://127.0.0.1:{free_port()}", authority), way)
    assert f"Host: 127.0.0.1:{port}".encode() in heard[0]
    assert not door.parent.exists()


def test_a_jump_host_that_is_away_is_no_answer() -> None:
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKijphZRTtgnp5o+EdETv2sa50mA7J1e4WIq1GLfBkis"
    login = Login("the jump host", "host.jump", "127.0.0.1", free_port(), "root", key, "host.jump.hostKey", None, 1.0)
    with JumpHost(login) as place, pytest.raises(Failure, match="jump host"):
        Client(Access("https://127.0.0.1:6443"), Way(seconds=1.0, place=place))


def test_a_busy_server_is_asked_again_when_it_says_so() -> None:
    port, pem, heard = free_port(), api.certificate(), list[bytes]()
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    busy = answer(b"{}", "429 Too Many Requests", "Retry-After: 0\r\n")
    with api.serving(("127.0.0.1",), port, pem=pem, heard=heard, answer=busy), pytest.raises(Failure, match="429"):
        Client(Access(f"https://127.0.0.1:{port}", authority), WAY).get("/version")

    assert len(heard) == 3


class Compacted(Client):
    """Forgets a list so many times, between its two pages."""

    def __init__(self, times: int) -> None:
        self.times = times

    def get(self, path: str, *_: object, **_more: object) -> Any:
        if "continue=" not in path:
            return {"kind": "NodeList", "metadata": {"continue": "more"}, "items": [{"metadata": {"name": "one"}}]}
        if self.times:
            self.times -= 1
            raise Failure("HTTP 410", status=410)
        return {"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "two"}}]}


def test_a_list_that_was_compacted_meanwhile_is_read_anew() -> None:
    assert [one["metadata"]["name"] for one in from_api(Compacted(1)).of("nodes").objects] == ["one", "two"]
    assert "HTTP 410" in from_api(Compacted(2)).of("nodes").why


@pytest.mark.parametrize(
    ("pem", "fix"),
    [
        (api.certificate(days=-1), "clock"),
        (api.certificate(("192.0.2.1",)), "tls-server-name"),
        (api.certificate(), ""),
    ],
)
def test_a_certificate_that_does_not_fit_says_what_to_do(pem: str, fix: str) -> None:
    port = free_port()
    authority = pem[pem.index("-----BEGIN CERTIFICATE") :].encode()
    with (
        api.serving(("127.0.0.1",), port, pem=pem, answer=answer(b"", "500 No")),
        pytest.raises(Failure) as caught,
    ):
        Client(Access(f"https://127.0.0.1:{port}", authority), WAY).get("/version")
    assert fix in caught.value.fix and bool(caught.value.fix) == bool(fix)


ODD = ("null", "[]", "5", '"x"', "{}", '{"kind": "Status"}', '{"kind": "NodeList", "items": {"a": 1}}', "[" * 99999,
       '{"kind": "NodeList", "items": [null]}')  # fmt: skip


@pytest.mark.parametrize("said", ODD, ids=range(len(ODD)))
def test_whatever_answers_everything_is_no_cluster_without_objects(said: str) -> None:
    port = free_port()
    with api.serving(("127.0.0.1",), port, tls=False, answer=answer(said.encode())):
        found = Cluster(Access(f"http://127.0.0.1:{port}"), None, frozenset())
        way = Way(lambda address, _: ("127.0.0.1", port), 5.0)
        results = verify(list(found.checks()), FAMILIES, way, lambda *_: None, begin=found.begin)

    assert [one.kind for one in results if one.word is Word.FAILED] == [Kind.CLUSTER]
    assert {one.word for one in results} == {Word.FAILED, Word.NOT_CHECKABLE}
    assert not any("no check can read" in one.seen for one in results)
