"""Ready means that the API answers: each family, over TLS, with the address in the certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dualstack.address.family import Family
from dualstack.probe.api import try_api
from dualstack.probe.connect import Probe, Status
from provider.frame.handler import ResourceError
from provider.host.ready import ReadyHandler
from tests.lab.api import CLOSED, HERE, NOT_READY, OK, PAGE, certificate, serving
from tests.lab.behind import HOST, Behind, behind
from tests.lab.sshd import Sshd
from tests.provider.handlers import checked, reports
from tests.provider.host.waiting import LOOPBACK, free_port, inputs

CASES: list[tuple[dict[str, Any], Status, str]] = [
    ({}, Status.ANSWERED, ""),
    ({"answer": CLOSED}, Status.ANSWERED, "an API server that tells nothing without a login (401)"),
    ({"answer": NOT_READY}, Status.NOT_READY, "etcd"),
    ({"answer": PAGE}, Status.NOT_API, "/readyz gives HTTP 200"),
    ({"answer": b"HTTP/1.1 403 Forbidden\r\n\r\nno"}, Status.NOT_API, "HTTP 403"),
    ({"answer": b"HTTP/1.1 503 Service Unavailable\r\n\r\n"}, Status.NOT_READY, "HTTP 503"),
    ({"answer": b"220 mail\r\n"}, Status.NOT_API, "no HTTP"),
    ({"tls": False}, Status.NOT_TLS, ""),
    ({"tls": False, "answer": b""}, Status.MUTE, "nothing within"),
    ({"pem": "days"}, Status.EXPIRED, "valid from"),
    ({"pem": "name"}, Status.WRONG_NAME, "it is for 192.0.2.1, kubernetes"),
]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualstack.probe.api.ASK_SECONDS", 1.0)


def given(how: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Callable[[], str]] = {
        "days": lambda: certificate(days=-1),
        "name": lambda: certificate(["192.0.2.1"]),
    }
    return {**how, "pem": made[how["pem"]]()} if "pem" in how else how


@pytest.mark.parametrize("family", LOOPBACK)
@pytest.mark.parametrize(("how", "status", "detail"), CASES)
def test_what_is_there(family: Family, how: dict[str, Any], status: Status, detail: str) -> None:
    port = free_port()
    with serving([LOOPBACK[family]], port, **given(how)):
        found = try_api(family, LOOPBACK[family], port, 3, lambda: False)
    assert found.status is status
    assert detail in found.detail


def test_one_family_with_the_wrong_certificate_is_not_ready_and_says_why() -> None:
    port = free_port()
    four = certificate([LOOPBACK["ipv4"]])
    with serving(HERE, port, pem=four), pytest.raises(ResourceError) as caught:
        ReadyHandler().create(inputs(port), False, 0.5)
    told = str(caught.value)
    assert "IPv4 127.0.0.1 answers; IPv6 ::1 shows a certificate without this address (it is for 127.0.0.1" in told
    assert "IPv6: clients refuse it: the API server was started with another address (node-ip, tls-san)" in told


def test_an_api_server_that_wants_a_login_is_told_as_that() -> None:
    port = free_port()
    with serving(HERE, port, answer=CLOSED), reports() as told:
        assert ReadyHandler().create(inputs(port), False, 0)[1]["answered"] == LOOPBACK
    assert "answers: an API server that tells nothing without a login (401)" in told[-1][0]


def test_an_api_server_that_gets_ready_is_waited_for() -> None:
    port, tries = free_port(), 0

    def connector(*arguments: Any) -> Probe:
        nonlocal tries
        tries += 1
        with serving(HERE, port, answer=NOT_READY if tries < 4 else OK):
            return try_api(*arguments)

    with reports() as told:
        assert ReadyHandler(connector).create(inputs(port), False, 0)[1]["answered"] == LOOPBACK
    assert any("says that it is not ready (etcd)" in text for text, _ in told)


@pytest.fixture
def lab() -> Iterator[Behind]:
    with behind() as made:
        yield made


@pytest.mark.parametrize(
    ("pem", "told"), [([*HOST.values()], None), ([HOST["ipv4"]], "IPv6 fd00:100::10 shows a cert")]
)
def test_through_a_jump_host(lab: Behind, tmp_path: Any, pem: list[str], told: str | None) -> None:
    file = tmp_path / "host.pem"
    file.write_text(certificate(pem))
    with Sshd(tmp_path / "bastion", prefix=lab.inside("jump")) as server:
        way = {"host": lab.bastion, "port": server.port, "user": server.user, "hostKey": server.host_key}
        settings = {**way, "privateKey": server.private_key}
        wanted = checked(ReadyHandler(), inputs(readiness="ssh-jump", jump=settings, **HOST))
        with lab.listening(*HOST.values(), certificate=file):
            if told is None:
                assert ReadyHandler().create(wanted, False, 20)[1]["answered"] == HOST
                return
            with pytest.raises(ResourceError, match=told):
                ReadyHandler().create(wanted, False, 1)
